"""The networks inside a data centre, cut from the hub's own range by number (pure).

Of the hub's /16 the first /20 belongs to its own networks: segment n has the n-th /24, and the first /24 is divided among the lines (a /27
each, in the order of the hub's list: a new line is added at its end), the core and the access network. Of its /48 they have the first
sixteen /64. Clusters' nodes lie behind that.
"""

import dataclasses
import ipaddress
from typing import Final

from citycloud_infra.model.addresses import Pair, own_networks

LINE_PREFIX: Final = 27
CORE6: Final = 0
ACCESS6: Final = 6
"""No segment has these numbers (model/addresses.py, RESERVED_SEGMENTS)."""
FIRST: Final = 1
"""The address that others send to: of the cloud's router, or of the gateways together."""
GATEWAYS: Final = 2
"""The gateways' own addresses begin here."""
EDGE_SHARED: Final = 2
EDGE_GATEWAYS: Final = 3
CHOSEN: Final = 16
"""The cloud chooses addresses from here on; below they are given by the plan."""


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class HubLayout:
    """The hub's own networks."""

    hub: Pair

    @property
    def own(self) -> Pair:
        """Return what no cluster may use."""
        return own_networks(self.hub)

    def segment(self, number: int) -> Pair:
        """Return a segment's network in the data centre."""
        return Pair(_piece4(self.hub.ipv4, 24, number), _piece6(self.hub.ipv6, 64, number))

    def line(self, position: int) -> ipaddress.IPv4Network:
        """Return the network between a carrier's router and the gateways; floating addresses are IPv4 only."""
        return _piece4(self.hub.ipv4, LINE_PREFIX, position)

    def core(self) -> Pair:
        """Return the network between gateways and clusters: the third quarter of the first /24."""
        return Pair(_piece4(self.hub.ipv4, 26, 2), _piece6(self.hub.ipv6, 64, CORE6))

    def access(self) -> Pair:
        """Return the network from which people reach sites without the gateways: the last quarter."""
        return Pair(_piece4(self.hub.ipv4, 26, 3), _piece6(self.hub.ipv6, 64, ACCESS6))


Net = ipaddress.IPv4Network | ipaddress.IPv6Network


def address(net: Net, number: int) -> str:
    """Return the address of a number in a network."""
    return str(net.network_address + number)


def chosen(net: Net) -> tuple[str, str]:
    """Return the first and the last address that the cloud may choose; /64 networks are used up to their first 65,535."""
    last = net.num_addresses - 2 if net.version == 4 else min(net.num_addresses - 1, 0xFFFF)
    return address(net, CHOSEN), address(net, last)


def _piece4(net: ipaddress.IPv4Network, prefix: int, number: int) -> ipaddress.IPv4Network:
    return ipaddress.IPv4Network((int(net.network_address) + (number << (32 - prefix)), prefix))


def _piece6(net: ipaddress.IPv6Network, prefix: int, number: int) -> ipaddress.IPv6Network:
    return ipaddress.IPv6Network((int(net.network_address) + (number << (128 - prefix)), prefix))
