"""One router as its texts need it: a node in one segment, with its addresses and those at the other end of each tunnel.

FRR, BIRD, nftables, tc and the batches of `ip` all read this view, so that none of them can disagree about a neighbour. Peers are in the
order of their tunnels' numbers: a new site stands between others and moves none of their lines.
"""

import collections
import dataclasses
import ipaddress
from collections.abc import Iterator, Mapping, Sequence

from citycloud_infra.model.addresses import Pair
from citycloud_infra.model.plan import CityPlan
from citycloud_infra.model.topology import Tunnel, hub_as, site_as
from citycloud_infra.model.wan import Hub, Segment, Service, Site, Uplink

Ends = tuple[ipaddress.IPv4Address, ipaddress.IPv6Address]


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Realm:
    """One segment of the overlay: what is reached in it, and what is reached out of it and into it at the hubs' firewall.

    `aggregate` holds every site's range; the IPv6 one holds other segments' too, which differ in four bits (`mask6`, `value6`).
    """

    segment: Segment
    aggregate: Pair
    mask6: ipaddress.IPv6Address
    value6: ipaddress.IPv6Address
    services: tuple[tuple[Service, Pair], ...]
    ways_out: Mapping[str, tuple[tuple[Service, Pair], ...]]
    """Services of other segments that may be asked from here, by their segment."""
    ways_in: Mapping[str, tuple[tuple[Service, Pair], ...]]
    """Services of here that another segment may ask, by that segment."""


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Peer:
    """The other end of one tunnel; `ranges` is what it may send from and announce, none where it is a hub."""

    tunnel: Tunnel
    interface: str
    own: Ends
    other: Ends
    name: str
    asn: int
    site: int
    ranges: tuple[Pair, ...]
    carrier: str
    rate_mbps: int


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Router:
    """One node in one segment of the overlay."""

    node: str
    daemon: str
    asn: int
    realm: Realm
    is_hub: bool
    loopback: Pair
    lan: Pair
    peers: tuple[Peer, ...]

    @property
    def segment(self) -> Segment:
        """Return the segment."""
        return self.realm.segment

    @property
    def folder(self) -> str:
        """Return the folder of its texts."""
        return f"{self.node}/{self.segment.name}"


def first(network: ipaddress.IPv4Network | ipaddress.IPv6Network) -> str:
    """Return the address by which a router is known in a network: the first, with nothing behind it."""
    return str(network[1])


def routers(plan: CityPlan) -> Iterator[Router]:
    """Return every router of the overlay: hubs first, then sites by number, each by segment."""
    realms = {segment.name: realm_of(plan=plan, name=segment.name) for segment in overlay(plan)}
    for hub in sorted(plan.inventory.hubs, key=lambda each: each.id):
        tunnels = _by_segment(plan.by_hub[hub.name])
        for realm in realms.values():
            yield _hub_router(plan=plan, hub=hub, realm=realm, tunnels=tunnels[realm.segment.name])
    for site in sorted(plan.inventory.sites, key=lambda each: each.id):
        tunnels = _by_segment(plan.by_site[site.name])
        for realm in realms.values():
            if realm.segment.name in site.segments:
                yield _site_router(plan=plan, site=site, realm=realm, tunnels=tunnels[realm.segment.name])


def overlay(plan: CityPlan) -> list[Segment]:
    """Return the segments that reach the hubs, by number."""
    return sorted((each for each in plan.inventory.segments if each.transport == "overlay"), key=lambda each: each.id)


def uplink_of(*, plan: CityPlan, node: str, carrier: str) -> Uplink:
    """Return the line of a node to a carrier."""
    return next(line for line in place_of(plan=plan, node=node).uplinks if line.carrier == carrier)


def place_of(*, plan: CityPlan, node: str) -> Hub | Site:
    """Return the hub or the site of this name."""
    return plan.hubs[node] if node in plan.hubs else plan.sites[node]


