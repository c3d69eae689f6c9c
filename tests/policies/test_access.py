"""Attacks on rights, tokens and requests (T06 to T10): each is refused and leaves no trace.

Where the tenant's own rights end before any policy is asked, the same is sent again by somebody with every right: the policies hold alone.
"""

import pathlib
from collections.abc import Iterator
from typing import Any

import pytest
from tests.policies.conftest import Bracket, Callers
from tests.support import objects
from tests.support.attack import refused_by, refused_by_rights
from tests.support.caller import Caller, Object
from tests.support.kube import User

from citycloud_dev.cluster import Cluster
from citycloud_dev.processes import ProcessError

RBAC = "rbac.authorization.k8s.io"
NAMESPACE = "so-y-te--ho-so--app"
OTHER = "so-tai-chinh--ho-so--app"
ROLES_PATH = f"/apis/{RBAC}/v1/namespaces/{NAMESPACE}/roles"
BINDINGS_PATH = f"/apis/{RBAC}/v1/namespaces/{NAMESPACE}/rolebindings"
DEFINITIONS_PATH = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
HOME_PATH = "/apis/citycloud.dev/v1alpha1/namespaces/org-so-y-te"


def role(name: str, *, groups: str = "", resources: str = "pods", verbs: str = "get") -> Object:
    rule = {"apiGroups": [groups], "resources": [resources], "verbs": [verbs]}
    metadata = {"name": name, "namespace": NAMESPACE}
    return {"apiVersion": f"{RBAC}/v1", "kind": "Role", "metadata": metadata, "rules": [rule]}


def binding(*, to: str, subject: Object, kind: str = "ClusterRole") -> Object:
    metadata = {"name": "attack", "namespace": NAMESPACE}
    reference = {"apiGroup": RBAC, "kind": kind, "name": to}
    return {"apiVersion": f"{RBAC}/v1", "kind": "RoleBinding", "metadata": metadata, "roleRef": reference, "subjects": [subject]}


def subject(kind: str, name: str) -> Object:
    return {"apiGroup": RBAC, "kind": kind, "name": name}


OWN = subject("Group", "so-y-te-viewers")
OWN_BINDING = binding(to="citycloud-tenant-viewer", subject=OWN)
CONFIG_MAP: Object = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "control", "namespace": NAMESPACE}}

WILDCARDS: dict[str, dict[str, str]] = {
    "every verb": {"verbs": "*"},
    "every resource": {"resources": "*"},
    "every group": {"groups": "*"},
    "everything": {"groups": "*", "resources": "*", "verbs": "*"},
}


@pytest.mark.attack("T06")
@pytest.mark.parametrize("case", WILDCARDS)
def test_nobody_makes_a_role_for_everything(bracket: Bracket, callers: Callers, case: str) -> None:
    wanted = role("attack", **WILDCARDS[case])
    with bracket("admin", role("reader")) as admin:
        refused_by_rights(admin.call("POST", ROLES_PATH, wanted))
        refused_by(callers("platform").call("POST", ROLES_PATH, wanted), "P09")


@pytest.mark.attack("T07")
@pytest.mark.parametrize("cluster_role", ["cluster-admin", "admin", "citycloud-operator"])
def test_nobody_binds_a_role_of_the_whole_cluster(bracket: Bracket, callers: Callers, cluster_role: str) -> None:
    wanted = binding(to=cluster_role, subject=OWN)
    everywhere = {**wanted, "kind": "ClusterRoleBinding", "metadata": {"name": "attack"}}
    with bracket("admin", OWN_BINDING) as admin:
        refused_by_rights(admin.call("POST", BINDINGS_PATH, wanted))
        refused_by_rights(admin.call("POST", f"/apis/{RBAC}/v1/clusterrolebindings", everywhere))
        refused_by(callers("platform").call("POST", BINDINGS_PATH, wanted), "P10")


