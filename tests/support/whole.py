"""What the doctor sees of a cluster that is whole: built from the charts, with what the API server adds to them."""

import copy
import datetime
import functools
import pathlib
from collections.abc import Callable
from typing import Any, Final

import yaml

from citycloud.api import KINDS
from citycloud.api.crds import custom_resource_definition
from citycloud.doctor.facts import MONITORING, NEEDED, OPERATOR, Facts, Probe
from citycloud.doctor.operator import OperatorRules
from citycloud.doctor.shipped import shipped
from citycloud.rbac import cluster_role, lease_role

Object = dict[str, Any]
FILES: Final = pathlib.Path(__file__).resolve().parents[2] / "charts" / "citycloud" / "files"
NOW: Final = datetime.datetime(2026, 9, 1, 12, tzinfo=datetime.UTC)
NAMESPACE: Final = "citycloud-system"
DEFINITIONS: Final = tuple(custom_resource_definition(kind) for kind in KINDS)
SHIPPED: Final = shipped()
RULES: Final = OperatorRules(cluster=cluster_role()["rules"], own=lease_role()["rules"])
VALUES: Final = {
    "@OPERATOR@": f"system:serviceaccount:{NAMESPACE}:{OPERATOR}",
    "@BREAK_GLASS@": "citycloud-break-glass",
    "@PLATFORM@": "system:masters,citycloud-platform",
    "@FACTS@": "citycloud-facts",
    "@FINALIZERS@": "foregroundDeletion,orphan",
}
REFUSED: Final = (
    'validatingadmissionpolicies.admissionregistration.k8s.io "citycloud-doctor-probe.citycloud.dev" is forbidden: '
    "ValidatingAdmissionPolicy 'p29-cluster-objects-policies.static.k8s.io' "
    "with binding 'p29-cluster-objects-policies.static.k8s.io' denied request: P29 …"
)
"""Recorded from a real API server, cut short."""
ME: Final = {"kind": "ServiceAccount", "namespace": NAMESPACE, "name": OPERATOR}


def whole(change: Callable[[dict[str, list[Object]]], None] | None = None, **changes: Any) -> Facts:
    """Build the facts of a whole cluster; `change` may do something to its objects, `changes` replace whole fields."""
    objects = copy.deepcopy(_objects())
    if change is not None:
        change(objects)
    fields: dict[str, Any] = {
        "now": NOW,
        "here": NOW + datetime.timedelta(seconds=1),
        "namespace": NAMESPACE,
        "version": "v1.36.2",
        "served": {**NEEDED, MONITORING: frozenset()},
        "objects": {plural: tuple(items) for plural, items in objects.items()},
        "probes": {
            plural: Probe(outcome="refused", message=REFUSED, asked_as="lan")
            for plural in ("validatingadmissionpolicies", "customresourcedefinitions")
        },
    }
    return Facts(**{**fields, **changes})


def binding(name: str, role: str, *subjects: Object, kind: str = "ClusterRole", namespace: str = "") -> Object:
    """Build a binding of a role, of the whole cluster where it names no namespace."""
    metadata = {"name": name} | ({"namespace": namespace} if namespace else {})
    return {"metadata": metadata, "roleRef": {"kind": kind, "name": role}, "subjects": list(subjects)}


def daemon_set(name: str, image: str, *, ready: int = 3) -> Object:
    """Build what runs on each of three nodes."""
    template = {"spec": {"containers": [{"name": name, "image": image}]}}
    status = {"desiredNumberScheduled": 3, "numberReady": ready}
    return {"metadata": {"name": name, "namespace": "kube-system"}, "spec": {"template": template}, "status": status}


def named(items: list[Object], name: str) -> Object:
    """Find one of several objects by its name."""
    return next(each for each in items if each["metadata"]["name"] == name)


