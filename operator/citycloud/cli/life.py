"""What suspend, resume and retire share: one field of the spec, which needs nobody's approval."""

import dataclasses
import datetime
from typing import Any

import typer

from citycloud.api import City, Environment
from citycloud.api.environment import State
from citycloud.cli.failure import Declined
from citycloud.cli.moments import moment_in
from citycloud.cli.naming import Place
from citycloud.cli.output import YES
from citycloud.cli.rendering import Rows
from citycloud.cli.session import Session
from citycloud.cli.snapshot import read_one
from citycloud.controllers.life import grace_of


@dataclasses.dataclass(frozen=True, kw_only=True)
class Turn:
    """An environment on its way to another state."""

    session: Session
    place: Place
    city: City
    environment: Environment
    state: State

    @classmethod
    def to(cls, state: State, *, session: Session, place: Place) -> "Turn":
        """Read the environment; end the command where it is in that state already, raise Declined where it is too late for it."""
        city = read_one(session.connection, City, name="city")
        environment = read_one(session.connection, Environment, namespace=place.home, name=place.environment)
        _refuse_too_late(environment=environment, state=state, session=session, place=place)
        if environment.spec.state == state:
            data = {"environment": str(place), "state": state, "written": False}
            session.end(data=data, key=f"Already{state.capitalize()}", environment=place)
            raise typer.Exit(YES)
        return cls(session=session, place=place, city=city, environment=environment, state=state)

    def rows(self) -> Rows:
        """Draw where it stands and what will be."""
        screen = self.session.screen
        rows = Rows(screen)
        rows.add("RowEnvironment", self.place)
        rows.add("ColumnPhase", self.environment.status.phase or "–")
        rows.add("RowNamespaces", *(each.name for each in self.environment.status.namespaces))
        anew = self.environment.status.phase == "Purged"
        rows.add("RowWillBe", screen.say("WillBeAnew" if anew else f"WillBe{self.state.capitalize()}"))
        return rows

    def try_it(self) -> None:
        """Ask the API server, as a dry run, before anybody is asked anything."""
        self.session.patch(self.environment, {"state": self.state}, dry_run=True)

    def take(self, **more: Any) -> None:
        """Write the state, to exactly the object that was looked at."""
        self.session.patch(self.environment, {"state": self.state}, dry_run=False)
        data = {"environment": str(self.place), "state": self.state, "written": True, **more}
        self.session.end(data=data, key=f"Done{self.state.capitalize()}", environment=self.place)


def _refuse_too_late(*, environment: Environment, state: State, session: Session, place: Place) -> None:
    """Raise Declined where writing the state would change nothing, with what does."""
    status = environment.status
    if status.phase == "Purged" and state != "active":
        raise Declined("AlreadyPurged", environment=place)
    if status.phase == "Retired" and status.purge_at is not None and status.purge_at <= session.now:
        raise Declined("PurgeHasBegun", environment=place)
    over = status.expires_at is not None and status.expires_at <= session.now
    if state == "active" and environment.spec.state == "active" and over:
        raise Declined("HasExpired", environment=place)


def purge_moment(*, environment: Environment, city: City, now: datetime.datetime) -> datetime.datetime:
    """Tell when the data of an environment go that is given back now: after the days of grace of its stage."""
    return now + grace_of(stage=environment.spec.stage, lifecycle=city.spec.lifecycle)


def purge_text(turn: Turn) -> tuple[str, str]:
    """Write when the data go: for people, and as the API writes moments."""
    moment = turn.environment.status.purge_at or purge_moment(environment=turn.environment, city=turn.city, now=turn.session.now)
    return moment_in(turn.city, moment), moment.astimezone(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
