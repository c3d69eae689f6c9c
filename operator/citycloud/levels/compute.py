"""The level of an information system, computed from its facts.

Every criterion that the facts meet is kept, so that a department reads why its system has its level; the highest one decides
(Decree 331/2026/ND-CP, art 8.2). The department may ask for more, never for less.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from citycloud.levels.errors import UndecidableLevel
from citycloud.levels.framework import Criterion, Demand, Framework, OneOf


@dataclass(frozen=True, kw_only=True)
class ComputedLevel:
    """Hold a level and the criteria that were met: those of the level itself first, then the lower ones."""

    level: int
    matched: tuple[Criterion, ...]


def compute_level(*, facts: Mapping[str, object], framework: Framework) -> ComputedLevel:
    """Compute the level of a system from `facts`, the complete camelCase spec with its defaults.

    A fact that is absent raises UndecidableLevel instead of counting as not met: a gap must not lower a level. Criteria of the same level
    keep the order of the framework's file (Decree 331/2026/ND-CP, art 8.2).
    """
    met = [criterion for criterion in framework.criteria if _is_met(criterion=criterion, facts=facts)]
    if not met:
        raise UndecidableLevel(f"no criterion of {framework.name} speaks of these facts; add a catch-all to its data file")
    matched = tuple(sorted(met, key=lambda criterion: criterion.level, reverse=True))
    return ComputedLevel(level=matched[0].level, matched=matched)


def effective_level(*, computed: int, proposed: int | None) -> int:
    """Take the higher of the computed and the proposed level (Decree 331/2026/ND-CP, art 10.5)."""
    return computed if proposed is None else max(computed, proposed)


def _is_met(*, criterion: Criterion, facts: Mapping[str, object]) -> bool:
    return all(_holds(demand=demand, fact=_fact(path=demand.path, facts=facts)) for demand in criterion.when)


def _holds(*, demand: Demand, fact: object) -> bool:
    wanted = demand.wanted
    if isinstance(wanted, OneOf):
        return fact in wanted.values
    if not isinstance(fact, int):
        raise UndecidableLevel(f"{'.'.join(demand.path)} is {fact!r}, but a number is needed")
    return (wanted.at_least is None or fact >= wanted.at_least) and (wanted.below is None or fact < wanted.below)


def _fact(*, path: tuple[str, ...], facts: Mapping[str, object]) -> object:
    value: object = facts
    for name in path:
        if not isinstance(value, Mapping) or name not in value:
            raise UndecidableLevel(f"{'.'.join(path)} is missing; pass the complete spec with its defaults")
        value = value[name]
    return value
