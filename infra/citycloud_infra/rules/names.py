"""Rules about names and numbers: each once, none used again, all known."""

import collections
from collections.abc import Iterable, Iterator
from typing import Any

from citycloud_infra.model.addresses import RESERVED_SEGMENTS, Addresses
from citycloud_infra.model.inventory import Inventory
from citycloud_infra.model.topology import site_tunnels
from citycloud_infra.rules.finding import Path, Violation
from citycloud_infra.rules.places import lines, places

LISTS_WITH_NUMBERS = ("segments", "hubs", "sites", "services", "retired")
LISTS_WITH_NAMES = ("segments", "classes", "carriers", "points_of_presence", "hubs", "sites", "services")
COMPUTE_LISTS = ("flavors", "zones", "pools", "clusters")
KEYS = {"points_of_presence": "pointsOfPresence"}
LONGEST_LABEL = 63


def numbers_are_unique(inventory: Inventory) -> Iterator[Violation]:
    """Refuse a number that stands twice in one list: two places would have one address."""
    for name in LISTS_WITH_NUMBERS:
        yield from _twice(items=getattr(inventory, name), attribute="id", path=(name,))


def names_are_unique(inventory: Inventory) -> Iterator[Violation]:
    """Refuse a name that stands twice in one list, or that a hub and a site share: both name a router."""
    for name in LISTS_WITH_NAMES:
        yield from _twice(items=getattr(inventory, name), attribute="name", path=(KEYS.get(name, name),))
    for name in COMPUTE_LISTS:
        yield from _twice(items=getattr(inventory.compute, name), attribute="name", path=("compute", name))
    hubs = {hub.name for hub in inventory.hubs}
    for number, site in enumerate(inventory.sites):
        if site.name in hubs:
            yield Violation(("sites", number, "name"), {"value": site.name, "other": "hubs"})


def retired_numbers_rest(inventory: Inventory) -> Iterator[Violation]:
    """Refuse a number that is retired: logs, firewalls and people still know whose it was."""
    retired = {each.id: each for each in inventory.retired}
    for number, site in enumerate(inventory.sites):
        if site.id in retired:
            yield Violation(("sites", number, "id"), {"value": site.id, "name": retired[site.id].name, "since": retired[site.id].since})


def segment_numbers_are_free(inventory: Inventory) -> Iterator[Violation]:
    """Refuse a segment number whose block holds hubs, services, tunnels or loopbacks."""
    for number, segment in enumerate(inventory.segments):
        if segment.id in RESERVED_SEGMENTS:
            yield Violation(("segments", number, "id"), {"value": segment.id, "reserved": ", ".join(map(str, sorted(RESERVED_SEGMENTS)))})


def references_are_known(inventory: Inventory) -> Iterator[Violation]:
    """Refuse a name that nothing in the file has."""
    for path, value, known in _references(inventory):
        if value not in known:
            yield Violation(path, {"value": value, "known": ", ".join(sorted(known)) or "–"})


def listed_once(inventory: Inventory) -> Iterator[Violation]:
    """Refuse a site that has a segment twice, or two lines of one carrier."""
    for number, site in enumerate(inventory.sites):
        for segment, count in collections.Counter(site.segments).items():
            if count > 1:
                yield Violation(("sites", number, "segments"), {"name": site.name, "value": segment})
    for path, place in places(inventory):
        for carrier, count in collections.Counter(line.carrier for line in place.uplinks).items():
            if count > 1:
                yield Violation((*path, "uplinks"), {"name": place.name, "value": carrier})


def link_names_are_labels(inventory: Inventory) -> Iterator[Violation]:
    """Refuse a link whose name in the cluster, <site>-<carrier>, is another's or too long for a label."""
    seen: dict[str, str] = {}
    for number, site in enumerate(inventory.sites):
        for line, uplink in enumerate(site.uplinks):
            name = f"{site.name}-{uplink.carrier}"
            if seen.setdefault(name, site.name) != site.name or len(name) > LONGEST_LABEL:
                yield Violation(("sites", number, "uplinks", line), {"value": name, "other": seen[name], "longest": LONGEST_LABEL})


