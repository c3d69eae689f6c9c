"""The audit log names who did what, and the policy that refused (P39); its queues tell tenants and operator apart (P17)."""

import functools
import json
import pathlib
import re
import subprocess
from collections.abc import Callable
from typing import Any

import pytest
import yaml
from tests.policies.conftest import ROLES, Callers
from tests.support.cases import cases, catalogue
from tests.support.faults import container, pod
from tests.support.kube import User, eventually

from citycloud.policies.catalogue import Policy
from citycloud_dev.access import PLATFORM
from citycloud_dev.admission import SHIPPED
from citycloud_dev.cluster import Cluster
from citycloud_dev.processes import free_ports

Event = dict[str, Any]
FAILURE = "validation.policy.admission.k8s.io/validation_failure"
FIRST = re.compile(r"(P\d\d)[ :]")
SEVERAL = re.compile(r"\[(P\d\d(?:, P\d\d)+)\]$")
NO_STORE = "127.0.0.1:1"
ENOUGH = 4
"""So often an API server looks for its store in some three seconds; what it cannot read it has named by then."""
ADMITTING = "ValidatingAdmissionPolicy"
BAD = cases("bad")
REFUSING = [policy for policy in catalogue().policies if any(each["kind"] == ADMITTING for each in policy.manifests)]


def length(cluster: Cluster) -> int:
    """Return how long the audit log is, in bytes: what is written from now on begins there."""
    return cluster.layout.audit_log.stat().st_size


def recorded(cluster: Cluster, wanted: Callable[[Event], bool], *, since: int, what: str) -> Event:
    """Wait until the audit log has a line as wanted, and return the last.

    It is read from `since` on: a cluster that many tests share writes tens of megabytes. Where it was put away meanwhile, the new one is
    read from its beginning.
    """

    def found() -> list[Event]:
        with cluster.layout.audit_log.open("rb") as log:
            log.seek(since if length(cluster) >= since else 0)
            lines = log.read().decode(errors="replace").splitlines()
        events = [json.loads(line) for line in lines if line.startswith("{") and line.endswith("}")]
        return [event for event in events if wanted(event)]

    last: Event = eventually(found, what=what)[-1]
    return last


def refusing(event: Event) -> set[str]:
    """Read the ids of the policies that refused out of the failure that the API server notes."""
    failures: list[dict[str, Any]] = json.loads(event.get("annotations", {}).get(FAILURE, "[]"))
    found: set[str] = set()
    for failure in failures:
        first, several = FIRST.match(failure["message"]), SEVERAL.search(failure["message"])
        assert first is not None, failure
        found |= {first[1], *(several[1].split(", ") if several else ())}
    return found


@pytest.mark.parametrize("policy", REFUSING, ids=lambda policy: policy.name)
def test_a_refusal_is_recorded_with_user_and_policy(matrix_objects: None, cluster: Cluster, callers: Callers, policy: Policy) -> None:
    sent, since = [case for case in BAD if case.policy.id == policy.id and case.verb != "connect"], length(cluster)
    users = {ROLES[case.role][0] for case in sent if case.send(callers(case.role)).refused}

    def about_it(event: Event) -> bool:
        return event["user"]["username"] in users and policy.id in refusing(event)

    event = recorded(cluster, about_it, since=since, what=f"{policy.id} in the audit log")
    assert event["responseStatus"]["code"] in (403, 422)


def test_whatever_several_policies_refuse_is_recorded_with_all_of_them(
    matrix_objects: None, place: str, cluster: Cluster, callers: Callers
) -> None:
    bad = pod(place, "several", containers=[container("web", image="elsewhere.example/web:latest")])
    bad["spec"]["dnsPolicy"] = "Default"
    since = length(cluster)
    answer = callers("operator").call("POST", f"/api/v1/namespaces/{place}/pods", bad)

    assert answer.message.endswith("[P04, P05, P06, P32]") or answer.message.endswith("[P04, P06, P32]"), answer.message
    event = recorded(cluster, lambda event: _is_about(event, verb="create", name="several"), since=since, what="the refusal")
    assert {"P04", "P06", "P32"} <= refusing(event)


def test_what_is_let_in_is_noted_with_no_policy(place: str, cluster: Cluster, callers: Callers) -> None:
    since = length(cluster)
    assert callers("operator").call("POST", f"/api/v1/namespaces/{place}/pods", pod(place, "in-order"), dry_run=True).code == 201
    event = recorded(cluster, lambda event: _is_about(event, verb="create", name="in-order"), since=since, what="the pod")
    assert refusing(event) == set()


def _is_about(event: Event, *, verb: str, name: str) -> bool:
    return bool(event["verb"] == verb and event.get("objectRef", {}).get("name") == name)


