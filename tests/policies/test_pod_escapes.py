"""Attacks through pods and volumes (T22 to T25): priority and placement, debug containers, other people's volumes, volumes of odd kinds."""

import functools
from collections.abc import Iterator

import pytest
from tests.policies.conftest import Bracket, Callers
from tests.support.caller import Answer, Object
from tests.support.faults import DIGEST, EXOTIC_VOLUMES, REPOSITORY, pod, says
from tests.support.kube import User, eventually
from tests.support.objects import STORAGE_CLASS

from citycloud_dev.processes import ProcessError

RUNNING = "running"
OTHER = "so-tai-chinh--ho-so--app"
RELEASED = "released-by-so-tai-chinh"
GATE = {"schedulingGates": [{"name": "test.citycloud.dev/wait"}]}
ESCAPES: dict[str, tuple[str, Object]] = {
    "before the whole city": ("P18", {"priorityClassName": "system-cluster-critical"}),
    "before the node": ("P18", {"priorityClassName": "system-node-critical"}),
    "a node by name": ("P19", {"nodeName": "data-centre-1"}),
    "every taint": ("P19", {"tolerations": [{"operator": "Exists"}]}),
    "every taint of one effect": ("P19", {"tolerations": [{"operator": "Exists", "effect": "NoSchedule"}]}),
    "another place": ("P19", {"nodeSelector": {"citycloud.dev/location": "data-centre"}}),
    "another pool": ("P19", {"nodeSelector": {"citycloud.dev/pool": OTHER}}),
    "another scheduler": ("P19", {"schedulerName": "mine"}),
}

pytestmark = pytest.mark.usefixtures("matrix_objects")


@pytest.mark.attack("T22")
@pytest.mark.parametrize("escape", ESCAPES)
def test_nobody_chooses_priority_or_node(escape: str, place: str, bracket: Bracket) -> None:
    policy, changes = ESCAPES[escape]
    with bracket("operator", pod(place, "control")) as operator:
        answer = operator.call("POST", f"/api/v1/namespaces/{place}/pods", pod(place, "escaping", **changes))

        assert answer.refused, f"{answer.code} {answer.message}"
        assert f"{policy} " in answer.message


@pytest.fixture
def waiting(place: str, callers: Callers, admin: User) -> Iterator[str]:
    """A pod that may be scheduled only later: until then its place could be changed."""
    answer = callers("operator").call("POST", f"/api/v1/namespaces/{place}/pods", pod(place, "gated", **GATE))
    assert answer.code == 201, answer.message
    yield f"/api/v1/namespaces/{place}/pods/gated"
    admin.delete("pod", "gated", place)


@pytest.mark.attack("T22")
@pytest.mark.parametrize(
    "change",
    [
        {"nodeSelector": {"citycloud.dev/pool": OTHER}},
        {"tolerations": [{"operator": "Exists"}]},
        {"tolerations": [{"key": "citycloud.dev/restricted", "operator": "Exists"}]},
    ],
    ids=["pool", "every taint", "one taint"],
)
def test_nobody_changes_the_place_of_a_pod_that_waits(change: Object, waiting: str, place: str, bracket: Bracket) -> None:
    added = [
        {"op": "add", "path": f"/spec/tolerations/{number}", "value": each} for number, each in enumerate(change.get("tolerations", ()))
    ]
    with bracket("operator", pod(place, "control")) as operator:
        answer = operator.call("JSONPATCH" if added else "PATCH", waiting, added or {"spec": change})

        assert answer.refused, f"{answer.code} {answer.message}"
        assert "P19 " in answer.message


def test_a_pod_that_waits_is_let_go_and_runs(waiting: str, place: str, callers: Callers, admin: User) -> None:
    answer = callers("operator").call("PATCH", waiting, {"spec": {"schedulingGates": None}})

    assert answer.code == 200, answer.message
    eventually(lambda: admin.get("pod", "gated", place)["status"]["phase"] == "Running", what="the pod to run")
    assert admin.get("pod", "gated", place)["spec"]["nodeName"].startswith("municipal-cloud-")


@pytest.mark.attack("T22")
@pytest.mark.parametrize("path", ["pods/waiting/binding", "bindings"])
def test_nobody_but_the_scheduler_binds(path: str, place: str, bracket: Bracket) -> None:
    target = {"apiVersion": "v1", "kind": "Node", "name": "data-centre-1"}
    body = {"apiVersion": "v1", "kind": "Binding", "metadata": {"name": "waiting", "namespace": place}, "target": target}
    with bracket("platform", pod(place, "control")) as platform:
        answer = platform.call("POST", f"/api/v1/namespaces/{place}/{path}", body)

        assert answer.refused
        assert "P19 " in answer.message


def _debug(callers: Callers, place: str, *, as_: str = "break-glass", dry_run: bool = False, **changes: object) -> Answer:
    body = {"spec": {"ephemeralContainers": [{"name": "debug", "image": REPOSITORY + DIGEST, **changes}]}}
    return callers(as_).call("PATCH", f"/api/v1/namespaces/{place}/pods/{RUNNING}/ephemeralcontainers", body, dry_run=dry_run)


@pytest.mark.attack("T23")
@pytest.mark.parametrize("as_", ["operator", "admin", "platform"])
def test_nobody_debugs_production(as_: str, place: str, bracket: Bracket, callers: Callers) -> None:
    """Beside those with emergency rights, and only as far as Pod Security goes."""
    with bracket(as_, functools.partial(_debug, callers, place, dry_run=True)):
        answer = _debug(callers, place, as_=as_)

        assert answer.refused
        assert "P27 " in answer.message or "cannot patch" in answer.message


