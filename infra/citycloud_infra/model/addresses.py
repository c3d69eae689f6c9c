"""The address plan: every address of the overlay follows from stable numbers, in both families, and back again.

The n-th /12 of the city's IPv4 block is segment n, and in it the s-th /20 is site s; the s-th /48 of the city's IPv6 block is site s, and
in it the n-th /52 is segment n. So a site that comes or goes moves nobody else's addresses, a firewall needs one aggregate a segment, and
either family's address tells site and segment. Hubs, shared services, tunnels and loopbacks have blocks of their own beside them.
"""

import dataclasses
import ipaddress
from typing import Final

from citycloud_infra.model.base import HIGHEST_SITE
from citycloud_infra.model.wan import AddressPlan

PLAN_PREFIX4: Final = 8
PLAN_PREFIX6: Final = 36
SEGMENT_PREFIX4: Final = 12
SITE_PREFIX4: Final = 20
SITE_PREFIX6: Final = 48
SEGMENT_PREFIX6: Final = 52
OWN_PREFIX4: Final = 20
OWN_PREFIX6: Final = 60
SERVICES4: Final = 0
"""The first /16 of the plan: addresses of shared services."""
TUNNELS4: Final = 96
LOOPBACKS4: Final = 97
RESERVED_SEGMENTS: Final = frozenset({0, 6})
"""The /12 blocks that hold services, hubs, tunnels and loopbacks: no segment may have their numbers."""
SERVICES6: Final = 0x000
HUBS6: Final = 0xF00
LOOPBACKS6: Final = 0xFFE
TUNNELS6: Final = 0xFFF
HUB_LOOPBACKS: Final = 0x8000
"""Loopbacks of hubs lie in the upper half, those of sites in the lower."""


@dataclasses.dataclass(frozen=True, slots=True)
class Pair:
    """The same range in both families."""

    ipv4: ipaddress.IPv4Network
    ipv6: ipaddress.IPv6Network


@dataclasses.dataclass(frozen=True, slots=True)
class Place:
    """Where an address belongs."""

    site: int
    segment: int


class Addresses:
    """The city's blocks cut into pieces by number."""

    def __init__(self, plan: AddressPlan) -> None:
        self.block4 = ipaddress.IPv4Network(plan.ipv4)
        self.block6 = ipaddress.IPv6Network(plan.ipv6)
        self._base4 = int(self.block4.network_address)
        self._base6 = int(self.block6.network_address)

    def segment(self, segment: int) -> ipaddress.IPv4Network:
        """Return the IPv4 aggregate of a segment."""
        return _cut4(self._base4 + (segment << 20), SEGMENT_PREFIX4)

    def site(self, site: int) -> ipaddress.IPv6Network:
        """Return the IPv6 block of a site, over all segments."""
        return _cut6(self._number6(site), SITE_PREFIX6)

    def local(self, *, site: int, segment: int) -> Pair:
        """Return what a site has of a segment: a /20 and a /52."""
        return Pair(
            _cut4(self._base4 + (segment << 20) + (site << 12), SITE_PREFIX4),
            _cut6(self._number6(site) + (segment << 76), SEGMENT_PREFIX6),
        )

    def hub(self, hub: int) -> Pair:
        """Return a data centre's own range: a /16 and a /48."""
        return Pair(_cut4(self._base4 + (hub << 16), 16), _cut6(self._number6(HUBS6 + hub), SITE_PREFIX6))

    def front(self, *, hub: int, segment: int) -> Pair:
        """Return a segment's network in a data centre, where its services' machines stand: the hub's n-th /24 and n-th /64."""
        own = self.hub(hub)
        return Pair(
            _cut4(int(own.ipv4.network_address) + (segment << 8), 24),
            _cut6(int(own.ipv6.network_address) + (segment << 64), 64),
        )

    def loopbacks(self) -> Pair:
        """Return the range of all loopbacks."""
        return Pair(_cut4(self._base4 + (LOOPBACKS4 << 16), 16), _cut6(self._number6(LOOPBACKS6), SITE_PREFIX6))

    def tunnels(self) -> Pair:
        """Return the range of all tunnels' ends."""
        return Pair(_cut4(self._base4 + (TUNNELS4 << 16), 16), _cut6(self._number6(TUNNELS6), SITE_PREFIX6))

    def services(self) -> Pair:
        """Return the range of the addresses of shared services."""
        return Pair(_cut4(self._base4 + (SERVICES4 << 16), 16), _cut6(self._number6(SERVICES6), SITE_PREFIX6))

    def service(self, service: int) -> Pair:
        """Return the one address of a shared service, as a /32 and a /128."""
        return Pair(_cut4(self._base4 + (SERVICES4 << 16) + service, 32), _cut6(self._number6(SERVICES6) + service, 128))

    def tunnel(self, number: int) -> Pair:
        """Return the two ends of a tunnel, a /31 (RFC 3021) and a /127 (RFC 6164); the lower end is the hub's."""
        return Pair(_cut4(self._base4 + (TUNNELS4 << 16) + 2 * number, 31), _cut6(self._number6(TUNNELS6) + 2 * number, 127))

    def loopback(self, *, site: int = 0, hub: int = 0, segment: int) -> Pair:
        """Return the address by which a site or a hub is known in one segment; it is also its router id."""
        number = (HUB_LOOPBACKS + (hub << 4) if hub else site << 4) + segment
        return Pair(_cut4(self._base4 + (LOOPBACKS4 << 16) + number, 32), _cut6(self._number6(LOOPBACKS6) + number, 128))

    def place4(self, address: ipaddress.IPv4Address) -> Place | None:
        """Tell which site and segment an IPv4 address belongs to; None where it is no site's."""
        offset = int(address) - self._base4
        if address not in self.block4:
            return None
        return _place(site=offset >> 12 & 0xFF, segment=offset >> 20)

    def place6(self, address: ipaddress.IPv6Address) -> Place | None:
        """Tell which site and segment an IPv6 address belongs to; None where it is no site's."""
        offset = int(address) - self._base6
        if address not in self.block6:
            return None
        return _place(site=offset >> 80, segment=offset >> 76 & 0xF)

    def _number6(self, number: int) -> int:
        return self._base6 + (number << 80)


def own_networks(hub: Pair) -> Pair:
    """Return the part of a hub's range that its own networks take: the first /20 and the first /60. Clusters lie behind it."""
    return Pair(
        _cut4(int(hub.ipv4.network_address), OWN_PREFIX4),
        _cut6(int(hub.ipv6.network_address), OWN_PREFIX6),
    )


def tunnel_number(*, site: int, segment: int, hub: int, uplink: int) -> int:
    """Number the tunnel of a site: eight bits of site, four of segment, two of hub, one of line (from 0); a /16 has 15 bits of pairs."""
    return (site << 7) | (segment << 3) | (hub << 1) | uplink


def hub_tunnel_number(*, segment: int, one: int, other: int) -> int:
    """Number the tunnel between two hubs: as if of site 0, which is nobody's; three hubs make three pairs."""
    return tunnel_number(site=0, segment=segment, hub=one + other - 2, uplink=0)


def _place(*, site: int, segment: int) -> Place | None:
    known = 1 <= site <= HIGHEST_SITE and segment not in RESERVED_SEGMENTS
    return Place(site=site, segment=segment) if known else None


def _cut4(address: int, prefix: int) -> ipaddress.IPv4Network:
    return ipaddress.IPv4Network((address, prefix))


def _cut6(address: int, prefix: int) -> ipaddress.IPv6Network:
    return ipaddress.IPv6Network((address, prefix))
