"""Objects of a small city, each valid by itself; a test names only what it is about."""

import json
from typing import Any

Object = dict[str, Any]
API_VERSION = "citycloud.dev/v1alpha1"
STORAGE_CLASS = "city-standard"
"""The one that the city allows."""


def city(**changes: Any) -> Object:
    """Give the City of every test: files that share a cluster share it, so what one of them needs stands here."""
    spec = {
        "code": "H26",
        "names": {"vi": "Thành phố thử", "en": "Test city"},
        "domain": "test.example",
        "defaultFramework": "vn-2026",
        "registries": ["registry.test.example", "registry.test.example:5000"],
        "storageClasses": [STORAGE_CLASS],
        "locations": [
            {
                "name": "municipal-cloud",
                "nodeSelector": {"citycloud.dev/location": "municipal-cloud"},
                "levels": [1, 2, 3],
                "default": True,
            },
            {
                "name": "data-centre",
                "nodeSelector": {"citycloud.dev/location": "data-centre"},
                "levels": [1, 2, 3, 4],
                "tolerations": [{"key": "citycloud.dev/restricted", "operator": "Exists"}],
            },
        ],
        "lifecycle": {"graceDays": {"default": 30, "sandbox": 0, "training": 0}},
        "prices": {"cpuMonth": 250_000, "memoryGiBMonth": 50_000, "storageGiBMonth": 3_000},
        "priorityClasses": [
            {"name": "citycloud-production", "stages": ["pilot", "production"]},
            {"name": "citycloud-background", "stages": ["development", "test"]},
        ],
        "access": {
            "approvers": ["citycloud-approvers"],
            "securityOfficers": ["citycloud-security"],
            "auditors": ["citycloud-auditors"],
        },
        "approval": {"automatic": {"stages": ["sandbox", "training", "development", "test"], "maxSize": "m", "maxLevel": 3}},
    }
    return {"apiVersion": API_VERSION, "kind": "City", "metadata": {"name": "city"}, "spec": spec | changes}


def organisation(name: str, **changes: Any) -> Object:
    spec = {
        "code": "H26.T1",
        "names": {"vi": "Cơ quan thử", "en": "Test office"},
        "kind": "department",
        "contacts": {"owner": f"owner@{name}.example"},
        "groups": {"admins": [f"{name}-admins"], "operators": [f"{name}-operators"], "viewers": [f"{name}-viewers"]},
        "budget": {"environments": 20, "cpu": "200", "memory": "400Gi", "storage": "4Ti"},
    }
    return {"apiVersion": API_VERSION, "kind": "Organisation", "metadata": {"name": name}, "spec": spec | changes}


def system(organisation_name: str, name: str = "he-thong", **changes: Any) -> Object:
    spec = {
        "names": {"vi": "Hệ thống một cửa", "en": "One-stop system"},
        "type": "b",
        "handlesProcedures": True,
        "personalData": {"kind": "basic", "subjects": 1000},
        "contacts": {"owner": f"owner@{organisation_name}.example"},
    }
    metadata = {"namespace": f"org-{organisation_name}", "name": name}
    return {"apiVersion": API_VERSION, "kind": "InformationSystem", "metadata": metadata, "spec": spec | changes}


def environment(organisation_name: str, name: str, **changes: Any) -> Object:
    spec = {"system": "he-thong", "stage": "test", "size": "s", "zones": ["app"]}
    metadata = {"namespace": f"org-{organisation_name}", "name": name}
    return {"apiVersion": API_VERSION, "kind": "Environment", "metadata": metadata, "spec": spec | changes}


def approval(organisation_name: str, name: str, *, target: str, digest: str, **changes: Any) -> Object:
    spec = {"target": {"kind": "Environment", "name": target}, "digest": digest, "decision": "approve"}
    metadata = {"namespace": f"org-{organisation_name}", "name": name}
    return {"apiVersion": API_VERSION, "kind": "Approval", "metadata": metadata, "spec": spec | changes}


def dossier(**changes: Any) -> Object:
    return {
        "decisionNo": "12/QD-TEST",
        "date": "2026-08-30",
        "approver": "Giám đốc",
        "framework": "vn-2026",
        "level": 3,
        "reviewDue": "2100-01-01",
    } | changes


def pod(namespace: str, name: str) -> Object:
    container = {
        "name": "web",
        "image": "registry.test.example/web@sha256:" + "0" * 64,
        "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
    }
    spec = {
        "securityContext": {"runAsNonRoot": True, "runAsUser": 10001, "seccompProfile": {"type": "RuntimeDefault"}},
        "nodeSelector": {"citycloud.dev/location": "municipal-cloud"},
        "containers": [container],
    }
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"namespace": namespace, "name": name}, "spec": spec}


def without_volatile(item: Object) -> str:
    """Write an object without what differs between two equal ones: identities, versions and times."""
    metadata = {key: item["metadata"].get(key) for key in ("name", "namespace", "labels", "annotations")}
    rest = {key: value for key, value in item.items() if key not in ("metadata", "status")}
    return json.dumps({"metadata": metadata, **rest}, sort_keys=True)
