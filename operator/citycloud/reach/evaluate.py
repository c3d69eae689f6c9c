"""May this one talk to that one, and which rule says so.

A connection passes where the sender may send and the receiver may receive. A pod that no policy selects for a direction is not isolated in
it; one that is selected passes what any rule of any of those policies lets through. Policies only ever add, so their order means nothing.
"""

import dataclasses
import enum
from collections.abc import Iterator, Sequence

from citycloud.reach.model import (
    LARGEST_PORT,
    PROTOCOLS,
    SMALLEST_PORT,
    Address,
    Block,
    Direction,
    NetworkPolicy,
    Outside,
    Pod,
    Pods,
    PortName,
    PortRange,
    Rule,
    Selector,
)


class Kind(enum.StrEnum):
    """Why one end lets a connection through, or does not."""

    RULE = "rule"
    NOT_ISOLATED = "notIsolated"
    ISOLATED = "isolated"
    OUTSIDE = "outside"
    ITSELF = "itself"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Reason:
    """What one end says: the policy and the number of the rule that lets it through, or all policies that isolate it and do not."""

    kind: Kind
    policies: tuple[str, ...] = ()
    rule: int | None = None

    @property
    def allowed(self) -> bool:
        """Tell whether this end lets the connection through."""
        return self.kind is not Kind.ISOLATED

    def __str__(self) -> str:
        names = ", ".join(self.policies)
        match self.kind:
            case Kind.RULE:
                return f"{names}, rule {self.rule}"
            case Kind.NOT_ISOLATED:
                return "not isolated"
            case Kind.ISOLATED:
                return f"isolated, and none of these policies lets it through: {names}"
            case Kind.OUTSIDE:
                return "outside the cluster"
            case Kind.ITSELF:
                return "the pod itself"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Verdict:
    """Whether a connection passes, with what the sender's end and the receiver's end say."""

    allowed: bool
    egress: Reason
    ingress: Reason


@dataclasses.dataclass(frozen=True, kw_only=True)
class _Connection:
    """A connection over one address family; an end without an address is matched by labels alone."""

    source: Pod | Outside
    target: Pod | Outside
    source_address: Address | None
    target_address: Address | None
    protocol: str
    port: int
    doubt: bool


def may_connect(*, source: Pod | Outside, target: Pod | Outside, protocol: str, port: int, policies: Sequence[NetworkPolicy]) -> Verdict:
    """Judge a new connection from `source` to `port` of `target`; with two address families, one that passes is enough.

    Labels that are not known select nothing. Raises ValueError where the protocol or the port does not exist.
    """
    return _verdict(source=source, target=target, protocol=protocol, port=port, policies=policies, doubt=False)


def might_connect(*, source: Pod | Outside, target: Pod | Outside, protocol: str, port: int, policies: Sequence[NetworkPolicy]) -> Verdict:
    """Judge as `may_connect` does, but let each selector that looks at labels of a namespace which are not known select everything.

    Where this allows what `may_connect` does not, nobody can tell without those labels.
    """
    return _verdict(source=source, target=target, protocol=protocol, port=port, policies=policies, doubt=True)


def _verdict(
    *, source: Pod | Outside, target: Pod | Outside, protocol: str, port: int, policies: Sequence[NetworkPolicy], doubt: bool
) -> Verdict:
    if protocol not in PROTOCOLS or not SMALLEST_PORT <= port <= LARGEST_PORT:
        raise ValueError(f"{protocol} {port}: a protocol is one of {', '.join(PROTOCOLS)}, a port {SMALLEST_PORT} to {LARGEST_PORT}")
    if isinstance(source, Pod) and isinstance(target, Pod) and source.full_name == target.full_name:
        return Verdict(allowed=True, egress=Reason(kind=Kind.ITSELF), ingress=Reason(kind=Kind.ITSELF))
    ordered = sorted(policies, key=lambda policy: (policy.namespace, policy.name))
    verdicts = [
        _over(
            connection=_Connection(
                source=source, target=target, source_address=first, target_address=second, protocol=protocol, port=port, doubt=doubt
            ),
            policies=ordered,
        )
        for first, second in _address_pairs(source=source, target=target)
    ]
    return next((verdict for verdict in verdicts if verdict.allowed), verdicts[0])


