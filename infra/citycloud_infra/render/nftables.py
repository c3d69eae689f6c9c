"""Firewalls of the overlay: what may pass a router, inside the namespace of one segment.

Closed unless named. Every packet first has to come from where its source belongs: a site's tunnel takes that site's ranges, the network
behind a hub takes services. Then only named services are asked, sites talk to each other only where their segment says so, and a hub lets
through to another segment exactly the services of the crossings; nothing else joins two segments, as each is a namespace of its own.
Sites are named by the hubs alone, one line a range, so a new one adds lines there and touches no other site.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from citycloud_infra.model.addresses import Pair
from citycloud_infra.model.plan import CityPlan
from citycloud_infra.model.wan import Service
from citycloud_infra.render.interfaces import LAN, TUNNELS, crossing_link
from citycloud_infra.render.nft import CLAMP, CLOSED, MESSAGES, NEIGHBOURS, RUNNING, chain, classify, elements, identifier, listed, table
from citycloud_infra.render.view import Realm, Router, realm_of

BGP: Final = 179
BFD: Final = 3784
SSH: Final = 22
EXPORTER: Final = 9115
"""The blackbox exporter's port (render/prometheus.py)."""
MANAGEMENT: Final = "management"
"""The segment from which routers are looked after: the machines at the hubs' fronts may speak first, and to routers too."""
HERE: Final = "here"
FROM_TUNNEL: Final = f"iifgroup {TUNNELS}"
TO_TUNNEL: Final = f"oifgroup {TUNNELS}"
Reached = Sequence[tuple[Service, Pair]]


def segment_ruleset(*, plan: CityPlan, router: Router) -> str:
    """Write the rules of an overlay segment's namespace."""
    realm = router.realm
    sets = _sources(plan=plan, router=router)
    if router.is_hub:
        named: dict[str, Reached] = {HERE: realm.services}
        named |= {f"to_{identifier(name)}": reached for name, reached in realm.ways_out.items()}
        named |= {f"from_{identifier(name)}": reached for name, reached in realm.ways_in.items()}
        sets += [line for name, reached in named.items() for line in _services(name=name, reached=reached)]
    forward = _hub_forward(plan=plan, router=router) if router.is_hub else _site_forward(plan=plan, router=router)
    return table(
        [
            *sets,
            *chain("sources", "filter hook prerouting priority raw", [*_source_rules(plan=plan, router=router), CLOSED]),
            *chain("input", "filter hook input priority filter", [*_input(plan=plan, router=router), CLOSED]),
            *chain("forward", "filter hook forward priority filter", [CLAMP, *RUNNING, *forward, CLOSED]),
            *classify(plan.inventory),
        ]
    )


def of_segment(*, realm: Realm, direction: str) -> str:
    """Match IPv6 addresses of any site in this segment: the four bits that tell segments apart lie inside each site's block."""
    field = f"ip6 {direction}"
    return f"{field} {realm.aggregate.ipv6} {field} & {realm.mask6} == {realm.value6}"


def _sources(*, plan: CityPlan, router: Router) -> list[str]:
    pairs = list(_allowed(plan=plan, router=router))
    four = [f'"{interface}" . {pair.ipv4}' for interface, pair in pairs]
    six = [f'"{interface}" . {pair.ipv6}' for interface, pair in pairs]
    for peer in router.peers:
        four.append(f'"{peer.interface}" . {peer.other[0]}')
        six.append(f'"{peer.interface}" . {peer.other[1]}')
    for link, realm in _segments_behind(plan=plan, router=router).items():
        four.append(f'"{link}" . {realm.aggregate.ipv4}')
    return [
        *elements(name="sources4", type_="iifname . ip saddr", members=four, intervals=True),
        *elements(name="sources6", type_="iifname . ip6 saddr", members=six, intervals=True),
    ]


def _allowed(*, plan: CityPlan, router: Router) -> Iterator[tuple[str, Pair]]:
    """Return from which ranges each interface takes packets, but for whole segments."""
    addresses, segment = plan.addresses, router.segment
    fronts = [addresses.front(hub=hub, segment=segment.id) for hub in sorted(hub.id for hub in plan.inventory.hubs)]
    yield LAN, router.lan
    if router.is_hub:
        for _, pair in router.realm.services:
            yield LAN, pair
        for name, reached in router.realm.ways_out.items():
            for _, pair in reached:
                yield crossing_link(plan.segments[name]), pair
    for peer in router.peers:
        for pair in peer.ranges or (addresses.services(), addresses.loopbacks(), *fronts):
            yield peer.interface, pair