@functools.cache
def _objects() -> dict[str, list[Object]]:
    everything = {"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]}
    lease = {"holderIdentity": "citycloud-operator-7d9", "renewTime": "2026-09-01T11:59:57.123456Z", "leaseDurationSeconds": 15}
    collector = {"kind": "ServiceAccount", "namespace": "kube-system", "name": "generic-garbage-collector"}
    return {
        "customresourcedefinitions": [_definition(each) for each in DEFINITIONS],
        **_policies(),
        "leases": [{"metadata": {"name": OPERATOR}, "spec": lease}],
        "deployments": [{"metadata": {"name": OPERATOR}, "spec": {"replicas": 2}, "status": {"readyReplicas": 2}}],
        "daemonsets": [daemon_set("cilium", "quay.example/cilium/cilium:v1.19")],
        "roles": [lease_role()],
        "clusterroles": [
            cluster_role(),
            {"metadata": {"name": "cluster-admin"}, "rules": [everything]},
            {"metadata": {"name": "system:controller:generic-garbage-collector"}, "rules": [everything]},
        ],
        "clusterrolebindings": [
            binding("cluster-admin", "cluster-admin", {"kind": "Group", "name": "system:masters"}),
            binding("collector", "system:controller:generic-garbage-collector", collector),
            binding(OPERATOR, OPERATOR, ME),
            binding("basic", "system:basic-user", {"kind": "Group", "name": "system:authenticated"}),
        ],
        "rolebindings": [binding(OPERATOR, OPERATOR, ME, kind="Role", namespace=NAMESPACE)],
        "flowschemas": [{"metadata": {"name": name}} for name in ("citycloud-tenants", "citycloud-operator", "exempt")],
        "prioritylevelconfigurations": [{"metadata": {"name": "citycloud-tenants"}}],
        "priorityclasses": [
            {"metadata": {"name": "system-node-critical"}, "globalDefault": False},
            *({"metadata": {"name": f"citycloud-{name}"}, "preemptionPolicy": "Never"} for name in ("production", "background")),
        ],
        "securityprofiles": [{"metadata": {"name": name}} for name in SHIPPED.profiles],
        "sizeclasses": [{"metadata": {"name": name}} for name in SHIPPED.sizes],
        "prometheuses": [],
        "organisations": [_answered("so-y-te")],
        "informationsystems": [_answered("ho-so", namespace="org-so-y-te")],
        "environments": [_answered("ho-so-prod", namespace="org-so-y-te")],
        "cities": [{"metadata": {"name": "city"}, "spec": {"names": {"vi": "Thành phố Hà Nội", "en": "Hanoi"}}}],
    }


def _answered(name: str, **place: str) -> Object:
    metadata = {**place, "name": name, "generation": 2, "creationTimestamp": "2026-09-01T08:00:00Z"}
    return {"metadata": metadata, "status": {"observedGeneration": 2}}


def _definition(manifest: Object) -> Object:
    return {
        **manifest,
        "spec": {**manifest["spec"], "conversion": {"strategy": "None"}},
        "status": {"conditions": [{"type": "Established", "status": "True"}]},
    }


def _policies() -> dict[str, list[Object]]:
    text = (FILES / "policies.yaml").read_text()
    for placeholder, value in VALUES.items():
        text = text.replace(placeholder, value)
    sorts = ("validating", "mutating")
    found: dict[str, list[Object]] = {f"{sort}admissionpolic{part}": [] for sort in sorts for part in ("ies", "ybindings")}
    for manifest in yaml.safe_load_all(text):
        kind = manifest["kind"].lower()
        if kind.endswith("binding"):
            found[f"{kind}s"].append(manifest)
        else:
            manifest["metadata"]["generation"] = 1
            manifest["status"] = {"observedGeneration": 1, "typeChecking": {}}
            constraints = manifest["spec"]["matchConstraints"]
            constraints |= {"matchPolicy": "Equivalent", "namespaceSelector": {}, "objectSelector": {}} | constraints
            for rule in constraints["resourceRules"]:
                rule.setdefault("scope", "*")
            found[f"{kind.removesuffix('y')}ies"].append(manifest)
    return found
