"""Outages, broken watches, refusals, restarts: nothing is lost, nothing is doubled, nobody has to restart anything by hand."""

import functools
import signal
import time
import urllib.request
from collections.abc import Callable

import pytest
from tests.support import objects
from tests.support.kube import User, eventually
from tests.support.proxy import WRITES, Answer, Proxy

from citycloud_dev.cluster import Cluster
from citycloud_dev.processes import Process, free_ports

StartOperator = Callable[..., Process]
LEASE = "9"
"""Seconds: a third of it is left to renew once more on a machine that is busy, and the other one need not wait for long."""


def phase(platform: User, desk: str, name: str) -> str | None:
    found: str | None = platform.get("environment", name, f"org-{desk}").get("status", {}).get("phase")
    return found


def is_ready(platform: User, desk: str, name: str) -> bool:
    return phase(platform, desk, name) == "Ready"


def becomes_ready(platform: User, desk: str, *names: str, seconds: float = 30) -> None:
    for name in names:
        ready = functools.partial(is_ready, platform, desk, name)
        eventually(ready, what=f"{name} to be Ready", seconds=seconds)


def is_counted(platform: User, desk: str) -> None:
    """Wait until the organisation's total is written: it lags behind its environments, so that a burst needs one write."""

    def counted() -> bool:
        environments = platform.list("environments", namespace=f"org-{desk}")
        held = sum("approved" in each.get("status", {}) for each in environments)
        return bool(platform.get("organisation", desk)["status"]["allocated"]["environments"] == held)

    eventually(counted, what="the budget to be counted")


def gauge(port: int, name: str) -> float:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as response:
            lines = response.read().decode().splitlines()
    except OSError:
        return 0
    return sum(float(line.split()[-1]) for line in lines if line.startswith(f"{name} "))


@pytest.mark.parametrize("status", [500, 503, 429, 403])
def test_an_api_server_that_only_refuses_is_waited_for(platform: User, desk: str, start: StartOperator, proxy: Proxy, status: int) -> None:
    process = start()
    name = f"mat-{status}"

    def refuse(method: str, path: str) -> None:
        raise Answer(status, {"Retry-After": "1"} if status == 429 else {})

    proxy.before = refuse
    platform.apply(objects.environment(desk, name))
    proxy.cut_streams()
    time.sleep(4)
    proxy.before = lambda method, path: None
    becomes_ready(platform, desk, name)
    process.check()


def test_watches_that_break_all_the_time_lose_nothing(platform: User, desk: str, start: StartOperator, proxy: Proxy) -> None:
    start()
    names = [f"dut-{number}" for number in range(5)]
    for name in names:
        platform.apply(objects.environment(desk, name))
        proxy.cut_streams()
    becomes_ready(platform, desk, *names)


