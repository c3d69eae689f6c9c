"""The questions of `citycloud request`: six at most, and fewer for whoever gives flags.

For a system that is there: which environment, which system, stage, size, until when, what for. For a new one three of them are about the
system, since its facts decide the level, and size, term and purpose have their defaults.
"""

import dataclasses
from typing import Any, Final

from citycloud.api import InformationSystem, SizeClass
from citycloud.cli.dialogue import Dialogue
from citycloud.cli.failure import Failure
from citycloud.cli.moments import day_of
from citycloud.cli.naming import Place, place_of
from citycloud.cli.snapshot import city_of
from citycloud.cli.system_facts import SORTS, SystemFacts, personal_data, sort_of
from citycloud.cli.wish import STAGES, Wish, one_of
from citycloud.engine.world import World

NEVER: Final = "-"


def ask_place(dialogue: Dialogue, given: str | None) -> Place:
    """Ask which environment it shall be."""
    if given is not None:
        return place_of(given)
    return place_of(dialogue.question("AskEnvironment", flag="ORGANISATION/ENVIRONMENT", read=lambda text: str(place_of(text))))


def complete(*, dialogue: Dialogue, wish: Wish, facts: SystemFacts, world: World, place: Place) -> tuple[Wish, SystemFacts]:
    """Ask for what is missing of a new environment, and of its system where that is new too."""
    wish = dataclasses.replace(wish, system=wish.system or _ask_system(dialogue, world=world, place=place))
    known = world.system(namespace=place.home, name=wish.system or "") is not None
    if known and facts.given:
        raise Failure("SystemIsThere", system=wish.system)
    if not known and facts.file is None:
        facts = _ask_facts(dialogue, facts=facts, system=wish.system or "")
    stage = wish.stage or dialogue.question("AskStage", flag="--stage", default="test", read=_stage, known=", ".join(STAGES))
    wish = dataclasses.replace(wish, stage=_stage(stage))
    return (_ask_rest(dialogue, wish=wish, world=world) if known else _with_size(wish, world=world)), facts


def _ask_system(dialogue: Dialogue, *, world: World, place: Place) -> str:
    known = sorted(each.metadata.name for each in world.within(InformationSystem, namespace=place.home))
    return dialogue.question("AskSystem", flag="--system", read=lambda text: _name(text, place=place), known=", ".join(known) or "–")


def _ask_facts(dialogue: Dialogue, *, facts: SystemFacts, system: str) -> SystemFacts:
    if not dialogue.asks:
        return facts
    title = facts.title or dialogue.question("AskSystemName", flag="--system-name", read=_said, system=system)
    sort = facts.sort or dialogue.question("AskSystemType", flag="--system-type", read=sort_of, known=", ".join(SORTS))
    personal = facts.personal or dialogue.question("AskPersonalData", flag="--personal-data", default="none", read=_personal)
    return dataclasses.replace(facts, title=title, sort=sort, personal=personal)


def _ask_rest(dialogue: Dialogue, *, wish: Wish, world: World) -> Wish:
    sizes = _sizes(world)
    if wish.size is None:
        size = dialogue.question(
            "AskSize", flag="--size", default=sizes[0], read=lambda text: one_of(text, option="--size", known=sizes), known=", ".join(sizes)
        )
        wish = dataclasses.replace(wish, size=size)
    if not dialogue.asks:
        return wish
    if wish.until is None:
        days = city_of(world).spec.lifecycle.sandbox_days
        until = dialogue.question("AskUntil", flag="--until", default=NEVER, read=_day, days=days)
        wish = dataclasses.replace(wish, until=None if until == NEVER else day_of(until))
    if wish.justification is None:
        purpose = dialogue.question("AskPurpose", flag="--justification", default=NEVER, read=_said)
        wish = dataclasses.replace(wish, justification=None if purpose == NEVER else purpose)
    return wish


def _with_size(wish: Wish, *, world: World) -> Wish:
    return wish if wish.size is not None else dataclasses.replace(wish, size=_sizes(world)[0])


def _sizes(world: World) -> tuple[str, ...]:
    """List the sizes, small first; raise Failure where the city has none."""
    known = sorted(world.all(SizeClass), key=lambda each: each.spec.order)
    if not known:
        raise Failure("NoSizes")
    return tuple(each.metadata.name for each in known)


def _stage(text: str) -> str:
    return one_of(text, option="--stage", known=STAGES)


def _day(text: str) -> str:
    return text if text == NEVER else day_of(text).isoformat()


def _personal(text: str) -> str:
    personal_data(text)
    return text


def _name(text: str, *, place: Place) -> str:
    """Take a name that an object can have; it becomes a part of a path."""
    return place_of(f"{place.organisation}/{text}").environment


def _said(text: Any) -> str:
    if not text:
        raise Failure("NothingSaid")
    return str(text)
