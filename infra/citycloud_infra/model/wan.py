"""The wide area network in the inventory: segments, classes of traffic, carriers, points of presence, hubs, sites, shared services.

A network engineer keeps these in one file. Numbers (`id`) decide addresses and AS numbers, so they are given once and never again:
position in a list means nothing, and what is retired stays named under `retired`.
"""

import datetime
from typing import Literal

from citycloud_infra.model.base import (
    HIGHEST_HUB,
    HIGHEST_HUB_UPLINK,
    HIGHEST_SITE,
    HIGHEST_UPLINK,
    IPv4NetworkText,
    IPv4Text,
    IPv6NetworkText,
    IPv6Text,
    Mbps,
    Name,
    Names,
    Part,
    Percent,
    Port,
    field,
)

SegmentName = Literal["office", "public-service", "conferencing", "camera-iot", "guest", "management"]
SiteKind = Literal["hub", "department", "district-point", "branch", "service-point", "ward", "commune", "other"]
CarrierKind = Literal["l3vpn", "internet", "mobile"]
Role = Literal["primary", "backup"]


class AddressPlan(Part):
    """The two blocks from which every address of the overlay follows."""

    ipv4: IPv4NetworkText = field("The city's IPv4 block, a /8 (RFC 1918).")
    ipv6: IPv6NetworkText = field("The city's IPv6 block, a /36.")


class Overlay(Part):
    """How sites are tied to hubs over whatever the carriers give."""

    technique: Literal["wireguard", "vxlan"] = field("How a tunnel is made; vxlan does not encrypt.")
    mtu: int = field("MTU inside the tunnels, in bytes.", ge=1280, le=9000)
    bfd_interval_ms: int = field("How often the two ends of a tunnel tell each other that they live.", ge=50, le=10_000)
    bfd_multiplier: int = field("After how many unheard tellings a tunnel counts as dead.", ge=2, le=50)


class Segment(Part):
    """One of the city's networks, apart from every other at every site."""

    name: SegmentName = field("Its name in the API.")
    id: int = field("Decides its address blocks: the n-th /12 of the plan, the n-th /52 of a site.", ge=1, le=15)
    names: Names = field("For people.")
    transport: Literal["overlay", "local"] = field("Whether it reaches the hubs, or goes to the Internet at the site and nowhere else.")
    between_sites: bool = field("Whether two sites may talk to each other in it, over a hub.", default=False)


class TrafficClass(Part):
    """One class of traffic (RFC 4594) and its share of an uplink."""

    name: Name = field("Its name.")
    dscp: int = field("The code point that packets carry (RFC 2474).", ge=0, le=63)
    share: Percent = field("The share of the contracted rate that is kept for it, in percent.")
    priority: bool = field("Whether it is sent before everything else, up to its share.", default=False)


class ClassLimit(Part):
    """What a carrier takes of one class."""

    traffic_class: Name = field("A class of traffic.")
    share: Percent = field("The most it carries with that class's quality, in percent of the contracted rate.")


class Slo(Part):
    """What a carrier promises."""

    availability: float = field("Share of the time that the link works.", ge=0, le=1)
    latency_ms: int = field("Round trip to a hub, in milliseconds.", ge=1, le=2000)


class Carrier(Part):
    """Who carries packets between places, and on which terms."""

    name: Name = field("Its name.", max_length=15)
    names: Names = field("For people.")
    kind: CarrierKind = field("A private network, the Internet, or the mobile network.")
    mtu: int = field("Largest packet it carries, in bytes.", ge=1280, le=9216)
    slo: Slo = field("What it promises.")
    classes: tuple[ClassLimit, ...] = field("The classes that it tells apart; others as best it can.", default=(), max_length=16)


class PointOfPresence(Part):
    """A place through which several sites' lines run, such as the office of a former district; they fail together."""

    name: Name = field("Its name.")
    names: Names = field("For people.")


class Uplink(Part):
    """One line from a place to a carrier."""

    carrier: Name = field("A carrier.")
    role: Role = field("Which line is used first.")
    rate_mbps: Mbps = field("The contracted rate, in Mbit/s, each way.")
    via: Name | None = field("The point of presence it runs through.", default=None)
    ipv4: IPv4Text | None = field("The carrier's address of this end; none where it changes.", default=None)
    ipv6: IPv6Text | None = field("The carrier's address of this end; none where it changes.", default=None)


class Hub(Part):
    """A data centre where the city's segments and services meet."""

    id: int = field("Decides its addresses and its AS number.", ge=1, le=HIGHEST_HUB)
    name: Name = field("Its name.", max_length=15)
    names: Names = field("For people.")
    preference: int = field("The higher is used first, in both directions.", ge=1, le=1000)
    uplinks: tuple[Uplink, ...] = field("Its lines to the carriers.", min_length=1, max_length=HIGHEST_HUB_UPLINK)


class Site(Part):
    """A place of the city with its own router."""

    id: int = field("Decides its addresses and its AS number; given once, never again.", ge=1, le=HIGHEST_SITE)
    name: Name = field("Its name, also that of the Site in the cluster.")
    names: Names = field("For people.")
    kind: SiteKind = field("What it is.")
    organisation: Name | None = field("The organisation in the cluster that works there.", default=None, max_length=24)
    segments: tuple[SegmentName, ...] = field("The segments it has.", min_length=1, max_length=6)
    rooms: int = field("Meeting rooms with a camera.", ge=0, le=50, default=0)
    phones: int = field("Telephones over the network.", ge=0, le=2000, default=0)
    router: Literal["frr", "bird"] = field("The routing daemon of its router.", default="bird")
    uplinks: tuple[Uplink, ...] = field("Its lines to the carriers.", min_length=1, max_length=HIGHEST_UPLINK)


class Retired(Part):
    """A number that was a site's and will be nobody's again."""

    id: int = field("The number.", ge=1, le=HIGHEST_SITE)
    name: Name = field("Whose it was.")
    since: datetime.date = field("Since when it is out of use.")


class ServicePort(Part):
    """One port of a shared service."""

    protocol: Literal["TCP", "UDP"] = field("The protocol.")
    port: Port = field("The port.")


class Service(Part):
    """Something at the hubs that a segment reaches by one address, wherever it runs at the moment."""

    id: int = field("Decides its address: one of the first 65,000 of the plan.", ge=1, le=65_000)
    name: Name = field("Its name.")
    names: Names = field("For people.")
    segment: SegmentName = field("The segment that reaches it.")
    ports: tuple[ServicePort, ...] = field("What is reached.", min_length=1, max_length=20)


class Crossing(Part):
    """The only way from one segment into another: one service at the hubs' firewall."""

    origin: SegmentName = field("The segment that asks.", alias="from")
    service: Name = field("The service that it may reach.")


class Media(Part):
    """What one meeting room and one telephone need."""

    room_mbps: Mbps = field("One meeting room, each way.")
    room_overhead: Percent = field("What its class needs beyond that, in percent.")
    room_class: Name = field("The class of meeting video.")
    phone_kbps: int = field("One call, each way, with all headers.", ge=8, le=512)
    phone_class: Name = field("The class of voice.")
    calls_at_once: Percent = field("The share of a site's telephones that speak at once.")


class Tier(Part):
    """What a kind of site has to have."""

    kind: SiteKind = field("The kind of site.")
    uplinks: int = field("The fewest lines; two also means two carriers and two ways in.", ge=1, le=HIGHEST_UPLINK)
    segments: tuple[SegmentName, ...] = field("The segments that none of them lacks.", max_length=6)
