"""Rules about a change: what must never move, what may not vanish, and how much may go at once."""

import dataclasses
from collections.abc import Iterator, Mapping

from citycloud_infra.model.inventory import Inventory
from citycloud_infra.rules.finding import Violation


@dataclasses.dataclass(frozen=True, kw_only=True)
class Change:
    """An inventory, the one that is in force, and which sites environments of the cluster use."""

    before: Inventory
    after: Inventory
    in_use: Mapping[str, tuple[str, ...]] = dataclasses.field(default_factory=dict)
    """By site: `<organisation>/<environment>`, as `citycloud facts usage` tells."""


def serial_rises(change: Change) -> Iterator[Violation]:
    """Refuse a change without a higher serial: the cluster would keep the facts that it has."""
    if change.before != change.after and change.after.serial <= change.before.serial:
        yield Violation(("serial",), {"value": change.after.serial, "before": change.before.serial})


def sites_keep_their_numbers(change: Change) -> Iterator[Violation]:
    """Refuse another number for a site that lives: every one of its addresses would be another."""
    yield from _renumbered(change, "sites")


def hubs_keep_their_numbers(change: Change) -> Iterator[Violation]:
    """Refuse another number for a hub: every tunnel of the city would have another address."""
    yield from _renumbered(change, "hubs")


def segments_keep_their_numbers(change: Change) -> Iterator[Violation]:
    """Refuse another number for a segment: it would be renumbered at every site."""
    yield from _renumbered(change, "segments")


def services_keep_their_numbers(change: Change) -> Iterator[Violation]:
    """Refuse another number for a service: its address stands in firewalls and in people's heads."""
    yield from _renumbered(change, "services")


def plan_stays(change: Change) -> Iterator[Violation]:
    """Refuse another address plan: it would renumber the city."""
    if change.before.address_plan != change.after.address_plan:
        yield Violation(("addressPlan",), {"before": f"{change.before.address_plan.ipv4} {change.before.address_plan.ipv6}"})


def not_too_many_go(change: Change) -> Iterator[Violation]:
    """Refuse the removal of more sites than the limit in force: it is more likely a slip than a wish."""
    gone = removed_sites(change)
    if len(gone) > change.before.limits.removals:
        yield Violation(("sites",), {"count": len(gone), "most": change.before.limits.removals, "names": ", ".join(gone[:5])})


def removed_numbers_are_retired(change: Change) -> Iterator[Violation]:
    """Refuse a site that goes without its number being kept: the next site would get its addresses."""
    retired = {(each.id, each.name) for each in change.after.retired}
    numbers = {site.name: site.id for site in change.before.sites}
    for name in removed_sites(change):
        if (numbers[name], name) not in retired:
            yield Violation(("retired",), {"name": name, "value": numbers[name]})


def retired_stay_retired(change: Change) -> Iterator[Violation]:
    """Refuse a retired number that is forgotten."""
    kept = {each.id for each in change.after.retired}
    for each in change.before.retired:
        if each.id not in kept:
            yield Violation(("retired",), {"name": each.name, "value": each.id})


def removed_sites_are_free(change: Change) -> Iterator[Violation]:
    """Refuse to remove a site that an environment lets in: its users would be locked out."""
    for name in removed_sites(change):
        if users := change.in_use.get(name):
            yield Violation(("sites",), {"name": name, "users": ", ".join(users[:5])})


def removed_segments_are_free(change: Change) -> Iterator[Violation]:
    """Refuse to take a segment off a site that an environment lets in, for it may be that segment."""
    before = {site.name: site for site in change.before.sites}
    for number, site in enumerate(change.after.sites):
        gone = set(before[site.name].segments) - set(site.segments) if site.name in before else set()
        if gone and (users := change.in_use.get(site.name)):
            facts = {"name": site.name, "value": ", ".join(sorted(gone)), "users": ", ".join(users[:5])}
            yield Violation(("sites", number, "segments"), facts)


def removed_sites(change: Change) -> list[str]:
    """Name the sites that a change takes away."""
    after = {site.name for site in change.after.sites}
    return sorted(site.name for site in change.before.sites if site.name not in after)


def _renumbered(change: Change, key: str) -> Iterator[Violation]:
    before = {each.name: each.id for each in getattr(change.before, key)}
    for number, each in enumerate(getattr(change.after, key)):
        if each.name in before and before[each.name] != each.id:
            yield Violation((key, number, "id"), {"name": each.name, "value": each.id, "before": before[each.name]})