@pytest.fixture(scope="module")
def own_role(place: str, admin: User) -> Iterator[str]:
    """A role of the tenant's own, in order."""
    admin.apply(role("t08-own"))
    yield "t08-own"
    admin.delete("role", "t08-own", NAMESPACE)


FOREIGNERS = {
    "everybody": subject("Group", "system:authenticated"),
    "nobody in particular": subject("Group", "system:unauthenticated"),
    "every pod of the cluster": subject("Group", "system:serviceaccounts"),
    "every pod of a neighbour": subject("Group", f"system:serviceaccounts:{OTHER}"),
    "an account of a neighbour": {"kind": "ServiceAccount", "name": "default", "namespace": OTHER},
    "the same account, called as a user is": subject("User", f"system:serviceaccount:{OTHER}:default"),
    "a neighbour": subject("Group", "so-tai-chinh-admins"),
}


@pytest.mark.attack("T08")
@pytest.mark.parametrize("case", FOREIGNERS)
def test_nobody_lets_a_stranger_in(bracket: Bracket, own_role: str, case: str) -> None:
    with bracket("admin", binding(to=own_role, subject=OWN, kind="Role")) as admin:
        refused_by(admin.call("POST", BINDINGS_PATH, binding(to=own_role, subject=FOREIGNERS[case], kind="Role")), "P10")


@pytest.mark.attack("T26")
@pytest.mark.parametrize("group", ["", "events.k8s.io"])
def test_nobody_writes_events_or_hands_out_the_right_to(bracket: Bracket, callers: Callers, group: str) -> None:
    """The API server's limit counts the core group alone, so that rights have to hold off the newer one, whoever asks."""
    root = f"/apis/{group}/v1" if group else "/api/v1"
    with bracket("admin", role("reader")) as tenant:
        for name in ("viewer", "operator", "admin"):
            refused_by_rights(callers(name).call("POST", f"{root}/namespaces/{NAMESPACE}/events", {"metadata": {"name": "forged"}}))
        refused_by_rights(tenant.call("POST", ROLES_PATH, role("attack", groups=group, resources="events", verbs="create")))


@pytest.mark.attack("T09")
@pytest.mark.parametrize("name", ["operator", "admin"])
def test_nobody_mints_a_token_of_an_account(bracket: Bracket, name: str) -> None:
    """Not of any account that can be seen."""
    with bracket(name, CONFIG_MAP) as tenant:
        accounts = tenant.call("GET", f"/api/v1/namespaces/{NAMESPACE}/serviceaccounts").body["items"]
        assert accounts
        for account in accounts:
            path = f"/api/v1/namespaces/{NAMESPACE}/serviceaccounts/{account['metadata']['name']}/token"
            refused_by_rights(tenant.call("POST", path, _token_request()))


@pytest.mark.attack("T09")
def test_a_token_of_an_account_gives_no_right_elsewhere(
    bracket: Bracket, callers: Callers, cluster: Cluster, tmp_path: pathlib.Path
) -> None:
    """A pod has its account's token; with it nothing opens but what the tenant bound to the account."""
    with bracket("operator", CONFIG_MAP):
        path = f"/api/v1/namespaces/{NAMESPACE}/serviceaccounts/default/token"
        minted = callers("platform").call("POST", path, _token_request())
        token = tmp_path / "token"
        token.write_text(minted.body["status"]["token"])
        pod = User(cluster=cluster, kubeconfig=cluster.token_kubeconfig(user="pod", token_file=token, path=tmp_path / "kubeconfig"))
        assert f"{NAMESPACE}:default" in pod.run("auth", "whoami")
        for namespace in (NAMESPACE, OTHER, "org-so-y-te", "kube-system"):
            pod.forbidden("get", "pods,secrets,configmaps", "-n", namespace)
        pod.forbidden("get", "secrets", "-A")
        for resource in ("events", "events.events.k8s.io"):
            with pytest.raises(ProcessError):
                pod.run("auth", "can-i", "create", resource, "-n", NAMESPACE, "--quiet")
        pod.forbidden("create", "clusterrolebinding", "attack", "--clusterrole=cluster-admin", f"--serviceaccount={NAMESPACE}:default")


