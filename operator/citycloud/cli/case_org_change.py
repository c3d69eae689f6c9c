"""What is looked at before a re-organisation is decided: who ends, who takes over, from which day, by which law, and every step of it."""

from typing import Any

import rich.console
from rich.console import RenderableType

from citycloud.api import City, OrgChange
from citycloud.api.org_change import OrgChangeStep
from citycloud.cli.bilingual import in_language
from citycloud.cli.decision import Case, waiting_digest
from citycloud.cli.inert import cell
from citycloud.cli.moments import moment_in
from citycloud.cli.naming import SYSTEM_NAMESPACE
from citycloud.cli.output import Screen
from citycloud.cli.rendering import ABSENT, Rows, grid
from citycloud.cli.session import Session
from citycloud.cli.snapshot import read_one
from citycloud.controllers.decidable import requested_by

NOTES_BETWEEN = " · "
"""What the operator writes between the notes of one step, each of which is Vietnamese / English."""
COLUMNS = ("ColumnStep", "ColumnObject", "ColumnState", "ColumnText")


def look_at_org_change(session: Session, *, name: str) -> Case:
    """Read what waits; raise Declined where nothing does, Failure where the operator has not seen it yet."""
    change = read_one(session.connection, OrgChange, name=name)
    called = session.screen.say("CalledOrgChange", name=name)
    digest = waiting_digest(change, called=called)
    command = f"kubectl get orgchange {name}"
    return Case(
        kind=OrgChange,
        namespace="",
        name=name,
        decided_in=SYSTEM_NAMESPACE,
        called=called,
        outcome=command,
        progress=command,
        digest=digest,
        data=_data(session.screen, change=change, digest=digest),
        seen=_seen(session, change=change, called=called, digest=digest),
    )


def _data(screen: Screen, *, change: OrgChange, digest: str) -> dict[str, Any]:
    """Write a case for programs."""
    spec, pending = change.spec, change.status.pending
    asked = spec.model_dump(mode="json", by_alias=True, include={"action", "origin", "to", "effective_date", "mapping", "legal_basis"})
    steps = [{"what": each.what, "object": each.object, "state": each.state, "text": _note(screen, each)} for each in change.status.steps]
    return {
        "orgChange": change.metadata.name,
        **asked,
        "steps": steps,
        "digest": digest,
        "askedBy": list(requested_by(change)),
        "since": pending.since.isoformat() if pending is not None else None,
    }


def _seen(session: Session, *, change: OrgChange, called: str, digest: str) -> RenderableType:
    """Draw a case: what is asked for, then every step of the report."""
    screen, spec, pending = session.screen, change.spec, change.status.pending
    law = spec.legal_basis
    rows = Rows(screen, title=called)
    rows.add("RowAction", screen.say(f"Action{spec.action.capitalize()}"))
    rows.add("RowFrom", *spec.origin)
    rows.add("RowTo", *(spec.to or [ABSENT]))
    if spec.mapping:
        rows.add("RowMapping", *(f"{each.system} → {each.to}" for each in spec.mapping))
    rows.add("RowEffective", spec.effective_date)
    rows.add("RowLaw", ", ".join(each for each in (law.id, law.article, law.title) if each))
    rows.add("RowAskedBy", *(requested_by(change) or [ABSENT]))
    rows.add("RowSince", moment_in(read_one(session.connection, City, name="city"), pending.since if pending is not None else None))
    rows.add("RowDigest", digest)
    return rich.console.Group(_steps(screen, change.status.steps), rows.table())


def _steps(screen: Screen, steps: tuple[OrgChangeStep, ...]) -> RenderableType:
    """Draw the report, longer than a screen or not: what is decided is all of it; what is blocked stands out."""
    blocked = sum(each.state == "Blocked" for each in steps)
    drawn = []
    for each in steps:
        style = "bold red" if each.state == "Blocked" else ""
        words = (screen.say(f"Step{each.what}") if screen.knows(f"Step{each.what}") else each.what, each.object)
        drawn.append([cell(text, style=style) for text in (*words, screen.say(f"Step{each.state}"), _note(screen, each))])
    return grid(screen, title=screen.say("StepsOf", count=len(steps), blocked=blocked), columns=COLUMNS, rows=drawn)


def _note(screen: Screen, step: OrgChangeStep) -> str:
    return NOTES_BETWEEN.join(in_language(each, screen.language) for each in step.note.split(NOTES_BETWEEN))
