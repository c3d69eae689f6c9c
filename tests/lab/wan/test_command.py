"""The laboratory from the command line: it stays up, says so, and goes without a trace, also after a crash."""

import os
import pathlib
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest

from citycloud_dev.keeper import Keeper
from citycloud_dev.processes import wait_until
from citycloud_lab.wan.networks import FOLDER, PREFIX, RUN, run_folder
from citycloud_lab.wan.routing import PROCESS

NAME = f"command-{os.getpid()}"
SECONDS = 120
Lab = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def lab_command(routers_can_run: None, tmp_path: pathlib.Path) -> Iterator[Lab]:
    environment = {**os.environ, "XDG_STATE_HOME": str(tmp_path), "LANG": "C"}

    def run(command: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        whole = [sys.executable, "-m", "citycloud_infra", "lab", command, "--name", NAME, *arguments]
        return subprocess.run(whole, env=environment, capture_output=True, text=True, timeout=SECONDS, check=False)

    yield run
    run("down")


def traces() -> list[pathlib.Path]:
    return [*FOLDER.glob(f"{PREFIX}{NAME}.*"), *RUN.glob(NAME)]


def test_a_laboratory_stays_up_and_a_crash_of_its_keeper_leaves_nothing_that_down_does_not_take(
    lab_command: Lab, tmp_path: pathlib.Path
) -> None:
    assert lab_command("status").returncode == 1
    up = lab_command("up", "--sites", "1", "--segment", "management")
    assert up.returncode == 0, up.stderr
    status = lab_command("status")
    assert status.returncode == 0
    assert status.stdout.startswith("settled: sites=1")
    looked = subprocess.run(["ip", "netns", "exec", f"{PREFIX}{NAME}.dc.management", "ip", "link", "show", "lan"], check=False)
    assert looked.returncode == 0
    keeper = Keeper(folder=tmp_path / "citycloud" / f"wan-{NAME}").pid
    assert keeper is not None
    daemons = [int(path.read_text()) for path in run_folder(NAME).glob(f"*/*{PROCESS}")]
    assert daemons
    os.kill(keeper, signal.SIGKILL)
    wait_until(lambda: not any(pathlib.Path(f"/proc/{each}").exists() for each in daemons), what="the daemons to end", seconds=SECONDS)
    assert lab_command("status").returncode == 1
    assert lab_command("down").returncode == 0
    assert traces() == []


def test_a_city_with_fewer_sites_is_refused_in_one_line(lab_command: Lab) -> None:
    refused = lab_command("up", "--sites", "186", "--lang", "en")
    assert refused.returncode == 2
    assert refused.stderr.splitlines()[-1].startswith("did not come up: hanoi has 185 sites")
    assert traces() == []
