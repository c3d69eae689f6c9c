"""`citycloud why`: every condition of an environment and of its exceptions in plain words, who has to act, which policy refused what."""

import typing
from typing import Any, Final

import rich.console
import typer
from rich.console import RenderableType

from citycloud.api import Approval, City, Environment
from citycloud.api.common import DECIDED_BY, Condition
from citycloud.cli import connection as wire
from citycloud.cli import exceptions
from citycloud.cli.bilingual import in_language
from citycloud.cli.connection import Connection
from citycloud.cli.failure import Forbidden
from citycloud.cli.inert import cell
from citycloud.cli.naming import Place, place_of
from citycloud.cli.options import ContextOption, FormatOption, KubeconfigOption, LanguageOption, PlaceArgument
from citycloud.cli.output import NO, YES, Screen
from citycloud.cli.rendering import Rows, grid
from citycloud.cli.snapshot import read_all, read_one
from citycloud.cli.status import condition_of, is_ready
from citycloud.cli.workload_refusals import WorkloadRefusal, read_refusals

ACTORS: Final = {
    "NotAHome": "Department",
    "OrganisationClosed": "Department",
    "SystemMissing": "Department",
    "FrameworkUnknown": "Department",
    "SizeMissing": "Department",
    "LocationUnknown": "Department",
    "LocationUnfit": "Department",
    "ZoneUnknown": "Department",
    "OpeningZoneUnknown": "Department",
    "TemplateUnknown": "Department",
    "HostTaken": "Department",
    "OverBudget": "Department",
    "RefusedByDecision": "Department",
    "NamespaceTaken": "Department",
    "ExpiryInThePast": "Department",
    "Suspended": "Department",
    "Expired": "Department",
    "Retired": "Department",
    "Purged": "Department",
    "CityMissing": "Platform",
    "TimeZoneUnknown": "Platform",
    "OrganisationMissing": "Platform",
    "ProfileMissing": "Platform",
    "LevelOffPlatform": "Platform",
    "LevelNeedsOwnCluster": "Platform",
    "SizeUnreadable": "Platform",
    "NoLocationForLevel": "Platform",
    "EndpointUnknown": "Platform",
    "SiteUnknown": "Network",
    "SegmentUnknown": "Network",
    "SiteUnusable": "Network",
    "AwaitingDossier": "Owner",
    "AwaitingApproval": "Deciders",
    "ApplyFailed": "Itself",
    "NotYet": "Itself",
    "Purging": "Itself",
}
"""Who has to act, by the reason of a condition; where a reason is not listed, its message says it."""
MOST_DECISIONS: Final = 5


def why(
    environment: PlaceArgument,
    language: LanguageOption = None,
    output: FormatOption = None,
    kubeconfig: KubeconfigOption = None,
    context: ContextOption = None,
) -> None:
    """Explain; the help for people stands in the catalogue."""
    screen = Screen(language=language, output=output)
    with screen.answering():
        place = place_of(environment)
        connection = wire.connect(kubeconfig=kubeconfig, context=context)
        found = read_one(connection, Environment, namespace=place.home, name=place.environment)
        city = read_one(connection, City, name="city")
        void = _void_decisions(connection, place=place)
        listed = exceptions.exceptions_of(exceptions.read_exceptions(connection, home=place.home), place.environment)
        refusals, unseen = _refusals(connection, found)
        data = {
            "environment": str(place),
            "phase": found.status.phase,
            "ready": is_ready(found),
            "conditions": [_condition_data(screen, found, city, each) for each in found.status.conditions],
            "exceptions": exceptions.as_data_with_reasons(screen, exceptions=listed, city=city),
            "voidDecisions": [_decision_data(screen, each) for each in void],
            "workloadRefusals": [each.as_data(screen) for each in refusals],
            "namespacesNotReadable": unseen,
        }
        parts = [_summary(screen, place, found, city), _conditions(screen, found, city)]
        parts += exceptions.parts(screen, listed=listed, city=city, reasons=True)
        parts += [_void_table(screen, void)] if void else []
        parts += [_refusal_table(screen, refusals)] if refusals else []
        parts += [cell(screen.say("EventsNotReadable", names=", ".join(unseen)), style="dim")] if unseen else []
        screen.show(data=data, people=rich.console.Group(*parts))
    raise typer.Exit(YES if is_ready(found) else NO)


