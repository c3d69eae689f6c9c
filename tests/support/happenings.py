"""What happens in a city that is not well: each of these is done to the real operator or the real API server, twice where it is counted.

A counter that appears with its first event has no rate yet: Prometheus has to see it grow. So what is counted is done, waited for, and
done again.
"""

import datetime
import json
from collections.abc import Callable
from typing import Any

from tests.support import objects
from tests.support.kube import Object, User, eventually

from citycloud_dev.processes import ProcessError

Seen = Callable[[str], bool]
"""Tells whether Prometheus has a series of an expression."""
ADMISSION = "admissionregistration.k8s.io/v1"
NAME = "kubernetes.io/metadata.name"
CLOSED = "phai-dong"
"""The environment whose network policies nobody may write."""
DAYS = 10


def everything(*, admin: User, approver: User, officer: User, break_glass: User, office: str, seen: Seen) -> None:
    """Let all of it happen in one office that has the environments `chay` (Ready) and `cho` (waiting)."""
    forbid(admin, namespace=f"{office}--{CLOSED}--app")
    admin.apply(
        objects.environment(office, CLOSED),
        objects.environment(office, "moi"),
        objects.environment(office, "sap-het", expiresAt=in_days(DAYS)),
        objects.environment(office, "lon", size="l"),
        objects.environment(office, "con-cho", size="l"),
        exception(office, "bo-qua", policy="P06"),
        exception(office, "cho-bo-qua", policy="P05"),
    )
    twice(seen, "citycloud_request_decision_seconds_count", decide(approver, office, "cho"), decide(approver, office, "lon"))
    decide(officer, office, "bo-qua", kind="PolicyException")()
    change = delete_policy(break_glass, f"{office}--chay--app")
    twice(seen, "citycloud_drift_detected_total", change, change)
    refused = 'apiserver_validating_admission_policy_check_total{enforcement_action="deny",policy=~".*citycloud.dev"}'
    foreign = refused_pod(admin, f"{office}--chay--app")
    twice(seen, refused, foreign, foreign)
    asked = evaluate(admin)
    eventually(lambda: asked() or seen("apiserver_admission_match_condition_evaluation_errors_total"), what="a condition that fails")
    asked()


def twice(seen: Seen, expression: str, first: Callable[[], None], again: Callable[[], None]) -> None:
    first()
    eventually(lambda: seen(expression), what=f"the first of {expression}")
    again()


def in_days(days: float) -> str:
    return (datetime.datetime.now(tz=datetime.UTC) + datetime.timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%SZ")


def exception(office: str, name: str, *, policy: str) -> Object:
    spec = {
        "environment": "chay",
        "policy": policy,
        "reason": "Ảnh của nhà cung cấp chưa chuyển kịp",
        "compensatingMeasure": "Quét ảnh hằng ngày",
        "expiresAt": in_days(DAYS),
    }
    metadata = {"namespace": f"org-{office}", "name": name}
    return {"apiVersion": objects.API_VERSION, "kind": "PolicyException", "metadata": metadata, "spec": spec}


def decide(user: User, office: str, name: str, *, kind: str = "Environment") -> Callable[[], None]:
    def act() -> None:
        home = f"org-{office}"
        digest = eventually(lambda: user.get(kind.lower(), name, home)["status"]["pending"]["digest"], what=f"{name} to wait")
        item = objects.approval(office, f"duyet-{name}", target=name, digest=digest)
        item["spec"]["target"]["kind"] = kind
        user.create(item)

    return act


def delete_policy(break_glass: User, namespace: str) -> Callable[[], None]:
    kind, name = "networkpolicy", "default-deny"

    def act() -> None:
        before = break_glass.get(kind, name, namespace)["metadata"]["uid"]
        break_glass.delete(kind, name, namespace)

        def is_back() -> bool:
            found = break_glass.find(kind, name, namespace)
            return found is not None and found["metadata"]["uid"] != before

        eventually(is_back, what="the policy to come back")

    return act


def refused_pod(admin: User, namespace: str) -> Callable[[], None]:
    def act() -> None:
        pod = objects.pod(namespace, "la")
        pod["spec"]["containers"][0]["image"] = "registry.elsewhere.example/web@sha256:" + "0" * 64
        assert "P04 " in admin.refused(pod)

    return act


def forbid(admin: User, *, namespace: str) -> None:
    """Let a policy of somebody else refuse what the operator has to write in one namespace, so that its environment cannot become Ready.

    It holds some time after it was made: it is tried where it holds as well.
    """
    where = {"matchExpressions": [{"key": NAME, "operator": "In", "values": [namespace, "default"]}]}
    admin.apply(*policy("forbids-network-policies", group="networking.k8s.io", resource="networkpolicies", says="false", where=where))
    tried = {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": {"namespace": "default", "name": "tried"}}

    def holds() -> bool:
        try:
            admin.run("create", "--dry-run=server", "-f", "-", stdin=json.dumps(tried | {"spec": {"podSelector": {}}}))
        except ProcessError:
            return True
        return False

    eventually(holds, what="the policy to hold")


def evaluate(admin: User) -> Callable[[], None]:
    """Make a policy whose condition fails whenever it is asked, and give what asks it; it lets everything pass."""
    where = {"matchLabels": {NAME: "default"}}
    broken, binding = policy("cannot-be-evaluated", group="", resource="configmaps", says="true", where=where)
    broken["spec"]["matchConditions"] = [{"name": "fails", "expression": "object.data['missing'] == 'x'"}]
    admin.apply(broken, binding)

    def act() -> None:
        item = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"namespace": "default", "name": "asked"}, "data": {}}
        admin.apply(item)
        admin.delete("configmap", "asked", "default")

    return act


def policy(name: str, *, group: str, resource: str, says: str, where: dict[str, Any]) -> tuple[Object, Object]:
    rules = [{"apiGroups": [group], "apiVersions": ["v1"], "operations": ["CREATE", "UPDATE"], "resources": [resource]}]
    constraints = {"resourceRules": rules, "namespaceSelector": where}
    spec = {"failurePolicy": "Ignore", "matchConstraints": constraints, "validations": [{"expression": says}]}
    binding = {"policyName": name, "validationActions": ["Deny"]}
    return (
        {"apiVersion": ADMISSION, "kind": "ValidatingAdmissionPolicy", "metadata": {"name": name}, "spec": spec},
        {"apiVersion": ADMISSION, "kind": "ValidatingAdmissionPolicyBinding", "metadata": {"name": name}, "spec": binding},
    )