def realm_of(*, plan: CityPlan, name: str) -> Realm:
    """Return what is reached in a segment, out of it and into it."""
    segment = plan.segments[name]
    services = {each.name: each for each in sorted(plan.inventory.services, key=lambda each: each.id)}
    out: dict[str, list[tuple[Service, Pair]]] = collections.defaultdict(list)
    into: dict[str, list[tuple[Service, Pair]]] = collections.defaultdict(list)
    for crossing in sorted(plan.inventory.crossings, key=lambda each: (services[each.service].id, each.origin)):
        service = services[crossing.service]
        if crossing.origin == segment.name:
            out[service.segment].append((service, plan.addresses.service(service.id)))
        if service.segment == segment.name:
            into[crossing.origin].append((service, plan.addresses.service(service.id)))
    return Realm(
        segment=segment,
        aggregate=Pair(plan.addresses.segment(segment.id), plan.addresses.block6),
        mask6=ipaddress.IPv6Address(0xF << 76),
        value6=ipaddress.IPv6Address(segment.id << 76),
        services=tuple((each, plan.addresses.service(each.id)) for each in services.values() if each.segment == segment.name),
        ways_out={name: tuple(out[name]) for name in sorted(out)},
        ways_in={name: tuple(into[name]) for name in sorted(into)},
    )


def _hub_router(*, plan: CityPlan, hub: Hub, realm: Realm, tunnels: Sequence[Tunnel]) -> Router:
    return Router(
        node=hub.name,
        daemon="frr",
        asn=hub_as(hub),
        realm=realm,
        is_hub=True,
        loopback=plan.addresses.loopback(hub=hub.id, segment=realm.segment.id),
        lan=plan.addresses.front(hub=hub.id, segment=realm.segment.id),
        peers=tuple(_peer(plan=plan, node=hub.name, tunnel=each) for each in tunnels),
    )


def _site_router(*, plan: CityPlan, site: Site, realm: Realm, tunnels: Sequence[Tunnel]) -> Router:
    return Router(
        node=site.name,
        daemon=site.router,
        asn=site_as(site),
        realm=realm,
        is_hub=False,
        loopback=plan.addresses.loopback(site=site.id, segment=realm.segment.id),
        lan=plan.local(site=site.name, segment=realm.segment.name),
        peers=tuple(_peer(plan=plan, node=site.name, tunnel=each) for each in tunnels),
    )


def _peer(*, plan: CityPlan, node: str, tunnel: Tunnel) -> Peer:
    at_hub_end = node == tunnel.hub
    lower: Ends = (tunnel.ends.ipv4[0], tunnel.ends.ipv6[0])
    upper: Ends = (tunnel.ends.ipv4[1], tunnel.ends.ipv6[1])
    far = tunnel.site or tunnel.other_hub
    name = far if at_hub_end else tunnel.hub
    rates = (
        uplink_of(plan=plan, node=tunnel.hub, carrier=tunnel.hub_carrier).rate_mbps,
        uplink_of(plan=plan, node=far, carrier=tunnel.carrier).rate_mbps,
    )
    site = plan.sites.get(name)
    segment = plan.segments[tunnel.segment].id
    return Peer(
        tunnel=tunnel,
        interface=tunnel.hub_interface if at_hub_end else tunnel.site_interface,
        own=lower if at_hub_end else upper,
        other=upper if at_hub_end else lower,
        name=name,
        asn=site_as(site) if site else hub_as(plan.hubs[name]),
        site=site.id if site else 0,
        ranges=(plan.local(site=name, segment=tunnel.segment), plan.addresses.loopback(site=site.id, segment=segment)) if site else (),
        carrier=tunnel.hub_carrier if at_hub_end else tunnel.carrier,
        rate_mbps=min(rates),
    )


def _by_segment(tunnels: Sequence[Tunnel]) -> Mapping[str, list[Tunnel]]:
    found: dict[str, list[Tunnel]] = collections.defaultdict(list)
    for tunnel in sorted(tunnels, key=lambda each: each.number):
        found[tunnel.segment].append(tunnel)
    return found
