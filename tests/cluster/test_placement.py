"""Where pods run and which go first: a pool of nodes that is one environment's alone, and the city's priority classes by stage."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from tests.support import objects
from tests.support.kube import Object, User, condition, eventually

from citycloud_dev.cluster import Cluster
from citycloud_dev.nodes import node

Office = Callable[..., str]
POOL = "citycloud.dev/pool"


def _pod(namespace: str, name: str, **changes: Any) -> Object:
    """A pod that leaves its place to the platform."""
    pod = objects.pod(namespace, name)
    del pod["spec"]["nodeSelector"]
    pod["spec"] |= changes
    return pod


def _ready(admin: User, office: str, name: str) -> None:
    eventually(
        lambda: condition(admin.get("environment", name, f"org-{office}"), "Ready").get("status") == "True", what=f"{name} to be Ready"
    )


@pytest.fixture
def dedicated(admin: User, office: Office, member: Callable[..., User]) -> str:
    """An organisation with an environment of level 4, approved: its nodes are its own."""
    name = office()
    admin.apply(objects.system(name, proposedLevel=4))
    admin.apply(objects.environment(name, "rieng"))
    pending = eventually(lambda: admin.get("environment", "rieng", f"org-{name}").get("status", {}).get("pending"), what="it to wait")
    approval = objects.approval(name, "dong-y", target="rieng", digest=pending["digest"])
    member("lanh-dao", "citycloud-approvers").create(approval)
    _ready(admin, name, "rieng")
    return name


@pytest.fixture
def pool_node(admin: User, dedicated: str) -> Iterator[str]:
    """A node that was set aside for that environment, as infrastructure does it: with a label and a taint."""
    pool = f"{dedicated}--rieng"
    item = node(location="data-centre", name=f"pool-{dedicated}")
    item["metadata"]["labels"][POOL] = pool
    item["spec"]["taints"].append({"key": POOL, "value": pool, "effect": "NoSchedule"})
    admin.apply(item)
    name = item["metadata"]["name"]
    yield name
    # Pods of a node that is gone vanish some time later, under the eyes of whoever compares all objects then.
    admin.run("delete", "pods", "--all-namespaces", f"--field-selector=spec.nodeName={name}", "--timeout=60s")
    admin.delete("node", name)


def test_pods_of_a_dedicated_environment_run_on_its_own_nodes(
    admin: User, dedicated: str, pool_node: str, member: Callable[..., User]
) -> None:
    namespace = f"{dedicated}--rieng--app"
    clerk = member("nhan-vien", f"{dedicated}-operators")
    clerk.create(_pod(namespace, "web"))
    eventually(lambda: clerk.get("pod", "web", namespace)["status"].get("phase") == "Running", what="the pod to run")
    assert clerk.get("pod", "web", namespace)["spec"]["nodeName"] == pool_node


def test_nobody_elses_pods_run_on_them(admin: User, office: Office, pool_node: str, member: Callable[..., User]) -> None:
    """Ask for the node by its host name, which is nobody's secret and no placement of ours: its taint is what keeps others off."""
    other = office()
    admin.apply(objects.environment(other, "chung", location="data-centre"))
    _ready(admin, other, "chung")
    namespace = f"{other}--chung--app"
    clerk = member("nguoi-khac", f"{other}-operators")
    clerk.create(_pod(namespace, "web", nodeSelector={"kubernetes.io/hostname": pool_node}))
    scheduled = eventually(lambda: condition(clerk.get("pod", "web", namespace), "PodScheduled"), what="the scheduler to answer")
    assert (scheduled["status"], scheduled["reason"]) == ("False", "Unschedulable")
    assert "untolerated taint" in scheduled["message"]


def test_a_stage_gets_the_priority_classes_that_the_city_gives_it(admin: User, office: Office, member: Callable[..., User]) -> None:
    name = office()
    admin.apply(objects.environment(name, "uu-tien"))
    _ready(admin, name, "uu-tien")
    namespace = f"{name}--uu-tien--app"
    clerk = member("nhan-vien", f"{name}-operators")
    assert clerk.get("configmap", "citycloud-environment", namespace)["data"]["priority-classes"] == "citycloud-background"
    clerk.create(_pod(namespace, "web", priorityClassName="citycloud-background"))
    spec = clerk.get("pod", "web", namespace)["spec"]
    assert (spec["priority"] < 0, spec["preemptionPolicy"]) == (True, "Never")
    refusal = clerk.refused(_pod(namespace, "first", priorityClassName="citycloud-production"))
    assert "P18 spec.priorityClassName citycloud-production" in refusal


def test_no_class_of_ours_pushes_another_tenants_pod_out(cluster: Cluster, admin: User) -> None:
    ours = [each for each in admin.list("priorityclasses") if each["metadata"]["name"].startswith("citycloud-")]
    assert {each["metadata"]["name"] for each in ours} == {"citycloud-production", "citycloud-background"}
    assert {each["preemptionPolicy"] for each in ours} == {"Never"}
    assert not any(each.get("globalDefault") for each in ours)


@pytest.mark.parametrize("name", ["system-node-critical", "citycloud-background,system-node-critical"])
def test_the_city_gives_away_no_priority_of_kubernetes_itself(admin: User, city: None, name: str) -> None:
    classes = [{"name": name, "stages": ["test"]}]
    refusal = admin.refused(objects.city(priorityClasses=classes), verb="apply")
    assert "spec.priorityClasses[0].name" in refusal
    assert "tên lớp ưu tiên" in refusal
    assert "the name of a priority class" in refusal
