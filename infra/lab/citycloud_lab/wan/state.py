"""A laboratory that stays up after the command that made it: one process keeps it, a folder says which, other commands find it there.

The keeper starts anew whatever daemon has ended, as watchfrr and systemd do in a city. When it ends, however that comes, the kernel takes
the daemons and the namespaces along.
"""

import contextlib
import dataclasses
import pathlib
import shutil
import sys
from collections.abc import Callable, Iterator
from typing import Final

from citycloud_dev.keeper import Keeper
from citycloud_dev.layout import default_folder
from citycloud_dev.processes import ProcessError
from citycloud_infra.model.inventory import Inventory
from citycloud_infra.model.plan import plan_city
from citycloud_lab.wan.laboratory import Laboratory, running_laboratory
from citycloud_lab.wan.networks import sweep

UP_SECONDS: Final = 600.0
DOWN_SECONDS: Final = 120.0


@dataclasses.dataclass(frozen=True, kw_only=True)
class State:
    """What is known of the laboratory of one name."""

    name: str

    @property
    def folder(self) -> pathlib.Path:
        """Return its folder."""
        return default_folder(name=f"wan-{self.name}")

    @property
    def keeper(self) -> Keeper:
        """Return whoever keeps it up."""
        return Keeper(folder=self.folder)

    def laboratory(self) -> Laboratory:
        """Return the laboratory that is up; raise ProcessError where there is none."""
        if not self.keeper.is_up:
            raise ProcessError(f"no laboratory {self.name} is up: python -m citycloud_infra lab up")
        return Laboratory(plan=plan_city(self.inventory()), folder=self.folder, name=self.name)

    def inventory(self) -> Inventory:
        """Return the inventory that it was made from."""
        return Inventory.model_validate_json((self.folder / "inventory.json").read_text("utf-8"))

    def up(self, inventory: Inventory) -> None:
        """Make a laboratory of an inventory and return when it is settled; raise ProcessError where it does not come up."""
        self.down()
        self.folder.mkdir(parents=True, mode=0o700)
        (self.folder / "inventory.json").write_text(inventory.model_dump_json(by_alias=True), "utf-8")
        self.keeper.start(self._command, what="the laboratory", seconds=UP_SECONDS)

    def keep(self) -> None:
        """Be the keeper, until told to stop."""

        @contextlib.contextmanager
        def kept() -> Iterator[Callable[[], object]]:
            with running_laboratory(plan=plan_city(self.inventory()), folder=self.folder, name=self.name) as lab:
                yield lab.revive

        self.keeper.keep(kept)

    def down(self) -> bool:
        """End the laboratory, if it is up, and remove everything of it and what others left that are gone; tell whether it was up."""
        was_up = self.keeper.stop(what="the laboratory", seconds=DOWN_SECONDS)
        sweep()
        shutil.rmtree(self.folder, ignore_errors=True)
        return was_up

    @property
    def _command(self) -> list[str]:
        return [sys.executable, "-m", "citycloud_infra", "lab", "keep", "--name", self.name]
