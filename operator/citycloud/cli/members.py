"""`citycloud members`: who may work in an environment, and until when; add somebody, or take somebody out."""

import re
import typing
from collections.abc import Iterable
from typing import Annotated, Any, Final

import typer
from rich.console import RenderableType

from citycloud.api import City, Environment, Organisation
from citycloud.api.environment import Member, Role
from citycloud.cli.failure import Failure
from citycloud.cli.moments import day_of, expiry_on
from citycloud.cli.naming import Place, place_of
from citycloud.cli.options import TEXTS, ContextOption, FormatOption, KubeconfigOption, LanguageOption, PlaceArgument, YesOption
from citycloud.cli.output import Screen
from citycloud.cli.rendering import grid
from citycloud.cli.session import Session, change_spec
from citycloud.cli.snapshot import city_of, environment_at, read_home, read_one
from citycloud.controllers.calendar import UnknownTimeZone, end_of

ROLES: Final[tuple[str, ...]] = typing.get_args(Role)
KINDS: Final = {"user": "User", "group": "Group"}
ADDED: Final = re.compile(rf"(user|group):(.+):({'|'.join(ROLES)})(?::(\d{{4}}-\d{{2}}-\d{{2}}))?", re.IGNORECASE | re.DOTALL)
REMOVED: Final = re.compile(r"(user|group):(.+)", re.IGNORECASE | re.DOTALL)
"""A name may hold colons itself, as identity providers prefix them."""


def members(
    environment: PlaceArgument,
    add: Annotated[list[str] | None, typer.Option(metavar="KIND:NAME:ROLE[:UNTIL]", help=TEXTS.say("HelpAddMember"))] = None,
    remove: Annotated[list[str] | None, typer.Option(metavar="KIND:NAME", help=TEXTS.say("HelpRemoveMember"))] = None,
    yes: YesOption = False,
    language: LanguageOption = None,
    output: FormatOption = None,
    kubeconfig: KubeconfigOption = None,
    context: ContextOption = None,
) -> None:
    """List or change; the help for people stands in the catalogue."""
    screen = Screen(language=language, output=output)
    with screen.answering():
        place = place_of(environment)
        added, removed = [member_of(each) for each in add or ()], [_named(each) for each in remove or ()]
        session = Session.open(screen=screen, yes=yes, kubeconfig=kubeconfig, context=context)
        if not added and not removed:
            _show(session, place)
            return
        world = read_home(session.connection, place.organisation)
        for day in (each.until for each in added if each.until is not None):
            expiry_on(day, city=city_of(world), now=session.now)
        wanted = changed(environment_at(world, place).spec.members, added=added, removed=removed)
        spec = {"members": [each.model_dump(mode="json", by_alias=True, exclude_none=True) for each in wanted]}
        change_spec(session=session, world=world, place=place, spec=spec)


def member_of(text: str) -> Member:
    """Read user:NAME:ROLE or user:NAME:ROLE:YYYY-MM-DD; raise Failure where it is something else."""
    match = ADDED.fullmatch(text)
    if match is None:
        raise Failure("NoMember", member=text, roles=", ".join(ROLES))
    until = day_of(match[4]) if match[4] else None
    return Member.model_validate({"kind": KINDS[match[1].lower()], "name": match[2], "role": match[3].lower(), "until": until})


def changed(before: Iterable[Member], *, added: Iterable[Member], removed: Iterable[tuple[str, str]]) -> list[Member]:
    """Return the members after a change: whoever is added anew has the new role and date only; raise Failure where nobody has that name."""
    found = list(before)
    for kind, name in removed:
        left = [each for each in found if (each.kind, each.name) != (kind, name)]
        if len(left) == len(found):
            raise Failure("NotAMember", member=f"{kind.lower()}:{name}")
        found = left
    for member in added:
        found = [*(each for each in found if (each.kind, each.name) != (member.kind, member.name)), member]
    return found


def _named(text: str) -> tuple[str, str]:
    match = REMOVED.fullmatch(text)
    if match is None:
        raise Failure("NoMember", member=text, roles=", ".join(ROLES))
    return KINDS[match[1].lower()], match[2]


def _show(session: Session, place: Place) -> None:
    connection = session.connection
    environment = read_one(connection, Environment, namespace=place.home, name=place.environment)
    organisation = read_one(connection, Organisation, name=place.organisation)
    city = read_one(connection, City, name="city")
    approved = environment.status.approved
    granted = {(each.kind, each.name, each.role) for each in (approved.spec.members if approved is not None else ())}
    groups = organisation.spec.groups
    by_role = zip(ROLES, (groups.admins, groups.operators, groups.viewers), strict=True)
    own = [("Group", name, role) for role, names in by_role for name in names]
    listed: list[dict[str, Any]] = [
        {"kind": kind, "name": name, "role": role, "until": None, "from": "organisation", "state": "MemberHas"} for kind, name, role in own
    ]
    for each in environment.spec.members:
        over = _is_over(each, city=city, session=session)
        state = "MemberEnded" if over else "MemberHas" if (each.kind, each.name, each.role) in granted else "MemberWaits"
        listed.append({**each.model_dump(mode="json", by_alias=True), "from": "environment", "state": state})
    session.screen.show(data={"environment": str(place), "members": listed}, people=_table(session, place, listed))


def _is_over(member: Member, *, city: City, session: Session) -> bool:
    try:
        return member.until is not None and end_of(day=member.until, time_zone=city.spec.time_zone) <= session.now
    except UnknownTimeZone as error:
        raise Failure("NoTimeZone", zone=city.spec.time_zone) from error


def _table(session: Session, place: Place, listed: list[dict[str, Any]]) -> RenderableType:
    screen = session.screen
    rows = [
        (each["kind"], each["name"], each["role"], each["until"], screen.say("From" + each["from"].capitalize()), screen.say(each["state"]))
        for each in listed
    ]
    columns = ("ColumnKind", "ColumnName", "ColumnRole", "ColumnUntil", "ColumnFrom", "ColumnState")
    return grid(screen, title=screen.say("MembersOf", environment=place), columns=columns, rows=rows)
