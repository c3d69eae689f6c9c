"""Conditions as KEP-1623 wants them: a time that moves only when the status does, and no volatile text.

A message that changed with every attempt would be a write with every attempt, and each write would wake the reconcile again.
"""

import dataclasses
import datetime
from collections.abc import Iterable
from typing import Any

from citycloud.api.common import Condition
from citycloud.controllers.texts import Texts


@dataclasses.dataclass(frozen=True)
class Aspect:
    """One condition to be said: whether it holds, and the key and parameters of its text."""

    type: str
    holds: bool
    reason: str
    parameters: dict[str, Any] = dataclasses.field(default_factory=dict)


def timestamp(moment: datetime.datetime) -> str:
    """Write a moment as the API server writes it: UTC, whole seconds."""
    return moment.astimezone(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def state(
    *, aspects: Iterable[Aspect], previous: Iterable[Condition], generation: int, now: datetime.datetime, texts: Texts
) -> list[dict[str, Any]]:
    """Build the list of conditions, keeping the transition time of each that did not change."""
    known = {condition.type: condition for condition in previous}
    conditions = []
    for aspect in aspects:
        status = "True" if aspect.holds else "False"
        before = known.get(aspect.type)
        since = before.last_transition_time if before is not None and before.status == status else now
        conditions.append(
            {
                "type": aspect.type,
                "status": status,
                "reason": aspect.reason,
                "message": texts.say(aspect.reason, **aspect.parameters),
                "lastTransitionTime": timestamp(since),
                "observedGeneration": generation,
            }
        )
    return conditions


def with_ready(aspects: list[Aspect], *, rests: Aspect | None = None) -> list[Aspect]:
    """Add Ready, which holds only if every other condition does, and otherwise says what the first failing one says.

    Of what rests it says that first: it is what somebody wanted, or the calendar.
    """
    failing = rests or next((aspect for aspect in aspects if not aspect.holds), None)
    if failing is None:
        return [*aspects, Aspect("Ready", True, "Ready")]
    return [*aspects, Aspect("Ready", False, failing.reason, failing.parameters)]
