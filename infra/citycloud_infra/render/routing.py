"""What both routing daemons do alike: whom they believe, what they say, and which way they prefer.

One session a tunnel carries both families, so both fail and move together and hubs keep half as many sessions. The order of ways is one
table for both directions (model/topology.py): a site prefers the tunnel of the lowest rank, and hubs prefer it too. A hub that learned a
site tells the other hubs the rank of that tunnel as a large community, so even the hub that has a tunnel of its own sends by the better
one: packets come back as they went, past the firewalls that know them.

A site says its own ranges and nothing else, so it never carries what is between others. A hub believes of a site exactly those ranges. To
sites a hub says what is the same however many of them there are: services, the hubs' fronts and loopbacks, and the segment as a whole where
sites may talk to each other.
"""

import dataclasses
from collections.abc import Sequence
from typing import Final

from citycloud_infra.model.addresses import SEGMENT_PREFIX6, SITE_PREFIX4, Pair
from citycloud_infra.model.base import Network
from citycloud_infra.model.plan import CityPlan
from citycloud_infra.model.topology import HUB_AS
from citycloud_infra.render.view import Realm, Router

KEEPALIVE: Final = 3
HOLD: Final = 9
"""Seconds; they count only where BFD does not run."""
RETRY: Final = 3
"""Seconds between two attempts to set a session up."""
PREFERENCE: Final = 200
"""The local preference of rank 0; each rank has one less. What another hub says without a rank stays at 100, the default."""
MOST_OF_SITE: Final = 8
"""A site announces two prefixes a family and the lists let no others in; should a list ever be too wide, the session ends at this many.
Refused ones are not counted: FRR 8.4 can (`force`), but counts those of every other neighbour too and then cuts sites off for nothing."""
MOST_OF_HUB: Final = 2000
"""A hub announces some five hundred services at most."""
RANK: Final = f"{HUB_AS}:1"
"""The first two parts of the community that tells a rank."""
FROM_HUB: Final = f"{HUB_AS}:2:0"
"""The community of what a hub learned from another: it is not passed on to a third."""


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Match:
    """Networks inside `network` whose prefix has a length from `least` to `most`."""

    network: Network
    least: int
    most: int


def preference(rank: int) -> int:
    """Return the local preference of a rank."""
    return PREFERENCE - rank


def exactly(pairs: Sequence[Pair]) -> tuple[list[Match], list[Match]]:
    """Match these networks and none inside them, by family."""
    return [_exact(pair.ipv4) for pair in pairs], [_exact(pair.ipv6) for pair in pairs]


def said_by_hubs(*, plan: CityPlan, realm: Realm) -> tuple[list[Match], list[Match]]:
    """Match what sites of a segment hear from hubs, by family: nothing of it depends on which sites there are."""
    addresses, segment = plan.addresses, realm.segment
    hubs = sorted(hub.id for hub in plan.inventory.hubs)
    services = addresses.services()
    four, six = exactly(
        [
            *(addresses.front(hub=hub, segment=segment.id) for hub in hubs),
            *(addresses.loopback(hub=hub, segment=segment.id) for hub in hubs),
            *([realm.aggregate] if segment.between_sites else []),
        ]
    )
    return [Match(network=services.ipv4, least=32, most=32), *four], [Match(network=services.ipv6, least=128, most=128), *six]


def said_between_hubs(*, plan: CityPlan, realm: Realm) -> tuple[list[Match], list[Match]]:
    """Match what hubs hear from each other, by family: sites one by one, and what each hub has."""
    addresses = plan.addresses
    hosts = [addresses.services(), addresses.loopbacks()]
    fronts = [addresses.front(hub=hub.id, segment=realm.segment.id) for hub in sorted(plan.inventory.hubs, key=lambda each: each.id)]
    four, six = exactly(fronts)
    return (
        [
            *(Match(network=pair.ipv4, least=32, most=32) for pair in hosts),
            Match(network=realm.aggregate.ipv4, least=SITE_PREFIX4, most=SITE_PREFIX4),
            *four,
        ],
        [
            *(Match(network=pair.ipv6, least=128, most=128) for pair in hosts),
            Match(network=realm.aggregate.ipv6, least=SEGMENT_PREFIX6, most=SEGMENT_PREFIX6),
            *six,
        ],
    )


def own_networks(router: Router) -> list[Pair]:
    """Return what a router announces of its own, as long as it has a route to it."""
    if not router.is_hub:
        return [router.lan, router.loopback]
    realm = router.realm
    crossing = {service.id: pair for ways in realm.ways_out.values() for service, pair in ways}
    reached = {service.id: pair for service, pair in realm.services} | crossing
    return [
        router.lan,
        router.loopback,
        *(reached[number] for number in sorted(reached)),
        *([realm.aggregate] if realm.segment.between_sites else []),
    ]


def ranks(router: Router) -> list[int]:
    """Return the ranks of a site's tunnels, in order."""
    return sorted({peer.tunnel.rank for peer in router.peers})


def _exact(network: Network) -> Match:
    return Match(network=network, least=network.prefixlen, most=network.prefixlen)
