"""What the law lets packets do in a small town, written down by hand: the own zone, the flows of the profile, and nothing else.

Nothing here is computed from policies or profiles, so that a mistake in those does not hide in what is expected of them.
"""

import dataclasses
import itertools
from collections.abc import Iterator

from citycloud_dev.packet_exchange import Port

ORGANISATIONS = ("so-y-te", "so-tai-chinh")
ENVIRONMENTS = {"mot-cua": ("dmz", "app", "data"), "noi-bo": ("app", "data", "management")}
"""Each organisation has both; mot-cua serves the public and has a host, noi-bo has none."""
NEWCOMER, NEWCOMER_ZONES = "moi-mo", ("dmz", "app", "data")
"""Comes later, and has a host too."""
PUBLIC = frozenset({"mot-cua", NEWCOMER})

GATEWAY, DNS, MONITORING = "ingress/gateway", "kube-system/dns", "monitoring/prometheus"
BYSTANDER = "kube-system/agent"
"""Stands beside the cluster's DNS and is not it."""
PLATFORM = (GATEWAY, DNS, MONITORING, BYSTANDER)
METADATA, OUTSIDE = "metadata", "outside"
ADDRESSES = {METADATA: "169.254.169.254", OUTSIDE: "203.0.113.10"}

WEB, SSH, FORBIDDEN, FORBIDDEN_UDP = Port("TCP", 8443), Port("TCP", 22), Port("TCP", 9999), Port("UDP", 8443)
DATABASE = frozenset({Port("TCP", 5432), Port("TCP", 6379)})
METRICS = frozenset({Port("TCP", 9090), Port("TCP", 8080)})
NAMES = frozenset({Port("TCP", 53), Port("UDP", 53)})
PORTS = tuple(sorted({WEB, SSH, FORBIDDEN, FORBIDDEN_UDP} | DATABASE | METRICS | NAMES))

FLOWS = {
    ("dmz", "app"): frozenset({WEB}),
    ("app", "data"): DATABASE,
    ("management", "dmz"): frozenset({SSH}),
    ("management", "app"): frozenset({SSH}),
    ("management", "data"): frozenset({SSH, Port("TCP", 5432)}),
}
FROM_GATEWAY = {"dmz": frozenset({WEB}), "app": frozenset({WEB})}
NOTHING: frozenset[Port] = frozenset()


@dataclasses.dataclass(frozen=True)
class Zone:
    """Where a tenant's pod is, read from the name of its namespace."""

    organisation: str
    environment: str
    name: str


@dataclasses.dataclass(frozen=True, order=True)
class Question:
    """May `source` reach `port` of `target`? Pods are named `<namespace>/<name>`."""

    source: str
    target: str
    port: Port

    def __str__(self) -> str:
        return f"{self.source} -> {self.target} {self.port}"


def is_tenant(host: str) -> bool:
    """Tell whether a host is a tenant's pod."""
    return zone_of(host) is not None


def zone_of(host: str) -> Zone | None:
    """Tell the zone of a tenant's pod; nobody else has one."""
    parts = host.partition("/")[0].split("--")
    return Zone(*parts) if len(parts) == len(dataclasses.fields(Zone)) else None


def is_lawful(question: Question) -> bool:
    """Tell what the law says of one question."""
    source, target = zone_of(question.source), zone_of(question.target)
    if source and target:
        return source == target or question.port in _between(source, target)
    if source:
        return question.target == DNS and question.port in NAMES
    if target:
        return question.port in _into(target, source=question.source)
    return True  # nobody has closed the platform's own namespaces here: so these packets show that every server is there


def questions(hosts: list[str]) -> Iterator[Question]:
    """Ask every port of every host from every other one."""
    for source, target in itertools.permutations(hosts, 2):
        for port in PORTS:
            yield Question(source=source, target=target, port=port)


def _between(source: Zone, target: Zone) -> frozenset[Port]:
    if (source.organisation, source.environment) != (target.organisation, target.environment):
        return NOTHING
    return FLOWS.get((source.name, target.name), NOTHING)


def _into(target: Zone, *, source: str) -> frozenset[Port]:
    if source == MONITORING:
        return METRICS
    return FROM_GATEWAY.get(target.name, NOTHING) if source == GATEWAY and target.environment in PUBLIC else NOTHING
