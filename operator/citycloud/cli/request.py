"""`citycloud request`: ask for an environment, or for a change of one, and see beforehand what it would mean."""

import dataclasses
import pathlib
from typing import Annotated, Any, Final

import rich.console
import typer
from rich.console import RenderableType

from citycloud.api import Environment, InformationSystem
from citycloud.cli.connection import Manifest
from citycloud.cli.failure import Failure
from citycloud.cli.foresight_view import as_data, as_rows
from citycloud.cli.inert import cell
from citycloud.cli.moments import day_of
from citycloud.cli.naming import Place
from citycloud.cli.options import (
    TEXTS,
    ContextOption,
    FormatOption,
    HostsOption,
    KubeconfigOption,
    LanguageOption,
    LocationOption,
    SizeOption,
    YesOption,
    ZonesOption,
)
from citycloud.cli.output import NO, YES, Screen
from citycloud.cli.questions import ask_place, complete
from citycloud.cli.session import Session, change_spec
from citycloud.cli.snapshot import as_model, city_of, environment_at, learn, read_home
from citycloud.cli.system_facts import SystemFacts
from citycloud.cli.wish import Wish
from citycloud.engine.world import World

API: Final = "citycloud.dev/v1alpha1"


def request(
    environment: Annotated[str | None, typer.Argument(metavar="[ORGANISATION/ENVIRONMENT]", help=TEXTS.say("HelpEnvironment"))] = None,
    system: Annotated[str | None, typer.Option(help=TEXTS.say("HelpSystem"))] = None,
    stage: Annotated[str | None, typer.Option(help=TEXTS.say("HelpStage"))] = None,
    size: SizeOption = None,
    zones: ZonesOption = None,
    hosts: HostsOption = None,
    location: LocationOption = None,
    framework: Annotated[str | None, typer.Option(help=TEXTS.say("HelpFramework"))] = None,
    until: Annotated[str | None, typer.Option(help=TEXTS.say("HelpUntil"))] = None,
    justification: Annotated[str | None, typer.Option(help=TEXTS.say("HelpJustification"))] = None,
    system_name: Annotated[str | None, typer.Option(help=TEXTS.say("HelpSystemName"))] = None,
    system_type: Annotated[str | None, typer.Option(help=TEXTS.say("HelpSystemType"))] = None,
    personal_data: Annotated[str | None, typer.Option(help=TEXTS.say("HelpPersonalData"))] = None,
    owner: Annotated[str | None, typer.Option(help=TEXTS.say("HelpOwner"))] = None,
    system_file: Annotated[pathlib.Path | None, typer.Option(help=TEXTS.say("HelpSystemFile"))] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help=TEXTS.say("HelpDryRun"))] = False,
    yes: YesOption = False,
    language: LanguageOption = None,
    output: FormatOption = None,
    kubeconfig: KubeconfigOption = None,
    context: ContextOption = None,
) -> None:
    """Ask; the help for people stands in the catalogue."""
    screen = Screen(language=language, output=output)
    with screen.answering():
        session = Session.open(screen=screen, yes=yes, kubeconfig=kubeconfig, context=context)
        day = day_of(until) if until is not None else None
        wish = Wish(system=system, stage=stage, size=size, location=location, framework=framework, until=day, justification=justification)
        wish = dataclasses.replace(wish, zones=tuple(zones or ()), hosts=tuple(hosts or ()))
        facts = SystemFacts(title=system_name, sort=system_type, personal=personal_data, owner=owner, file=system_file)
        send(session, given=environment, wish=wish, facts=facts, dry_run=dry_run)


def send(session: Session, *, given: str | None, wish: Wish, facts: SystemFacts, dry_run: bool) -> None:
    """Ask for a new environment, or for a change where it is there already; end the command."""
    place = ask_place(session.dialogue, given)
    world = read_home(session.connection, place.organisation)
    if world.environment(place.key) is not None:
        if facts.given:
            raise Failure("SystemIsThere", system=environment_at(world, place).spec.system)
        before = environment_at(world, place).spec
        spec = wish.changes(before=before, city=city_of(world), now=session.now)
        change_spec(session=session, world=world, place=place, spec=spec, dry_run=dry_run)
        return
    wish, facts = complete(dialogue=session.dialogue, wish=wish, facts=facts, world=world, place=place)
    _send_new(session, place=place, world=world, wish=wish, facts=facts, dry_run=dry_run)


def _send_new(session: Session, *, place: Place, world: World, wish: Wish, facts: SystemFacts, dry_run: bool) -> None:
    manifests = _manifests(session, place=place, world=world, wish=wish, facts=facts)
    tried = [session.connection.create(each, dry_run=True) for each in manifests]
    learn(world, InformationSystem, tried[:-1])
    foresight = session.foresee(place=place, environment=as_model(Environment, tried[-1]), world=world)
    data: dict[str, Any] = {
        **as_data(screen=session.screen, foresight=foresight),
        "creates": [f"{each['kind']}/{each['metadata']['name']}" for each in manifests],
    }
    seen = _seen(session, manifests=manifests, table=as_rows(screen=session.screen, foresight=foresight).table())
    if foresight.refusal is not None or dry_run:
        session.screen.show(data={**data, "written": False}, people=seen)
        raise typer.Exit(NO if foresight.refusal is not None else YES)
    session.dialogue.confirm(seen, key="SendIt", environment=place)
    for manifest in manifests:
        session.connection.create(manifest)
    session.end(data={**data, "written": True}, key="Sent", environment=place)


def _manifests(session: Session, *, place: Place, world: World, wish: Wish, facts: SystemFacts) -> list[Manifest]:
    """Write what has to be created: the system first where it is new, the environment last."""
    organisation = world.organisation(place.organisation)
    system = wish.system or ""
    environment: Manifest = {
        "apiVersion": API,
        "kind": Environment.definition.kind,
        "metadata": {"namespace": place.home, "name": place.environment},
        "spec": wish.spec(city=city_of(world), now=session.now),
    }
    if organisation is None or world.system(namespace=place.home, name=system) is not None:
        return [environment]
    return [facts.manifest(place=place, name=system, organisation=organisation), environment]


def _seen(session: Session, *, manifests: list[Manifest], table: RenderableType) -> RenderableType:
    if len(manifests) == 1:
        return table
    name = manifests[0]["metadata"]["name"]
    return rich.console.Group(table, cell(session.screen.say("SystemIsNew", system=name), style="yellow"))
