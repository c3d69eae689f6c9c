"""A part of a city: its hubs and some of its sites, as an inventory of its own. Pure.

Sites are taken in turn from each kind, the most frequent kind first, so that a handful of them is a cross-section: both routing daemons,
every segment, lines with a fixed address and without. Nothing that stays is renumbered: each text is the one that the whole city's router
would be given, but for what is said about sites that are gone.
"""

import collections
import itertools
from collections.abc import Collection, Iterator, Sequence
from typing import Final, Literal

from citycloud_infra.model.inventory import Inventory
from citycloud_infra.model.wan import Site, Uplink

Technique = Literal["wireguard", "vxlan"]
LEASES4: Final = "198.18"
LEASES6: Final = "2001:2"
"""Where carriers lease addresses from that promise no fixed one: the ranges for benchmarks (RFC 2544, RFC 5180), nobody's elsewhere."""


def reduced(inventory: Inventory, *, sites: int, technique: Technique | None = None, segments: Collection[str] | None = None) -> Inventory:
    """Return the inventory with this many sites, and with these segments alone; raise ValueError where it has fewer sites.

    With vxlan, which needs fixed addresses, a line without one is given for good what its carrier leases in the laboratory.
    """
    kept = inventory.segments if segments is None else tuple(each for each in inventory.segments if each.name in segments)
    names = {each.name for each in kept}
    able = [each for each in inventory.sites if names & _overlay(inventory) & set(each.segments)]
    if len(able) < sites:
        raise ValueError(f"{inventory.city} has {len(able)} sites with these segments, not {sites}")
    technique = technique or inventory.overlay.technique
    chosen = sorted(itertools.islice(_in_turn(able), sites), key=lambda each: each.id)
    services = tuple(each for each in inventory.services if each.segment in names)
    reached = {each.name for each in services}
    return inventory.model_copy(
        update={
            "overlay": inventory.overlay.model_copy(update={"technique": technique}),
            "segments": kept,
            "sites": tuple(_part_of(each, names=names, technique=technique) for each in chosen),
            "services": services,
            "crossings": tuple(each for each in inventory.crossings if each.origin in names and each.service in reached),
        }
    )


def leased(*, site: int, line: int) -> tuple[str, str]:
    """Return what a line (from 0) without a fixed address is given, in both families."""
    return f"{LEASES4}.{line}.{site}", f"{LEASES6}:0:{line}::{site:x}"


def _overlay(inventory: Inventory) -> set[str]:
    return {each.name for each in inventory.segments if each.transport == "overlay"}


def _in_turn(sites: Sequence[Site]) -> Iterator[Site]:
    by_kind: dict[str, list[Site]] = collections.defaultdict(list)
    for site in sorted(sites, key=lambda each: each.id):
        by_kind[site.kind].append(site)
    rows = itertools.zip_longest(*sorted(by_kind.values(), key=len, reverse=True))
    return (site for row in rows for site in row if site is not None)


def _part_of(site: Site, *, names: Collection[str], technique: Technique) -> Site:
    lines = tuple(_fixed(line, site=site, number=number) if technique == "vxlan" else line for number, line in enumerate(site.uplinks))
    return site.model_copy(update={"segments": tuple(each for each in site.segments if each in names), "uplinks": lines})


def _fixed(line: Uplink, *, site: Site, number: int) -> Uplink:
    if line.ipv4 is not None or line.ipv6 is not None:
        return line
    return line.model_copy(update={"ipv6": leased(site=site.id, line=number)[1]})
