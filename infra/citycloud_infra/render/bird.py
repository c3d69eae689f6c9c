"""BIRD's configuration of one router: the sites that did not choose FRR (render/routing.py says what it holds).

For BIRD 2.0: a process takes less than a tenth of FRR's memory, which is what counts in a small router, and where one machine is to run the
whole city's. It puts only what it learned into the kernel; a site's own networks stand there already, by the batch of interfaces.
"""

from collections.abc import Iterator, Sequence
from typing import Final

from citycloud_infra.model.plan import CityPlan
from citycloud_infra.render.routing import (
    HOLD,
    KEEPALIVE,
    MOST_OF_HUB,
    RETRY,
    Match,
    exactly,
    own_networks,
    preference,
    said_by_hubs,
)
from citycloud_infra.render.view import Peer, Router

FAMILIES: Final = ("ipv4", "ipv6")
METRIC: Final = 32
"""Of BIRD's routes in the kernel: the router's own stand before them."""


def bird_conf(*, plan: CityPlan, router: Router) -> str:
    """Write the text of one router, which is a site."""
    parts = [
        _head(router),
        _sets(name="HUBS", matches=said_by_hubs(plan=plan, realm=router.realm)),
        _sets(name="OWN", matches=exactly(own_networks(router))),
        *(_own(router=router, number=number) for number in range(2)),
        *(_kernel(family) for family in FAMILIES),
        _bfd(plan),
        _template(router),
        *(_session(peer) for peer in router.peers),
    ]
    return "\n\n".join("\n".join(part) for part in parts) + "\n"


def _head(router: Router) -> list[str]:
    return [
        f"# {router.node}, {router.segment.name}",
        "log syslog { warning, error, fatal, bug };",
        f"router id {router.loopback.ipv4.network_address};",
        "",
        "protocol device {",
        "}",
    ]


def _sets(*, name: str, matches: tuple[Sequence[Match], Sequence[Match]]) -> list[str]:
    return [
        line
        for number, family in zip((4, 6), matches, strict=True)
        for line in (f"define {name}{number} = [", *_members(family), "];")
    ]  # fmt: skip


def _members(matches: Sequence[Match]) -> Iterator[str]:
    for position, match in enumerate(matches, start=1):
        lengths = "" if match.least == match.network.prefixlen else f"{{{match.least},{match.most}}}"
        yield f"  {match.network}{lengths}{'' if position == len(matches) else ','}"


def _own(*, router: Router, number: int) -> list[str]:
    networks = [(pair.ipv4, pair.ipv6)[number] for pair in own_networks(router)]
    family = FAMILIES[number]
    return [f"protocol static own{family[-1]} {{", f"  {family};", *(f"  route {each} unreachable;" for each in networks), "}"]


def _kernel(family: str) -> list[str]:
    return [
        f"protocol kernel kernel{family[-1]} {{",
        f"  metric {METRIC};",
        f"  {family} {{",
        "    import none;",
        "    export where source = RTS_BGP;",
        "  };",
        "}",
    ]


def _bfd(plan: CityPlan) -> list[str]:
    overlay = plan.inventory.overlay
    return [
        "protocol bfd {",
        '  interface "u*" {',
        f"    interval {overlay.bfd_interval_ms} ms;",
        f"    multiplier {overlay.bfd_multiplier};",
        "  };",
        "}",
    ]


def _template(router: Router) -> list[str]:
    return [
        "template bgp hub {",
        f"  local as {router.asn};",
        f"  hold time {HOLD};",
        f"  keepalive time {KEEPALIVE};",
        f"  connect retry time {RETRY};",
        f"  connect delay time {RETRY};",
        f"  error wait time {RETRY}, {10 * RETRY};",
        "  direct;",
        "  ttl security on;",
        "  bfd on;",
        "}",
    ]


def _session(peer: Peer) -> list[str]:
    rank = peer.tunnel.rank
    return [
        f"protocol bgp {peer.interface} from hub {{",
        f'  description "{peer.name} over {peer.carrier}, rank {rank}";',
        f'  interface "{peer.interface}";',
        f"  local {peer.own[0]};",
        f"  neighbor {peer.other[0]} as {peer.asn};",
        *(line for number, family in enumerate(FAMILIES) for line in _channel(peer=peer, number=number, family=family)),
        "}",
    ]


def _channel(*, peer: Peer, number: int, family: str) -> list[str]:
    return [
        f"  {family} {{",
        f"    next hop address {peer.own[number]};",
        "    import filter {",
        f"      if net !~ HUBS{family[-1]} then reject;",
        f"      bgp_local_pref = {preference(peer.tunnel.rank)};",
        "      accept;",
        "    };",
        f"    import limit {MOST_OF_HUB} action disable;",
        f"    export where source = RTS_STATIC && net ~ OWN{family[-1]};",
        "  };",
    ]