def _token_request() -> Object:
    return {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {"expirationSeconds": 86400}}


DEPUTIES: dict[str, Object] = {
    "a cluster role": role("attack") | {"kind": "ClusterRole", "metadata": {"name": "attack"}},
    "a webhook": {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingWebhookConfiguration",
        "metadata": {"name": "attack"},
        "webhooks": [],
    },
    "a definition of a kind": {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "attacks.evil.example"},
    },
    "an object in a foreign namespace": CONFIG_MAP | {"metadata": {"name": "attack", "namespace": OTHER}},
}
PLAIN = ("string", "integer", "number", "boolean")
REQUESTS = {
    "environments": ("Environment", "admin"),
    "informationsystems": ("InformationSystem", "admin"),
    "approvals": ("Approval", "approver"),
}


@pytest.mark.attack("T10")
@pytest.mark.parametrize("plural", REQUESTS)
@pytest.mark.parametrize("case", DEPUTIES)
def test_no_field_of_a_request_carries_a_manifest(bracket: Bracket, callers: Callers, case: str, plural: str) -> None:
    """The operator is made to create nothing that the request's author may not."""
    kind, asker = REQUESTS[plural]
    fields = _plain_fields(callers("platform"), f"{plural}.citycloud.dev")
    assert fields
    with bracket("admin", objects.system("so-y-te", "control")):
        for field in fields:
            answer = callers(asker).call("POST", f"{HOME_PATH}/{plural}", _request(kind=kind, spec={field: DEPUTIES[case]}))
            assert answer.code == 422, f"{field}: {answer.code} {answer.message}"
            assert f"spec.{field}" in answer.message, answer.message
        request = _request(kind=kind, spec={"manifests": [DEPUTIES[case]]})
        unknown = callers(asker).call("POST", f"{HOME_PATH}/{plural}", request, query="fieldValidation=Strict")
        assert 'unknown field "spec.manifests"' in unknown.message, f"{unknown.code} {unknown.message}"


def test_no_schema_leaves_room_for_a_manifest(place: str, callers: Callers) -> None:
    """T10 at its root: every field of our kinds has a type, and what is a map maps to plain values."""
    definitions = callers("platform").call("GET", DEFINITIONS_PATH).body["items"]
    ours = [definition for definition in definitions if definition["spec"]["group"] == "citycloud.dev"]
    assert {definition["spec"]["names"]["plural"] for definition in ours} >= set(REQUESTS)
    for definition in ours:
        for version in definition["spec"]["versions"]:
            _closed(version["schema"]["openAPIV3Schema"], where=f"{definition['metadata']['name']} {version['name']}")


def _closed(schema: Object, *, where: str) -> None:
    assert "x-kubernetes-preserve-unknown-fields" not in schema, where
    assert "x-kubernetes-embedded-resource" not in schema, where
    values = schema.get("additionalProperties")
    assert values is None or "properties" in values or values.get("type") in PLAIN or "anyOf" in values, where
    for name, child in schema.get("properties", {}).items():
        _closed(child, where=f"{where}.{name}")
    for child in filter(None, (schema.get("items"), values)):
        _closed(child, where=f"{where}[]")


def _plain_fields(caller: Caller, definition: str) -> list[str]:
    """Name the fields of a spec that hold no object: a manifest in one of these is of the wrong type."""
    versions = caller.call("GET", f"{DEFINITIONS_PATH}/{definition}").body["spec"]["versions"]
    fields = versions[0]["schema"]["openAPIV3Schema"]["properties"]["spec"]["properties"]
    return sorted(name for name, field in fields.items() if field.get("type") in (*PLAIN, "array"))


def _request(*, kind: str, spec: dict[str, Any]) -> Object:
    metadata = {"name": "attack", "namespace": "org-so-y-te"}
    return {"apiVersion": "citycloud.dev/v1alpha1", "kind": kind, "metadata": metadata, "spec": spec}
