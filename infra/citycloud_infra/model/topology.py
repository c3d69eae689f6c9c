"""Who is tied to whom: nodes with their AS numbers, and the tunnels between them, with the order in which they are used.

A tunnel is of one segment, so that segments share nothing but the line beneath. In each segment a site has one to every hub over every
line whose carrier the hub can be reached by. One table of ranks orders them for both directions: firewalls at the hubs keep state,
and state is lost where packets come back by another way.
"""

import dataclasses
import itertools
from collections.abc import Iterator
from typing import Final

from citycloud_infra.model.addresses import Addresses, Pair, hub_tunnel_number, tunnel_number
from citycloud_infra.model.inventory import Inventory
from citycloud_infra.model.wan import Carrier, Hub, Segment, Site, Uplink

HUB_AS: Final = 4_200_000_000
SITE_AS: Final = 4_200_001_000
"""Private AS numbers of four bytes (RFC 6996): one a hub, one a site."""
PORTS: Final = 20_000
"""The UDP port of a tunnel is this and its number: no two tunnels of the city share one."""
MEETING: Final = frozenset({"internet", "mobile"})
"""Kinds of carrier that meet each other; a private network meets only itself."""
ROLES: Final = ("primary", "backup")


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Tunnel:
    """One tunnel of one segment, between a site and a hub, or (`site` empty) between two hubs.

    `rank` counts from 0: the lowest that lives is used. `ends` are the hub's and the site's address, in this order.
    """

    number: int
    segment: str
    hub: str
    site: str
    other_hub: str
    carrier: str
    hub_carrier: str
    role: str
    rank: int
    ends: Pair
    port: int

    @property
    def hub_interface(self) -> str:
        """Name its interface at the hub: at most 15 characters (Linux), and no two alike in the city."""
        return f"d{self.number}"

    @property
    def site_interface(self) -> str:
        """Name its interface at the other end."""
        return f"u{self.number}"


def site_as(site: Site) -> int:
    """Return the AS number of a site."""
    return SITE_AS + site.id


def hub_as(hub: Hub) -> int:
    """Return the AS number of a hub."""
    return HUB_AS + hub.id


def overlay_segments(*, inventory: Inventory, site: Site) -> Iterator[Segment]:
    """Return the segments of a site that reach the hubs, in the order of their numbers."""
    for segment in sorted(inventory.segments, key=lambda each: each.id):
        if segment.transport == "overlay" and segment.name in site.segments:
            yield segment


def hub_line(*, uplink: Uplink, hub: Hub, carriers: dict[str, Carrier]) -> Uplink | None:
    """Return the line of the hub at which packets of `uplink` arrive: of the same carrier or one that meets it; None where none does."""
    for line in hub.uplinks:
        if line.carrier == uplink.carrier:
            return line
    kind = carriers[uplink.carrier].kind
    return next((line for line in hub.uplinks if kind in MEETING and carriers[line.carrier].kind in MEETING), None)


def site_tunnels(*, inventory: Inventory, site: Site, addresses: Addresses) -> Iterator[Tunnel]:
    """Return the tunnels of one site, by segment and rank."""
    carriers = {carrier.name: carrier for carrier in inventory.carriers}
    hubs = sorted(inventory.hubs, key=lambda hub: (-hub.preference, hub.id))
    lines = sorted(enumerate(site.uplinks), key=lambda each: ROLES.index(each[1].role))
    for segment in overlay_segments(inventory=inventory, site=site):
        for rank, (hub, (number, uplink)) in enumerate(itertools.product(hubs, lines)):
            arrival = hub_line(uplink=uplink, hub=hub, carriers=carriers)
            if arrival is not None:
                index = tunnel_number(site=site.id, segment=segment.id, hub=hub.id, uplink=number)
                yield Tunnel(
                    number=index,
                    segment=segment.name,
                    hub=hub.name,
                    site=site.name,
                    other_hub="",
                    carrier=uplink.carrier,
                    hub_carrier=arrival.carrier,
                    role=uplink.role,
                    rank=rank,
                    ends=addresses.tunnel(index),
                    port=PORTS + index,
                )


def hub_tunnels(*, inventory: Inventory, addresses: Addresses) -> Iterator[Tunnel]:
    """Return the tunnels between hubs: they carry what a site sends to a service of the other data centre, or to a site that lost a hub."""
    carriers = {carrier.name: carrier for carrier in inventory.carriers}
    hubs = sorted(inventory.hubs, key=lambda hub: hub.id)
    segments = sorted((each for each in inventory.segments if each.transport == "overlay"), key=lambda each: each.id)
    for (one, other), segment in itertools.product(itertools.combinations(hubs, 2), segments):
        for uplink in other.uplinks:
            arrival = hub_line(uplink=uplink, hub=one, carriers=carriers)
            if arrival is not None:
                index = hub_tunnel_number(segment=segment.id, one=one.id, other=other.id)
                yield Tunnel(
                    number=index,
                    segment=segment.name,
                    hub=one.name,
                    site="",
                    other_hub=other.name,
                    carrier=uplink.carrier,
                    hub_carrier=arrival.carrier,
                    role=uplink.role,
                    rank=0,
                    ends=addresses.tunnel(index),
                    port=PORTS + index,
                )
                break
