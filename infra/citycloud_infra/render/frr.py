"""FRR's configuration of one router: every hub, and the sites that chose it (render/routing.py says what it holds).

The integrated form, one text for zebra, bgpd and bfdd; it passes `vtysh -C` of FRR 8.4. Static routes are not in it but in the batch of
interfaces, so staticd need not run. A new site adds lines to the hubs' texts and changes none, so `frr-reload.py` leaves sessions alone.

What a hub believes of a site is a list of prefixes a site; what it makes of it is a route-map a rank. A route-map a tunnel would say the
same, but FRR 8.4 looks at all route-maps after each line of one: the text of 126 sites took more than three minutes to load, and takes a
second.
"""

from collections.abc import Iterator, Sequence
from typing import Final

from citycloud_infra.model.addresses import Pair
from citycloud_infra.model.base import HIGHEST_UPLINK
from citycloud_infra.model.plan import CityPlan
from citycloud_infra.render.routing import (
    FROM_HUB,
    HOLD,
    KEEPALIVE,
    MOST_OF_HUB,
    MOST_OF_SITE,
    RANK,
    RETRY,
    Match,
    exactly,
    own_networks,
    preference,
    ranks,
    said_between_hubs,
    said_by_hubs,
)
from citycloud_infra.render.view import Peer, Router

FAMILIES: Final = (("ip", "ipv4"), ("ipv6", "ipv6"))
"""How commands and address families are called."""


def frr_conf(*, plan: CityPlan, router: Router) -> str:
    """Write the text of one router."""
    policy = _hub_policy(plan=plan, router=router) if router.is_hub else _site_policy(plan=plan, router=router)
    parts = [_head(plan=plan, router=router), *policy, _bgp(router)]
    return "\n!\n".join("\n".join(part) for part in parts) + "\n!\nend\n"


def _head(*, plan: CityPlan, router: Router) -> list[str]:
    overlay = plan.inventory.overlay
    return [
        "frr version 8.4",
        "frr defaults traditional",
        f"hostname {router.node}-{router.segment.name}",
        "log syslog warnings",
        "!",
        "bfd",
        " profile overlay",
        f"  transmit-interval {overlay.bfd_interval_ms}",
        f"  receive-interval {overlay.bfd_interval_ms}",
        f"  detect-multiplier {overlay.bfd_multiplier}",
        " exit",
        "exit",
    ]


def _bgp(router: Router) -> list[str]:
    groups = ("HUBS", "SITES") if router.is_hub else ("HUBS",)
    return [
        f"router bgp {router.asn}",
        f" bgp router-id {router.loopback.ipv4.network_address}",
        " bgp log-neighbor-changes",
        " bgp network import-check",
        " no bgp default ipv4-unicast",
        f" timers bgp {KEEPALIVE} {HOLD}",
        *(line for group in groups for line in _group(group)),
        *(line for peer in router.peers for line in _neighbour(peer)),
        *(line for number in range(2) for line in _family(router=router, groups=groups, number=number)),
        "exit",
    ]


def _group(name: str) -> list[str]:
    return [
        f" neighbor {name} peer-group",
        f" neighbor {name} bfd",
        f" neighbor {name} bfd profile overlay",
        f" neighbor {name} ttl-security hops 1",
        f" neighbor {name} timers connect {RETRY}",
    ]


def _neighbour(peer: Peer) -> list[str]:
    return [
        f" neighbor {peer.other[0]} remote-as {peer.asn}",
        f" neighbor {peer.other[0]} peer-group {_group_of(peer)}",
        f" neighbor {peer.other[0]} description {peer.name} over {peer.carrier}, rank {peer.tunnel.rank}",
    ]


def _family(*, router: Router, groups: Sequence[str], number: int) -> list[str]:
    _, family = FAMILIES[number]
    out = {"HUBS": "TO-HUBS", "SITES": "TO-SITES"}
    most = {"HUBS": MOST_OF_HUB, "SITES": MOST_OF_SITE}
    lines = [f" address-family {family} unicast"]
    lines += [f"  network {_of(pair, number)}" for pair in own_networks(router)]
    for group in groups:
        lines += [f"  neighbor {group} route-map {out[group]} out", f"  neighbor {group} maximum-prefix {most[group]}"]
    for peer in router.peers:
        lines.append(f"  neighbor {peer.other[0]} activate")
        if peer.site:
            lines.append(f"  neighbor {peer.other[0]} prefix-list {_list_of(peer.site)} in")
        lines.append(f"  neighbor {peer.other[0]} route-map {_map_of(peer)} in")
    return [*lines, " exit-address-family"]


