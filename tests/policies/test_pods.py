"""Pods with one fault each (T11) and tricks with images (T13), sent by those who may create pods; and what a pod gets that says nothing."""

import functools
import json
from collections.abc import Callable, Iterator

import pytest
from tests.policies.conftest import Bracket, Callers
from tests.support.caller import Answer, Object
from tests.support.faults import DIGEST, EXACT, FAULTS, LISTS, REPOSITORY, TRICKS, container, pod, pod_spec, says
from tests.support.kube import User, eventually

from citycloud_dev.cluster import Cluster

FAILURE = "validation.policy.admission.k8s.io/validation_failure"
RUNNING = "running"
"""The pod that the catalogue's manifests speak of."""
SLIPPED = "so-y-te--lech--app"
"""The namespace whose Pod Security label has slipped; the same folder puts it in place."""
DANGERS = [name for name, (policy, _) in FAULTS.items() if policy == "P03"]
ON_A_NODE = ({"ports": [{"containerPort": 80, "hostPort": 80}]}, {"livenessProbe": {"tcpSocket": {"host": "10.0.0.1", "port": 80}}})

pytestmark = pytest.mark.usefixtures("matrix_objects")


def _send(callers: Callers, *, namespace: str, where: str, changes: Object, dry_run: bool = True, as_: str = "operator") -> Answer:
    """Put a container into one list of a pod and send that; debug containers come from who may add them in production."""
    path = f"/api/v1/namespaces/{namespace}/pods"
    if where == "ephemeralContainers":
        body = {"spec": {where: [container("extra", **changes)]}}
        return callers("break-glass").call("PATCH", f"{path}/{RUNNING}/ephemeralcontainers", body, dry_run=dry_run)
    lists = {"containers": [container()], "initContainers": []}
    lists[where] = [*lists[where], container("extra", **changes)]
    return callers(as_).call("POST", path, pod(namespace, "faulty", **lists), dry_run=dry_run)


def _faultless(callers: Callers, *, namespace: str, where: str, as_: str) -> Callable[[], Answer]:
    return functools.partial(_send, callers, namespace=namespace, where=where, changes={}, as_=as_)


@pytest.mark.attack("T11")
@pytest.mark.parametrize("where", LISTS)
@pytest.mark.parametrize("fault", FAULTS)
def test_one_fault_in_one_container_is_enough(fault: str, where: str, place: str, bracket: Bracket, callers: Callers) -> None:
    policy, changes = FAULTS[fault]

    with bracket("operator", _faultless(callers, namespace=place, where=where, as_="operator")):
        for dry_run in (True, False):
            answer = _send(callers, namespace=place, where=where, changes=changes, dry_run=dry_run)
            assert answer.refused, f"{answer.code} {answer.message}"
            assert says(answer.message, policy), answer.message


@pytest.mark.attack("T11")
@pytest.mark.parametrize("where", LISTS)
@pytest.mark.parametrize("fault", DANGERS)
def test_a_slipped_label_opens_nothing(fault: str, where: str, bracket: Bracket, callers: Callers) -> None:
    with bracket("platform", _faultless(callers, namespace=SLIPPED, where=where, as_="platform")):
        answer = _send(callers, namespace=SLIPPED, where=where, changes=FAULTS[fault][1], dry_run=False, as_="platform")

        assert answer.refused, f"{answer.code} {answer.message}"
        assert "P03 " in answer.message
        assert "extra" in answer.message, "it says which container"


@pytest.mark.parametrize("changes", ON_A_NODE, ids=["host port", "probe of another host"])
def test_ports_and_probes_stay_with_the_pod(changes: Object, place: str, callers: Callers) -> None:
    for namespace, as_, text in ((place, "operator", "violates PodSecurity"), (SLIPPED, "platform", "P03 ")):
        answer = _send(callers, namespace=namespace, where="containers", changes=changes, as_=as_)
        assert answer.refused
        assert text in answer.message


def test_the_audit_log_names_the_policy(place: str, cluster: Cluster, callers: Callers) -> None:
    name = "seen-by-the-auditor"
    answer = callers("operator").call(
        "POST", f"/api/v1/namespaces/{place}/pods", pod(place, name, priorityClassName="system-node-critical")
    )
    assert answer.refused

    def annotations() -> Iterator[Object]:
        for line in cluster.layout.audit_log.read_text().splitlines():
            if name in line:
                yield json.loads(line).get("annotations", {})

    eventually(lambda: any('"message":"P18 ' in each.get(FAILURE, "") for each in annotations()), what="the audit record of the refusal")


@pytest.mark.attack("T13")
@pytest.mark.parametrize("image", TRICKS.values(), ids=TRICKS.keys())
def test_only_the_exact_repository_passes(image: str, place: str, bracket: Bracket, callers: Callers) -> None:
    with bracket("operator", _faultless(callers, namespace=place, where="containers", as_="operator")):
        answer = _send(callers, namespace=place, where="containers", changes={"image": image}, dry_run=False)

        assert answer.refused, f"{answer.code} {answer.message}"
        assert any(says(answer.message, policy) for policy in ("P04", "P05")), answer.message


@pytest.mark.parametrize("image", EXACT)
def test_the_exact_repository_passes(image: str, place: str, callers: Callers) -> None:
    answer = _send(callers, namespace=place, where="containers", changes={"image": image + DIGEST})

    assert answer.code == 201, answer.message


def _bare(place: str, **changes: object) -> Object:
    spec = {
        "containers": [{"name": "web", "image": REPOSITORY + DIGEST}],
        "initContainers": [{"name": "first", "image": REPOSITORY + DIGEST}],
    }
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"namespace": place, "name": "bare"}, "spec": spec | changes}


