"""What an approver looks at before deciding about an environment: what changes, what it would mean, and who asked."""

from typing import Any

import rich.console
from rich.console import RenderableType

from citycloud.api import Environment
from citycloud.cli.decision import Case, waiting_digest
from citycloud.cli.difference import Change, spec_changes
from citycloud.cli.foresight import Foresight
from citycloud.cli.foresight_view import amounts_of, amounts_text, as_data, as_rows
from citycloud.cli.moments import moment_in
from citycloud.cli.naming import Place
from citycloud.cli.rendering import ABSENT, Rows, changes_table
from citycloud.cli.session import Session
from citycloud.cli.snapshot import city_of, environment_at, read_home
from citycloud.controllers.decidable import NEEDS_NUMBER, requested_by
from citycloud.engine.world import World


def look_at_environment(session: Session, *, place: Place) -> Case:
    """Read what waits; raise Declined where nothing does, Failure where the operator has not seen it yet."""
    world = read_home(session.connection, place.organisation)
    environment = environment_at(world, place)
    digest = waiting_digest(environment, called=str(place))
    foresight = session.foresee(place=place, environment=environment, world=world)
    return Case(
        kind=Environment,
        namespace=place.home,
        name=place.environment,
        decided_in=place.home,
        called=str(place),
        outcome=f"citycloud status {place}",
        progress=f"citycloud why {place}",
        digest=digest,
        needs_number=environment.spec.stage == NEEDS_NUMBER,
        data=_data(session, environment=environment, foresight=foresight, digest=digest),
        seen=_seen(session, environment=environment, foresight=foresight, world=world, digest=digest),
    )


def _changes(environment: Environment) -> tuple[Change, ...]:
    """Compare what is enforced with what is asked for."""
    approved = environment.status.approved
    return spec_changes(approved.spec if approved is not None else None, environment.spec)


def _data(session: Session, *, environment: Environment, foresight: Foresight, digest: str) -> dict[str, Any]:
    """Write a case for programs."""
    pending, before = environment.status.pending, foresight.before
    return as_data(screen=session.screen, foresight=foresight) | {
        "digest": digest,
        "changes": [each.as_data() for each in _changes(environment)],
        "askedBy": list(requested_by(environment)),
        "since": pending.since.isoformat() if pending is not None else None,
        "justification": environment.spec.justification,
        "holdsNow": amounts_of(before) if before is not None else None,
    }


def _seen(session: Session, *, environment: Environment, foresight: Foresight, world: World, digest: str) -> RenderableType:
    """Draw a case: what changes, what it would mean, and who asked."""
    screen = session.screen
    pending = environment.status.pending
    rows = Rows(screen)
    rows.add("RowAskedBy", *(requested_by(environment) or [ABSENT]))
    rows.add("RowSince", moment_in(city_of(world), pending.since if pending is not None else None))
    rows.add("RowPurpose", environment.spec.justification or ABSENT)
    rows.add("RowDossier", _dossier(session, environment=environment, foresight=foresight, world=world))
    before = foresight.before
    rows.add("RowHoldsNow", amounts_text(amounts_of(before)) if before is not None else ABSENT)
    rows.add("RowDigest", digest)
    changes = changes_table(screen, title=screen.say("ChangesOf", environment=foresight.place), changes=_changes(environment))
    return rich.console.Group(changes, as_rows(screen=screen, foresight=foresight).table(), rows.table())


def _dossier(session: Session, *, environment: Environment, foresight: Foresight, world: World) -> str:
    system = world.system(namespace=foresight.place.home, name=environment.spec.system)
    dossier = system.spec.dossier if system is not None else None
    if dossier is None:
        return session.screen.say("NoDossier")
    return session.screen.say(
        "DossierSays",
        state=foresight.resolved.dossier if foresight.resolved is not None else ABSENT,
        number=dossier.decision_no,
        date=dossier.date,
        approver=dossier.approver,
        level=dossier.level,
        framework=dossier.framework,
        due=dossier.review_due or ABSENT,
    )