def _hub_policy(*, plan: CityPlan, router: Router) -> Iterator[list[str]]:
    between, of_hubs = said_between_hubs(plan=plan, realm=router.realm), said_by_hubs(plan=plan, realm=router.realm)
    yield [*_lists(name="BETWEEN-HUBS", matches=between), *_lists(name="HUBS", matches=of_hubs)]
    yield [
        *(f"bgp large-community-list standard RANK-{rank} permit {RANK}:{rank}" for rank in _possible(plan)),
        f"bgp large-community-list standard FROM-HUB permit {FROM_HUB}",
    ]
    yield _from_hubs(plan)
    yield [
        "route-map TO-HUBS deny 5",
        " match large-community FROM-HUB",
        "exit",
        *_entries(name="TO-HUBS", matched="BETWEEN-HUBS", lines=[]),
        *_entries(name="TO-SITES", matched="HUBS", lines=[]),
    ]
    for rank in _possible(plan):
        lines = [" set community none", f" set large-community {RANK}:{rank}", *_preferred(rank)]
        yield [f"route-map {_from_sites(rank)} permit 10", *lines, "exit"]
    sites = {peer.site: peer.ranges for peer in router.peers if peer.site}
    for site, ranges in sites.items():
        yield _lists(name=_list_of(site), matches=exactly(ranges))


def _from_hubs(plan: CityPlan) -> list[str]:
    lines: list[str] = []
    for rank in _possible(plan):
        for number, (command, _) in enumerate(FAMILIES):
            lines += [
                f"route-map FROM-HUBS permit {10 + 10 * rank + number}",
                f" match {command} address prefix-list BETWEEN-HUBS",
                f" match large-community RANK-{rank}",
                f" set large-community {FROM_HUB} additive",
                *_preferred(rank),
                "exit",
            ]
    return [*lines, *_entries(name="FROM-HUBS", matched="BETWEEN-HUBS", lines=[f" set large-community {FROM_HUB}", *_global()], start=900)]


def _site_policy(*, plan: CityPlan, router: Router) -> Iterator[list[str]]:
    yield [
        *_lists(name="HUBS", matches=said_by_hubs(plan=plan, realm=router.realm)),
        *_lists(name="OWN", matches=exactly(own_networks(router))),
    ]
    yield _entries(name="TO-HUBS", matched="OWN", lines=[])
    for rank in ranks(router):
        yield _entries(name=f"FROM-HUB-RANK-{rank}", matched="HUBS", lines=_preferred(rank))


def _possible(plan: CityPlan) -> range:
    """Return every rank that a city of so many hubs may have: no site decides it."""
    return range(len(plan.inventory.hubs) * HIGHEST_UPLINK)


def _entries(*, name: str, matched: str, lines: Sequence[str], start: int = 10) -> list[str]:
    """Let through what the lists of both families hold; whatever they do not hold is refused."""
    found: list[str] = []
    for number, (command, _) in enumerate(FAMILIES):
        found += [f"route-map {name} permit {start + 10 * number}", f" match {command} address prefix-list {matched}", *lines, "exit"]
    return found


def _lists(*, name: str, matches: tuple[Sequence[Match], Sequence[Match]]) -> list[str]:
    return [
        f"{command} prefix-list {name} seq {5 * position} permit {match.network}{_lengths(match)}"
        for (command, _), family in zip(FAMILIES, matches, strict=True)
        for position, match in enumerate(family, start=1)
    ]


def _lengths(match: Match) -> str:
    return "" if match.least == match.network.prefixlen else f" ge {match.least} le {match.most}"


def _preferred(rank: int) -> list[str]:
    return [f" set local-preference {preference(rank)}", *_global()]


def _global() -> list[str]:
    """Name the tunnel's end as next hop: WireGuard's interfaces have no link-local address."""
    return [" set ipv6 next-hop prefer-global"]


def _group_of(peer: Peer) -> str:
    return "SITES" if peer.site else "HUBS"


def _map_of(peer: Peer) -> str:
    if peer.site:
        return _from_sites(peer.tunnel.rank)
    return "FROM-HUBS" if peer.tunnel.other_hub else f"FROM-HUB-RANK-{peer.tunnel.rank}"


def _from_sites(rank: int) -> str:
    return f"FROM-SITES-RANK-{rank}"


def _list_of(site: int) -> str:
    return f"SITE-{site}"


def _of(pair: Pair, number: int) -> str:
    return str(pair.ipv6 if number else pair.ipv4)
