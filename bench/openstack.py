"""How long the engine takes to build a city in the laboratory and to remove it.

It fails where a preview or a refresh finds a difference, or anything is left. Run by `make test-infra-scale`, for the wide area network of
Hanoi's 126 communes and wards at two data centres with four lines each; with `--whole` its other places come too, with `--compute` the
clusters' machines. The engine writes each stack's state once a run, not at every step as it does for a real cloud.
"""

import argparse
import contextlib
import dataclasses
import datetime
import os
import pathlib
import tempfile
import time
from collections.abc import Iterator
from typing import Final

from citycloud_infra.model.inventory import Inventory
from citycloud_infra.model.load import read_inventory
from citycloud_infra.model.plan import plan_city
from citycloud_infra.model.stacks import COMPUTE, Action, stacks
from citycloud_infra.render.cloud_init import node_user_data
from citycloud_infra.targets.automation import Run, perform
from citycloud_infra.targets.keys import ConfiguredKeys
from citycloud_infra.targets.openstack.cloud import OpenStack
from citycloud_infra.targets.openstack.reader import Reader
from citycloud_infra.targets.program import City
from citycloud_infra.targets.settings import CloudSettings
from citycloud_lab.engine.tools import find_engine
from citycloud_lab.openstack.laboratory import Laboratory, running
from citycloud_lab.openstack.leftovers import leftovers
from citycloud_lab.openstack.premises import prepare, zones_of
from citycloud_lab.wan.reduce import reduced

SAMPLE: Final = "examples/hanoi-2026/inventory.yaml"
SETTINGS: Final = CloudSettings(gateway_flavor="gateway", protected=False)
MASTER: Final = "nothing-that-is-kept-a-secret-of-a-laboratory"
ACTIONS: Final[tuple[Action, ...]] = ("up", "preview", "refresh", "destroy")
COMMUNES: Final = ("ward", "commune")
UNCHANGED: Final = "same"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Step:
    """What one action took, over all stacks."""

    action: Action
    seconds: float
    changes: dict[str, int]


def main() -> None:
    """Run every action and print a line for each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--inventory", type=pathlib.Path, default=pathlib.Path(SAMPLE))
    parser.add_argument("--whole", action="store_true", help="every place, not communes and wards alone")
    parser.add_argument("--sites", type=int, help="a cross-section of so many places instead")
    parser.add_argument("--compute", action="store_true", help="the clusters' machines too")
    asked = parser.parse_args()
    inventory = _inventory(asked.inventory, whole=asked.whole, sites=asked.sites)
    names = [name for name in stacks(inventory) if asked.compute or name != COMPUTE]
    with tempfile.TemporaryDirectory(prefix="citycloud-bench-") as folder, _cloud(pathlib.Path(folder), inventory=inventory) as cloud:
        run = _run(inventory=inventory, folder=pathlib.Path(folder) / "city")
        steps = [_step(action, run=run, names=names) for action in ACTIONS]
        with cloud.connect() as connection:
            left = sum(len(found) for found in leftovers(connection).values())
    made = steps[0].changes.get("create", 0)
    each = " ".join(f"{step.action}={step.seconds:.0f}s" for step in steps)
    whole = sum(step.seconds for step in steps)
    print(
        f"bench: openstack sites={len(inventory.sites)} hubs={len(inventory.hubs)} stacks={len(names)} made={made} "
        f"{each} whole={whole:.0f}s left={left}"
    )
    if left or {change for step in steps[1:-1] for change in step.changes} - {UNCHANGED}:
        raise SystemExit(1)


def _inventory(path: pathlib.Path, *, whole: bool, sites: int | None) -> Inventory:
    inventory = read_inventory(text=path.read_text("utf-8"), file=str(path)).inventory
    if sites is not None:
        return reduced(inventory, sites=sites)
    return inventory if whole else inventory.model_copy(update={"sites": tuple(site for site in inventory.sites if site.kind in COMMUNES)})


@contextlib.contextmanager
def _cloud(folder: pathlib.Path, *, inventory: Inventory) -> Iterator[Laboratory]:
    """Start a cloud that is ready for the city, and make this process and its children use it and the engine."""
    os.environ.update(find_engine().environment(os.environ))
    os.environ.update({"PULUMI_CONFIG_PASSPHRASE": MASTER, "PULUMI_EXPERIMENTAL": "1", "PULUMI_SKIP_CHECKPOINTS": "true"})
    started = time.perf_counter()
    with running(folder=folder / "cloud", zones=zones_of(inventory)) as laboratory:
        print(f"cloud: {time.perf_counter() - started:.1f} s", flush=True)
        with laboratory.connect() as connection:
            prepare(connection, inventory=inventory, settings=SETTINGS)
        os.environ.update(laboratory.layout.environment())
        yield laboratory


def _run(*, inventory: Inventory, folder: pathlib.Path) -> Run:
    city = City(plan=plan_city(inventory), settings=SETTINGS.settings(), cloud=OpenStack(), keys=ConfiguredKeys, user_data=node_user_data)
    return Run(city=city, folder=folder, now=lambda: datetime.datetime.now(datetime.UTC), allowance=Reader().allowance)


def _step(action: Action, *, run: Run, names: list[str]) -> Step:
    started, changes = time.perf_counter(), dict[str, int]()
    for outcome in perform(run=run, action=action, only=names, master=MASTER, tell=lambda _: None):
        for kind, count in outcome.changes.items():
            changes[kind] = changes.get(kind, 0) + count
        print(f"{action} {outcome.stack}: {time.perf_counter() - started:.1f} s since the beginning, {dict(outcome.changes)}", flush=True)
    return Step(action=action, seconds=time.perf_counter() - started, changes=changes)


if __name__ == "__main__":
    main()
