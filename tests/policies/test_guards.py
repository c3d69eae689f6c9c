"""Attacks on namespaces (T01 to T05): adoption, labels, subresources, Pod Security; each is refused and leaves no trace.

Each is sent twice: by the admin of a department, whose rights end before any policy is asked, and by somebody who was given rights on
namespaces and their subresources by mistake, so that admission alone has to refuse.
"""

from collections.abc import Iterator
from typing import Any

import pytest
from tests.policies.conftest import Bracket, Callers
from tests.support import objects
from tests.support.attack import refused_by, refused_by_rights
from tests.support.caller import Caller, Object
from tests.support.kube import User, condition, emergency, eventually

from citycloud_dev.cluster import Cluster

ENFORCE = "pod-security.kubernetes.io/enforce"
TENANT = "so-y-te--ho-so--app"
UNOWNED = "test-unowned"
CONTROL: Object = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "control", "namespace": TENANT}}
RIGHTS: Object = {
    "apiVersion": "rbac.authorization.k8s.io/v1",
    "kind": "ClusterRole",
    "metadata": {"name": "test-trespassers"},
    "rules": [
        {
            "apiGroups": [""],
            "resources": ["namespaces", "namespaces/status", "namespaces/finalize"],
            "verbs": ["get", "update", "patch", "delete"],
        }
    ],
}
BOUND: Object = {
    "apiVersion": "rbac.authorization.k8s.io/v1",
    "kind": "ClusterRoleBinding",
    "metadata": {"name": "test-trespassers"},
    "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "test-trespassers"},
    "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "Group", "name": "test-trespassers"}],
}


def path(name: str, subresource: str = "") -> str:
    return f"/api/v1/namespaces/{name}" + (f"/{subresource}" if subresource else "")


@pytest.fixture(scope="module")
def unowned(place: str, admin: User) -> str:
    """A namespace of the platform that nobody else has anything to do with."""
    admin.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": UNOWNED}})
    return UNOWNED


@pytest.fixture(scope="module")
def trespasser(place: str, admin: User, callers: Callers, unowned: str) -> Iterator[Caller]:
    """Somebody with rights on every namespace: the rights work, so that only admission is left to refuse."""
    admin.apply(RIGHTS, BOUND)
    caller = callers("trespasser")
    harmless = {"metadata": {"annotations": {"example/note": "x"}}}
    for subresource in ("", "status"):
        target = path(unowned, subresource)

        def allowed(target: str = target) -> bool:
            return caller.call("PATCH", target, harmless, dry_run=True).code == 200

        eventually(allowed, what="the rights on namespaces")
    yield caller
    admin.delete("clusterrolebinding", "test-trespassers")
    admin.delete("clusterrole", "test-trespassers")


@pytest.fixture
def owner(place: str, admin: User) -> Object:
    """An owner reference that names a department."""
    uid = admin.get("organisation", "so-y-te")["metadata"]["uid"]
    return {"apiVersion": objects.API_VERSION, "kind": "Organisation", "name": "so-y-te", "uid": uid}


@pytest.mark.attack("T01")
@pytest.mark.parametrize("name", ["kube-system", UNOWNED, TENANT])
def test_nobody_adopts_a_namespace(bracket: Bracket, trespasser: Caller, owner: Object, name: str) -> None:
    wanted = {"metadata": {"ownerReferences": [owner]}}
    with bracket("admin", CONTROL) as admin:
        refused_by_rights(admin.call("PATCH", path(name), wanted))
        for subresource in ("", "status"):
            refused_by(trespasser.call("PATCH", path(name, subresource), wanted), "P12")


@pytest.mark.attack("T01")
def test_a_namespace_that_was_made_to_look_owned_is_left_alone(
    bracket: Bracket, cluster: Cluster, admin: User, unowned: str, owner: Object
) -> None:
    """Forced by an administrator: the operator goes by what it made itself."""
    labels = {"citycloud.dev/organisation": "so-y-te", "citycloud.dev/environment": "ho-so", "citycloud.dev/zone": "app"}
    forced = emergency(cluster)
    forced.patch("namespace", unowned, {"metadata": {"ownerReferences": [owner], "labels": labels}})
    with bracket("admin", CONTROL, besides="so-y-te"):
        _let_the_operator_work(admin)
    assert admin.list("networkpolicies,rolebindings,resourcequotas,limitranges", namespace=unowned) == []
    forced.patch("namespace", unowned, {"metadata": {"ownerReferences": None, "labels": dict.fromkeys(labels)}})


def _let_the_operator_work(admin: User) -> None:
    """Ask for one environment more and see it through, up to the department's total: whatever else waited has had its turn."""
    counted = _counted(admin)
    admin.apply(objects.environment("so-y-te", "luot-sau"))
    eventually(
        lambda: condition(admin.get("environment", "luot-sau", "org-so-y-te"), "Ready").get("status") == "True", what="one more round"
    )
    eventually(lambda: _counted(admin) == counted + 1, what="the total")


def _counted(admin: User) -> int:
    return int(admin.get("organisation", "so-y-te")["status"]["allocated"]["environments"])


