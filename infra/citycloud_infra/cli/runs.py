"""The runs of the city's stacks as the command line asks for them: settings and keys are read, then every stack has its turn."""

import datetime
import time

import typer
from pulumi.automation.errors import CommandError

from citycloud_infra.cli.screen import BROKEN, Screen
from citycloud_infra.cli.stacks import Wish
from citycloud_infra.model.plan import CityPlan
from citycloud_infra.model.stacks import Action
from citycloud_infra.render.cloud_init import node_user_data
from citycloud_infra.targets.automation import NotReady, Run, perform
from citycloud_infra.targets.base import CloudSilent, TargetMissing, load_cloud, load_reader
from citycloud_infra.targets.keys import ConfiguredKeys, KeyRefused, read_master
from citycloud_infra.targets.program import City
from citycloud_infra.targets.recovery import Locked, Search
from citycloud_infra.targets.settings import SettingsUnreadable, read_settings


def carry_out(screen: Screen, *, action: Action, plan: CityPlan, wish: Wish) -> None:
    """Run the stacks and say of each what changed, or end the command with what stands in the way."""
    try:
        run = _prepared(plan=plan, wish=wish)
        master = None if wish.secret is None else read_master(wish.secret)
        for outcome in perform(run=run, action=action, only=wish.stacks, master=master, tell=lambda line: _beside(screen, line)):
            changes = ", ".join(f"{operation} {count}" for operation, count in outcome.changes.items()) or "–"
            screen.out.print(f"{outcome.stack}: {changes}", highlight=False)
    except (NotReady, Locked, CloudSilent, SettingsUnreadable, KeyRefused, TargetMissing) as error:
        _beside(screen, str(error))
        raise typer.Exit(BROKEN) from error
    except CommandError as error:
        _beside(screen, str(error))
        raise screen.stop("RunFailed", status=BROKEN, action=action) from error


def _prepared(*, plan: CityPlan, wish: Wish) -> Run:
    given = read_settings(wish.settings)
    city = City(plan=plan, settings=given.settings(), cloud=load_cloud(given.target), keys=ConfiguredKeys, user_data=node_user_data)
    reader = load_reader(given.target)
    return Run(
        city=city,
        folder=wish.state,
        now=_now,
        parallel=wish.parallel,
        allowance=None if reader is None else reader.allowance,
        search=None if reader is None else Search(identify=reader.identify, now=_now, rest=time.sleep),
    )


def _now() -> datetime.datetime:
    return datetime.datetime.now(datetime.UTC)


def _beside(screen: Screen, line: str) -> None:
    screen.beside.print(line, markup=False, highlight=False)