def every_site_is_reached(inventory: Inventory) -> Iterator[Violation]:
    """Refuse a site with a segment that no line brings to any hub."""
    addresses = Addresses(inventory.address_plan)
    overlay = {segment.name for segment in inventory.segments if segment.transport == "overlay"}
    for number, site in enumerate(inventory.sites):
        wanted = overlay.intersection(site.segments)
        reached = {tunnel.segment for tunnel in site_tunnels(inventory=inventory, site=site, addresses=addresses)}
        if wanted - reached:
            yield Violation(("sites", number, "uplinks"), {"name": site.name, "segments": ", ".join(sorted(wanted - reached))})


def _twice(*, items: Iterable[Any], attribute: str, path: Path) -> Iterator[Violation]:
    first: dict[Any, int] = {}
    for number, item in enumerate(items):
        value = getattr(item, attribute)
        if value in first:
            yield Violation((*path, number, attribute), {"value": value, "other": f"{path[-1]}[{first[value]}]"})
        first.setdefault(value, number)


def _references(inventory: Inventory) -> Iterator[tuple[Path, str, frozenset[str]]]:
    segments, classes, services = (
        frozenset(each.name for each in items) for items in (inventory.segments, inventory.classes, inventory.services)
    )
    yield from _line_references(inventory)
    for number, site in enumerate(inventory.sites):
        for position, segment in enumerate(site.segments):
            yield ("sites", number, "segments", position), segment, segments
    for number, tier in enumerate(inventory.tiers):
        for position, segment in enumerate(tier.segments):
            yield ("tiers", number, "segments", position), segment, segments
    for number, carrier in enumerate(inventory.carriers):
        for position, limit in enumerate(carrier.classes):
            yield ("carriers", number, "classes", position, "trafficClass"), limit.traffic_class, classes
    yield ("media", "roomClass"), inventory.media.room_class, classes
    yield ("media", "phoneClass"), inventory.media.phone_class, classes
    for number, service in enumerate(inventory.services):
        yield ("services", number, "segment"), service.segment, segments
    for number, crossing in enumerate(inventory.crossings):
        yield ("crossings", number, "from"), crossing.origin, segments
        yield ("crossings", number, "service"), crossing.service, services
    yield from _compute_references(inventory)


def _line_references(inventory: Inventory) -> Iterator[tuple[Path, str, frozenset[str]]]:
    carriers = frozenset(carrier.name for carrier in inventory.carriers)
    points = frozenset(point.name for point in inventory.points_of_presence)
    for path, _, uplink in lines(inventory):
        yield (*path, "carrier"), uplink.carrier, carriers
        if uplink.via is not None:
            yield (*path, "via"), uplink.via, points


def _compute_references(inventory: Inventory) -> Iterator[tuple[Path, str, frozenset[str]]]:
    compute = inventory.compute
    hubs, flavors, zones, pools, locations = (
        frozenset(each)
        for each in (
            (hub.name for hub in inventory.hubs),
            (flavor.name for flavor in compute.flavors),
            (zone.name for zone in compute.zones),
            (pool.name for pool in compute.pools),
            (pool.location for pool in compute.pools),
        )
    )
    for number, zone in enumerate(compute.zones):
        yield ("compute", "zones", number, "hub"), zone.hub, hubs
    for number, pool in enumerate(compute.pools):
        yield ("compute", "pools", number, "flavor"), pool.flavor, flavors
        yield ("compute", "pools", number, "zone"), pool.zone, zones
    for number, cluster in enumerate(compute.clusters):
        yield ("compute", "clusters", number, "hub"), cluster.hub, hubs
        for position, name in enumerate(cluster.pools):
            yield ("compute", "clusters", number, "pools", position), name, pools
    for number, demand in enumerate(compute.demand):
        yield ("compute", "demand", number, "location"), demand.location, locations