@pytest.mark.attack("T23")
def test_not_even_an_emergency_debugs_with_the_powers_of_the_node(
    place: str, bracket: Bracket, break_glass: User, callers: Callers
) -> None:
    with bracket("break-glass", functools.partial(_debug, callers, place, dry_run=True)):
        _debug_as_the_node(place=place, break_glass=break_glass, callers=callers)


def _debug_as_the_node(*, place: str, break_glass: User, callers: Callers) -> None:
    pod_, image = f"pod/{RUNNING}", f"--image={REPOSITORY}{DIGEST}"
    for profile in ("sysadmin", "netadmin"):
        with pytest.raises(ProcessError, match=r"violates PodSecurity|P03 "):
            break_glass.run("debug", pod_, "-n", place, image, f"--profile={profile}", "--attach=false", "--", "sleep", "1")
    with pytest.raises(ProcessError, match=r"violates PodSecurity|P19 |P03 "):
        break_glass.run("debug", "node/municipal-cloud-1", "-n", place, image, "--attach=false", "--", "sleep", "1")
    faults: dict[str, Object] = {
        "P03": {"securityContext": {"capabilities": {"add": ["SYS_PTRACE"]}}},
        "P04": {"image": "registry.evil.example/tools" + DIGEST},
        "P28": {"envFrom": [{"secretRef": {"name": "password"}}]},
    }
    for policy, changes in faults.items():
        answer = _debug(callers, place, **changes)
        assert answer.refused
        assert says(answer.message, policy), answer.message


def test_outside_production_a_person_may_look_into_a_pod(callers: Callers) -> None:
    """The slipped namespace is a test environment; where no kubelet answers, the API server says so, and no policy."""
    answer = callers("platform").call("POST", "/api/v1/namespaces/so-y-te--lech--app/pods/running/exec", query="command=id&stdout=true")

    assert not answer.refused, answer.message


@pytest.fixture
def released(admin: User) -> Iterator[str]:
    """A volume that the neighbour gave back, with the neighbour's data on it."""
    name = RELEASED
    spec = {
        "accessModes": ["ReadWriteOnce"],
        "capacity": {"storage": "1Gi"},
        "storageClassName": STORAGE_CLASS,
        "csi": {"driver": "csi.test.example", "volumeHandle": name},
        "claimRef": {"kind": "PersistentVolumeClaim", "namespace": OTHER, "name": "gone", "uid": "00000000-0000-0000-0000-000000000000"},
    }
    metadata = {"name": name, "labels": {"app": "payroll"}}
    admin.apply({"apiVersion": "v1", "kind": "PersistentVolume", "metadata": metadata, "spec": spec})
    eventually(lambda: admin.get("pv", name)["status"]["phase"] == "Released", what="the volume to be released")
    yield name
    admin.delete("pv", name)


def _claim(place: str, *, name: str = "claim", **changes: object) -> Object:
    spec = {"accessModes": ["ReadWriteOnce"], "storageClassName": STORAGE_CLASS, "resources": {"requests": {"storage": "1Gi"}}}
    metadata = {"namespace": place, "name": name}
    return {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": metadata, "spec": spec | changes}


@pytest.fixture
def claim(place: str, callers: Callers, admin: User) -> Iterator[str]:
    """A claim of the tenant's own that nothing has been bound to yet; return its path."""
    path = f"/api/v1/namespaces/{place}/persistentvolumeclaims"
    plain = callers("operator").call("POST", path, _claim(place))
    assert plain.code == 201, plain.message
    yield f"{path}/claim"
    admin.delete("pvc", "claim", place)


THEFTS: dict[str, Object] = {
    "by its name": {"volumeName": RELEASED},
    "by its name, without a class": {"volumeName": RELEASED, "storageClassName": ""},
    "by its labels": {"selector": {"matchLabels": {"app": "payroll"}}},
    "by a class of another's": {"storageClassName": "other-tenant"},
}


@pytest.mark.attack("T24")
def test_nobody_takes_a_volume_that_another_gave_back(released: str, claim: str, place: str, bracket: Bracket) -> None:
    path = f"/api/v1/namespaces/{place}/persistentvolumeclaims"
    with bracket("operator", _claim(place, name="control")) as operator:
        answers = {how: operator.call("POST", path, _claim(place, name="theft", **changes)) for how, changes in THEFTS.items()}
        answers["later"] = operator.call("PATCH", claim, {"spec": {"volumeName": released}})
        for how, answer in answers.items():
            assert answer.refused, f"{how}: {answer.code} {answer.message}"
            assert "P26 " in answer.message, how


@pytest.mark.attack("T25")
@pytest.mark.parametrize("kind", EXOTIC_VOLUMES)
def test_odd_volumes_are_refused(kind: str, place: str, bracket: Bracket) -> None:
    policy, source = EXOTIC_VOLUMES[kind]
    body = pod(place, "odd", volumes=[{"name": "odd", **source}])
    with bracket("operator", pod(place, "control", volumes=[{"name": "plain", "emptyDir": {}}])) as operator:
        answer = operator.call("POST", f"/api/v1/namespaces/{place}/pods", body)

        assert answer.refused, f"{answer.code} {answer.message}"
        assert says(answer.message, policy), answer.message
