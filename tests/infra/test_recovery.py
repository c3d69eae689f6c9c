"""What is done about a run that was killed, around an engine that is a stand-in here; tests/lab/openstack kills real ones."""

import datetime
import json
import os
import pathlib
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from types import SimpleNamespace
from typing import Any

import pytest

from citycloud_infra.targets.recovery import Locked, Pending, Search, last_word, resume, unlock

DIED = datetime.datetime(2026, 11, 29, 3, 0, tzinfo=datetime.UTC)
CORE = "urn:pulumi:wan-core::citycloud::"
NETWORK, SUBNET, KNOWN = f"{CORE}n::one", f"{CORE}s::two", f"{CORE}n::three"
WAITING = "waiting until 03:00:30 UTC for what the killed run asked for and is not there yet"


class Stack:
    """Stands for a stack: keeps what it was told."""

    name = "wan-core"

    def __init__(self) -> None:
        self.cancelled = 0
        self.looked: list[list[str]] = []
        self.imported: list[dict[str, Any]] = []
        self.workspace: Any = SimpleNamespace(work_dir=".", env_vars={}, pulumi_command=SimpleNamespace(run=self._run))

    def cancel(self) -> None:
        self.cancelled += 1

    def refresh(self, *, target: list[str], **_: Any) -> None:
        self.looked.append(target)

    def _run(self, arguments: list[str], *_: Any) -> None:
        assert arguments[:2] == ["stack", "import"]
        self.imported.append(json.loads(pathlib.Path(arguments[3]).read_text("utf-8")))


def lock(folder: pathlib.Path, *, pid: int, host: str = "") -> None:
    place = folder / ".pulumi" / "locks" / "organization" / "citycloud" / "wan-core"
    place.mkdir(parents=True)
    holder = {"pid": pid, "username": "ops", "hostname": host or socket.gethostname(), "timestamp": "2026-11-29T03:00:00Z"}
    (place / "x.json").write_text(json.dumps(holder), "utf-8")


def test_the_lock_of_a_process_that_has_ended_is_taken_away_and_that_is_said(tmp_path: pathlib.Path) -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    stack, lines = Stack(), list[str]()
    lock(tmp_path, pid=ended.pid)
    os.waitid(os.P_PID, ended.pid, os.WEXITED | os.WNOWAIT)  # nobody has taken note of its end yet
    unlock(stack=stack, state=tmp_path, tell=lines.append)  # type: ignore[arg-type]
    ended.wait()
    assert stack.cancelled == 1
    assert lines == ["wan-core: đã bỏ khóa của lần chạy bị ngắt / took away the lock of a run that was killed"]


@pytest.mark.parametrize(("pid", "host"), [(os.getpid(), ""), (1, "another-machine")], ids=["alive", "elsewhere"])
def test_a_lock_whose_holder_lives_or_cannot_be_seen_stays(tmp_path: pathlib.Path, pid: int, host: str) -> None:
    stack = Stack()
    lock(tmp_path, pid=pid, host=host)
    with pytest.raises(Locked, match=rf"wan-core is being run \(ops@.*, pid {pid}, 2026-11-29T03:00:00Z\); wait, or"):
        unlock(stack=stack, state=tmp_path, tell=pytest.fail)  # type: ignore[arg-type]
    assert stack.cancelled == 0


def test_without_a_lock_nothing_is_cancelled(tmp_path: pathlib.Path) -> None:
    stack = Stack()
    unlock(stack=stack, state=tmp_path, tell=pytest.fail)  # type: ignore[arg-type]
    assert stack.cancelled == 0


def state(folder: pathlib.Path, *, pending: list[dict[str, Any]]) -> pathlib.Path:
    path = folder / "copy.json"
    deployment = {"resources": [{"urn": KNOWN, "id": "3"}], "pending_operations": pending}
    path.write_text(json.dumps({"version": 3, "deployment": deployment}), "utf-8")
    return path


def operation(kind: str, urn: str) -> dict[str, Any]:
    return {
        "type": kind,
        "resource": {"urn": urn, "type": "t", "custom": True, "inputs": {"name": urn[-3:], "psk": {"ciphertext": "v1:x"}}},
    }


