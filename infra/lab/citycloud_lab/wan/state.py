"""A laboratory that stays up after the command that made it: one process keeps it, a folder says which, other commands find it there.

The keeper starts anew whatever daemon has ended, as watchfrr and systemd do in a city. When it ends, however that comes, the kernel takes
the daemons and the namespaces along.
"""

import dataclasses
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import time
from typing import Final

from citycloud_dev.layout import default_folder
from citycloud_dev.processes import ProcessError, wait_until
from citycloud_infra.model.inventory import Inventory
from citycloud_infra.model.plan import plan_city
from citycloud_lab.wan.laboratory import Laboratory, running_laboratory
from citycloud_lab.wan.networks import sweep

UP_SECONDS: Final = 600.0
DOWN_SECONDS: Final = 120.0
WATCH_SECONDS: Final = 0.5


@dataclasses.dataclass(frozen=True, kw_only=True)
class State:
    """What is known of the laboratory of one name."""

    name: str

    @property
    def folder(self) -> pathlib.Path:
        """Return its folder."""
        return default_folder(name=f"wan-{self.name}")

    @property
    def keeper(self) -> int | None:
        """Return the process id of whoever keeps it up; None where nobody does."""
        try:
            number = int((self.folder / "keeper.pid").read_text())
            command = pathlib.Path(f"/proc/{number}/cmdline").read_bytes()
        except (OSError, ValueError):
            return None
        return number if b"\0keep\0" in command else None

    def laboratory(self) -> Laboratory:
        """Return the laboratory that is up; raise ProcessError where there is none."""
        if self.keeper is None or not (self.folder / "ready").exists():
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
        log = self.folder / "keeper.log"
        with log.open("ab") as output:
            child = subprocess.Popen(self._command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True)
        (self.folder / "keeper.pid").write_text(str(child.pid))

        def settled() -> bool:
            if child.poll() is not None:
                raise ProcessError(f"the laboratory did not come up:\n{log.read_text()[-3000:]}")
            return (self.folder / "ready").exists()

        wait_until(settled, what="the laboratory", seconds=UP_SECONDS, every=0.1)

    def keep(self) -> None:
        """Be the keeper, until told to stop."""
        stopped: list[int] = []
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda received, _: stopped.append(received))
        with running_laboratory(plan=plan_city(self.inventory()), folder=self.folder, name=self.name) as lab:
            (self.folder / "ready").touch()
            while not stopped:
                lab.revive()
                time.sleep(WATCH_SECONDS)

    def down(self) -> bool:
        """End the laboratory, if it is up, and remove everything of it and what others left that are gone; tell whether it was up."""
        keeper = self.keeper
        if keeper is not None:
            os.kill(keeper, signal.SIGTERM)
            wait_until(lambda: self.keeper is None, what="the laboratory to end", seconds=DOWN_SECONDS)
        sweep()
        shutil.rmtree(self.folder, ignore_errors=True)
        return keeper is not None

    @property
    def _command(self) -> list[str]:
        return [sys.executable, "-m", "citycloud_infra", "lab", "keep", "--name", self.name]
