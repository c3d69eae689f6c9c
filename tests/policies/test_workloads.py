"""Laundering (T12): what a pod may not do no controller does for it, and its owner reads why; and what is in order runs to the end."""

import contextlib
import copy
import datetime
import pathlib
from collections.abc import Iterator

import pytest
import yaml
from tests.policies.conftest import Bracket, Callers
from tests.support.caller import Caller, Object
from tests.support.faults import FAULTS, container, pod_spec, says
from tests.support.kube import User, condition, eventually
from tests.support.objects import STORAGE_CLASS

from citycloud_dev.cluster import Cluster

EXAMPLE = pathlib.Path(__file__).resolve().parent.parent.parent / "examples" / "small" / "workload.yaml"
KINDS = {
    "Deployment": "apps/v1",
    "StatefulSet": "apps/v1",
    "DaemonSet": "apps/v1",
    "ReplicaSet": "apps/v1",
    "Job": "batch/v1",
    "CronJob": "batch/v1",
    "ReplicationController": "v1",
}
AS = {"ReplicationController": "platform"}
"""Tenants have no right to make these; an administrator does it for them."""
SAMPLE = ("privileged", "foreign registry", "tag only", "never pulled", "secrets as variables")
OF_THE_POD: dict[str, tuple[str, Object]] = {
    "host network": ("P03", {"hostNetwork": True}),
    "priority": ("P18", {"priorityClassName": "system-node-critical"}),
    "every taint": ("P19", {"tolerations": [{"operator": "Exists"}]}),
    "another DNS": ("P32", {"dnsConfig": {"nameservers": ["8.8.8.8"]}}),
}
FAULTY: dict[str, tuple[str, Object]] = {
    **{fault: (FAULTS[fault][0], {"containers": [container(**FAULTS[fault][1])]}) for fault in SAMPLE},
    **OF_THE_POD,
}
LABEL = "test.citycloud.dev/laundry"
CLEARED_SECONDS = 60.0
"""How long the garbage collector, and after it the counting of quotas, may take."""
TELLING = ("Deployment", "ReplicaSet", "ReplicationController", "Job")
"""Whose conditions say why there is no pod; of the others only events do."""

TAKEN = frozenset(
    {
        "pods",
        "services",
        "persistentvolumeclaims",
        "replicationcontrollers",
        "count/pods",
        "count/deployments.apps",
        "count/replicasets.apps",
    }
    | {"count/statefulsets.apps", "count/daemonsets.apps", "count/controllerrevisions.apps", "count/jobs.batch", "count/cronjobs.batch"}
)
"""What workloads take of a quota."""

pytestmark = pytest.mark.usefixtures("given_back")


@pytest.fixture
def given_back(matrix_objects: None, place: str, callers: Callers) -> Iterator[None]:
    """See to it that what a test takes of the quota is given back before the next one begins.

    The quota controller counts anew when something is deleted and when a pod ends. Who creates something before the API server has heard of
    that is answered 409: both write the same quota.
    """

    def taken() -> dict[str, str]:
        used = callers("operator").call("GET", f"/api/v1/namespaces/{place}/resourcequotas/citycloud").body["status"]["used"]
        return {name: amount for name, amount in used.items() if name in TAKEN}

    before = taken()
    yield
    eventually(lambda: taken() == before, what="the quota to be given back", seconds=CLEARED_SECONDS)


def _workload(kind: str, *, namespace: str, name: str, spec: Object) -> Object:
    """Wrap the spec of a pod into a kind of owner."""
    labels = {LABEL: name}
    template: Object = {"metadata": {"labels": labels}, "spec": copy.deepcopy(spec)}
    selected: Object = {"selector": {"matchLabels": labels}, "template": template}
    once = {"template": {**template, "spec": {**template["spec"], "restartPolicy": "Never"}}}
    body: Object = {
        "Deployment": {"replicas": 1, **selected},
        "StatefulSet": {"replicas": 1, "serviceName": name, **selected},
        "DaemonSet": selected,
        "ReplicaSet": {"replicas": 1, **selected},
        "Job": once,
        "CronJob": {"schedule": "0 0 1 1 *", "jobTemplate": {"spec": once}},
        "ReplicationController": {"replicas": 1, "selector": labels, "template": template},
    }[kind]
    return {"apiVersion": KINDS[kind], "kind": kind, "metadata": {"namespace": namespace, "name": name}, "spec": body}


def _create(*items: Object, callers: Callers) -> None:
    """Create workloads as who may, and only then let anything run that ends by itself, for that is counted anew."""
    for item in sorted(items, key=lambda item: item["kind"] == "Job"):
        caller = callers(AS.get(item["kind"], "operator"))
        answer = caller.call("POST", caller.path_of(item, named=False), item)
        assert answer.code == 201, answer.message
    for item in items:
        if item["kind"] == "CronJob":
            _fire(item, callers=callers)


def _fire(cron_job: Object, *, callers: Callers) -> None:
    """Tell a CronJob that it missed its time, so that nobody waits for the next."""
    platform = callers("platform")
    path = platform.path_of(cron_job, named=True)
    now = datetime.datetime.now(tz=datetime.UTC)
    missed = {"status": {"lastScheduleTime": (now - datetime.timedelta(minutes=3)).strftime("%Y-%m-%dT%H:%M:%SZ")}}
    assert platform.call("PATCH", path, {"spec": {"schedule": "* * * * *"}}).code == 200
    assert platform.call("PATCH", f"{path}/status", missed).code == 200


def _delete(*items: Object, callers: Callers) -> None:
    platform = callers("platform")
    for item in items:
        answer = platform.call("DELETE", platform.path_of(item, named=True), query="propagationPolicy=Background")
        assert answer.code == 200, answer.message


