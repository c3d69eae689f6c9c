"""The command line as an engineer uses it on the laboratory: files on disk, and a process of its own."""

import dataclasses
import json
import pathlib
import subprocess
import sys
from typing import Any, Final

import psutil
import yaml
from tests.infra.inventories import Edit, small
from tests.lab.openstack.towns import MASTER, SETTINGS, town

RUN_SECONDS: Final = 400.0


@dataclasses.dataclass(frozen=True, kw_only=True)
class Office:
    """A folder with the inventory, the settings and the secret of a town, and its state."""

    folder: pathlib.Path

    def write(self, *edits: Edit) -> None:
        """Write the files anew."""
        (self.folder / "inventory.yaml").write_text(yaml.safe_dump(small(town(self.folder.name), *edits), allow_unicode=True), "utf-8")
        (self.folder / "cloud.yaml").write_text(yaml.safe_dump(SETTINGS.model_dump(mode="json", by_alias=True)), "utf-8")
        secret = self.folder / "secret"
        secret.touch(mode=0o600)
        secret.write_text(MASTER, "utf-8")

    def command(self, action: str, *more: str) -> list[str]:
        """Return the command line of an action."""
        files = ["inventory.yaml", "--settings", "cloud.yaml", "--state", "state", "--lang", "en"]
        secret = ["--secret", "secret"] if action in ("up", "preview") else []
        return [sys.executable, "-m", "citycloud_infra", action, *files, *secret, *more]

    def ask(self, action: str, *more: str) -> "subprocess.CompletedProcess[str]":
        """Run an action to its end."""
        return subprocess.run(
            self.command(action, *more), cwd=self.folder, capture_output=True, text=True, timeout=RUN_SECONDS, check=False
        )

    def begin(self, action: str, *more: str) -> "subprocess.Popen[bytes]":
        """Run an action and return while it runs."""
        with self.log.open("ab") as log:
            return subprocess.Popen(
                self.command(action, *more), cwd=self.folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )

    @property
    def log(self) -> pathlib.Path:
        """What the runs that were begun have printed."""
        return self.folder / "begun.log"

    @property
    def backend(self) -> pathlib.Path:
        """Folder in which the engine keeps states and locks."""
        return self.folder / "state" / "state" / ".pulumi"

    def state(self, stack: str) -> dict[str, Any]:
        """Return what the engine has written of a stack so far; empty before it has."""
        path = self.backend / "stacks" / "citycloud" / f"{stack}.json"
        try:
            content: dict[str, Any] = json.loads(path.read_text("utf-8"))
        except (OSError, ValueError):
            return {}
        return content["checkpoint"].get("latest") or {}


def kill(process: "subprocess.Popen[bytes]") -> None:
    """End a run at once, with the engine and the provider that it started: nobody of them can write down anything."""
    if process.poll() is not None:
        return
    running = [psutil.Process(process.pid), *psutil.Process(process.pid).children(recursive=True)]
    for each in running:
        each.suspend()
    for each in running:
        each.kill()
    process.wait()
    psutil.wait_procs(running[1:], timeout=10)