@pytest.mark.attack("T02")
def test_nobody_takes_a_platform_namespace_for_a_department(bracket: Bracket, trespasser: Caller, unowned: str) -> None:
    wanted = {"metadata": {"labels": {"citycloud.dev/organisation": "so-y-te", "app.kubernetes.io/managed-by": "citycloud"}}}
    with bracket("admin", CONTROL) as admin:
        refused_by_rights(admin.call("PATCH", path(unowned), wanted))
        for key, value in wanted["metadata"]["labels"].items():
            refused_by(trespasser.call("PATCH", path(unowned), {"metadata": {"labels": {key: value}}}), "P12")
            refused_by(trespasser.call("PATCH", path(unowned, "status"), {"metadata": {"labels": {key: value}}}), "P12")


@pytest.mark.attack("T02")
def test_a_request_never_gets_a_namespace_that_was_there_before(bracket: Bracket, cluster: Cluster, admin: User) -> None:
    """The name is taken, and whoever took it notices nothing."""
    taken = "so-y-te--da-co--app"
    rescue = emergency(cluster)
    rescue.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": taken, "labels": {"team": "monitoring"}}})
    before, counted = admin.get("namespace", taken), _counted(admin)
    asked = objects.environment("so-y-te", "da-co")
    with bracket("admin", CONTROL, besides="so-y-te") as department:
        assert department.call("POST", f"/apis/{objects.API_VERSION}/namespaces/org-so-y-te/environments", asked).code == 201
        refusal = eventually(lambda: _taken(admin.get("environment", "da-co", "org-so-y-te")), what="the refusal")
    assert taken in refusal["message"]
    assert admin.get("namespace", taken) == before, "byte for byte as it was"
    admin.delete("environment", "da-co", "org-so-y-te")
    rescue.delete("namespace", taken)
    eventually(lambda: admin.find("namespace", taken) is None, what="the namespace to be gone")
    eventually(lambda: _counted(admin) == counted, what="the total")


def _taken(environment: Object) -> Object | None:
    ready = condition(environment, "Ready")
    return ready if ready.get("reason") == "NamespaceTaken" else None


HIJACKS: dict[str, Object] = {
    "another department's label": {"labels": {"citycloud.dev/organisation": "so-tai-chinh"}},
    "no label at all": {"labels": {"citycloud.dev/organisation": None}},
    "no Pod Security": {"labels": {ENFORCE: None}},
    "another host": {"annotations": {"citycloud.dev/allowed-hosts": "ho-so.so-tai-chinh.test.example"}},
    "no policies": {"annotations": {"citycloud.dev/policies": ""}},
    "an owner": {"ownerReferences": [{"apiVersion": "v1", "kind": "Node", "name": "node-1", "uid": "0"}]},
}


@pytest.mark.attack("T03")
@pytest.mark.parametrize("case", HIJACKS)
def test_a_subresource_is_no_way_round(bracket: Bracket, trespasser: Caller, case: str) -> None:
    with bracket("admin", CONTROL) as admin:
        for subresource in ("", "status"):
            refused_by_rights(admin.call("PATCH", path(TENANT, subresource), {"metadata": HIJACKS[case]}))
            refused_by(trespasser.call("PATCH", path(TENANT, subresource), {"metadata": HIJACKS[case]}), "P12")
        whole = _changed(trespasser.call("GET", path(TENANT)).body, HIJACKS[case])
        refused_by_rights(admin.call("PUT", path(TENANT, "finalize"), whole))
        refused_by(trespasser.call("PUT", path(TENANT, "finalize"), whole), "P12")


def _changed(stored: Object, change: Object) -> Object:
    """Put a change of metadata over a whole object, as `kubectl replace --raw` would send it."""
    metadata: dict[str, Any] = dict(stored["metadata"])
    for key, value in change.items():
        merged = {**metadata[key], **value} if isinstance(value, dict) else value
        metadata[key] = {name: each for name, each in merged.items() if each is not None} if isinstance(merged, dict) else merged
    return {**stored, "metadata": metadata}


DOWNGRADES = {
    "privileged": {ENFORCE: "privileged"},
    "baseline": {ENFORCE: "baseline"},
    "an older version": {f"{ENFORCE}-version": "v1.24"},
    "no warning": {"pod-security.kubernetes.io/warn": "privileged"},
    "no label": {ENFORCE: None},
}


@pytest.mark.attack("T04")
@pytest.mark.parametrize("case", DOWNGRADES)
def test_nobody_lowers_pod_security(bracket: Bracket, trespasser: Caller, callers: Callers, case: str) -> None:
    wanted = {"metadata": {"labels": DOWNGRADES[case]}}
    with bracket("admin", CONTROL) as admin:
        refused_by_rights(admin.call("PATCH", path(TENANT), wanted))
        refused_by(trespasser.call("PATCH", path(TENANT), wanted), "P12")
        refused_by(callers("platform").call("PATCH", path(TENANT), wanted), "P12")


@pytest.mark.attack("T05")
def test_nobody_leaves_in_one_step(bracket: Bracket, trespasser: Caller, callers: Callers) -> None:
    """The label that makes it a tenant's and the one that holds it go in the same request."""
    patch = [
        {"op": "remove", "path": "/metadata/labels/citycloud.dev~1organisation"},
        {"op": "remove", "path": "/metadata/labels/app.kubernetes.io~1managed-by"},
        {"op": "replace", "path": "/metadata/labels/pod-security.kubernetes.io~1enforce", "value": "privileged"},
    ]
    with bracket("admin", CONTROL) as admin:
        refused_by_rights(admin.call("JSONPATCH", path(TENANT), patch))
        refused_by(trespasser.call("JSONPATCH", path(TENANT), patch), "P12")
        refused_by(callers("platform").call("JSONPATCH", path(TENANT), patch), "P12")
