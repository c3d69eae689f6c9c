"""The small city that is benchmarked: ten organisations with room for everything, one system each, single-zone environments."""

import json
from typing import Any, Final

from citycloud_dev.cluster import Cluster
from citycloud_dev.processes import wait_until

API_VERSION: Final = "citycloud.dev/v1alpha1"
ORGANISATIONS: Final = 10
SYSTEM: Final = "bench-system"
READY_SECONDS: Final = 60.0


def organisation_name(number: int) -> str:
    """Name an organisation."""
    return f"bench-{number % ORGANISATIONS}"


def environment(*, name: str, number: int) -> dict[str, Any]:
    """Build one single-zone environment that needs no human."""
    return {
        "apiVersion": API_VERSION,
        "kind": "Environment",
        "metadata": {"namespace": f"org-{organisation_name(number)}", "name": name},
        "spec": {"system": SYSTEM, "stage": "test", "size": "s", "zones": ["app"]},
    }


def declare(cluster: Cluster) -> None:
    """Declare the city, its organisations and their systems, and wait until requests can be written."""
    _apply(cluster, [_city(), *(_organisation(number) for number in range(ORGANISATIONS))])

    def homes_counted() -> bool:
        quotas = json.loads(cluster.kubectl("get", "resourcequotas", "-A", "-o", "json"))["items"]
        return sum(bool(quota.get("status", {}).get("hard")) for quota in quotas) >= ORGANISATIONS

    wait_until(homes_counted, what="the home namespaces", seconds=READY_SECONDS, every=0.5)
    _apply(cluster, [_system(number) for number in range(ORGANISATIONS)])


def _apply(cluster: Cluster, items: list[dict[str, Any]]) -> None:
    cluster.kubectl("apply", "--server-side", "-f", "-", stdin=json.dumps({"apiVersion": "v1", "kind": "List", "items": items}))


def _city() -> dict[str, Any]:
    automatic = {"stages": ["test"], "maxSize": "m", "maxLevel": 3}
    spec = {
        "code": "H26",
        "names": {"vi": "Thành phố đo", "en": "Bench city"},
        "domain": "bench.example",
        "defaultFramework": "vn-2026",
        "registries": ["registry.example"],
        "locations": [{"name": "municipal-cloud", "nodeSelector": {"citycloud.dev/location": "municipal-cloud"}, "levels": [1, 2, 3]}],
        "access": {"approvers": ["citycloud-approvers"]},
        "approval": {"automatic": automatic},
    }
    return {"apiVersion": API_VERSION, "kind": "City", "metadata": {"name": "city"}, "spec": spec}


def _organisation(number: int) -> dict[str, Any]:
    name = organisation_name(number)
    spec = {
        "code": f"H26.B{number}",
        "names": {"vi": f"Cơ quan {number}", "en": f"Office {number}"},
        "kind": "department",
        "contacts": {"owner": f"owner@{name}.example"},
        "groups": {"admins": [f"{name}-admins"], "operators": [f"{name}-operators"], "viewers": [f"{name}-viewers"]},
        "budget": {"environments": 2000, "cpu": "100000", "memory": "900Ti", "storage": "900Ti"},
    }
    return {"apiVersion": API_VERSION, "kind": "Organisation", "metadata": {"name": name}, "spec": spec}


def _system(number: int) -> dict[str, Any]:
    namespace = f"org-{organisation_name(number)}"
    spec = {
        "names": {"vi": "Hệ thống đo", "en": "Bench system"},
        "type": "b",
        "handlesProcedures": True,
        "contacts": {"owner": "owner@bench.example"},
    }
    return {
        "apiVersion": API_VERSION,
        "kind": "InformationSystem",
        "metadata": {"namespace": namespace, "name": SYSTEM},
        "spec": spec,
    }
