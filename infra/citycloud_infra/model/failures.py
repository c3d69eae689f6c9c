"""What a single failure does: every hub, carrier, point of presence and line is taken away in turn.

Per segment: a site is reached as long as one of its tunnels has everything it stands on. Worked out from what each tunnel needs, not by
walking a graph once a failure, so that the whole city takes milliseconds.
"""

import collections
import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from citycloud_infra.model.inventory import Inventory
from citycloud_infra.model.topology import Tunnel
from citycloud_infra.model.wan import Hub, Site

HUB: Final = "hub"
CARRIER: Final = "carrier"
POINT: Final = "point-of-presence"
LINE: Final = "line"
HUB_LINE: Final = "hub-line"


@dataclasses.dataclass(frozen=True, order=True, slots=True)
class Element:
    """Something that can fail."""

    kind: str
    name: str


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Failure:
    """What the loss of one element means, as pairs of site and segment."""

    element: Element
    moved: tuple[tuple[str, str], ...]
    """Reached by another way than before."""
    lost: tuple[tuple[str, str], ...]
    """Not reached any more."""


def needs(*, inventory: Inventory, tunnels: Sequence[Tunnel]) -> dict[int, frozenset[Element]]:
    """Return what each tunnel stands on, by its number."""
    places: tuple[Hub | Site, ...] = (*inventory.hubs, *inventory.sites)
    points = {(place.name, line.carrier): line.via for place in places for line in place.uplinks}
    return {tunnel.number: frozenset(_needs(tunnel=tunnel, points=points)) for tunnel in tunnels}


def single_failures(*, inventory: Inventory, tunnels: Sequence[Tunnel]) -> list[Failure]:
    """Take every element away in turn; in the order of kinds and names."""
    standing = needs(inventory=inventory, tunnels=tunnels)
    ways: dict[tuple[str, str], list[frozenset[Element]]] = collections.defaultdict(list)
    for tunnel in sorted((each for each in tunnels if each.site), key=lambda each: each.rank):
        ways[tunnel.site, tunnel.segment].append(standing[tunnel.number])
    moved: dict[Element, list[tuple[str, str]]] = collections.defaultdict(list)
    lost: dict[Element, list[tuple[str, str]]] = collections.defaultdict(list)
    for place, each in ways.items():
        for element in frozenset.union(*each):
            if all(element in way for way in each):
                lost[element].append(place)
            elif element in each[0]:
                moved[element].append(place)
    elements = frozenset(element for needed in standing.values() for element in needed)
    return [
        Failure(element=element, moved=tuple(sorted(moved[element])), lost=tuple(sorted(lost[element]))) for element in sorted(elements)
    ]


def unreached(*, inventory: Inventory, tunnels: Sequence[Tunnel]) -> list[tuple[str, str]]:
    """Name the pairs of site and segment that have no tunnel at all, although nothing failed."""
    reached = {(tunnel.site, tunnel.segment) for tunnel in tunnels}
    overlay = {segment.name for segment in inventory.segments if segment.transport == "overlay"}
    wanted = ((site.name, segment) for site in inventory.sites for segment in site.segments if segment in overlay)
    return sorted(place for place in wanted if place not in reached)


def _needs(*, tunnel: Tunnel, points: Mapping[tuple[str, str], str | None]) -> Iterator[Element]:
    place = tunnel.site or tunnel.other_hub
    yield Element(HUB, tunnel.hub)
    if tunnel.other_hub:
        yield Element(HUB, tunnel.other_hub)
    yield Element(LINE, f"{place}-{tunnel.carrier}")
    yield Element(HUB_LINE, f"{tunnel.hub}-{tunnel.hub_carrier}")
    for carrier in {tunnel.carrier, tunnel.hub_carrier}:
        yield Element(CARRIER, carrier)
    for end, carrier in ((place, tunnel.carrier), (tunnel.hub, tunnel.hub_carrier)):
        if point := points.get((end, carrier)):
            yield Element(POINT, point)
