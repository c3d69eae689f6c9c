"""The workloads of examples/: found, placed by people of their own organisations, given volumes, and seen to run.

Nobody here is an administrator but the one who plays the city's storage: what a department could not place by itself is not placed.
"""

import copy
import dataclasses
import json
import pathlib
from collections.abc import Iterable, Mapping
from typing import Any, Final

import yaml

from citycloud_dev.access import ClusterAccess
from citycloud_dev.install import CHARTS
from citycloud_dev.nodes import RESTRICTED

EXAMPLES: Final = CHARTS.parent / "examples"
OURS: Final = "citycloud.dev/"
OF_ADMINS: Final = frozenset({"ServiceAccount", "NetworkPolicy", "Role", "RoleBinding"})
"""What an organisation's operators may not write and its admins may."""
RUNNING: Final = "deployments,statefulsets,jobs"
APPROVERS: Final = "citycloud-approvers"
Object = dict[str, Any]
DECISION_NUMBER: Final = "45/QD-UBND"
"""What an administrative decision of the city may be called."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Workload:
    """Plain Kubernetes objects of one file, in the zones of one environment."""

    title: str
    items: tuple[Object, ...]

    @property
    def environment(self) -> tuple[str, str]:
        """Return organisation and environment, which the namespaces of its zones are named by."""
        organisation, environment, _ = self.items[0]["metadata"]["namespace"].split("--")
        return organisation, environment

    def moved(self, *, namespace: str, location: str) -> "Workload":
        """Copy it into one other namespace, with the node selector and tolerations of its location."""
        items = copy.deepcopy(self.items)
        for item in items:
            item["metadata"]["namespace"] = namespace
            if item["kind"] == "Deployment":
                pod = item["spec"]["template"]["spec"]
                pod["nodeSelector"] = {"citycloud.dev/location": location}
                pod["tolerations"] = [{"key": taint["key"], "operator": "Exists"} for taint in RESTRICTED.get(location, [])]
        return Workload(title=f"{self.title} in {namespace}", items=items)


def workloads(folder: pathlib.Path) -> list[Workload]:
    """Read every file below a folder that holds anything but objects of citycloud."""
    found = []
    for path in sorted(folder.rglob("*.yaml")):
        items = tuple(each for each in yaml.safe_load_all(path.read_text()) if isinstance(each, dict) and "kind" in each)
        if items and not any(each["apiVersion"].startswith(OURS) for each in items):
            found.append(Workload(title=str(path.relative_to(EXAMPLES)), items=items))
    return found


def place(*, cluster: ClusterAccess, workload: Workload) -> list[str]:
    """Apply a workload as an admin and an operator of its organisation, and return what kubectl says of each object.

    Raise ProcessError with the refusal where one is.
    """
    organisation, _ = workload.environment
    said = []
    for role, items in (
        ("admins", [each for each in workload.items if each["kind"] in OF_ADMINS]),
        ("operators", [each for each in workload.items if each["kind"] not in OF_ADMINS]),
    ):
        if items:
            kubeconfig = cluster.kubeconfig(user=f"{organisation}-{role}-clerk", groups=(f"{organisation}-{role}",))
            said += cluster.kubectl("apply", "-f", "-", stdin=yaml.safe_dump_all(items), kubeconfig=kubeconfig).splitlines()
    return said


def approve(*, cluster: ClusterAccess, environment: Mapping[str, Any]) -> None:
    """Approve what an environment waits for, as one of the city's approvers."""
    name, digest = environment["metadata"]["name"], environment["status"]["pending"]["digest"]
    decision: dict[str, Any] = {
        "apiVersion": "citycloud.dev/v1alpha1",
        "kind": "Approval",
        "metadata": {"namespace": environment["metadata"]["namespace"], "generateName": f"{name}-"},
        "spec": {"target": {"kind": "Environment", "name": name}, "digest": digest, "decision": "approve"},
    }
    if environment["spec"]["stage"] == "production":
        decision["spec"] |= {"decisionNo": DECISION_NUMBER}
    kubeconfig = cluster.kubeconfig(user="approver", groups=(APPROVERS,))
    cluster.kubectl("create", "-f", "-", stdin=json.dumps(decision), kubeconfig=kubeconfig)


def give_volumes(cluster: ClusterAccess) -> None:
    """Play the city's storage: make for every claim that waits the volume that it asks for."""
    claims = json.loads(cluster.kubectl("get", "persistentvolumeclaims", "-A", "-o", "json"))["items"]
    volumes = [_volume(each) for each in claims if each["status"].get("phase") == "Pending"]
    if volumes:
        cluster.kubectl("apply", "--server-side", "-f", "-", stdin=json.dumps({"apiVersion": "v1", "kind": "List", "items": volumes}))


def _volume(claim: Mapping[str, Any]) -> Object:
    metadata, spec = claim["metadata"], claim["spec"]
    name = f"for-{metadata['uid']}"
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {"name": name},
        "spec": {
            "accessModes": spec["accessModes"],
            "capacity": {"storage": spec["resources"]["requests"]["storage"]},
            "storageClassName": spec["storageClassName"],
            "claimRef": {"namespace": metadata["namespace"], "name": metadata["name"], "uid": metadata["uid"]},
            "csi": {"driver": "csi.citycloud-dev.example", "volumeHandle": name},
        },
    }


def not_running(*, cluster: ClusterAccess, placed: Iterable[Workload]) -> list[str]:
    """Name whatever of some workloads does not run yet as it should: pods ready, jobs done."""
    live = {_key(each): each for each in json.loads(cluster.kubectl("get", RUNNING, "-A", "-o", "json"))["items"]}
    wanted = [_key(item) for workload in placed for item in workload.items if f"{item['kind'].lower()}s" in RUNNING.split(",")]
    return ["/".join(key) for key in wanted if key not in live or not _runs(live[key])]


def _key(item: Mapping[str, Any]) -> tuple[str, str, str]:
    return item["kind"], item["metadata"]["namespace"], item["metadata"]["name"]


def _runs(item: Mapping[str, Any]) -> bool:
    status = item.get("status", {})
    if item["kind"] == "Job":
        return int(status.get("succeeded", 0)) > 0
    observed = status.get("observedGeneration") == item["metadata"]["generation"]
    return bool(observed and status.get("readyReplicas", 0) == item["spec"]["replicas"])
