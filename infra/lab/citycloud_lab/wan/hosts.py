"""The hosts of the laboratory: one in the network of each node's segment, with an address as anybody there might have. Pure.

At a hub it answers for the segment's services under their addresses, and the other hub's does so too: a service is wherever the nearest hub
that lives has it.
"""

import dataclasses
import ipaddress
from collections.abc import Iterator
from typing import Final

from citycloud_infra.model.addresses import Pair
from citycloud_infra.model.plan import CityPlan
from citycloud_infra.model.wan import Service
from citycloud_infra.render.interfaces import local_segments
from citycloud_infra.render.view import first, routers
from citycloud_lab.wan.places import beside, inside

NUMBER: Final = 9
"""The host's number in its network; the router's is 1."""
WIRE: Final = "eth0"


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Host:
    """One host: where it stands, its addresses, and what it answers for."""

    node: str
    segment: str
    ipv4: ipaddress.IPv4Interface
    ipv6: ipaddress.IPv6Interface
    services: tuple[tuple[Service, Pair], ...] = ()

    @property
    def place(self) -> str:
        """Name the namespace of its router."""
        return inside(node=self.node, segment=self.segment)

    @property
    def network(self) -> str:
        """Name its own namespace."""
        return beside(self.place)

    @property
    def addresses(self) -> tuple[str, str]:
        """Return its own addresses, IPv4 first."""
        return str(self.ipv4.ip), str(self.ipv6.ip)


def hosts(plan: CityPlan) -> Iterator[Host]:
    """Return every host, those of hubs first."""
    for router in routers(plan):
        services = router.realm.services if router.is_hub else ()
        yield _host(node=router.node, segment=router.segment.name, pair=router.lan, services=services)
    for site in plan.inventory.sites:
        for segment in local_segments(plan=plan, site=site):
            yield _host(node=site.name, segment=segment.name, pair=plan.local(site=site.name, segment=segment.name))


def host_batch(host: Host) -> str:
    """Write the batch inside a host.

    Services stand on its wire: a hub asks for them there, and IPv6 answers for nothing on `lo`. What the host begins by itself comes from
    its own address (`preferred_lft 0`).
    """
    rows = [f"link set {WIRE} up", f"address replace {host.ipv4} dev {WIRE}", f"address replace {host.ipv6} dev {WIRE} nodad"]
    for _, pair in host.services:
        rows += [f"address replace {pair.ipv4} dev {WIRE}", f"address replace {pair.ipv6} dev {WIRE} nodad preferred_lft 0"]
    rows += [f"route replace default via {first(each)} dev {WIRE}" for each in (host.ipv4.network, host.ipv6.network)]
    return "".join(f"{row}\n" for row in rows)


def _host(*, node: str, segment: str, pair: Pair, services: tuple[tuple[Service, Pair], ...] = ()) -> Host:
    return Host(
        node=node,
        segment=segment,
        ipv4=ipaddress.IPv4Interface((pair.ipv4[NUMBER], pair.ipv4.prefixlen)),
        ipv6=ipaddress.IPv6Interface((pair.ipv6[NUMBER], 64)),
        services=services,
    )
