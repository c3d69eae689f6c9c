"""What the operator made is put back when somebody changes or deletes it; what it did not make is left alone."""

from collections.abc import Callable
from typing import Any

import pytest
from tests.support import objects
from tests.support.kube import User, eventually

Office = Callable[..., str]
MANAGED = "resourcequotas,limitranges,networkpolicies,rolebindings,configmaps,serviceaccounts"


@pytest.fixture
def namespace(admin: User, office: Office) -> str:
    """The namespace of a Ready environment."""
    name = office()
    admin.apply(objects.environment(name, "troi-dat"))
    eventually(
        lambda: admin.get("environment", "troi-dat", f"org-{name}").get("status", {}).get("phase") == "Ready", what="the environment"
    )
    return f"{name}--troi-dat--app"


def everything(admin: User, namespace: str) -> dict[tuple[str, str], str]:
    items = admin.list(MANAGED, namespace=namespace, selector="app.kubernetes.io/managed-by=citycloud")
    return {(item["kind"], item["metadata"]["name"]): objects.without_volatile(item) for item in items}


def test_every_object_that_is_deleted_comes_back(admin: User, break_glass: User, namespace: str) -> None:
    before = everything(admin, namespace)
    assert len(before) == 11
    for kind, name in before:
        break_glass.delete(kind.lower(), name, namespace)
    eventually(lambda: everything(admin, namespace) == before, what="everything to come back")


EDITS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "a quota": ("resourcequota", "citycloud", {"spec": {"hard": {"requests.cpu": "999"}}}),
    "a limit": ("limitrange", "citycloud", {"spec": {"limits": []}}),
    "the closing policy": ("networkpolicy", "default-deny", {"spec": {"policyTypes": ["Ingress"]}}),
    "a policy that gains a rule": ("networkpolicy", "default-deny", {"spec": {"ingress": [{}]}}),
    "a binding's subjects": ("rolebinding", "citycloud-viewers", {"subjects": []}),
    "facts": ("configmap", "citycloud-environment", {"data": {"level": "1"}}),
    "the token automount": ("serviceaccount", "default", {"automountServiceAccountToken": True}),
    "a label of a policy": ("networkpolicy", "allow-dns", {"metadata": {"labels": {"citycloud.dev/level": "1"}}}),
    "the label it is found by": (
        "networkpolicy",
        "allow-dns",
        {"metadata": {"labels": {"app.kubernetes.io/managed-by": None}}},
    ),
}


@pytest.mark.parametrize("case", EDITS)
def test_every_edit_is_put_right(admin: User, break_glass: User, namespace: str, case: str) -> None:
    kind, name, patch = EDITS[case]
    before = everything(admin, namespace)
    break_glass.patch(kind, name, patch, namespace)
    eventually(lambda: everything(admin, namespace) == before, what=f"{case} to be put right")


@pytest.mark.parametrize(
    "metadata",
    [
        {"labels": {"pod-security.kubernetes.io/enforce": "privileged"}},
        {"labels": {"pod-security.kubernetes.io/enforce": None}},
        {"annotations": {"citycloud.dev/allowed-registries": "docker.io"}},
    ],
)
def test_a_namespace_is_put_right(admin: User, break_glass: User, namespace: str, metadata: dict[str, Any]) -> None:
    before = objects.without_volatile(admin.get("namespace", namespace))
    break_glass.patch("namespace", namespace, {"metadata": metadata})
    eventually(lambda: objects.without_volatile(admin.get("namespace", namespace)) == before, what="the namespace to be put right")


def test_what_somebody_else_made_is_left_alone(admin: User, break_glass: User, namespace: str) -> None:
    own = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "cua-toi", "namespace": namespace},
        "data": {"a": "b"},
    }
    admin.create(own)
    break_glass.patch("networkpolicy", "allow-dns", {"metadata": {"labels": {"owner": "khac"}}}, namespace)
    before = admin.get("configmap", "cua-toi", namespace)
    break_glass.delete("networkpolicy", "default-deny", namespace)
    eventually(lambda: admin.find("networkpolicy", "default-deny", namespace), what="the closing policy")
    assert admin.get("configmap", "cua-toi", namespace) == before
    assert admin.get("networkpolicy", "allow-dns", namespace)["metadata"]["labels"]["owner"] == "khac"


def test_a_home_namespace_is_put_right(admin: User, break_glass: User, namespace: str) -> None:
    home = "org-" + namespace.split("--", maxsplit=1)[0]
    break_glass.delete("rolebinding", "citycloud-approvers", home)
    break_glass.delete("networkpolicy", "default-deny", home)
    eventually(
        lambda: admin.find("rolebinding", "citycloud-approvers", home) and admin.find("networkpolicy", "default-deny", home),
        what="the home namespace",
    )
