"""`openstack-lab up | status | down`, as somebody uses them who wants a cloud for an afternoon."""

import ipaddress
import json
import pathlib
import subprocess
import sys
from typing import Any, Final

import psutil
from hypothesis import given
from hypothesis import strategies as st
from tests.infra.inventories import SMALL

from citycloud_dev.keeper import Keeper
from citycloud_lab.openstack.identity import connect
from citycloud_lab.openstack.layout import SERVICES
from citycloud_lab.openstack.premises import free_ranges

SECONDS: Final = 120.0
WAIT_SECONDS: Final = 5.0
NET: Final = ipaddress.IPv4Network("192.0.2.0/24")


def lab(action: str, *more: str, folder: pathlib.Path) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "citycloud_infra", "openstack-lab", action, *more, "--dir", str(folder)]
    return subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)


def told(folder: pathlib.Path) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(lab("status", folder=folder).stdout)
    return answer


def test_a_cloud_comes_up_ready_for_a_city_and_goes_without_a_trace(tmp_path: pathlib.Path) -> None:
    folder = tmp_path / "cloud"
    started = lab("up", str(SMALL), folder=folder)
    try:
        assert started.returncode == 0, started.stderr
        assert f"export OS_CLIENT_CONFIG_FILE={folder / 'clouds.yaml'}" in started.stdout
        assert folder.stat().st_mode & 0o077 == 0
        assert told(folder) == {"running": True, "folder": str(folder), "objects": {}}
        with connect(folder / "clouds.yaml") as connection:
            assert {network.name for network in connection.network.networks(is_router_external=True)} == {"lease", "net"}
            assert {zone.name for zone in connection.compute.availability_zones()} == {"dc-a", "dr-a"}
            assert {flavor.name for flavor in connection.compute.flavors()} == {"gateway", "c4"}
            password = connection.config.config["auth"]["password"]
        logs = list((folder / "logs").iterdir())
        assert logs
        assert [log.name for log in logs if password in log.read_text(errors="replace")] == []
        assert lab("up", folder=folder).stdout == started.stdout
        keeper = psutil.Process(Keeper(folder=folder).pid)
        running = [keeper, *keeper.children(recursive=True)]
    finally:
        stopped = lab("down", "--remove", folder=folder)
    assert stopped.stdout == "đã dừng / stopped\n"
    assert not folder.exists()
    assert len(running) > len(SERVICES)
    _, left = psutil.wait_procs(running, timeout=WAIT_SECONDS)
    assert [process for process in left if process.status() != psutil.STATUS_ZOMBIE] == []  # nobody may have taken note of its end
    assert told(folder) == {"running": False, "folder": str(folder)}


def test_an_inventory_that_cannot_be_read_is_named_and_nothing_stays_running(tmp_path: pathlib.Path) -> None:
    started = lab("up", "nowhere.yaml", folder=tmp_path / "cloud")
    assert started.returncode == 1
    assert "nowhere.yaml" in started.stderr
    assert told(tmp_path / "cloud")["running"] is False


@given(st.sets(st.integers(0, 255)))
def test_the_cloud_chooses_only_addresses_that_nobody_has(numbers: set[int]) -> None:
    taken = {NET.network_address + number for number in numbers}
    ranges = [(ipaddress.IPv4Address(first), ipaddress.IPv4Address(last)) for first, last in free_ranges(NET, taken=taken)]
    chosen = {NET.network_address + number for number in range(256) if any(a <= NET.network_address + number <= b for a, b in ranges)}
    assert chosen == set(NET.hosts()) - taken
