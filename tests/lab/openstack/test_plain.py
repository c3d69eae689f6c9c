"""Plain `pulumi up` with the language host and the project's own Pulumi.yaml, as those work who have Pulumi."""

import json
import os
import pathlib
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Final

import pytest
import yaml
from tests.infra.inventories import ROOT, small
from tests.lab.openstack.commands import RUN_SECONDS
from tests.lab.openstack.towns import MASTER, SETTINGS, town

from citycloud_lab.openstack.laboratory import Laboratory
from citycloud_lab.openstack.leftovers import leftovers

STACKS: Final = ("wan-core", "wan-sites-0")
Pulumi = Callable[..., str]


@pytest.fixture
def pulumi(cloud: Laboratory, tmp_path: pathlib.Path) -> Iterator[Pulumi]:
    """The command in a folder that looks like the project's root, with a backend of its own, in this process's virtual environment."""
    root = tmp_path / "root"
    for name in ("Pulumi.yaml", "infra/__main__.py"):
        (root / name).parent.mkdir(exist_ok=True)
        shutil.copyfile(ROOT / name, root / name)
    given = {"inventory": "plain.yaml", **SETTINGS.model_dump(mode="json", by_alias=True)}
    for stack in STACKS:
        config = {f"citycloud:{key}": value for key, value in given.items()}
        (root / f"Pulumi.{stack}.yaml").write_text(yaml.safe_dump({"config": config}), "utf-8")
    (root / "plain.yaml").write_text(yaml.safe_dump(small(town("plain"))), "utf-8")
    state = tmp_path / "state"
    state.mkdir()
    activated = os.pathsep.join((f"{sys.prefix}/bin", os.environ["PATH"]))
    environment = {**os.environ, "PATH": activated, "PULUMI_BACKEND_URL": f"file://{state}?metadata=skip"}

    def run(*arguments: str) -> str:
        done = subprocess.run(
            ["pulumi", *arguments, "--non-interactive"],
            cwd=root,
            env=environment,
            capture_output=True,
            text=True,
            timeout=RUN_SECONDS,
            check=False,
        )
        assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
        return done.stdout

    yield run
    with cloud.connect() as connection:
        assert leftovers(connection) == {}


@pytest.mark.timeout(600)
def test_plain_pulumi_runs_the_stacks_from_their_own_configuration(pulumi: Pulumi) -> None:
    for stack in STACKS:
        pulumi("stack", "init", stack)
        pulumi("config", "set", "--stack", stack, "--secret", "citycloud:psk", MASTER)
        pulumi("up", "--yes", "--skip-preview", "--stack", stack, "--parallel", "32")
    assert len(json.loads(pulumi("stack", "output", "keys", "--show-secrets", "--json", "--stack", "wan-sites-0"))) == 32
    for stack in reversed(STACKS):
        pulumi("destroy", "--yes", "--skip-preview", "--stack", stack, "--parallel", "32")