def _segments_behind(*, plan: CityPlan, router: Router) -> Mapping[str, Realm]:
    """Return the interfaces behind which all sites of a segment may stand."""
    realm = router.realm
    behind = {peer.interface: realm for peer in router.peers if not peer.ranges and (router.is_hub or realm.segment.between_sites)}
    if router.is_hub:
        behind |= {crossing_link(plan.segments[name]): realm_of(plan=plan, name=name) for name in realm.ways_in}
    return behind


def _source_rules(*, plan: CityPlan, router: Router) -> Iterator[str]:
    yield 'iifname "lo" accept'
    yield NEIGHBOURS
    yield "iifname . ip saddr @sources4 accept"
    yield "iifname . ip6 saddr @sources6 accept"
    for link, realm in _segments_behind(plan=plan, router=router).items():
        yield f'iifname "{link}" {of_segment(realm=realm, direction="saddr")} accept'


def _input(*, plan: CityPlan, router: Router) -> Iterator[str]:
    ends = plan.addresses.tunnels().ipv4
    yield from RUNNING
    yield 'iifname "lo" accept'
    yield MESSAGES
    yield f"{FROM_TUNNEL} ip saddr {ends} tcp dport {BGP} accept"
    yield f"{FROM_TUNNEL} ip saddr {ends} ip ttl 255 udp dport {BFD} accept"
    if router.segment.name == MANAGEMENT:
        asked = listed((SSH, EXPORTER)) if router.is_hub else SSH  # the Prometheus of one data centre asks the other's exporter too
        if router.is_hub:
            yield f'iifname "{LAN}" tcp dport {asked} accept'
        for family, front in _fronts(plan=plan, router=router):
            yield f"{FROM_TUNNEL} {family} saddr {front} tcp dport {asked} accept"


def _site_forward(*, plan: CityPlan, router: Router) -> Iterator[str]:
    realm = router.realm
    yield f'iifname "{LAN}" {TO_TUNNEL} accept'
    if router.segment.between_sites:
        yield f'{FROM_TUNNEL} oifname "{LAN}" ip saddr {realm.aggregate.ipv4} accept'
        yield f'{FROM_TUNNEL} oifname "{LAN}" {of_segment(realm=realm, direction="saddr")} accept'
    if router.segment.name == MANAGEMENT:
        for family, front in _fronts(plan=plan, router=router):
            yield f'{FROM_TUNNEL} oifname "{LAN}" {family} saddr {front} accept'


def _hub_forward(*, plan: CityPlan, router: Router) -> Iterator[str]:
    realm, services = router.realm, plan.addresses.services()
    yield from _asked(where=FROM_TUNNEL, name=HERE)
    for name in realm.ways_out:
        yield from _asked(where=f'{FROM_TUNNEL} oifname "{crossing_link(plan.segments[name])}"', name=f"to_{identifier(name)}")
    for name in realm.ways_in:
        link = crossing_link(plan.segments[name])
        yield from _asked(where=f'iifname "{link}" oifname "{LAN}"', name=f"from_{identifier(name)}")
    yield f"ip daddr {services.ipv4} icmp type echo-request accept"
    yield f"ip6 daddr {services.ipv6} icmpv6 type echo-request accept"
    if router.segment.between_sites:
        yield f"{FROM_TUNNEL} {TO_TUNNEL} ip saddr {realm.aggregate.ipv4} ip daddr {realm.aggregate.ipv4} accept"
        both = " ".join(of_segment(realm=realm, direction=direction) for direction in ("saddr", "daddr"))
        yield f"{FROM_TUNNEL} {TO_TUNNEL} {both} accept"
    if router.segment.name == MANAGEMENT:
        yield f'iifname "{LAN}" {TO_TUNNEL} accept'
        for family, front in _fronts(plan=plan, router=router):
            yield f"{FROM_TUNNEL} {TO_TUNNEL} {family} saddr {front} accept"


def _asked(*, where: str, name: str) -> Iterator[str]:
    for family, number in (("ip", 4), ("ip6", 6)):
        yield f"{where} {family} daddr . meta l4proto . th dport @{name}{number} accept"


def _services(*, name: str, reached: Reached) -> Iterator[str]:
    for family, number in (("ip", 4), ("ip6", 6)):
        members = [
            f"{(pair.ipv4 if number == 4 else pair.ipv6).network_address} . {port.protocol.lower()} . {port.port}"
            for service, pair in reached
            for port in service.ports
        ]
        yield from elements(name=f"{name}{number}", type_=f"{family} daddr . meta l4proto . th dport", members=members)


def _fronts(*, plan: CityPlan, router: Router) -> Iterator[tuple[str, str]]:
    for hub in sorted(plan.inventory.hubs, key=lambda each: each.id):
        front = plan.addresses.front(hub=hub.id, segment=router.segment.id)
        yield "ip", str(front.ipv4)
        yield "ip6", str(front.ipv6)
