"""Small cities for the laboratory: both data centres and the cluster of the small sample, and as many sites as asked for."""

import datetime
import pathlib
from collections.abc import Iterable
from typing import Final

from tests.infra.inventories import Content, Edit, inventory, site

from citycloud_infra.model.plan import plan_city
from citycloud_infra.model.stacks import Action
from citycloud_infra.render.cloud_init import node_user_data
from citycloud_infra.targets.automation import Run, perform
from citycloud_infra.targets.keys import ConfiguredKeys
from citycloud_infra.targets.openstack.cloud import OpenStack
from citycloud_infra.targets.openstack.reader import Reader
from citycloud_infra.targets.program import City
from citycloud_infra.targets.settings import CloudSettings
from citycloud_lab.openstack.laboratory import Laboratory

SITES: Final = range(20, 28)
"""Eight numbers, of one stack."""
MASTER: Final = "a-secret-of-the-town-that-is-long-enough"
SETTINGS: Final = CloudSettings(
    gateway_flavor="gateway",
    api_from=("203.0.113.0/24",),
    dns=("10.0.0.53",),
    ssh_key="ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBvsrXPmmWREeT0hOs9EJCc1GTrXg4CXnFR7gE1P8yWX operations",
    protected=False,
)
"""Settings that leave out only what this cloud does not have."""


def town(name: str, *, sites: Iterable[int] = SITES) -> Edit:
    """Return the edit that makes the sample a city called `name` with these sites."""

    def edit(content: Content) -> None:
        content.update(city=name, sites=[site(number) for number in sites], retired=[])
        content["tiers"] = [{"kind": "other", "uplinks": 2, "segments": []}]

    return edit


class Town:
    """A city in the laboratory, with a state of its own; what is done with it is what the command line does."""

    def __init__(self, *, name: str, folder: pathlib.Path, cloud: Laboratory) -> None:
        self.name = name
        self.folder = folder
        self.cloud = cloud
        self._reader = Reader()

    def run(self, *edits: Edit, settings: CloudSettings = SETTINGS) -> Run:
        """Return a run of the town after `edits`."""
        city = City(
            plan=plan_city(inventory(town(self.name), *edits)),
            settings=settings.settings(),
            cloud=OpenStack(),
            keys=ConfiguredKeys,
            user_data=node_user_data,
        )
        return Run(
            city=city,
            folder=self.folder,
            now=lambda: datetime.datetime.now(datetime.UTC),
            allowance=self._reader.allowance,
        )

    def perform(self, action: Action, *edits: Edit, settings: CloudSettings = SETTINGS) -> dict[str, dict[str, int]]:
        """Run every stack and return what changed, by stack; what stays the same is left out."""
        run = self.run(*edits, settings=settings)
        outcomes = perform(run=run, action=action, only=(), master=MASTER, tell=lambda _: None)
        return {each.stack: {kind: count for kind, count in each.changes.items() if kind != "same"} for each in outcomes}