@contextlib.contextmanager
def _created(item: Object, *, callers: Callers) -> Iterator[None]:
    _create(item, callers=callers)
    try:
        yield
    finally:
        _delete(item, callers=callers)


def _complaints(name: str, *, namespace: str, caller: Caller) -> list[str]:
    """Gather what the owner of a pod is told: the conditions of workloads and the events about them and what they made."""
    kinds = [{"apiVersion": KINDS[kind], "kind": kind, "metadata": {"namespace": namespace}} for kind in TELLING]
    found = [each for kind in kinds for each in caller.call("GET", caller.path_of(kind, named=False)).body["items"]]
    owners = [each for each in found if each["metadata"]["name"].startswith(name)]
    conditions = [each.get("message", "") for owner in owners for each in owner["status"].get("conditions", ())]
    events = caller.call("GET", f"/api/v1/namespaces/{namespace}/events", query="fieldSelector=type%3DWarning").body["items"]
    return [*conditions, *(each["message"] for each in events if each["involvedObject"]["name"].startswith(name))]


@pytest.mark.attack("T12")
@pytest.mark.parametrize("fault", FAULTY)
@pytest.mark.parametrize("kind", KINDS)
def test_no_controller_launders_a_fault(kind: str, fault: str, place: str, bracket: Bracket, callers: Callers) -> None:
    policy, changes = FAULTY[fault]
    name = f"{kind.lower()}-{fault.lower().replace(' ', '-')}"
    item = _workload(kind, namespace=place, name=name, spec=pod_spec(**changes))
    control = _workload(kind, namespace=place, name=f"{name}-control", spec=pod_spec())
    with bracket(AS.get(kind, "operator"), control, within=CLEARED_SECONDS), _created(item, callers=callers):
        operator = callers("operator")

        def told() -> bool:
            return any(says(text, policy) for text in _complaints(name, namespace=place, caller=operator))

        eventually(told, what=f"{kind} {name} to be told {policy}")
        pods = operator.call("GET", f"/api/v1/namespaces/{place}/pods", query=f"labelSelector={LABEL}%3D{name}")
        assert pods.body["items"] == []


@pytest.fixture
def started(place: str, given_back: None, callers: Callers) -> Iterator[list[Object]]:
    """One workload of each kind that keeps to everything."""
    items = [_workload(kind, namespace=place, name=f"{kind.lower()}-in-order", spec=pod_spec()) for kind in KINDS]
    _create(*items, callers=callers)
    yield items
    _delete(*items, callers=callers)


def _phases(name: str, *, namespace: str, admin: User) -> set[str]:
    return {each["status"]["phase"] for each in admin.list("pods", namespace, selector=f"{LABEL}={name}")}


def test_what_is_in_order_runs(started: list[Object], place: str, admin: User) -> None:
    wanted = {item["metadata"]["name"]: {"Succeeded" if "Job" in item["kind"] else "Running"} for item in started}
    eventually(lambda: {name: _phases(name, namespace=place, admin=admin) for name in wanted} == wanted, what="every pod to run")
    eventually(lambda: condition(admin.get("job", "job-in-order", place), "Complete").get("status") == "True", what="the job to be done")
    job = admin.get("job", "job-in-order", place)["spec"]
    assert (job["ttlSecondsAfterFinished"], job["activeDeadlineSeconds"]) == (3600, 86400)


def test_a_daemonset_keeps_to_the_nodes_of_the_place(started: list[Object], place: str, cluster: Cluster, admin: User) -> None:
    nodes = [each["metadata"]["name"] for each in admin.list("nodes", selector="citycloud.dev/location=municipal-cloud")]

    def ready() -> bool:
        status = admin.get("daemonset", "daemonset-in-order", place)["status"]
        return bool(status.get("numberReady") == status.get("desiredNumberScheduled") == len(nodes))

    eventually(ready, what="one pod on each node of the place, and none elsewhere")


def test_the_small_example_runs_as_it_stands(place: str, admin: User, callers: Callers) -> None:
    text = EXAMPLE.read_text().replace("registry.hanoi.example", "registry.test.example")
    items = list(yaml.safe_load_all(text))
    caller = callers("operator")
    for item in items:
        item["metadata"]["namespace"] = place
        answer = caller.call("POST", caller.path_of(item, named=False), item)
        assert answer.code == 201, answer.message
    eventually(lambda: admin.get("deployment", "web", place)["status"].get("readyReplicas") == 2, what="both pods to be ready")
    _delete(*items, callers=callers)


def test_a_statefulset_gets_its_volumes(place: str, admin: User, callers: Callers) -> None:
    """The claims come from the controller, and the volume that fits is bound by the controller of volumes."""
    claim = {"accessModes": ["ReadWriteOnce"], "storageClassName": STORAGE_CLASS, "resources": {"requests": {"storage": "1Gi"}}}
    item = _workload("StatefulSet", namespace=place, name="database", spec=pod_spec())
    item["spec"]["volumeClaimTemplates"] = [{"metadata": {"name": "data"}, "spec": claim}]
    volume = {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {"name": "made-for-database"},
        "spec": {
            "accessModes": ["ReadWriteOnce"],
            "capacity": {"storage": "1Gi"},
            "storageClassName": STORAGE_CLASS,
            "csi": {"driver": "csi.test.example", "volumeHandle": "made-for-database"},
        },
    }
    admin.apply(volume)
    _create(item, callers=callers)
    eventually(lambda: (admin.find("pvc", "data-database-0", place) or {}).get("status", {}).get("phase") == "Bound", what="the claim")
    eventually(lambda: admin.get("statefulset", "database", place)["status"].get("readyReplicas") == 1, what="the database")
    _delete(item, callers=callers)
    admin.delete("pvc", "data-database-0", place)
    admin.delete("pv", "made-for-database")