def test_a_pod_that_says_nothing_gets_what_is_safe(place: str, callers: Callers) -> None:
    spec = callers("operator").call("POST", f"/api/v1/namespaces/{place}/pods", _bare(place), dry_run=True).body["spec"]

    assert spec["securityContext"] == {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}}
    assert spec["automountServiceAccountToken"] is False
    assert "volumes" not in spec, "no token"
    assert spec["nodeSelector"] == {"citycloud.dev/location": "municipal-cloud"}
    for each in spec["containers"] + spec["initContainers"]:
        assert each["securityContext"] == {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}
        assert each["imagePullPolicy"] == "Always"


def test_a_debug_container_that_says_nothing_gets_what_is_safe(callers: Callers, place: str) -> None:
    path = f"/api/v1/namespaces/{place}/pods/{RUNNING}/ephemeralcontainers"
    added = [{"name": name, "image": REPOSITORY + DIGEST} for name in ("debug", "debug-2")]
    answer = callers("break-glass").call("PATCH", path, {"spec": {"ephemeralContainers": added}}, dry_run=True)

    assert answer.code == 200, answer.message
    for each in answer.body["spec"]["ephemeralContainers"]:
        assert each["securityContext"] == {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}
        assert each["imagePullPolicy"] == "Always"


def test_a_second_debug_container_leaves_the_first_alone(place: str, callers: Callers, admin: User) -> None:
    caller, pods = callers("break-glass"), f"/api/v1/namespaces/{place}/pods"
    assert caller.call("POST", pods, pod(place, "looked-into")).code == 201
    path = f"{pods}/looked-into/ephemeralcontainers"
    first = caller.call("PATCH", path, {"spec": {"ephemeralContainers": [{"name": "debug", "image": REPOSITORY + DIGEST}]}})
    assert first.code == 200, first.message
    both = [*first.body["spec"]["ephemeralContainers"], {"name": "debug-2", "image": REPOSITORY + DIGEST}]
    second = caller.call("PATCH", path, {"spec": {"ephemeralContainers": both}})
    admin.delete("pod", "looked-into", place)

    assert second.code == 200, second.message
    assert second.body["spec"]["ephemeralContainers"][0] == both[0]


def test_the_place_of_a_namespace_is_put_in(callers: Callers) -> None:
    far = "so-y-te--xa--app"
    spec = callers("platform").call("POST", f"/api/v1/namespaces/{far}/pods", _bare(far), dry_run=True).body["spec"]

    assert spec["nodeSelector"] == {"citycloud.dev/location": "data-centre", "citycloud.dev/pool": "so-y-te--xa"}
    assert {"key": "citycloud.dev/restricted", "operator": "Exists"} in spec["tolerations"]
    assert {"key": "citycloud.dev/pool", "operator": "Equal", "value": "so-y-te--xa", "effect": "NoSchedule"} in spec["tolerations"]


@pytest.mark.parametrize("namespace", ["so-y-te--ho-so--app", "so-y-te--xa--app"])
def test_a_second_pass_changes_nothing(namespace: str, callers: Callers) -> None:
    path = f"/api/v1/namespaces/{namespace}/pods"
    first = callers("platform").call("POST", path, _bare(namespace), dry_run=True).body
    again = {"apiVersion": "v1", "kind": "Pod", "metadata": {"namespace": namespace, "name": "bare"}, "spec": first["spec"]}
    second = callers("platform").call("POST", path, again, dry_run=True).body

    assert second["spec"] == first["spec"]


def test_what_is_said_stands(place: str, callers: Callers) -> None:
    said: dict[str, Object] = {"securityContext": {"runAsUser": 10001, "fsGroup": 10001}, "nodeSelector": {"kubernetes.io/arch": "amd64"}}
    spec = callers("operator").call("POST", f"/api/v1/namespaces/{place}/pods", _bare(place, **said), dry_run=True).body["spec"]

    assert spec["securityContext"].items() >= said["securityContext"].items()
    assert spec["nodeSelector"] == {"kubernetes.io/arch": "amd64", "citycloud.dev/location": "municipal-cloud"}


def test_nothing_is_put_in_where_the_policy_is_not_demanded(callers: Callers) -> None:
    """Only P03 and P05 are demanded in the slipped namespace."""
    spec = callers("platform").call("POST", f"/api/v1/namespaces/{SLIPPED}/pods", pod(SLIPPED, "plain"), dry_run=True).body["spec"]
    without = {key: value for key, value in container().items() if key != "imagePullPolicy"}
    body = pod(SLIPPED, "plain", containers=[without])
    lax = callers("platform").call("POST", f"/api/v1/namespaces/{SLIPPED}/pods", body, dry_run=True).body["spec"]

    assert "nodeSelector" not in spec
    assert lax["containers"][0]["imagePullPolicy"] == "IfNotPresent"


def test_a_windows_pod_is_told_why(callers: Callers, place: str) -> None:
    spec = pod_spec(os={"name": "windows"}, securityContext={"runAsNonRoot": True})
    spec["containers"][0].pop("securityContext")
    body = {"apiVersion": "v1", "kind": "Pod", "metadata": {"namespace": place, "name": "windows"}, "spec": spec}
    answer = callers("operator").call("POST", f"/api/v1/namespaces/{place}/pods", body, dry_run=True)

    assert answer.refused
    assert "P03 spec.os.name" in answer.message


def test_the_table_is_as_long_as_it_says() -> None:
    assert len(FAULTS) >= 24
