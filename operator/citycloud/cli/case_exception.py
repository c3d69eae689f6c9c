"""What a security officer looks at before accepting a risk: which policy would not hold where, why, what protects instead, until when."""

from typing import Any

from rich.console import RenderableType

from citycloud.api import City, PolicyException
from citycloud.cli.decision import Case, waiting_digest
from citycloud.cli.moments import last_day, moment_in
from citycloud.cli.policy_words import policy_text, titles_of
from citycloud.cli.rendering import ABSENT, Rows
from citycloud.cli.session import Session
from citycloud.cli.snapshot import read_one
from citycloud.controllers.decidable import requested_by
from citycloud.plan.names import home_namespace


def look_at_exception(session: Session, *, organisation: str, name: str) -> Case:
    """Read what waits; raise Declined where nothing does, Failure where the operator has not seen it yet."""
    home = home_namespace(organisation)
    exception = read_one(session.connection, PolicyException, namespace=home, name=name)
    called = session.screen.say("CalledException", name=f"{organisation}/{name}")
    digest = waiting_digest(exception, called=called)
    command = f"citycloud why {organisation}/{exception.spec.environment}"
    return Case(
        kind=PolicyException,
        namespace=home,
        name=name,
        decided_in=home,
        called=called,
        outcome=command,
        progress=command,
        digest=digest,
        data=_data(exception, organisation=organisation, digest=digest),
        seen=_seen(session, exception=exception, organisation=organisation, digest=digest),
    )


def _data(exception: PolicyException, *, organisation: str, digest: str) -> dict[str, Any]:
    """Write a case for programs."""
    spec, pending = exception.spec, exception.status.pending
    return {
        "exception": f"{organisation}/{exception.metadata.name}",
        "policy": spec.policy,
        "title": titles_of(spec.policy),
        "environment": f"{organisation}/{spec.environment}",
        "justification": spec.reason,
        "compensatingMeasure": spec.compensating_measure,
        "expires": spec.expires_at.isoformat(),
        "digest": digest,
        "askedBy": list(requested_by(exception)),
        "since": pending.since.isoformat() if pending is not None else None,
    }


def _seen(session: Session, *, exception: PolicyException, organisation: str, digest: str) -> RenderableType:
    """Draw a case."""
    screen, spec, pending = session.screen, exception.spec, exception.status.pending
    city = read_one(session.connection, City, name="city")
    rows = Rows(screen, title=screen.say("CalledException", name=f"{organisation}/{exception.metadata.name}"))
    rows.add("RowNotHolding", policy_text(screen, spec.policy), style="yellow")
    rows.add("RowEnvironment", f"{organisation}/{spec.environment}")
    rows.add("RowWhy", spec.reason)
    rows.add("RowMeasure", spec.compensating_measure)
    rows.add("RowExpires", last_day(city, spec.expires_at))
    rows.add("RowAskedBy", *(requested_by(exception) or [ABSENT]))
    rows.add("RowSince", moment_in(city, pending.since if pending is not None else None))
    rows.add("RowDigest", digest)
    return rows.table()
