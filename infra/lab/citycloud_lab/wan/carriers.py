"""Carriers and the lines to them, as batches for `ip`, worked out from the plan: what the rendered texts leave to the carriers. Pure.

A carrier is a namespace with a bridge, to which each line is a port: who takes a port off the bridge cuts the line without a word to either
end. A private network knows its own lines; the others have gateways, behind which they meet in a namespace that is the rest of the
Internet. A line is given its address, the way to its carrier's other lines and, where there is one, a default route; the ways once more in
the line's own table, to which the tunnels of WireGuard are tied.
"""

import dataclasses
import ipaddress
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from citycloud_infra.model.addresses import Pair
from citycloud_infra.model.base import Network
from citycloud_infra.model.plan import CityPlan
from citycloud_infra.model.topology import MEETING
from citycloud_infra.model.wan import Carrier, Hub, Site
from citycloud_infra.render.interfaces import TABLES
from citycloud_lab.wan.places import underlay
from citycloud_lab.wan.reduce import leased

BRIDGE: Final = "br0"
HARDWARE: Final = "02:00:00:00:00:01"
"""The gateway's address on the bridge; left alone, a bridge changes it whenever a port comes or goes."""
UP: Final = "away"
"""A carrier's way to the rest of the Internet."""
ABROAD: Final = Pair(ipaddress.IPv4Network("198.18.255.1/32"), ipaddress.IPv6Network("2001:2:0:ffff::1/128"))
"""A host somewhere on the Internet."""
GATEWAY: Final = ("169.254.1.1", "fe80::1")
"""By which a carrier's gateway is known on every line, so that no range has to spare an address for it."""
NEAR: Final = ("169.254.2.1", "fe80::1")
FAR: Final = ("169.254.2.2", "fe80::2")
"""The two ends of the way between the Internet and a carrier; the carrier's is the far one."""
METRIC: Final = 100
"""The metric of a line's ways is this and its number: what is tied to no line takes the first that leads there."""


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """One line of a node; `number` counts from 1, `port` is its end at the carrier, `fixed` whether its address is the inventory's."""

    node: str
    carrier: Carrier
    number: int
    port: str
    addresses: tuple[str, ...]
    fixed: bool


def lines(plan: CityPlan) -> list[Line]:
    """Return every line, the hubs' first."""
    places: list[Hub | Site] = [*plan.inventory.hubs, *plan.inventory.sites]
    return [line for place in places for line in lines_of(place=place, carriers=plan.carriers)]


def lines_of(*, place: Hub | Site, carriers: Mapping[str, Carrier]) -> Iterator[Line]:
    """Return the lines of a hub or a site, in their order."""
    for number, uplink in enumerate(place.uplinks):
        own = tuple(each for each in (uplink.ipv4, uplink.ipv6) if each is not None)
        yield Line(
            node=place.name,
            carrier=carriers[uplink.carrier],
            number=number + 1,
            port=f"{'h' if isinstance(place, Hub) else 's'}{place.id}l{number + 1}",
            addresses=own or leased(site=place.id, line=number),
            fixed=bool(own),
        )


def internet_batch() -> str:
    """Write the batch inside the Internet: its one host."""
    return f"address replace {ABROAD.ipv4} dev lo\naddress replace {ABROAD.ipv6} dev lo nodad\n"


def carrier_batch(carrier: Carrier) -> str:
    """Write the batch inside a carrier that makes its bridge, with the gateway's address."""
    four, six = GATEWAY
    return (
        f"link add {BRIDGE} mtu {carrier.mtu} address {HARDWARE} type bridge\nlink set {BRIDGE} up\n"
        f"address replace {four}/32 dev {BRIDGE}\naddress replace {six}/64 dev {BRIDGE} nodad\n"
    )


def meeting_batches(*, carrier: Carrier, number: int, internet: str) -> tuple[str, str]:
    """Write the batches that tie a carrier to the Internet, first the carrier's; `internet` is the name of that namespace."""
    far = f"link add {UP} mtu {carrier.mtu} type veth peer name c{number} mtu {carrier.mtu} netns {internet}\n"
    far += f"link set {UP} up\naddress replace {FAR[0]} peer {NEAR[0]} dev {UP}\naddress replace {FAR[1]}/64 dev {UP} nodad\n"
    far += "".join(f"route replace default via {near} dev {UP}\n" for near in NEAR)
    near = f"link set c{number} up\naddress replace {NEAR[0]} dev c{number}\naddress replace {NEAR[1]}/64 dev c{number} nodad\n"
    return far, near


def known_batches(*, lines_: Sequence[Line], number: int) -> tuple[str, str]:
    """Write the batches by which a carrier and the Internet (where they meet) find these lines of the carrier."""
    found = ranges(lines_) + _leases(lines_)
    here = "".join(f"route replace {each} dev {BRIDGE}\n" for each in found)
    there = "".join(f"route replace {each} via {FAR[each.version == 6]} dev c{number}{_on_link(each)}\n" for each in found)
    return here, there


def ports_batch(*, lines_: Sequence[Line], full: Mapping[str, str]) -> str:
    """Write the batch inside a carrier that makes the ports of these lines; `full` has the names of namespaces."""
    made = []
    for line in lines_:
        mtu = line.carrier.mtu
        wire = f"type veth peer name {line.carrier.name} mtu {mtu} netns {full[underlay(line.node)]}"
        made.append(f"link add {line.port} mtu {mtu} {wire}\nlink set {line.port} master {BRIDGE} up\n")
    return "".join(made)


def line_batch(*, line: Line, neighbours: Sequence[Line]) -> str:
    """Write the batch inside an underlay that brings one line up; `neighbours` are all lines of its carrier."""
    device = line.carrier.name
    rows = [f"link set {device} up"]
    rows += [f"address replace {each} dev {device}{' nodad' if ':' in each else ''}" for each in line.addresses]
    for where in (f"proto static metric {METRIC + line.number}", f"proto static table {TABLES + line.number}"):
        rows += [f"route replace {each} dev {device} {where}" for each in ranges(neighbours)]
        if line.carrier.kind in MEETING:
            rows += [f"route replace default via {each} dev {device} {where}{_on_link(ipaddress.ip_address(each))}" for each in GATEWAY]
        else:
            rows += [f"route replace {each} dev {device} {where}" for each in _leases(neighbours)]
    return "".join(f"{row}\n" for row in rows)


def ranges(lines_: Sequence[Line]) -> list[Network]:
    """Return the smallest network of each family that holds every fixed address of these lines."""
    fixed = [ipaddress.ip_network(each) for line in lines_ if line.fixed for each in line.addresses]
    found: list[Network] = []
    for version in (4, 6):
        own = [each for each in fixed if each.version == version]
        if own:
            whole = own[0]
            while not all(each.network_address in whole for each in own):
                whole = whole.supernet()
            found.append(whole)
    return found


def meets(carrier: Carrier) -> bool:
    """Tell whether a carrier's lines are reached from the Internet."""
    return carrier.kind in MEETING


def _leases(lines_: Sequence[Line]) -> list[Network]:
    return [ipaddress.ip_network(each) for line in lines_ if not line.fixed for each in line.addresses]


def _on_link(where: Network | ipaddress.IPv4Address | ipaddress.IPv6Address) -> str:
    return " onlink" if where.version == 4 else ""