class Cloud:
    """Stands for a cloud that carries out what it was asked for after some time; whoever looks has a clock that only resting moves."""

    def __init__(self, *, appears: Mapping[str, float], looked_after: float) -> None:
        self.asked: list[list[str]] = []
        self._appears = appears
        self._now = DIED + datetime.timedelta(seconds=looked_after)
        self.search = Search(identify=self._identify, now=lambda: self._now, rest=self._rest)

    @property
    def seconds(self) -> float:
        """Time since the run died."""
        return (self._now - DIED).total_seconds()

    def _identify(self, things: Sequence[Pending]) -> Mapping[str, str]:
        self.asked.append([each.urn for each in things])
        return {each.urn: f"id-{each.urn[-3:]}" for each in things if self._appears.get(each.urn, self.seconds + 1) <= self.seconds}

    def _rest(self, seconds: float) -> None:
        self._now += datetime.timedelta(seconds=seconds)


def taken_up(cloud: Cloud, *, folder: pathlib.Path, pending: list[dict[str, Any]]) -> tuple[Stack, list[str]]:
    stack, lines = Stack(), list[str]()
    resume(stack=stack, copy=state(folder, pending=pending), search=cloud.search, died=DIED, parallel=8, tell=lines.append)  # type: ignore[arg-type]
    return stack, [line.rpartition(" / ")[2] for line in lines]


def test_what_the_cloud_has_is_taken_over_with_its_inputs_and_what_it_lacks_is_forgotten(tmp_path: pathlib.Path) -> None:
    cloud = Cloud(appears={NETWORK: 0}, looked_after=3600)
    pending = [operation("creating", NETWORK), operation("creating", SUBNET), operation("updating", KNOWN)]
    stack, lines = taken_up(cloud, folder=tmp_path, pending=pending)
    assert cloud.asked == [[NETWORK, SUBNET]]
    (imported,) = stack.imported
    taken = {**pending[0]["resource"], "id": "id-one", "outputs": pending[0]["resource"]["inputs"]}
    assert imported["deployment"] == {"resources": [{"urn": KNOWN, "id": "3"}, taken], "pending_operations": []}
    assert stack.looked == [[KNOWN, NETWORK]]
    assert lines == ["is there already, taken over as id-one", "was not made, will be"]


def test_what_was_on_its_way_when_the_run_died_is_waited_for(tmp_path: pathlib.Path) -> None:
    cloud = Cloud(appears={NETWORK: 0, SUBNET: 7}, looked_after=2)
    _, lines = taken_up(cloud, folder=tmp_path, pending=[operation("creating", NETWORK), operation("creating", SUBNET)])
    assert lines == [WAITING, "is there already, taken over as id-one", "is there already, taken over as id-two"]
    assert cloud.asked == [[NETWORK, SUBNET], [SUBNET], [SUBNET], [SUBNET]]


def test_what_does_not_come_is_waited_for_half_a_minute_and_no_longer(tmp_path: pathlib.Path) -> None:
    cloud = Cloud(appears={}, looked_after=2)
    _, lines = taken_up(cloud, folder=tmp_path, pending=[operation("creating", NETWORK)])
    assert lines == [WAITING, "was not made, will be"]
    assert cloud.seconds == 30


def test_a_run_that_ended_in_order_is_left_alone(tmp_path: pathlib.Path) -> None:
    cloud = Cloud(appears={}, looked_after=0)
    stack, lines = taken_up(cloud, folder=tmp_path, pending=[])
    assert (stack.imported, stack.looked, lines, cloud.asked) == ([], [], [], [])


def test_a_run_died_when_it_last_wrote_its_state(tmp_path: pathlib.Path) -> None:
    written = tmp_path / ".pulumi" / "stacks" / "citycloud" / "wan-core.json"
    written.parent.mkdir(parents=True)
    written.touch()
    os.utime(written, (DIED.timestamp(), DIED.timestamp()))
    assert last_word(stack=Stack(), state=tmp_path) == DIED  # type: ignore[arg-type]
