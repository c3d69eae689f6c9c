"""What a cloud is asked for: one frozen class a kind of thing, without the words of any one provider.

A component makes these, a target turns each into one resource. A field is a `pulumi.Input` only where another resource's answer can
really stand. `name` is unique among all things of its kind in the city and follows from the inventory alone, so that what a killed run
left behind is found again by name.
"""

import dataclasses
from typing import Literal

import pulumi

Family = Literal["IPv4", "IPv6"]
Id = pulumi.Input[str]


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Thing:
    """Something that a cloud can make."""

    name: str


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Network(Thing):
    """A network of layer 2; without `mtu` the cloud gives the most that it carries."""

    mtu: int | None = None


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Subnet(Thing):
    """A range of a network; `pool` is what the cloud hands out by itself, `dhcp` also means that it tells machines their addresses."""

    network: Id
    cidr: str
    gateway: str
    pool: tuple[str, str]
    dhcp: bool
    dns: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Router(Thing):
    """A router of the cloud itself, with its way out."""

    external: Id


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class RouterInterface(Thing):
    """A router's foot in a network: at the gateway's address of `subnet`, or at that of `port`."""

    router: Id
    subnet: Id | None = None
    port: Id | None = None


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Route(Thing):
    """One static route of a router."""

    router: Id
    destination: str
    next_hop: str


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class SecurityGroup(Thing):
    """A firewall around ports: closed in both directions until rules open it."""

    description: str


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class SecurityRule(Thing):
    """One opening; without protocol all, without ports all, without remote everybody."""

    group: Id
    family: Family
    direction: Literal["ingress", "egress"] = "ingress"
    protocol: Literal["tcp", "udp", "icmp", "ipv6-icmp", "vrrp"] | None = None
    ports: tuple[int, int] | None = None
    remote: str | None = None
    remote_group: Id | None = None


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class QosPolicy(Thing):
    """What happens to the packets of the ports that name it."""

    description: str


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class QosLimit(Thing):
    """The most that a port sends, in kbit/s."""

    policy: Id
    kbps: int


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class QosMark(Thing):
    """The code point that all packets of a port get (RFC 2474)."""

    policy: Id
    dscp: int


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class PortAddress:
    """An address of a port; without `address` the cloud chooses one."""

    subnet: Id
    address: str | None = None


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Port(Thing):
    """A machine's or an address's place in a network; `also` are further addresses or ranges that it may send from."""

    network: Id
    addresses: tuple[PortAddress, ...]
    groups: tuple[Id, ...] = ()
    qos: Id | None = None
    also: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class ServerGroup(Thing):
    """Machines that keep apart from each other while there is another host for them."""


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Keypair(Thing):
    """The public half of the key with which people enter machines."""

    public_key: str


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Machine(Thing):
    """A machine; a change of its image or its first instructions does not touch one that runs (targets/openstack/machines.py)."""

    image: str
    flavor: str
    zone: str | None
    ports: tuple[Id, ...]
    group: Id
    user_data: pulumi.Input[str]
    key: str | None
    labels: dict[str, str]


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class FloatingAddress(Thing):
    """An address of an external network that leads to a port; without `address` the cloud chooses one."""

    pool: str
    port: Id
    address: str | None = None


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class IkePolicy(Thing):
    """How two ends of an IPsec connection agree on keys (RFC 7296)."""


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class IpsecPolicy(Thing):
    """How packets are encrypted (RFC 4303)."""


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class VpnService(Thing):
    """The end of IPsec connections at a router."""

    router: Id


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class EndpointGroup(Thing):
    """What is reached through a connection: subnets on the cloud's side, ranges on the other."""

    kind: Literal["subnet", "cidr"]
    endpoints: tuple[Id, ...]


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class SiteConnection(Thing):
    """One IPsec connection; `psk` is a secret."""

    service: Id
    ike: Id
    ipsec: Id
    local: Id
    peer: Id
    peer_address: str
    psk: pulumi.Output[str]
    mtu: int


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class BgpPeer(Thing):
    """Somebody whom the cloud tells its networks."""

    address: str
    remote_as: int


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class BgpSpeaker(Thing):
    """The cloud's own voice in routing."""

    local_as: int
    networks: tuple[Id, ...]
    peers: tuple[Id, ...]
