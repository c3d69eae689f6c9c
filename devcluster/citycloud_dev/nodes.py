"""Fake nodes of the city's two locations; kwok plays their kubelets."""

import json
from typing import Any, Final

from citycloud_dev.cluster import Cluster

LOCATIONS: Final = {"municipal-cloud": 3, "data-centre": 2}
RESTRICTED: Final = {"data-centre": [{"key": "citycloud.dev/restricted", "effect": "NoSchedule"}]}
CAPACITY: Final = {"cpu": "64", "memory": "256Gi", "pods": "500", "ephemeral-storage": "1Ti"}


def add_nodes(cluster: Cluster) -> None:
    """Add the nodes of both locations."""
    items = [
        node(location=location, name=f"{location}-{number}", zone=f"{location}-{1 + number % 2}")
        for location, count in LOCATIONS.items()
        for number in range(1, count + 1)
    ]
    cluster.kubectl("apply", "--server-side", "-f", "-", stdin=json.dumps({"apiVersion": "v1", "kind": "List", "items": items}))


def node(*, location: str, name: str, zone: str = "") -> dict[str, Any]:
    """Build a node of one location as its pool of machines would register it."""
    labels = {
        "citycloud.dev/location": location,
        "kubernetes.io/hostname": name,
        "kubernetes.io/os": "linux",
        "kubernetes.io/arch": "amd64",
        "topology.kubernetes.io/zone": zone or f"{location}-1",
    }
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": name, "labels": labels, "annotations": {"kwok.x-k8s.io/node": "fake"}},
        "spec": {"taints": list(RESTRICTED.get(location, ()))},
        "status": {"capacity": CAPACITY, "allocatable": CAPACITY},
    }