def test_writes_that_fail_now_and_then_are_made_good(platform: User, desk: str, start: StartOperator, proxy: Proxy) -> None:
    count = 0

    def stumble(method: str, path: str) -> None:
        nonlocal count
        if method in WRITES and "/leases" not in path:
            count += 1
            if count % 3 == 0:
                raise Answer((409, 500, 429)[count // 3 % 3], {"Retry-After": "1"})

    proxy.before = stumble
    start()
    names = [f"vap-{number}" for number in range(4)]
    platform.apply(*(objects.environment(desk, name) for name in names))
    becomes_ready(platform, desk, *names, seconds=60)


def test_an_api_server_that_is_killed_in_a_burst_loses_nothing(
    platform: User, desk: str, start: StartOperator, quiet_cluster: Cluster
) -> None:
    process = start(lease_seconds="60")  # a busy machine takes its time to bring the API server back
    names = [f"chet-{number}" for number in range(60)]
    platform.apply(*(objects.environment(desk, name) for name in names))
    eventually(lambda: platform.find("namespace", f"{desk}--chet-0--app"), what="the burst to begin")
    quiet_cluster.stop_component("kube-apiserver", gracefully=False)
    time.sleep(2)
    quiet_cluster.start_api_server()
    becomes_ready(platform, desk, *names, seconds=60)
    process.check()
    namespaces = platform.list("namespaces", selector=f"citycloud.dev/organisation={desk}")
    assert sum(item["metadata"]["name"].startswith(f"{desk}--chet-") for item in namespaces) == len(names)


def test_what_was_changed_while_nobody_watched_is_put_right_at_the_start(
    platform: User, break_glass: User, desk: str, start: StartOperator, proxy: Proxy
) -> None:
    first = start()
    platform.apply(objects.environment(desk, "vang-mat"))
    becomes_ready(platform, desk, "vang-mat")
    is_counted(platform, desk)
    assert first.stop() == 0
    namespace = f"{desk}--vang-mat--app"
    break_glass.delete("networkpolicy", "default-deny", namespace)
    break_glass.patch("resourcequota", "citycloud", {"spec": {"hard": {"requests.cpu": "999"}}}, namespace)
    break_glass.patch("namespace", namespace, {"metadata": {"labels": {"pod-security.kubernetes.io/enforce": "privileged"}}})
    written: list[str] = []
    proxy.before = lambda method, path: written.append(path) if method in WRITES and "/leases" not in path else None
    start()
    eventually(lambda: platform.find("networkpolicy", "default-deny", namespace), what="the closing policy")
    eventually(lambda: platform.get("resourcequota", "citycloud", namespace)["spec"]["hard"]["requests.cpu"] == "2", what="the quota")
    labels = platform.get("namespace", namespace)["metadata"]["labels"]
    assert labels["pod-security.kubernetes.io/enforce"] == "restricted"
    assert len(written) == 3, "nothing but what was changed is written"


def test_a_restart_over_an_unchanged_city_writes_nothing(platform: User, desk: str, start: StartOperator, proxy: Proxy) -> None:
    first = start()
    platform.apply(objects.environment(desk, "yen-on"))
    becomes_ready(platform, desk, "yen-on")
    is_counted(platform, desk)
    assert first.stop() == 0
    written: list[str] = []
    proxy.before = lambda method, path: written.append(path) if method in WRITES and "/leases" not in path else None
    port = free_ports(1)[0]
    start(port=port)
    eventually(lambda: gauge(port, "citycloud_settled") == 1, what="the operator to settle")
    time.sleep(2)
    assert written == []


def test_an_environment_that_vanishes_leaves_its_namespaces_and_is_reported(
    platform: User, break_glass: User, desk: str, start: StartOperator
) -> None:
    port = free_ports(1)[0]
    start(port=port)
    platform.apply(objects.environment(desk, "bien-mat"))
    becomes_ready(platform, desk, "bien-mat")
    break_glass.delete("environment", "bien-mat", f"org-{desk}")
    eventually(lambda: gauge(port, "citycloud_orphaned_namespaces") == 1, what="the orphan to be reported")
    assert platform.get("namespace", f"{desk}--bien-mat--app")["status"]["phase"] == "Active"
    platform.apply(objects.environment(desk, "bien-mat"))
    becomes_ready(platform, desk, "bien-mat")
    eventually(lambda: gauge(port, "citycloud_orphaned_namespaces") == 0, what="the namespaces to be taken up again")


def test_of_two_operators_one_works_and_the_other_takes_over(platform: User, desk: str, start: StartOperator) -> None:
    ports = free_ports(2)
    first = start(identity="mot", port=ports[0], lease_seconds=LEASE)
    eventually(lambda: gauge(ports[0], "citycloud_leader") == 1, what="a leader")
    start(identity="hai", port=ports[1], lease_seconds=LEASE)
    time.sleep(3)
    assert gauge(ports[1], "citycloud_leader") == 0
    first.stop(gracefully=False)
    platform.apply(objects.environment(desk, "ke-tiep"))
    becomes_ready(platform, desk, "ke-tiep", seconds=int(LEASE) + 30)
    assert gauge(ports[1], "citycloud_leader") == 1


def test_a_leader_that_was_frozen_ends_instead_of_writing(platform: User, desk: str, start: StartOperator) -> None:
    ports = free_ports(2)
    frozen = start(identity="dong-bang", port=ports[0], lease_seconds=LEASE)
    eventually(lambda: gauge(ports[0], "citycloud_leader") == 1, what="a leader")
    start(identity="thay-the", port=ports[1], lease_seconds=LEASE)
    frozen.send(signal.SIGSTOP)
    eventually(lambda: gauge(ports[1], "citycloud_leader") == 1, what="the other one to take over")
    frozen.send(signal.SIGCONT)
    eventually(lambda: not frozen.running, what="the old leader to end")
    assert "could not renew its lease" in frozen.log.read_text()


def test_an_operator_whose_kind_is_gone_ends_and_goes_on_once_it_is_back(platform: User, desk: str, start: StartOperator) -> None:
    """Without its watch it would see nothing any more; whoever starts it again starts one that sees."""
    process = start()
    platform.apply(objects.environment(desk, "truoc-khi-mat"))
    becomes_ready(platform, desk, "truoc-khi-mat")
    kind = "policyexceptions.citycloud.dev"
    definition = platform.get("crd", kind)
    platform.delete("crd", kind)
    eventually(lambda: not process.running, what="the operator to end")
    again = start()
    metadata = {key: definition["metadata"][key] for key in ("name", "labels", "annotations") if key in definition["metadata"]}
    platform.create({**{key: definition[key] for key in ("apiVersion", "kind", "spec")}, "metadata": metadata})
    platform.apply(objects.environment(desk, "sau-khi-co-lai"))
    becomes_ready(platform, desk, "sau-khi-co-lai")
    again.check()
