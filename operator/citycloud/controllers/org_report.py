"""The report of a re-organisation as people read it: every step, what is in its way, and what does not come along."""

import dataclasses
import datetime
from typing import Any, Final

from citycloud.api import OrgChange
from citycloud.controllers.conditions import Aspect, state, timestamp, with_ready
from citycloud.controllers.texts import Texts
from citycloud.plan import quantity
from citycloud.reorganisation.steps import Note, Plan, Step

MOST_STEPS: Final = 5000
"""As many as the status takes; the report of a larger change says how many it leaves out."""
LONGEST_NOTE: Final = 4000
AMOUNTS: Final = ("wanted", "held", "budget")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Stand:
    """Where a change stands, why, and what it waits for."""

    phase: str
    reason: str
    parameters: dict[str, Any] = dataclasses.field(default_factory=dict)
    digest: str | None = None
    waiting_for: tuple[str, ...] = ()
    approval: str | None = None
    again_after: float | None = None


def report(*, change: OrgChange, plan: Plan, stand: Stand, now: datetime.datetime, texts: Texts) -> dict[str, Any]:
    """Build the status; nothing in it changes while nothing happens."""
    before, generation = change.status, change.metadata.generation
    known = {(step.what, step.object): step.at for step in before.steps if step.state == "Done"}
    status: dict[str, Any] = {
        "observedGeneration": generation,
        "phase": stand.phase,
        "steps": [_step(step=step, at=known.get((step.what, step.object)), now=now, texts=texts) for step in _ordered(plan)[:MOST_STEPS]],
        "conditions": state(
            aspects=_aspects(plan=plan, stand=stand), previous=before.conditions, generation=generation, now=now, texts=texts
        ),
    }
    if stand.digest is not None:
        since = before.pending.since if before.pending is not None and before.pending.digest == stand.digest else now
        status["pending"] = {
            "digest": stand.digest,
            "since": timestamp(since),
            "reasons": [stand.reason],
            "waitingFor": list(stand.waiting_for),
        }
    return status | ({"approval": stand.approval} if stand.approval is not None else {})


def _ordered(plan: Plan) -> list[Step]:
    """Put what is blocked first, where a long report is cut last."""
    return sorted(plan.steps, key=lambda step: step.state != "Blocked") if len(plan.steps) > MOST_STEPS else list(plan.steps)


def _step(*, step: Step, at: datetime.datetime | None, now: datetime.datetime, texts: Texts) -> dict[str, Any]:
    told: dict[str, Any] = {"what": step.what, "object": step.object, "state": step.state}
    if step.state == "Done":
        told["at"] = timestamp(at or now)
    note = " · ".join(texts.say(each.key, **_readable(each)) for each in step.notes)
    return told | ({"note": note[:LONGEST_NOTE]} if note else {})


def _readable(note: Note) -> dict[str, Any]:
    """Write amounts as quantities; environments are counted as they are."""
    if note.parameters.get("resource", "environments") == "environments":
        return note.parameters
    return {key: quantity.show(value) if key in AMOUNTS else value for key, value in note.parameters.items()}


def _aspects(*, plan: Plan, stand: Stand) -> list[Aspect]:
    blocked = plan.blocked
    possible = Aspect("Possible", not blocked, "OrgChangePossible", {"steps": len(plan.steps), "left": len(plan.left)})
    if blocked:
        parameters = {"count": len(blocked), "first": f"{blocked[0].what} {blocked[0].object}"}
        possible = Aspect("Possible", False, "OrgChangeBlocked", parameters)
    is_approved = stand.phase in ("Scheduled", "Running", "Done")
    if is_approved:
        approved = Aspect("Approved", True, "ApprovedByDecision", {"decision": stand.approval or "–"})
    elif stand.reason == "OrgChangeBlocked":
        approved = Aspect("Approved", False, "NotYet")
    else:
        approved = Aspect("Approved", False, stand.reason, stand.parameters)
    finished = Aspect("Finished", True, "OrgChangeDone") if stand.reason == "OrgChangeDone" else Aspect("Finished", False, "NotYet")
    if stand.phase in ("Scheduled", "Running") and not blocked:
        finished = Aspect("Finished", False, stand.reason, stand.parameters | {"left": len(plan.left)})
    return with_ready([possible, approved, finished])
