"""The exceptions from policies that an environment has or asks for, as `status` and `why` list them."""

from typing import Any, Final

from rich.console import RenderableType

from citycloud.api import City, PolicyException
from citycloud.cli.bilingual import in_language
from citycloud.cli.connection import Connection
from citycloud.cli.failure import Forbidden
from citycloud.cli.inert import cell
from citycloud.cli.moments import last_day
from citycloud.cli.output import Screen
from citycloud.cli.policy_words import policy_text
from citycloud.cli.rendering import ABSENT, grid
from citycloud.cli.snapshot import read_all

Listed = list[PolicyException] | None
"""None where whoever asked may not read them, which is not the same as that there are none."""
COLUMNS: Final = ("ColumnName", "ColumnPolicy", "ColumnPhase", "ColumnExpires")


def read_exceptions(connection: Connection, *, home: str) -> Listed:
    """Read the exceptions of one organisation, by environment and name."""
    try:
        found = read_all(connection, PolicyException, namespace=home)
    except Forbidden:
        return None
    return sorted(found, key=lambda each: (each.spec.environment, each.metadata.name))


def exceptions_of(exceptions: Listed, environment: str) -> Listed:
    """Pick those of one environment."""
    return None if exceptions is None else [each for each in exceptions if each.spec.environment == environment]


def as_data(exceptions: Listed) -> list[dict[str, Any]] | None:
    """Write them for programs."""
    if exceptions is None:
        return None
    return [
        {
            "name": each.metadata.name,
            "policy": each.spec.policy,
            "phase": each.status.phase,
            "expires": each.spec.expires_at.isoformat(),
        }
        for each in exceptions
    ]


def as_data_with_reasons(screen: Screen, *, exceptions: Listed, city: City) -> list[dict[str, Any]] | None:
    """Write them for programs, with what the operator says of each and who has to act."""
    told = as_data(exceptions)
    if exceptions is None or told is None:
        return None
    return [
        data | {"text": reason_of(screen, each), "who": who_decides(screen, exception=each, city=city)}
        for each, data in zip(exceptions, told, strict=True)
    ]


def parts(screen: Screen, *, listed: Listed, city: City, reasons: bool = False) -> list[RenderableType]:
    """Draw them, with what the operator says of each and who has to act where `reasons` are wanted; nothing where there are none."""
    if listed is None:
        return [cell(screen.say("ExceptionsNotReadable"), style="dim")]
    if not listed:
        return []
    drawn = (_table_with_reasons if reasons else _table)(screen, found=listed, city=city)
    return [drawn]


def reason_of(screen: Screen, exception: PolicyException) -> str:
    """Say why an exception stands where it stands."""
    said = [in_language(each.message, screen.language) for each in exception.status.conditions if each.type == "Active"]
    return said[0] if said else screen.say("NotLookedAt")


def who_decides(screen: Screen, *, exception: PolicyException, city: City) -> str:
    """Name who has to act on an exception that waits; nothing where it does not."""
    if exception.status.phase != "AwaitingApproval":
        return ""
    return screen.say("ActorOfficers", who=", ".join(city.spec.access.security_officers) or ABSENT)


def _table(screen: Screen, *, found: list[PolicyException], city: City) -> RenderableType:
    rows = [(each.spec.environment, *_cells(screen, exception=each, city=city)) for each in found]
    return grid(screen, title=screen.say("Exceptions"), columns=("ColumnEnvironment", *COLUMNS), rows=rows)


def _table_with_reasons(screen: Screen, *, found: list[PolicyException], city: City) -> RenderableType:
    rows = [
        (*_cells(screen, exception=each, city=city), reason_of(screen, each), who_decides(screen, exception=each, city=city))
        for each in found
    ]
    return grid(screen, title=screen.say("Exceptions"), columns=(*COLUMNS, "ColumnText", "ColumnWho"), rows=rows, lines=True)


def _cells(screen: Screen, *, exception: PolicyException, city: City) -> tuple[str | None, ...]:
    policy = policy_text(screen, exception.spec.policy)
    return exception.metadata.name, policy, exception.status.phase, last_day(city, exception.spec.expires_at)
