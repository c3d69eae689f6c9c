"""Which organisation takes over which system: by the mapping; else who goes on keeps it; else by there being only one that takes over."""

from collections import Counter
from collections.abc import Iterator

from citycloud.api.org_change import OrgChangeSpec
from citycloud.reorganisation.facts import Facts, Place
from citycloud.reorganisation.steps import Note, Step


def destination(*, spec: OrgChangeSpec, system: Place) -> str | None:
    """Name who takes over a system; None where nothing says so."""
    found = next((move.to for move in spec.mapping if move.system == str(system)), None)
    if found is not None:
        return found
    if system.organisation in spec.to:
        return system.organisation
    return spec.to[0] if len(spec.to) == 1 else None


def ending(spec: OrgChangeSpec) -> list[str]:
    """Name the organisations that end; one that is among those that take over goes on."""
    return [name for name in spec.origin if name not in spec.to]


def mapping_faults(*, spec: OrgChangeSpec, facts: Facts) -> Iterator[Step]:
    """Check the mapping by itself: every line is about a system that is, or was, there, goes to one that takes over, and stands once."""
    for line, count in Counter(move.system for move in spec.mapping).items():
        if count > 1:
            yield _blocked(line, "MappingTwice", system=line)
    moved = {work.moved_from.rpartition("/")[0] for work in facts.works.values() if work.moved_from}
    for move in spec.mapping:
        origin, _, _ = move.system.partition("/")
        if move.to not in spec.to:
            yield _blocked(move.system, "MappingElsewhere", to=move.to)
        elif origin not in spec.origin or not (_place(move.system) in facts.works or move.system in moved):
            yield _blocked(move.system, "MappingUnknown", system=move.system)


def _place(text: str) -> Place:
    organisation, _, name = text.partition("/")
    return Place(organisation, name)


def _blocked(line: str, key: str, **parameters: str) -> Step:
    return Step(what="Check", origin=_place(line), state="Blocked", notes=(Note(key, parameters),))
