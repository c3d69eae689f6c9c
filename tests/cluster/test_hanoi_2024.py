"""A part of the city of before 2025 becomes today's on a real API server, and not one pod restarts.

The part is chosen so that every sort of change is in it: two departments that merge, one that is split, a district that ends, communes that
merge, divide, go on or change their name. CITYCLOUD_WHOLE_HANOI=1 takes the whole city instead.
"""

import collections
import os
import time
from collections.abc import Iterator
from typing import Any

import pytest
from tests.support import hanoi
from tests.support.kube import Object, User, condition, eventually

from citycloud.api import OrgChange
from citycloud_dev.cluster import Cluster, running_cluster
from citycloud_dev.install import install_citycloud, install_definitions, start_operator
from citycloud_dev.nodes import add_nodes

WHOLE = bool(os.environ.get("CITYCLOUD_WHOLE_HANOI"))
DISTRICTS = ("004", "273")
"""Long Bien and Dan Phuong."""
CENTRAL = ("sap-nhap-tt-truyen-thong", "tach-trung-tam-pv-hcc", "sap-nhap-nong-nghiep-mt", "doi-ten-quan-uy", "ket-thuc-cuc-thue")
SECONDS = 1800.0 if WHOLE else 240.0
APPROVERS = "citycloud-approvers"
"""The group that the sample City and the chart name."""


def chosen() -> list[OrgChange]:
    """Choose the changes: those of the departments named above, and all that concern the places of the districts."""
    if WHOLE:
        return hanoi.changes()
    places = {row["organisation"] for row in hanoi.rows("communes") if row["district"] in DISTRICTS}
    places |= {row["organisation"] for row in hanoi.rows("districts") if row["code"] in DISTRICTS}
    return [each for each in hanoi.changes() if each.metadata.name in CENTRAL or set(each.spec.origin) & places]


@pytest.fixture(scope="module")
def old_city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A cluster of its own, for this city is another one than the other tests'."""
    with running_cluster(folder=tmp_path_factory.mktemp("hanoi-2024"), before_controllers=install_definitions) as running:
        add_nodes(running)
        install_citycloud(running)
        process = start_operator(running)
        yield running
        assert process.stop() == 0, process.tail()


@pytest.fixture(scope="module")
def platform(old_city: Cluster) -> User:
    return User(cluster=old_city, kubeconfig=old_city.layout.kubeconfig)


def settle(platform: User, kind: str, count: int, *, what: str) -> None:
    def ready() -> bool:
        are_ready = [condition(each, "Ready").get("status") == "True" for each in platform.list(kind)]
        return are_ready.count(True) >= count

    eventually(ready, what=what, seconds=SECONDS)


def move_in(platform: User, names: set[str]) -> list[Object]:
    """Let the organisations of before move in with their systems and environments, and those of today be recorded; return what runs."""
    before, now = hanoi.read(hanoi.BEFORE / "organisations.yaml"), hanoi.read(hanoi.NOW / "organisations.yaml")
    platform.apply(*hanoi.read(hanoi.BEFORE / "city.yaml"))
    old = [each for each in before if each["metadata"]["name"] in names]
    platform.apply(*old)
    settle(platform, "organisations", len(old), what="the homes of before")
    homes = {f"org-{name}" for name in names}
    for file in ("systems.yaml", "environments.yaml"):
        platform.apply(*(each for each in hanoi.read(hanoi.BEFORE / file) if each["metadata"]["namespace"] in homes))
    asked = [each for each in hanoi.read(hanoi.BEFORE / "environments.yaml") if each["metadata"]["namespace"] in homes]
    runs = [each for each in asked if each["spec"]["stage"] == "test"]
    settle(platform, "environments", len(runs), what="everything that needs no human")
    platform.apply(*(each for each in now if each["metadata"]["name"] in names))
    everybody = {each["metadata"]["name"] for each in [*before, *now]} & names
    settle(platform, "organisations", len(everybody), what="the homes of today")
    return runs


