"""Rules about ways: enough of them, apart from each other, in one order for both directions."""

import collections
from collections.abc import Iterator

from citycloud_infra.model.failures import Failure, single_failures
from citycloud_infra.model.inventory import Inventory
from citycloud_infra.model.plan import plan_city
from citycloud_infra.model.wan import Site
from citycloud_infra.rules.finding import Violation
from citycloud_infra.rules.places import places

FEWEST_HUBS = 2


def two_hubs(inventory: Inventory) -> Iterator[Violation]:
    """Refuse a city with one data centre: its loss would be everybody's."""
    if len(inventory.hubs) < FEWEST_HUBS:
        yield Violation(("hubs",), {"count": len(inventory.hubs)})


def hubs_are_ordered(inventory: Inventory) -> Iterator[Violation]:
    """Refuse two hubs that are preferred alike: packets would come back by another way than they went."""
    first: dict[int, str] = {}
    for number, hub in enumerate(inventory.hubs):
        if hub.preference in first:
            yield Violation(("hubs", number, "preference"), {"name": hub.name, "other": first[hub.preference], "value": hub.preference})
        first.setdefault(hub.preference, hub.name)


def one_primary_line(inventory: Inventory) -> Iterator[Violation]:
    """Refuse a place with no first line, or with two."""
    for path, place in places(inventory):
        count = sum(line.role == "primary" for line in place.uplinks)
        if count != 1:
            yield Violation((*path, "uplinks"), {"name": place.name, "count": count})


def enough_lines(inventory: Inventory) -> Iterator[Violation]:
    """Refuse a site with fewer lines than its kind needs."""
    for number, site in enumerate(inventory.sites):
        needed = _lines(inventory=inventory, site=site)
        if len(site.uplinks) < needed:
            yield Violation(
                ("sites", number, "uplinks"), {"name": site.name, "kind": site.kind, "count": len(site.uplinks), "needed": needed}
            )


def lines_are_apart(inventory: Inventory) -> Iterator[Violation]:
    """Refuse two lines that run through one point of presence, where the kind of site needs two (Circular 19/2023/TT-BTTTT)."""
    for number, site in enumerate(inventory.sites):
        points = collections.Counter(line.via for line in site.uplinks if line.via is not None)
        for point, count in points.items():
            if count > 1 and _lines(inventory=inventory, site=site) > 1:
                yield Violation(("sites", number, "uplinks"), {"name": site.name, "value": point})


def no_single_failure(inventory: Inventory) -> Iterator[Violation]:
    """Refuse a site whose kind needs two lines and that one failure cuts off."""
    numbers = {site.name: number for number, site in enumerate(inventory.sites)}
    needed = {site.name for site in inventory.sites if _lines(inventory=inventory, site=site) > 1}
    for failure in _failures(inventory):
        for name in sorted({site for site, _ in failure.lost if site in needed}):
            facts = {"name": name, "kind": failure.element.kind, "value": failure.element.name}
            yield Violation(("sites", numbers[name], "uplinks"), facts)


def _failures(inventory: Inventory) -> list[Failure]:
    return single_failures(inventory=inventory, tunnels=plan_city(inventory).tunnels)


def _lines(*, inventory: Inventory, site: Site) -> int:
    return next((tier.uplinks for tier in inventory.tiers if tier.kind == site.kind), 1)
