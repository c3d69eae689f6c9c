"""One run of a command that may write: who asks, where, and when."""

import dataclasses
import datetime
from collections.abc import Mapping
from typing import Any

import rich.console
import typer
from rich.console import RenderableType

from citycloud.api import Environment
from citycloud.cli import connection as wire
from citycloud.cli.connection import Connection, Manifest
from citycloud.cli.dialogue import Dialogue
from citycloud.cli.difference import Change, spec_changes
from citycloud.cli.foresight import Foresight, foresee
from citycloud.cli.foresight_view import VERDICTS, as_data, as_rows
from citycloud.cli.inert import cell
from citycloud.cli.naming import Place
from citycloud.cli.output import NO, YES, Screen
from citycloud.cli.rendering import changes_table
from citycloud.cli.snapshot import as_model, environment_at, path_of, what_is
from citycloud.engine.world import World


@dataclasses.dataclass(frozen=True, kw_only=True)
class Session:
    """What every writing command works with."""

    screen: Screen
    dialogue: Dialogue
    connection: Connection
    now: datetime.datetime

    @classmethod
    def open(cls, *, screen: Screen, yes: bool, kubeconfig: str | None, context: str | None) -> "Session":
        """Connect with the user's own kubeconfig."""
        return cls(
            screen=screen,
            dialogue=Dialogue(screen=screen, yes=yes),
            connection=wire.connect(kubeconfig=kubeconfig, context=context),
            now=datetime.datetime.now(tz=datetime.UTC),
        )

    def foresee(self, *, place: Place, environment: Environment, world: World) -> Foresight:
        """Tell what an environment would become."""
        return foresee(place=place, environment=environment, world=world, texts=VERDICTS, now=self.now)

    def patch(self, environment: Environment, spec: Mapping[str, Any], *, dry_run: bool) -> Manifest:
        """Change fields of the spec of exactly the object that was looked at; one that changed meanwhile is left alone."""
        metadata = environment.metadata
        where = {"namespace": metadata.namespace, "name": metadata.name}
        body = {"metadata": {"resourceVersion": metadata.resource_version}, "spec": dict(spec)}
        return self.connection.change(path_of(Environment, **where), body, what=what_is(Environment, **where), dry_run=dry_run)

    def end(self, *, data: Mapping[str, Any], key: str, **parameters: Any) -> None:
        """Say in one line what was done, or write the data."""
        self.screen.show(data=data, people=cell(self.screen.say(key, **parameters)))


def change_spec(*, session: Session, world: World, place: Place, spec: Mapping[str, Any], dry_run: bool = False) -> None:
    """Show what another spec would mean, and send it; end the command.

    The API server is asked first, as a dry run, so its refusals come before any question.
    """
    environment = environment_at(world, place)
    asked = as_model(Environment, session.patch(environment, spec, dry_run=True))
    changes = spec_changes(environment.spec, asked.spec)
    if not changes:
        session.end(data={"environment": str(place), "changes": [], "written": False}, key="NothingChanges", environment=place)
        raise typer.Exit(YES)
    foresight = session.foresee(place=place, environment=asked, world=world)
    data = {**as_data(screen=session.screen, foresight=foresight), "changes": [each.as_data() for each in changes]}
    seen = changed_and_foreseen(session=session, place=place, changes=changes, foresight=foresight)
    if foresight.refusal is not None or dry_run:
        session.screen.show(data={**data, "written": False}, people=seen)
        raise typer.Exit(NO if foresight.refusal is not None else YES)
    session.dialogue.confirm(seen, key="SendIt", environment=place)
    session.patch(environment, spec, dry_run=False)
    session.end(data={**data, "written": True}, key="Sent", environment=place)


def changed_and_foreseen(*, session: Session, place: Place, changes: tuple[Change, ...], foresight: Foresight) -> RenderableType:
    """Draw what changes, and what follows from it."""
    title = session.screen.say("ChangesOf", environment=place)
    table = changes_table(session.screen, title=title, changes=changes)
    return rich.console.Group(table, as_rows(screen=session.screen, foresight=foresight).table())
