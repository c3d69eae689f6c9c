"""Hubs and sites alike: what has lines, and where it stands in the file."""

from collections.abc import Iterator

from citycloud_infra.model.inventory import Inventory
from citycloud_infra.model.wan import Hub, Site, Uplink
from citycloud_infra.rules.finding import Path


def places(inventory: Inventory) -> Iterator[tuple[Path, Hub | Site]]:
    """Return every hub, then every site."""
    for number, hub in enumerate(inventory.hubs):
        yield ("hubs", number), hub
    for number, site in enumerate(inventory.sites):
        yield ("sites", number), site


def lines(inventory: Inventory) -> Iterator[tuple[Path, Hub | Site, Uplink]]:
    """Return every line of every hub and site."""
    for path, place in places(inventory):
        for number, uplink in enumerate(place.uplinks):
            yield (*path, "uplinks", number), place, uplink
