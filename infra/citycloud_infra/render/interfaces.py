"""Batches for `ip -batch`: tunnels as links in the underlay, and what stands on a segment's interfaces.

Every line says `replace`, or `add` under `-force`, so a batch may be loaded again after a site came: what stands stays as it is. The
unreachable routes take what no longer specific route does, so that nothing meant for the city ever leaves by another way.
"""

import dataclasses
import ipaddress
from collections.abc import Iterator
from typing import Final

from citycloud_infra.model.addresses import Pair, tunnel_number
from citycloud_infra.model.plan import CityPlan
from citycloud_infra.model.wan import Segment, Site
from citycloud_infra.render.view import Peer, Router, first, place_of, uplink_of

LAN: Final = "lan"
OUT: Final = "out"
"""The way of a local segment to the underlay."""
TUNNELS: Final = 1
"""The group of interfaces that firewalls know as tunnels."""
LAST: Final = 4000
"""The metric of unreachable routes: whatever else leads there comes first."""
TABLES: Final = 100
"""A line's own routing table is this and its place among the lines, from 1: whoever gets the carrier's gateway puts the way there."""


class Unrenderable(Exception):
    """The inventory asks for what cannot be written; a rule should have refused it."""


@dataclasses.dataclass(frozen=True, slots=True)
class Calls:
    """The carrier addresses of a tunnel's two ends, of one family; None where one changes."""

    own: str | None
    other: str | None


def calls(*, plan: CityPlan, peer: Peer) -> Calls:
    """Return between which addresses the packets of a tunnel travel: IPv4 where both ends have it."""
    at_hub = peer.interface == peer.tunnel.hub_interface
    tunnel = peer.tunnel
    hub = uplink_of(plan=plan, node=tunnel.hub, carrier=tunnel.hub_carrier)
    far = uplink_of(plan=plan, node=tunnel.site or tunnel.other_hub, carrier=tunnel.carrier)
    one, two = (hub.ipv6, far.ipv6) if far.ipv4 is None and far.ipv6 is not None else (hub.ipv4, far.ipv4)
    return Calls(own=one, other=two) if at_hub else Calls(own=two, other=one)


def line_number(*, plan: CityPlan, node: str, carrier: str) -> int:
    """Return the place of a line among those of its node, from 1."""
    lines = enumerate(place_of(plan=plan, node=node).uplinks, start=1)
    return next(number for number, line in lines if line.carrier == carrier)


def links_batch(*, plan: CityPlan, routers: list[Router]) -> str:
    """Write the batch that makes the tunnels of one node, in its underlay; each is moved into its segment's namespace afterwards."""
    technique = plan.inventory.overlay.technique
    lines: list[str] = []
    for router in routers:
        for peer in router.peers:
            made = f"link add {peer.interface} type wireguard" if technique == "wireguard" else _vxlan(plan=plan, peer=peer)
            lines.append(made)
    return "".join(f"{line}\n" for line in lines)


def rules_batch(*, plan: CityPlan, node: str) -> str:
    """Write the batch, for `ip -4` and for `ip -6`, that ties a line's tunnels to its own routing table; an empty one changes nothing."""
    numbers = range(1, len(place_of(plan=plan, node=node).uplinks) + 1)
    return "".join(f"rule add fwmark {number:#x}/0xff lookup {TABLES + number} priority {1000 + number}\n" for number in numbers)


def segment_batch(*, plan: CityPlan, router: Router) -> str:
    """Write the batch that is loaded inside the namespace of an overlay segment."""
    mtu = plan.inventory.overlay.mtu
    lines = ["link set dev lo up", *_address(router.loopback.ipv4, "lo"), *_address(router.loopback.ipv6, "lo")]
    lines += _lan(router)
    for peer in router.peers:
        lines.append(f"link set dev {peer.interface} mtu {mtu} group {TUNNELS} up")
        lines += [f"address replace {peer.own[0]}/31 dev {peer.interface}", f"address replace {peer.own[1]}/127 dev {peer.interface} nodad"]
    if router.is_hub:
        lines += _hub_routes(plan=plan, router=router)
    return "".join(f"{line}\n" for line in lines)


def local_batch(*, plan: CityPlan, site: Site, segment: Segment) -> str:
    """Write the batch that is loaded inside the namespace of a segment that ends at the site."""
    pair, way = plan.local(site=site.name, segment=segment.name), way_out(plan=plan, site=site, segment=segment)
    lines = ["link set dev lo up", *_site_lan(pair), f"link set dev {OUT} up"]
    lines += [f"address replace {way.ipv4[1]}/31 dev {OUT}", f"address replace {way.ipv6[1]}/127 dev {OUT} nodad"]
    lines += [f"route replace default via {way.ipv4[0]} dev {OUT}", f"route replace default via {way.ipv6[0]} dev {OUT}"]
    return "".join(f"{line}\n" for line in lines)


