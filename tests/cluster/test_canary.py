"""The canary over the real operator, with the rights that the chart gives it and no others."""

import re
import urllib.request
from collections.abc import Callable, Iterator

import pytest
from tests.support import objects
from tests.support.kube import User, eventually

from citycloud_dev.cluster import Cluster
from citycloud_dev.install import NAMESPACE, install_citycloud, start_canary, start_operator
from citycloud_dev.processes import Process, ProcessError, free_ports

Samples = Callable[[], dict[str, float]]
_SAMPLE = re.compile(r"^(citycloud_canary_[^ ]+) ([^ ]+)$", re.MULTILINE)


@pytest.fixture(scope="module")
def engineer(quiet_cluster: Cluster) -> Iterator[User]:
    """The platform engineer of a cluster whose chart has the canary."""
    user = User(cluster=quiet_cluster, kubeconfig=quiet_cluster.layout.kubeconfig)
    user.apply(objects.city())
    install_citycloud(quiet_cluster, canary__enabled="true", canary__replicas="0")
    yield user
    install_citycloud(quiet_cluster)


@pytest.fixture
def operator(quiet_cluster: Cluster, engineer: User) -> Iterator[Process]:
    process = start_operator(quiet_cluster, identity="under-trial")
    yield process
    process.stop()


@pytest.fixture
def samples(quiet_cluster: Cluster, engineer: User) -> Iterator[Samples]:
    """Start the canary; give what it tells."""
    (port,) = free_ports(1)
    process = start_canary(quiet_cluster, port=port, interval_seconds="2", patience_seconds="8")

    def read() -> dict[str, float]:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as response:
            return {name: float(value) for name, value in _SAMPLE.findall(response.read().decode())}

    eventually(lambda: _answers(port), what="the canary to serve what it tells", seconds=60)
    yield read
    assert process.stop() == 0, process.tail()


def _answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5):
            return True
    except OSError:
        return False


def _count(samples: Samples, result: str) -> float:
    return samples().get(f'citycloud_canary_runs_total{{result="{result}"}}', 0.0)


def test_it_passes_again_and_again_and_tells_when_the_operator_is_gone(operator: Process, samples: Samples, engineer: User) -> None:
    eventually(lambda: _count(samples, "passed") >= 2, what="two trials that pass", seconds=60)
    assert samples()["citycloud_canary_seconds_count"] >= 2
    operator.stop()
    eventually(lambda: _count(samples, "not_ready") + _count(samples, "not_purged") >= 1, what="a trial that fails", seconds=60)
    assert _count(samples, "forbidden_admitted") == 0


def test_what_was_left_is_cleared_by_the_next(operator: Process, samples: Samples, engineer: User) -> None:
    eventually(lambda: _count(samples, "passed") >= 1, what="a trial that passes", seconds=60)


def test_it_may_act_as_itself_and_as_nobody_else(engineer: User) -> None:
    me = f"--as=system:serviceaccount:{NAMESPACE}:citycloud-canary"

    def may(verb: str, what: str) -> bool:
        try:
            return engineer.run("auth", "can-i", verb, what, me).strip() == "yes"
        except ProcessError:
            return False

    assert may("impersonate", "users/citycloud-canary")
    assert may("impersonate", "groups/citycloud-canary")
    assert not may("impersonate", "users/admin")
    assert not may("impersonate", "groups/system:masters")
    assert not may("create", "environments.citycloud.dev")