def start_pods(platform: User, cluster: Cluster) -> dict[str, Any]:
    """Start a pod in every tenant's namespace and wait until all run; return what a restart would change."""
    namespaces = [each["metadata"]["name"] for each in platform.list("namespaces", selector="citycloud.dev/zone")]
    for namespace in namespaces:
        platform.create(hanoi.pod(namespace))

    def running() -> dict[str, Any] | None:
        pods = [each for each in platform.list("pods") if each["metadata"]["namespace"] in namespaces]
        alive = {each["metadata"]["namespace"]: life_of(each) for each in pods if each["status"].get("phase") == "Running"}
        return alive if len(alive) == len(namespaces) else None

    found: dict[str, Any] = eventually(running, what="every pod to run", seconds=SECONDS)
    return found


def life_of(pod: Object) -> tuple[str, Any, Any]:
    restarts = [each["restartCount"] for each in pod["status"].get("containerStatuses", [])]
    return pod["metadata"]["uid"], pod["status"].get("startTime"), restarts


def decide_all(platform: User, cluster: Cluster, changes: list[OrgChange]) -> None:
    """Approve every change as it comes to wait, until all are done."""
    approver = User(cluster=cluster, kubeconfig=cluster.kubeconfig(user="lanh-dao", groups=(APPROVERS,)))
    decided: set[str] = set()

    def done() -> bool:
        phases: collections.Counter[str] = collections.Counter()
        fresh = []
        for item in platform.list("orgchanges"):
            status, name = item.get("status", {}), item["metadata"]["name"]
            phases[status.get("phase", "")] += 1
            digest = status.get("pending", {}).get("digest")
            if digest and name not in decided:
                decided.add(name)
                spec = {"target": {"kind": "OrgChange", "name": name}, "digest": digest, "decision": "approve", "decisionNo": "1/QD"}
                metadata = {"namespace": "citycloud-system", "name": name}
                fresh.append({"apiVersion": "citycloud.dev/v1alpha1", "kind": "Approval", "metadata": metadata, "spec": spec})
        if fresh:
            approver.create(*fresh)
        return phases["Done"] == len(changes)

    eventually(done, what="every change to be carried out", seconds=SECONDS)


@pytest.mark.timeout(3 * SECONDS)
def test_the_city_of_before_becomes_the_city_of_today_and_not_one_pod_restarts(old_city: Cluster, platform: User) -> None:
    changes = chosen()
    names = {name for change in changes for name in (*change.spec.origin, *change.spec.to)}
    started = time.monotonic()
    runs = move_in(platform, names)
    pods = start_pods(platform, old_city)
    moved_in = time.monotonic()
    namespaces = {each["metadata"]["name"]: each["metadata"]["uid"] for each in platform.list("namespaces", selector="citycloud.dev/zone")}
    wanted = {change.metadata.name for change in changes}
    platform.apply(*(each for each in hanoi.read(hanoi.BEFORE / "changes.yaml") if each["metadata"]["name"] in wanted))
    decide_all(platform, old_city, changes)
    print(f"moved in within {moved_in - started:.0f} s, {len(changes)} changes within {time.monotonic() - moved_in:.0f} s")

    settle(platform, "environments", len(runs), what="everything that ran to run on")
    today = hanoi.organisations(hanoi.NOW).keys()
    organisations = {each["metadata"]["name"]: each["spec"] for each in platform.list("organisations")}
    assert {name for name, spec in organisations.items() if "validTo" not in spec} == names & today
    assert all(spec["successors"] for spec in organisations.values() if "validTo" in spec)
    assert {each["metadata"]["namespace"].removeprefix("org-") for each in platform.list("environments")} <= today
    after = platform.list("namespaces", selector="citycloud.dev/zone")
    assert {each["metadata"]["name"]: each["metadata"]["uid"] for each in after} == namespaces
    assert {each["metadata"]["labels"]["citycloud.dev/organisation"] for each in after} <= today
    alive = [each for each in platform.list("pods") if each["metadata"]["namespace"] in namespaces]
    assert {each["metadata"]["namespace"]: life_of(each) for each in alive} == pods
    allocated = sum(each["status"]["allocated"]["environments"] for each in platform.list("organisations"))
    assert allocated == len(runs)
    subjects = {each["name"] for item in platform.list("rolebindings", selector="citycloud.dev/zone") for each in item["subjects"]}
    assert {subject.rpartition("-")[0] for subject in subjects} <= today
