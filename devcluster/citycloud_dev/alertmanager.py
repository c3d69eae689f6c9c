"""Debian's Alertmanager on loopback, for the tests of who is called: beside citycloud_dev.prometheus, which finds the program.

It joins no cluster of its own kind, so it opens one port and no other. Debian's build reads its templates from where an installation puts
them; where the package is only unpacked, a copy of the program looks for them below its working directory instead.
"""

import dataclasses
import json
import pathlib
import tempfile
import urllib.request
from collections.abc import Mapping, Sequence
from typing import Any, Final

import yaml

from citycloud_dev.processes import Process, ProcessError, free_ports, wait_until
from citycloud_dev.prometheus import ASK_SECONDS, START_SECONDS

TEMPLATES: Final = b"/usr/share/prometheus/alertmanager"
BELOW: Final = b"usr/share/prometheus/alertmanager/"
"""The same place from the root of the package, in as many bytes."""


@dataclasses.dataclass(frozen=True)
class Alertmanager:
    """One running Alertmanager."""

    process: Process
    port: int

    @property
    def address(self) -> str:
        """Return where people look at it, and where Prometheus sends alerts."""
        return f"http://127.0.0.1:{self.port}"

    def fire(self, alerts: Sequence[Mapping[str, str]], *, annotations: Mapping[str, str] | None = None) -> None:
        """Send alerts as Prometheus does, each by its labels; raise urllib.error.HTTPError where they are refused."""
        body = json.dumps([{"labels": dict(each), "annotations": dict(annotations or {})} for each in alerts]).encode()
        request = urllib.request.Request(f"{self.address}/api/v2/alerts", data=body, headers={"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=ASK_SECONDS):
            pass

    def alerts(self) -> list[dict[str, Any]]:
        """Return what it knows: each alert with its receivers and what inhibits it."""
        with urllib.request.urlopen(f"{self.address}/api/v2/alerts", timeout=ASK_SECONDS) as response:
            found: list[dict[str, Any]] = json.load(response)
        return found

    def is_ready(self) -> bool:
        """Tell whether it answers."""
        self.process.check()
        try:
            with urllib.request.urlopen(f"{self.address}/-/ready", timeout=ASK_SECONDS):
                return True
        except OSError:
            return False


def start_alertmanager(*, program: pathlib.Path, folder: pathlib.Path, configuration: Mapping[str, Any]) -> Alertmanager:
    """Start Alertmanager on a free port of loopback."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "alertmanager.yaml"
    path.write_text(yaml.safe_dump(dict(configuration), allow_unicode=True, sort_keys=False))
    (port,) = free_ports(1)
    command = [
        *_runnable(program),
        f"--config.file={path}",
        f"--storage.path={folder / 'data'}",
        f"--web.listen-address=127.0.0.1:{port}",
        "--cluster.listen-address=",
    ]
    running = Alertmanager(process=Process(name="alertmanager", command=command, log=folder / "alertmanager.log"), port=port)
    try:
        wait_until(running.is_ready, what="Alertmanager to be ready", seconds=START_SECONDS)
    except ProcessError:
        running.process.stop(gracefully=False)
        raise
    return running


def _runnable(program: pathlib.Path) -> list[str]:
    """Return the command that finds its templates: the program as it is where it is installed, or its copy in the unpacked package."""
    root = program.parents[2]
    if root == pathlib.Path("/") or not (root / BELOW.decode() / "default.tmpl").exists():
        return [str(program)]
    copy = program.with_name("prometheus-alertmanager-unpacked")
    if not copy.exists():
        with tempfile.NamedTemporaryFile(dir=copy.parent, delete=False) as fresh:
            fresh.write(program.read_bytes().replace(TEMPLATES, BELOW))
        pathlib.Path(fresh.name).chmod(program.stat().st_mode)
        pathlib.Path(fresh.name).replace(copy)
    return ["env", f"--chdir={root}", str(copy)]