def underlay_batch(*, plan: CityPlan, site: Site) -> str:
    """Write the underlay's end of the ways out of local segments; empty where a site has none."""
    lines: list[str] = []
    for segment in local_segments(plan=plan, site=site):
        pair, way, name = (
            plan.local(site=site.name, segment=segment.name),
            way_out(plan=plan, site=site, segment=segment),
            local_link(segment),
        )
        lines += [
            f"link set dev {name} up",
            f"address replace {way.ipv4[0]}/31 dev {name}",
            f"address replace {way.ipv6[0]}/127 dev {name} nodad",
        ]
        lines += [f"route replace {pair.ipv4} via {way.ipv4[1]} dev {name}", f"route replace {pair.ipv6} via {way.ipv6[1]} dev {name}"]
    return "".join(f"{line}\n" for line in lines)


def local_segments(*, plan: CityPlan, site: Site) -> list[Segment]:
    """Return the segments of a site that never reach a hub, by number."""
    found = (each for each in plan.inventory.segments if each.transport == "local" and each.name in site.segments)
    return sorted(found, key=lambda each: each.id)


def local_link(segment: Segment) -> str:
    """Name the underlay's end of a local segment's way out."""
    return f"g{segment.id}"


def way_out(*, plan: CityPlan, site: Site, segment: Segment) -> Pair:
    """Return the two ends of a local segment's way out: the numbers of a tunnel to hub 0, which is nobody."""
    return plan.addresses.tunnel(tunnel_number(site=site.id, segment=segment.id, hub=0, uplink=0))


def crossing_link(segment: Segment) -> str:
    """Name the interface that leads to another segment, inside a hub's namespace."""
    return f"x{segment.id}"


def _vxlan(*, plan: CityPlan, peer: Peer) -> str:
    ends = calls(plan=plan, peer=peer)
    if ends.own is None or ends.other is None:
        raise Unrenderable(f"the vxlan tunnel {peer.interface} to {peer.name} over {peer.carrier} needs fixed addresses at both ends")
    port = peer.tunnel.port
    return (
        f"link add {peer.interface} type vxlan id {port} local {ends.own} remote {ends.other} dstport {port} dev {peer.carrier} tos inherit"
    )


def _address(network: ipaddress.IPv4Network | ipaddress.IPv6Network, device: str) -> list[str]:
    return [f"address replace {network} dev {device}"]


def _lan(router: Router) -> list[str]:
    if not router.is_hub:
        return _site_lan(router.lan)
    four, six = router.lan.ipv4, router.lan.ipv6
    lines = [f"link set dev {LAN} up", f"address replace {first(four)}/{four.prefixlen} dev {LAN}"]
    lines.append(f"address replace {first(six)}/{six.prefixlen} dev {LAN} nodad")
    for _, pair in router.realm.services:
        lines += [f"route replace {pair.ipv4} dev {LAN}", f"route replace {pair.ipv6} dev {LAN}"]
    return lines


def _site_lan(pair: Pair) -> list[str]:
    four, six = pair.ipv4, pair.ipv6
    return [
        f"link set dev {LAN} up",
        f"address replace {first(four)}/{four.prefixlen} dev {LAN}",
        f"address replace {first(six)}/64 dev {LAN} nodad",
        f"route replace unreachable {four} metric {LAST}",
        f"route replace unreachable {six} metric {LAST}",
    ]


def _hub_routes(*, plan: CityPlan, router: Router) -> Iterator[str]:
    realm, own = router.realm, router.segment
    if own.between_sites:
        yield f"route replace unreachable {realm.aggregate.ipv4} metric {LAST}"
        yield f"route replace unreachable {realm.aggregate.ipv6} metric {LAST}"
    for name in sorted({*realm.ways_out, *realm.ways_in}):
        other = plan.segments[name]
        link, via = crossing_link(other), crossing_ends(one=other, other=own)
        mine = crossing_ends(one=own, other=other)
        yield f"link set dev {link} mtu {plan.inventory.overlay.mtu} up"
        yield f"address replace {mine[0]} peer {via[0]} dev {link}"
        yield f"address replace {mine[1]}/64 dev {link} nodad"
        for _, pair in realm.ways_out.get(name, ()):
            yield f"route replace {pair.ipv4} via {via[0]} dev {link}"
            yield f"route replace {pair.ipv6} via {via[1]} dev {link}"
        if name in realm.ways_in:
            yield f"route replace {plan.addresses.segment(other.id)} via {via[0]} dev {link}"
            for site in sorted(plan.inventory.sites, key=lambda each: each.id):
                if name in site.segments:
                    yield f"route replace {plan.local(site=site.name, segment=name).ipv6} via {via[1]} dev {link}"


def crossing_ends(*, one: Segment, other: Segment) -> tuple[str, str]:
    """Return the addresses of `one`'s end of its link to `other`: of the link alone, and the same at every hub."""
    return f"169.254.{one.id}.{other.id}", f"fe80::{one.id:x}:{other.id:x}"
