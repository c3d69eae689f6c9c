"""Who guards the guards: policies on the API server's own disk (P29), which no API request can take away.

`platform` is in system:masters, for whom RBAC does not exist; `pipeline` is in citycloud-platform as well.
"""

from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from tests.policies.conftest import Callers, Crash
from tests.support.attack import refused_by
from tests.support.caller import Object
from tests.support.kube import User, eventually

from citycloud_dev.admission import SHIPPED
from citycloud_dev.cluster import Cluster

REGISTRATION = "/apis/admissionregistration.k8s.io/v1"
NAME = "pods.citycloud.dev"
POLICY, BINDING = f"{REGISTRATION}/validatingadmissionpolicies/{NAME}", f"{REGISTRATION}/validatingadmissionpolicybindings/{NAME}"
KIND = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/environments.citycloud.dev"
ELSEWHERE = {"namespaceSelector": {"matchLabels": {"no": "where"}}}
WEAKENINGS: dict[str, tuple[str, str, Any]] = {
    "delete a policy": ("DELETE", POLICY, None),
    "delete a binding": ("DELETE", BINDING, None),
    "let it warn only": ("PATCH", BINDING, {"spec": {"validationActions": ["Warn"]}}),
    "look elsewhere": ("PATCH", BINDING, {"spec": {"matchResources": ELSEWHERE}}),
    "let failures pass": ("PATCH", POLICY, {"spec": {"failurePolicy": "Ignore"}}),
    "make it always true": ("PATCH", POLICY, {"spec": {"validations": [{"expression": "true"}]}}),
    "say that Helm does not need it any more": ("PATCH", POLICY, {"metadata": {"labels": {"policy.citycloud.dev/P06": None}}}),
    "delete all policies": ("DELETE", f"{REGISTRATION}/validatingadmissionpolicies", None),
    "delete all bindings": ("DELETE", f"{REGISTRATION}/validatingadmissionpolicybindings", None),
    "delete a kind with all its objects": ("DELETE", KIND, None),
    "change what a kind refuses": ("PATCH", KIND, {"spec": {"preserveUnknownFields": False, "conversion": {"strategy": "None"}}}),
}
MUTATING: Object = {
    "apiVersion": "admissionregistration.k8s.io/v1",
    "kind": "MutatingAdmissionPolicy",
    "metadata": {"name": "opens-what-the-operator-closes.example"},
    "spec": {
        "matchConstraints": {
            "resourceRules": [{"apiGroups": [""], "apiVersions": ["v1"], "operations": ["UPDATE"], "resources": ["namespaces"]}]
        },
        "reinvocationPolicy": "Never",
        "mutations": [
            {
                "patchType": "ApplyConfiguration",
                "applyConfiguration": {"expression": 'Object{metadata: Object.metadata{labels: {"citycloud.dev/organisation": "khac"}}}'},
            }
        ],
    },
}


@pytest.fixture
def nothing_changed(place: str, admin: User) -> Iterator[None]:
    """Compare policies, bindings and kinds before and after: they are as they were, versions included."""
    kinds = "validatingadmissionpolicies,validatingadmissionpolicybindings,mutatingadmissionpolicies,customresourcedefinitions"
    before = admin.list(kinds)
    yield
    assert admin.list(kinds) == before


@pytest.mark.parametrize("case", WEAKENINGS)
def test_not_even_a_cluster_administrator_weakens_a_policy(nothing_changed: None, callers: Callers, case: str) -> None:
    method, path, body = WEAKENINGS[case]
    dry_run = path == KIND  # were it let in, every environment would be gone
    refused_by(callers("platform").call(method, path, body, dry_run=dry_run), "P29")
    refused_by(callers("break-glass").call(method, path, body, dry_run=dry_run), "P29")


def test_nor_writes_one_that_undoes_it(nothing_changed: None, callers: Callers) -> None:
    path = f"{REGISTRATION}/mutatingadmissionpolicies"
    refused_by(callers("platform").call("POST", path, MUTATING), "P29")
    assert callers("pipeline").call("POST", path, MUTATING, dry_run=True).code == 201


def test_the_platform_pipeline_changes_and_removes_them(nothing_changed: None, callers: Callers) -> None:
    pipeline = callers("pipeline")
    for method, path, body in WEAKENINGS.values():
        assert pipeline.call(method, path, body, dry_run=True).code == 200, path


def test_the_guards_themselves_are_not_to_be_had_through_the_api(place: str, callers: Callers) -> None:
    """They are files; who may write files on the API server's disk is beyond the API."""
    guards = [each for each in yaml.safe_load_all((SHIPPED / "static" / "citycloud.yaml").read_text()) if each["kind"].endswith("Policy")]
    assert guards
    for guard in guards:
        path = f"{REGISTRATION}/validatingadmissionpolicies"
        for role in ("platform", "pipeline"):
            assert callers(role).call("GET", f"{path}/{guard['metadata']['name']}").code == 404
            forged = callers(role).call("POST", path, {**guard, "spec": {**guard["spec"], "validations": [{"expression": "true"}]}})
            assert forged.code in (403, 422), forged.message


def test_they_hold_from_the_first_request_after_a_restart(crash: Crash, callers: Callers) -> None:
    crash()
    answered: list[int] = []

    def tried() -> bool:
        try:
            answered.append(callers("platform").call("DELETE", BINDING).code)
            return callers("platform").call("GET", "/readyz").code == 200
        except ConnectionError:
            return False

    eventually(tried, what="the API server", seconds=60)
    assert answered
    assert min(answered) >= 400, answered
    refused_by(callers("platform").call("DELETE", BINDING), "P29")


@pytest.mark.parametrize("group", ["test-cluster-admins", "citycloud-approvers", "so-y-te-admins"])
def test_every_other_group_stops_at_its_rights_or_at_the_policy(matrix_objects: None, cluster: Cluster, group: str) -> None:
    user = User(cluster=cluster, kubeconfig=cluster.kubeconfig(user="ai-do", groups=(group,)))
    assert NAME in user.forbidden("delete", "validatingadmissionpolicybindings", NAME)
