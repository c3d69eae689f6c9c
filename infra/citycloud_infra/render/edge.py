"""Firewalls outside the overlay: of a node's underlay, where its lines end, and of segments that end at the site.

The underlay answers tunnels and nothing else: a known caller on the port of its tunnel, or anybody on the port of one whose caller's
address changes, which WireGuard then asks for its key. It forwards nothing but guests, who go out by a line to the Internet under the
address of that line (in IPv6 too, as carriers give sites no prefix that lasts), without a class of their own choosing. What guests get
addresses and names from is the router's own matter and not written here.
"""

from collections.abc import Iterator
from typing import Final

from citycloud_infra.model.plan import CityPlan
from citycloud_infra.model.topology import MEETING
from citycloud_infra.model.wan import Segment, Site
from citycloud_infra.render.interfaces import LAN, OUT, calls, local_link, local_segments
from citycloud_infra.render.nft import CLAMP, CLOSED, MESSAGES, NEIGHBOURS, RUNNING, chain, classify, elements, listed, table
from citycloud_infra.render.nftables import SSH
from citycloud_infra.render.tc import segment_number
from citycloud_infra.render.view import Router, overlay, place_of

ADMIN: Final = "admin"
"""The interface of a router over which it is set up, apart from all lines; none need be there."""
DHCPV6_CLIENT: Final = 546
PRIVATE4: Final = ("10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16", "224.0.0.0/3")
PRIVATE6: Final = ("fc00::/7", "fe80::/10", "ff00::/8")
"""Where no guest goes: what is nobody's on the Internet."""


def underlay_ruleset(*, plan: CityPlan, node: str, routers: list[Router]) -> str:
    """Write the rules of a node's underlay."""
    guests = [local_link(each) for each in local_segments(plan=plan, site=plan.sites[node])] if node in plan.sites else []
    lines = _internet_lines(plan=plan, node=node)
    rules = [*RUNNING, 'iifname "lo" accept', MESSAGES]
    rules += [f"iifname . {family} saddr . udp dport @callers{number} accept" for family, number in (("ip", 4), ("ip6", 6))]
    rules += ["iifname . udp dport @anybody accept", f'iifname "{ADMIN}" tcp dport {SSH} accept', *_address_givers(plan=plan, node=node)]
    forward: list[str] = [CLAMP, *RUNNING]
    if guests and lines:
        forward.append(f"iifname {_quoted(guests)} oifname {_quoted(lines)} accept")
    return table(
        [
            *_callers(plan=plan, routers=routers),
            *chain("input", "filter hook input priority filter", [*rules, CLOSED]),
            *chain("forward", "filter hook forward priority filter", [*forward, CLOSED]),
            *(_of_guests(guests=guests, lines=lines) if guests and lines else []),
            *_classes(plan=plan, node=node),
        ]
    )


def local_ruleset(*, plan: CityPlan, site: Site, segment: Segment) -> str:
    """Write the rules of the namespace of a segment that ends at the site: out to the Internet, and nowhere else."""
    pair = plan.local(site=site.name, segment=segment.name)
    block4, block6 = plan.addresses.block4, plan.addresses.block6
    sources = ['iifname "lo" accept', NEIGHBOURS, f'iifname "{OUT}" accept']
    sources += [f'iifname "{LAN}" ip saddr {pair.ipv4} accept', f'iifname "{LAN}" ip6 saddr {pair.ipv6} accept']
    away = [f"ip daddr {listed((*_outside(str(block4), PRIVATE4), *PRIVATE4))} counter drop"]
    away.append(f"ip6 daddr {listed((str(block6), *PRIVATE6))} counter drop")
    return table(
        [
            *chain("sources", "filter hook prerouting priority raw", [*sources, CLOSED]),
            *chain("input", "filter hook input priority filter", [*RUNNING, 'iifname "lo" accept', MESSAGES, CLOSED]),
            *chain(
                "forward",
                "filter hook forward priority filter",
                [*RUNNING, *away, f'iifname "{LAN}" oifname "{OUT}" accept', CLOSED],
            ),
        ]
    )


def _outside(block: str, others: tuple[str, ...]) -> list[str]:
    """Return the block unless it is one of the others: a set takes no range twice."""
    return [] if block in others else [block]


def _callers(*, plan: CityPlan, routers: list[Router]) -> list[str]:
    known: dict[int, list[str]] = {4: [], 6: []}
    anybody: list[str] = []
    for router in routers:
        for peer in router.peers:
            caller = calls(plan=plan, peer=peer).other
            if caller is None:
                anybody.append(f'"{peer.carrier}" . {peer.tunnel.port}')
            else:
                known[6 if ":" in caller else 4].append(f'"{peer.carrier}" . {caller} . {peer.tunnel.port}')
    return [
        *elements(name="callers4", type_="iifname . ip saddr . udp dport", members=known[4]),
        *elements(name="callers6", type_="iifname . ip6 saddr . udp dport", members=known[6]),
        *elements(name="anybody", type_="iifname . udp dport", members=anybody),
    ]


def _address_givers(*, plan: CityPlan, node: str) -> Iterator[str]:
    for line in place_of(plan=plan, node=node).uplinks:
        if line.ipv6 is None:
            yield f'iifname "{line.carrier}" ip6 saddr fe80::/10 udp dport {DHCPV6_CLIENT} accept'


def _of_guests(*, guests: list[str], lines: list[str]) -> list[str]:
    come = f"iifname {_quoted(guests)}"
    return [
        *chain("guests", "filter hook forward priority mangle", [f"{come} ip dscp set cs0", f"{come} ip6 dscp set cs0"], policy="accept"),
        *chain("translate", "nat hook postrouting priority srcnat", [f"{come} oifname {_quoted(lines)} masquerade"], policy="accept"),
    ]


def _classes(*, plan: CityPlan, node: str) -> list[str]:
    if plan.inventory.overlay.technique == "vxlan":
        return classify(plan.inventory)
    entries = ", ".join(f"{segment.id << 8:#x} : {segment_number(segment.id)}" for segment in overlay(plan))
    rules = [f"meta priority set meta mark & 0xff00 map {{ {entries} }}"]
    if node in plan.sites:
        local = local_segments(plan=plan, site=plan.sites[node])
        rules += [f'iifname "{local_link(each)}" meta priority set {segment_number(each.id)}' for each in local]
    return chain("classes", "filter hook postrouting priority mangle", rules, policy="accept")


def _internet_lines(*, plan: CityPlan, node: str) -> list[str]:
    return [line.carrier for line in place_of(plan=plan, node=node).uplinks if plan.carriers[line.carrier].kind in MEETING]


def _quoted(names: list[str]) -> str:
    return listed(f'"{name}"' for name in names)