def who_acts(screen: Screen, *, condition: Condition, environment: Environment, city: City) -> str:
    """Name who has to act on a condition that does not hold; nothing where the message alone can say it."""
    if condition.status == "True":
        return ""
    actor = ACTORS.get(condition.reason)
    if actor is None:
        return ""
    pending = environment.status.pending
    named = ", ".join(pending.waiting_for) if pending is not None else ""
    return screen.say(f"Actor{actor}", who=named or ", ".join(city.spec.access.approvers) or "–")


def _condition_data(screen: Screen, environment: Environment, city: City, condition: Condition) -> dict[str, Any]:
    return {
        "type": condition.type,
        "status": condition.status,
        "reason": condition.reason,
        "text": in_language(condition.message, screen.language),
        "who": who_acts(screen, condition=condition, environment=environment, city=city),
    }


def _summary(screen: Screen, place: Place, environment: Environment, city: City) -> RenderableType:
    rows = Rows(screen)
    rows.add("RowEnvironment", place)
    rows.add("ColumnPhase", environment.status.phase or "–", style="green" if is_ready(environment) else "yellow")
    ready = condition_of(environment, "Ready")
    if ready is None:
        rows.add("RowWhy", screen.say("NotLookedAt"))
        return rows.table()
    rows.add("RowWhy", in_language(ready.message, screen.language))
    who = who_acts(screen, condition=ready, environment=environment, city=city)
    if who:
        rows.add("RowWho", who)
    pending = environment.status.pending
    if pending is not None:
        rows.add("RowDigest", pending.digest)
    return rows.table()


def _conditions(screen: Screen, environment: Environment, city: City) -> RenderableType:
    rows = [
        (
            _word(screen, each.type),
            cell("✓" if each.status == "True" else "✗", style="green" if each.status == "True" else "red"),
            in_language(each.message, screen.language),
            who_acts(screen, condition=each, environment=environment, city=city),
        )
        for each in environment.status.conditions
        if each.type != "Ready"
    ]
    return grid(
        screen, title=screen.say("Conditions"), columns=("ColumnAspect", "ColumnState", "ColumnText", "ColumnWho"), rows=rows, lines=True
    )


def _word(screen: Screen, type_: str) -> str:
    key = f"Condition{type_}"
    return screen.say(key) if screen.knows(key) else type_


def _void_decisions(connection: Connection, *, place: Place) -> list[Approval]:
    """Read the last decisions on this environment that do not count; a decider who reads that knows why nothing moved."""
    decisions = [
        each
        for each in read_all(connection, Approval, namespace=place.home)
        if each.spec.target.kind == "Environment" and each.spec.target.name == place.environment and each.status.valid is False
    ]
    return sorted(decisions, key=lambda each: str(each.metadata.creation_timestamp))[-MOST_DECISIONS:]


def _decision_data(screen: Screen, approval: Approval) -> dict[str, Any]:
    return {
        "approval": approval.metadata.name,
        "decision": approval.spec.decision,
        "by": approval.metadata.annotations.get(DECIDED_BY),
        "text": in_language(approval.status.reason or "", screen.language),
    }


def _void_table(screen: Screen, void: list[Approval]) -> RenderableType:
    rows = [tuple(_decision_data(screen, each)[name] for name in ("approval", "decision", "by", "text")) for each in void]
    columns = ("ColumnApproval", "ColumnDecision", "ColumnWhose", "ColumnText")
    return grid(screen, title=screen.say("VoidDecisions"), columns=columns, rows=rows)


def _refusals(connection: Connection, environment: Environment) -> tuple[list[WorkloadRefusal], list[str]]:
    """Read what policies refused in the environment's namespaces, and name the namespaces whose events may not be read."""
    found: list[WorkloadRefusal] = []
    unseen = []
    for zone in environment.status.namespaces:
        try:
            found += read_refusals(connection, namespace=zone.name)
        except Forbidden:
            unseen.append(zone.name)
    return found, unseen


def _refusal_table(screen: Screen, refusals: list[WorkloadRefusal]) -> RenderableType:
    rows: list[typing.Sequence[object]] = [(each.owner, each.policy_text(screen), each.text(screen), each.count) for each in refusals]
    columns = ("ColumnObject", "ColumnPolicy", "ColumnText", "ColumnCount")
    return grid(screen, title=screen.say("WorkloadRefusals"), columns=columns, rows=rows, lines=True)