def _address_pairs(*, source: Pod | Outside, target: Pod | Outside) -> list[tuple[Address | None, Address | None]]:
    pairs = [
        (first, second)
        for first in _addresses(source)
        for second in _addresses(target)
        if first is None or second is None or first.version == second.version
    ]
    if pairs:
        return pairs
    return [(source.address if isinstance(source, Outside) else None, target.address if isinstance(target, Outside) else None)]


def _addresses(end: Pod | Outside) -> tuple[Address | None, ...]:
    return (end.address,) if isinstance(end, Outside) else end.ips or (None,)


def _over(*, connection: _Connection, policies: Sequence[NetworkPolicy]) -> Verdict:
    egress = _judge(direction="egress", end=connection.source, connection=connection, policies=policies)
    ingress = _judge(direction="ingress", end=connection.target, connection=connection, policies=policies)
    return Verdict(allowed=egress.allowed and ingress.allowed, egress=egress, ingress=ingress)


def _judge(*, direction: Direction, end: Pod | Outside, connection: _Connection, policies: Sequence[NetworkPolicy]) -> Reason:
    if isinstance(end, Outside):
        return Reason(kind=Kind.OUTSIDE)
    isolating = [policy for policy in policies if policy.isolates(pod=end, direction=direction)]
    if not isolating:
        return Reason(kind=Kind.NOT_ISOLATED)
    found = next(_permitting(direction=direction, connection=connection, policies=isolating), None)
    return found or Reason(kind=Kind.ISOLATED, policies=tuple(policy.full_name for policy in isolating))


def _permitting(*, direction: Direction, connection: _Connection, policies: Sequence[NetworkPolicy]) -> Iterator[Reason]:
    for policy in policies:
        for rule in policy.rules(direction) or ():
            if _names_port(rule=rule, connection=connection) and _names_peer(
                rule=rule, namespace=policy.namespace, direction=direction, connection=connection
            ):
                yield Reason(kind=Kind.RULE, policies=(policy.full_name,), rule=rule.number)


def _names_port(*, rule: Rule, connection: _Connection) -> bool:
    return not rule.ports or any(_is_port(port, connection=connection) for port in rule.ports)


def _is_port(port: PortRange | PortName, *, connection: _Connection) -> bool:
    if port.protocol != connection.protocol:
        return False
    if isinstance(port, PortRange):
        return port.first <= connection.port <= port.last
    # A name is looked up on the receiver in both directions; nobody outside has names.
    return isinstance(connection.target, Pod) and any(
        (each.name, each.protocol, each.number) == (port.name, port.protocol, connection.port) for each in connection.target.ports
    )


def _names_peer(*, rule: Rule, namespace: str, direction: Direction, connection: _Connection) -> bool:
    outgoing = direction == "egress"
    other = connection.target if outgoing else connection.source
    address = connection.target_address if outgoing else connection.source_address
    return not rule.peers or any(
        peer.holds(address)
        if isinstance(peer, Block)
        else isinstance(other, Pod) and _selects(peer, pod=other, namespace=namespace, doubt=connection.doubt)
        for peer in rule.peers
    )


def _selects(peer: Pods, *, pod: Pod, namespace: str, doubt: bool) -> bool:
    return peer.pods.selects(pod.labels) and (
        pod.namespace == namespace if peer.namespaces is None else _selects_namespace(peer.namespaces, pod=pod, doubt=doubt)
    )


def _selects_namespace(selector: Selector, *, pod: Pod, doubt: bool) -> bool:
    """Judge the requirements whose labels are known; `doubt` is the answer for the others."""
    return all(
        each.holds(pod.namespace_labels) if pod.namespace_labels_complete or each.key in pod.namespace_labels else doubt
        for each in selector.requirements
    )
