"""`citycloud status`: how one environment stands, or all of an organisation, and which policies do not hold there for now."""

from typing import Annotated, Any

import rich.console
import typer
from rich.console import RenderableType

from citycloud.api import City, Environment
from citycloud.api.common import Condition
from citycloud.cli import connection as wire
from citycloud.cli import exceptions
from citycloud.cli.bilingual import in_language
from citycloud.cli.connection import Connection
from citycloud.cli.exceptions import Listed
from citycloud.cli.moments import last_day, moment_in
from citycloud.cli.naming import Place, organisation_or_place
from citycloud.cli.options import TEXTS, ContextOption, FormatOption, KubeconfigOption, LanguageOption
from citycloud.cli.output import NO, YES, Screen
from citycloud.cli.rendering import ABSENT, Rows, grid
from citycloud.cli.snapshot import read_all, read_one
from citycloud.plan.names import home_namespace

COLUMNS = ("ColumnName", "ColumnSystem", "ColumnStage", "ColumnLevel", "ColumnSize", "ColumnPhase", "ColumnExpires", "ColumnWaits")


def status(
    target: Annotated[str, typer.Argument(metavar="ORGANISATION[/ENVIRONMENT]", help=TEXTS.say("HelpTarget"))],
    language: LanguageOption = None,
    output: FormatOption = None,
    kubeconfig: KubeconfigOption = None,
    context: ContextOption = None,
) -> None:
    """Tell; the help for people stands in the catalogue."""
    screen = Screen(language=language, output=output)
    with screen.answering():
        organisation, place = organisation_or_place(target)
        connection = wire.connect(kubeconfig=kubeconfig, context=context)
        city = read_one(connection, City, name="city")
        found = _environments(connection, organisation=organisation, place=place)
        listed = exceptions.read_exceptions(connection, home=home_namespace(organisation))
        told = [as_data(screen, each, listed=exceptions.exceptions_of(listed, each.metadata.name)) for each in found]
        shown = listed if place is None else exceptions.exceptions_of(listed, place.environment)
        people = _one(screen, city, found[0]) if place is not None else _all(screen, city, organisation=organisation, found=found)
        parts = [people, *exceptions.parts(screen, listed=shown, city=city)]
        screen.show(data={"organisation": organisation, "environments": told}, people=rich.console.Group(*parts))
    asked = [each for each in found if place is not None or each.spec.state == "active"]
    raise typer.Exit(YES if all(is_ready(each) for each in asked) else NO)


def as_data(screen: Screen, environment: Environment, *, listed: Listed) -> dict[str, Any]:
    """Write one environment for programs."""
    known = environment.status.model_dump(mode="json", by_alias=True, exclude_none=True, exclude={"conditions"})
    if "approved" in known:
        known["approved"].pop("spec", None)
    conditions = [
        {"type": each.type, "status": each.status, "reason": each.reason, "text": in_language(each.message, screen.language)}
        for each in environment.status.conditions
    ]
    spec = {
        "system": environment.spec.system,
        "stage": environment.spec.stage,
        "size": environment.spec.size,
        "state": environment.spec.state,
    }
    said = {"ready": is_ready(environment), "conditions": conditions, "exceptions": exceptions.as_data(listed)}
    return {"name": environment.metadata.name, **spec, **known, **said}


def condition_of(environment: Environment, type_: str) -> Condition | None:
    """Return one condition, or None."""
    return next((each for each in environment.status.conditions if each.type == type_), None)


def is_ready(environment: Environment) -> bool:
    """Tell whether an environment is Ready."""
    ready = condition_of(environment, "Ready")
    return ready is not None and ready.status == "True"


def _environments(connection: Connection, *, organisation: str, place: Place | None) -> list[Environment]:
    if place is not None:
        return [read_one(connection, Environment, namespace=place.home, name=place.environment)]
    return sorted(read_all(connection, Environment, namespace=home_namespace(organisation)), key=lambda each: each.metadata.name)


def _all(screen: Screen, city: City, *, organisation: str, found: list[Environment]) -> RenderableType:
    rows = [
        (
            each.metadata.name,
            each.spec.system,
            each.spec.stage,
            each.status.level,
            each.spec.size,
            each.status.phase,
            last_day(city, each.status.expires_at or each.spec.expires_at),
            _waits(screen, each),
        )
        for each in found
    ]
    return grid(screen, title=screen.say("StatusOf", organisation=organisation, count=len(rows)), columns=COLUMNS, rows=rows)


def _waits(screen: Screen, environment: Environment) -> str:
    pending, ready = environment.status.pending, condition_of(environment, "Ready")
    if pending is not None:
        return screen.say("WaitsFor", who=", ".join(pending.waiting_for) or ABSENT, reasons=", ".join(pending.reasons))
    return "" if ready is None or ready.status == "True" else ready.reason


def _one(screen: Screen, city: City, environment: Environment) -> RenderableType:
    spec, known = environment.spec, environment.status
    rows = Rows(screen, title=f"{environment.metadata.namespace}/{environment.metadata.name}")
    rows.add("ColumnPhase", known.phase or ABSENT, style="green" if is_ready(environment) else "yellow")
    rows.add("ColumnSystem", f"{spec.system} ({spec.stage})")
    rows.add("ColumnLevel", f"{known.level or ABSENT} {known.profile or ''}".strip())
    rows.add("ColumnSize", spec.size)
    rows.add("RowLocation", known.location or ABSENT)
    rows.add("RowNamespaces", *(f"{each.zone}: {each.name}" for each in known.namespaces))
    if known.hosts:
        rows.add("RowHosts", *known.hosts)
    rows.add("ColumnExpires", last_day(city, known.expires_at or spec.expires_at))
    if known.approved is not None:
        rows.add("RowApproved", screen.say("ApprovedBy", by=known.approved.by, at=moment_in(city, known.approved.at)))
    if known.pending is not None:
        rows.add(
            "ColumnWaits", _waits(screen, environment), screen.say("Since", moment=moment_in(city, known.pending.since)), style="yellow"
        )
    if known.purge_at is not None:
        rows.add("RowPurge", moment_in(city, known.purge_at), style="red")
    return rows.table()
