"""From the places of the network that a spec names to the address ranges that may come in. Pure over the world.

What cannot be found opens nothing: a site that went away takes its range along, and the environment says so. Everything else that the spec
names stays open.
"""

import dataclasses
import difflib
import ipaddress
from typing import Final

from citycloud.api import Site
from citycloud.api.environment import AllowFrom, EnvironmentSpec
from citycloud.controllers.refusal import Refusal
from citycloud.engine.world import World
from citycloud.facts.protected import protected_range
from citycloud.plan.subject import SiteOpening

MOST_SUGGESTIONS: Final = 5
"""Names of sites that a refusal offers: a city has hundreds."""


@dataclasses.dataclass(frozen=True)
class Openings:
    """What may come in, and the first thing that was named and is not there."""

    found: tuple[SiteOpening, ...] = ()
    lacking: Refusal | None = None


def openings_of(*, spec: EnvironmentSpec, zones: tuple[str, ...], world: World) -> Openings:
    """Resolve every place that a spec names; raise Refusal where it names a zone that it does not have itself."""
    found: list[SiteOpening] = []
    lacking: Refusal | None = None
    for wish in spec.allow_from:
        if wish.zone not in zones:
            raise Refusal("OpeningZoneUnknown", zone=wish.zone, site=wish.site, known=", ".join(zones))
        try:
            found.append(_opening(wish=wish, world=world))
        except Refusal as refusal:
            lacking = lacking or refusal
    return Openings(found=tuple(found), lacking=lacking)


def _opening(*, wish: AllowFrom, world: World) -> SiteOpening:
    site = world.get(Site, name=wish.site)
    if site is None:
        raise Refusal("SiteUnknown", site=wish.site, known=_resembling(wish.site, world=world))
    segment = next((each for each in site.spec.segments if each.name == wish.segment), None)
    if segment is None:
        known = ", ".join(each.name for each in site.spec.segments) or "–"
        raise Refusal("SegmentUnknown", site=wish.site, segment=wish.segment, known=known)
    ranges = (segment.ipv4, segment.ipv6)
    refuse_unusable(site=wish.site, ranges=ranges)
    return SiteOpening(zone=wish.zone, ranges=ranges, ports=wish.ports)


def refuse_unusable(*, site: str, ranges: tuple[str, ...]) -> None:
    """Raise Refusal where a range is none, or touches one that no rule of ours may name (P33), however it came into the cluster."""
    for text in ranges:
        try:
            protected = protected_range(ipaddress.ip_network(text))
        except ValueError as error:
            raise Refusal("SiteUnusable", site=site, range=text, protected="–") from error
        if protected is not None:
            raise Refusal("SiteUnusable", site=site, range=text, protected=protected)


def _resembling(name: str, *, world: World) -> str:
    names = sorted(key.name for key in world.keys(Site))
    return ", ".join(difflib.get_close_matches(name, names, n=MOST_SUGGESTIONS)) or "–"
