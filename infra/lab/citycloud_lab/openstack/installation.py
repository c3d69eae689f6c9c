"""OpenStack as PyPI has it, in a virtual environment of its own in the cache, made from pinned and hashed requirements.

The services run there with this package on their path (`services`), so that they see nothing of the city's own packages, whose versions
they do not share. `python -m citycloud_lab.openstack.templates` gets everything ready, databases included.
"""

import dataclasses
import fcntl
import hashlib
import os
import pathlib
import sys
from collections.abc import Mapping
from typing import Final

from citycloud_dev.assets import AssetError, cache_folder
from citycloud_dev.processes import ProcessError, run_tool

LAB: Final = pathlib.Path(__file__).resolve().parents[2]
REQUIREMENTS: Final = LAB.parents[1] / "requirements" / "openstack-lab.txt"
INSTALL_SECONDS: Final = 1800.0
ENTRY_POINT: Final = "[neutron.ml2.mechanism_drivers]\ncitycloud = citycloud_lab.openstack.services.driver:Driver\n"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Installation:
    """The virtual environment, and the folder with what Neutron has to find in it besides."""

    folder: pathlib.Path

    @property
    def environment(self) -> pathlib.Path:
        """Folder of the virtual environment."""
        return self.folder / "venv"

    @property
    def python(self) -> pathlib.Path:
        """Python with OpenStack."""
        return self.program("python")

    def program(self, name: str) -> pathlib.Path:
        """Return a program of the virtual environment."""
        return self.environment / "bin" / name

    def variables(self, more: Mapping[str, str] | None = None) -> dict[str, str]:
        """Return the environment variables of a service: none of whoever starts it but the plainest."""
        plain = {name: os.environ[name] for name in ("HOME", "LANG", "TMPDIR") if name in os.environ}
        path = os.pathsep.join((str(self.program("")), os.defpath))
        return {**plain, "PATH": path, "PYTHONPATH": f"{LAB}{os.pathsep}{self.folder / 'plugins'}", **(more or {})}


def find_installation() -> Installation:
    """Find or make the installation. Raise AssetError."""
    digest = hashlib.sha256(REQUIREMENTS.read_bytes() + sys.version.encode()).hexdigest()[:16]
    installation = Installation(folder=cache_folder() / f"openstack-{digest}")
    installation.folder.mkdir(parents=True, exist_ok=True)
    ready = installation.folder / ".ready"
    with (installation.folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not ready.exists():
            print("installing OpenStack's services (once per machine, some minutes) …", file=sys.stderr, flush=True)
            _install(installation)
            _announce(installation.folder / "plugins" / "citycloud_lab-1.dist-info")
            ready.touch()
    return installation


def _install(installation: Installation) -> None:
    steps = (
        [sys.executable, "-m", "venv", "--clear", str(installation.environment)],
        [str(installation.python), "-m", "pip", "install", "--quiet", "--require-hashes", "-r", str(REQUIREMENTS)],
    )
    for step in steps:
        try:
            run_tool(step, name="installing OpenStack", seconds=INSTALL_SECONDS)
        except ProcessError as error:
            raise AssetError(str(error)) from error


def _announce(folder: pathlib.Path) -> None:
    """Say to Neutron, which looks for drivers among what is installed, that ours is."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "METADATA").write_text("Metadata-Version: 2.1\nName: citycloud-lab\nVersion: 1\n", "utf-8")
    (folder / "entry_points.txt").write_text(ENTRY_POINT, "utf-8")
