"""Rules about what runs over the lines: sizes of packets, shares of classes, contracts, and what may leave its segment."""

from collections.abc import Iterator

from citycloud_infra.model.inventory import Inventory
from citycloud_infra.model.qos import Budget, budgets
from citycloud_infra.rules.finding import Path, Violation
from citycloud_infra.rules.places import lines

OVERHEAD = {"wireguard": 80, "vxlan": 70}
"""Bytes that a tunnel adds around a packet over IPv6: 40 IPv6, 8 UDP, and 32 WireGuard or 8 VXLAN and 14 Ethernet."""
WHOLE = 100


def packets_fit(inventory: Inventory) -> Iterator[Violation]:
    """Refuse packets that do not fit into a carrier's once a tunnel is around them: they would be lost in silence."""
    needed = inventory.overlay.mtu + OVERHEAD[inventory.overlay.technique]
    for number, carrier in enumerate(inventory.carriers):
        if carrier.mtu < needed:
            yield Violation(("carriers", number, "mtu"), {"name": carrier.name, "value": carrier.mtu, "needed": needed})


def shares_fit(inventory: Inventory) -> Iterator[Violation]:
    """Refuse classes that together keep more than there is."""
    total = sum(each.share for each in inventory.classes)
    if total > WHOLE:
        yield Violation(("classes",), {"value": total})


def code_points_differ(inventory: Inventory) -> Iterator[Violation]:
    """Refuse two classes with one code point: nobody could tell them apart."""
    first: dict[int, str] = {}
    for number, each in enumerate(inventory.classes):
        if each.dscp in first:
            yield Violation(("classes", number, "dscp"), {"name": each.name, "other": first[each.dscp], "value": each.dscp})
        first.setdefault(each.dscp, each.name)


def there_is_a_rest(inventory: Inventory) -> Iterator[Violation]:
    """Refuse classes of which none takes what nobody marked."""
    if all(each.dscp for each in inventory.classes):
        yield Violation(("classes",), {})


def lines_carry_what_is_needed(inventory: Inventory) -> Iterator[Violation]:
    """Refuse a line that keeps less for a class than its meetings and calls need."""
    for path, budget in _budgets(inventory):
        if budget.needed > budget.kept:
            facts = {"name": budget.place, "class": budget.traffic_class, "needed": budget.needed, "kept": budget.kept}
            yield Violation(path, facts)


def contracts_hold(inventory: Inventory) -> Iterator[Violation]:
    """Refuse a class whose share of a line is more than the carrier carries with that quality."""
    limits = {(carrier.name, limit.traffic_class): limit.share for carrier in inventory.carriers for limit in carrier.classes}
    for number, carrier in enumerate(inventory.carriers):
        for each in inventory.classes:
            limit = limits.get((carrier.name, each.name))
            if limit is not None and each.share > limit:
                yield Violation(
                    ("carriers", number, "classes"), {"name": carrier.name, "class": each.name, "kept": each.share, "limit": limit}
                )


def tiers_have_their_segments(inventory: Inventory) -> Iterator[Violation]:
    """Refuse a site without a segment that its kind always has."""
    wanted = {tier.kind: tier.segments for tier in inventory.tiers}
    for number, site in enumerate(inventory.sites):
        missing = [segment for segment in wanted.get(site.kind, ()) if segment not in site.segments]
        if missing:
            yield Violation(("sites", number, "segments"), {"name": site.name, "kind": site.kind, "missing": ", ".join(missing)})


def guests_stay_outside(inventory: Inventory) -> Iterator[Violation]:
    """Refuse guests in the overlay: whoever stands in a waiting room would stand in the city's network."""
    for number, segment in enumerate(inventory.segments):
        if segment.name == "guest" and segment.transport != "local":
            yield Violation(("segments", number, "transport"), {})


def local_segments_have_no_way_in(inventory: Inventory) -> Iterator[Violation]:
    """Refuse a service or a crossing of a segment that never reaches the hubs."""
    local = {segment.name for segment in inventory.segments if segment.transport == "local"}
    for number, service in enumerate(inventory.services):
        if service.segment in local:
            yield Violation(("services", number, "segment"), {"value": service.segment})
    for number, crossing in enumerate(inventory.crossings):
        if crossing.origin in local:
            yield Violation(("crossings", number, "from"), {"value": crossing.origin})


def segments_do_not_leak(inventory: Inventory) -> Iterator[Violation]:
    """Refuse a way into network management from anywhere, out of the cameras to anywhere, and between sites where all are only watched."""
    segment_of = {service.name: service.segment for service in inventory.services}
    for number, crossing in enumerate(inventory.crossings):
        target = segment_of.get(crossing.service)
        if target == "management" or crossing.origin == "camera-iot":
            yield Violation(("crossings", number), {"origin": crossing.origin, "target": target, "service": crossing.service})
    for number, segment in enumerate(inventory.segments):
        if segment.between_sites and segment.name in ("camera-iot", "management", "guest"):
            facts = {"origin": segment.name, "target": segment.name, "service": "betweenSites"}
            yield Violation(("segments", number, "betweenSites"), facts)


def _budgets(inventory: Inventory) -> Iterator[tuple[Path, Budget]]:
    """Return each budget with the line it is of."""
    where = {(place.name, uplink.carrier): (*path, "rateMbps") for path, place, uplink in lines(inventory)}
    for budget in budgets(inventory=inventory):
        yield where[budget.place, budget.carrier], budget
