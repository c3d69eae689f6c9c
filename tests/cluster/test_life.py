"""The life of an environment on a real control plane: it rests and comes back, is given back and taken up again, and is purged."""

from collections.abc import Callable

import pytest
from tests.support import objects
from tests.support.kube import Object, User, condition, eventually

Office = Callable[..., str]
LABELS = {"app": "web"}


def phase(admin: User, organisation: str, name: str) -> str:
    return str(admin.get("environment", name, f"org-{organisation}").get("status", {}).get("phase"))


def until(admin: User, organisation: str, name: str, wanted: str) -> None:
    eventually(lambda: phase(admin, organisation, name) == wanted, what=f"{organisation}/{name} to be {wanted}")


def state(admin: User, organisation: str, name: str, wanted: str) -> None:
    admin.patch("environment", name, {"spec": {"state": wanted}}, f"org-{organisation}")


def deployment(namespace: str) -> Object:
    template = objects.pod(namespace, "web")
    body = {"replicas": 2, "selector": {"matchLabels": LABELS}, "template": {"metadata": {"labels": LABELS}, "spec": template["spec"]}}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"namespace": namespace, "name": "web"}, "spec": body}


def pods(admin: User, namespace: str) -> int:
    return len(admin.list("pods", namespace=namespace))


@pytest.fixture
def place(admin: User, office: Office) -> tuple[str, str]:
    """An organisation with a Ready sandbox, in which two pods run."""
    name = office()
    admin.apply(objects.environment(name, "thu", stage="sandbox", zones=["dmz"], hosts=["thu"]))
    until(admin, name, "thu", "Ready")
    namespace = f"{name}--thu--dmz"
    admin.apply(deployment(namespace))
    eventually(lambda: pods(admin, namespace) == 2, what="two pods")
    return name, namespace


def test_what_is_suspended_rests_and_comes_back(admin: User, place: tuple[str, str]) -> None:
    name, namespace = place
    state(admin, name, "thu", "suspended")
    until(admin, name, "thu", "Suspended")
    eventually(lambda: pods(admin, namespace) == 0, what="the pods to go")
    assert condition(admin.get("environment", "thu", f"org-{name}"), "Ready")["reason"] == "Suspended"
    assert admin.get("deployment", "web", namespace)["metadata"]["annotations"]["citycloud.dev/before-pause"] == "2"

    state(admin, name, "thu", "active")
    until(admin, name, "thu", "Ready")
    eventually(lambda: pods(admin, namespace) == 2, what="the pods to come back")


def test_what_is_retired_lets_nobody_in_and_is_taken_up_again(admin: User, office: Office) -> None:
    name = office()
    admin.apply(objects.environment(name, "giu", stage="development"))
    until(admin, name, "giu", "Ready")
    namespace = f"{name}--giu--app"
    bindings = {item["metadata"]["name"] for item in admin.list("rolebindings", namespace=namespace)}
    state(admin, name, "giu", "retired")
    until(admin, name, "giu", "Retired")
    assert admin.list("rolebindings", namespace=namespace) == []
    assert admin.get("environment", "giu", f"org-{name}")["status"]["purgeAt"] > "2026"
    assert "P30" in admin.forbidden("delete", "environment", "giu", "-n", f"org-{name}")

    state(admin, name, "giu", "active")
    until(admin, name, "giu", "Ready")
    assert {item["metadata"]["name"] for item in admin.list("rolebindings", namespace=namespace)} == bindings


def test_a_sandbox_that_is_given_back_is_purged_and_its_name_and_host_are_free(admin: User, place: tuple[str, str]) -> None:
    name, namespace = place
    state(admin, name, "thu", "retired")
    until(admin, name, "thu", "Purged")
    assert namespace not in {item["metadata"]["name"] for item in admin.list("namespaces")}
    assert [
        item["metadata"]["name"] for item in admin.list("namespaces", selector=f"citycloud.dev/organisation={name},citycloud.dev/zone")
    ] == []
    admin.apply(objects.environment(name, "sau", zones=["dmz"], hosts=["thu"]))
    until(admin, name, "sau", "Ready")
    eventually(lambda: admin.get("organisation", name)["status"]["allocated"]["environments"] == 1, what="the budget to be given back")
    admin.delete("environment", "thu", f"org-{name}")