def test_a_change_is_recorded_with_the_one_who_made_it(place: str, cluster: Cluster, callers: Callers) -> None:
    body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "ghi-lai", "namespace": place}}
    path, since = f"/api/v1/namespaces/{place}/configmaps", length(cluster)
    assert callers("operator").call("POST", path, body).code == 201
    assert callers("operator").call("DELETE", f"{path}/ghi-lai").code == 200
    for verb in ("create", "delete"):
        event = recorded(cluster, functools.partial(_is_about, verb=verb, name="ghi-lai"), since=since, what=f"the {verb}")
        assert event["user"]["username"] == "an"


def test_whoever_borrows_the_platform_group_is_named(place: str, cluster: Cluster) -> None:
    """A cluster administrator may act as anybody: that opens even static guards, and it stands in the log who it was."""
    administrator = User(cluster=cluster, kubeconfig=cluster.kubeconfig(user="muon-nhom", groups=("system:masters",)))
    since = length(cluster)
    arguments = ("annotate", "validatingadmissionpolicybinding", "pods.citycloud.dev", "example/a=b", "--dry-run=server")
    administrator.forbidden(*arguments)
    administrator.run(*arguments, "--as=pipeline", f"--as-group={PLATFORM}", "--as-group=system:masters")

    def borrowed(event: Event) -> bool:
        return bool(event.get("impersonatedUser", {}).get("username") == "pipeline")

    event = recorded(cluster, borrowed, since=since, what="the borrowed name")
    assert event["user"]["username"] == "muon-nhom"
    assert PLATFORM in event["impersonatedUser"]["groups"]


def _complaint(*, cluster: Cluster, policy: str, folder: pathlib.Path) -> str:
    """Start another API server without a store, with an audit policy, and return its last complaint."""
    path = folder / "audit-policy.yaml"
    path.write_text(policy)
    key = cluster.authority.service_account_key()
    arguments = {
        "secure-port": free_ports(1)[0],
        "bind-address": "127.0.0.1",
        "etcd-servers": f"http://{NO_STORE}",
        "cert-dir": folder,
        "service-account-issuer": "https://kubernetes.default.svc",
        "service-account-key-file": key,
        "service-account-signing-key-file": key,
        "audit-policy-file": path,
        "audit-log-path": folder / "audit.log",
    }
    command = [str(cluster.assets["kube-apiserver"]), *(f"--{name}={value}" for name, value in arguments.items())]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        said: list[str] = []
        for line in process.stderr:
            said.append(line)
            if "command failed" in line or sum(NO_STORE in each for each in said) == ENOUGH:
                break
        process.kill()
    return said[-1]


def test_the_shipped_audit_policy_is_taken_by_the_api_server(cluster: Cluster, tmp_path: pathlib.Path) -> None:
    """It goes on to look for its store; what it cannot read it names."""
    shipped = (SHIPPED / "audit-policy.yaml").read_text()
    assert NO_STORE in _complaint(cluster=cluster, policy=shipped, folder=tmp_path)
    assert "rules[0].level" in _complaint(cluster=cluster, policy=shipped.replace("level: None", "level: Some", 1), folder=tmp_path)


def test_the_shipped_audit_policy_keeps_secrets_out_and_lets_nothing_fall_through() -> None:
    rules = yaml.safe_load((SHIPPED / "audit-policy.yaml").read_text())["rules"]
    assert rules[-1] == {"level": "Metadata"}
    about_secrets = next(number for number, rule in enumerate(rules) if "secrets" in str(rule.get("resources")))
    assert {rule["level"] for rule in rules[: about_secrets + 1]} <= {"None", "Metadata"}


FLOWS = {"operator": "citycloud-tenants", "neighbour": "citycloud-tenants"}


@pytest.mark.parametrize("role", FLOWS)
def test_tenants_wait_in_queues_of_their_own(place: str, admin: User, callers: Callers, cluster: Cluster, role: str) -> None:
    schema = admin.get("flowschema", FLOWS[role])
    assert schema["spec"]["distinguisherMethod"] == {"type": "ByNamespace"}
    headers = _headers(callers=callers, role=role, path=f"/api/v1/namespaces/{place}/pods")
    assert headers["x-kubernetes-pf-flowschema-uid"] == schema["metadata"]["uid"]


def test_the_operator_waits_for_no_tenant(place: str, admin: User, callers: Callers) -> None:
    schema = admin.get("flowschema", "citycloud-operator")
    headers = _headers(callers=callers, role="city-operator", path="/api/v1/namespaces?limit=1")
    assert headers["x-kubernetes-pf-flowschema-uid"] == schema["metadata"]["uid"]


def _headers(*, callers: Callers, role: str, path: str) -> dict[str, str]:
    return callers(role).call("GET", path).headers
