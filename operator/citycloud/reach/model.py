"""What a connection is judged by: pods, addresses outside the cluster, and policies as values that need no defaulting any more."""

import dataclasses
import ipaddress
from collections.abc import Mapping
from typing import Final, Literal

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Direction = Literal["egress", "ingress"]
Operator = Literal["In", "NotIn", "Exists", "DoesNotExist"]

PROTOCOLS: Final = ("TCP", "UDP", "SCTP")
SMALLEST_PORT: Final = 1
LARGEST_PORT: Final = 65535


@dataclasses.dataclass(frozen=True, kw_only=True)
class NamedPort:
    """A port of a container that has a name; the same name may stand for another number under another protocol."""

    name: str
    protocol: str
    number: int


@dataclasses.dataclass(frozen=True, kw_only=True)
class Pod:
    """A pod; `ips` are its addresses of either family, one a family."""

    namespace: str
    name: str
    labels: Mapping[str, str]
    namespace_labels: Mapping[str, str]
    namespace_labels_complete: bool = True
    """False where only those in `namespace_labels` are known; a selector that looks at another one then selects nothing."""
    ips: tuple[Address, ...] = ()
    ports: tuple[NamedPort, ...] = ()

    @property
    def full_name(self) -> str:
        """Name the pod with its namespace."""
        return f"{self.namespace}/{self.name}"


@dataclasses.dataclass(frozen=True)
class Outside:
    """Somebody who is no pod of this cluster."""

    address: Address

    @property
    def full_name(self) -> str:
        """Name the address."""
        return str(self.address)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Requirement:
    """One condition on one label."""

    key: str
    operator: Operator
    values: frozenset[str] = frozenset()

    def holds(self, labels: Mapping[str, str]) -> bool:
        """Tell whether labels meet it; `NotIn` is met where the label is missing."""
        match self.operator:
            case "In":
                return self.key in labels and labels[self.key] in self.values
            case "NotIn":
                return self.key not in labels or labels[self.key] not in self.values
            case "Exists":
                return self.key in labels
            case "DoesNotExist":
                return self.key not in labels


@dataclasses.dataclass(frozen=True)
class Selector:
    """A label selector; one without requirements selects everything."""

    requirements: tuple[Requirement, ...] = ()

    def selects(self, labels: Mapping[str, str]) -> bool:
        """Tell whether labels meet every requirement."""
        return all(each.holds(labels) for each in self.requirements)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Pods:
    """A peer that is named by labels; without `namespaces` the policy's own namespace is meant."""

    pods: Selector
    namespaces: Selector | None


@dataclasses.dataclass(frozen=True, kw_only=True)
class Block:
    """A peer that is named by address."""

    network: Network
    exceptions: tuple[Network, ...] = ()

    def holds(self, address: Address | None) -> bool:
        """Tell whether an address lies in the block and in none of the exceptions; no address lies nowhere."""
        return address is not None and address in self.network and not any(address in each for each in self.exceptions)


@dataclasses.dataclass(frozen=True, kw_only=True)
class PortRange:
    """Ports by number, both ends included."""

    protocol: str
    first: int = SMALLEST_PORT
    last: int = LARGEST_PORT


@dataclasses.dataclass(frozen=True, kw_only=True)
class PortName:
    """A port that each pod gives a number of its own."""

    protocol: str
    name: str


@dataclasses.dataclass(frozen=True, kw_only=True)
class Rule:
    """One rule; no peers means everybody, no ports means every port of every protocol."""

    number: int
    """Its place in the policy's list, counted from 1."""
    peers: tuple[Pods | Block, ...]
    ports: tuple[PortRange | PortName, ...]


@dataclasses.dataclass(frozen=True, kw_only=True)
class NetworkPolicy:
    """A policy; None in place of the rules of a direction means that it does not speak of that direction."""

    namespace: str
    name: str
    pods: Selector
    ingress: tuple[Rule, ...] | None
    egress: tuple[Rule, ...] | None

    @property
    def full_name(self) -> str:
        """Name the policy with its namespace."""
        return f"{self.namespace}/{self.name}"

    def rules(self, direction: Direction) -> tuple[Rule, ...] | None:
        """Return the rules of one direction."""
        return self.egress if direction == "egress" else self.ingress

    def isolates(self, *, pod: Pod, direction: Direction) -> bool:
        """Tell whether only what rules let through passes to or from this pod because of this policy."""
        return self.rules(direction) is not None and self.namespace == pod.namespace and self.pods.selects(pod.labels)
