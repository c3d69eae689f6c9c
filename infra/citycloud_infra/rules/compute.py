"""Rules about machines and clusters: enough of them, apart from each other, each in one cluster."""

import collections
import ipaddress
from collections.abc import Iterator

from citycloud_infra.model.capacity import capacities
from citycloud_infra.model.compute import Cluster, Pool
from citycloud_infra.model.inventory import Inventory
from citycloud_infra.rules.finding import Violation

FEWEST_CONTROL_PLANES = 3
POD_RANGE_A_NODE = 24
"""Kubernetes gives each node a /24 of the pods' range."""
GATEWAY_ADDRESSES = 16
"""Kept free at the beginning of a range of nodes: network, router, the API's own address, those that come and go."""


def pools_have_one_cluster(inventory: Inventory) -> Iterator[Violation]:
    """Refuse a pool that no cluster has, or that two have."""
    of = collections.Counter(name for cluster in inventory.compute.clusters for name in cluster.pools)
    for number, pool in enumerate(inventory.compute.pools):
        if of[pool.name] != 1:
            yield Violation(("compute", "pools", number, "name"), {"name": pool.name, "count": of[pool.name]})


def control_planes_are_odd(inventory: Inventory) -> Iterator[Violation]:
    """Refuse a control plane that has no majority left when one machine fails: fewer than three, or an even number (etcd)."""
    for number, cluster in enumerate(inventory.compute.clusters):
        count = sum(pool.count for pool in _pools(inventory=inventory, cluster=cluster) if "control-plane" in pool.roles)
        if count < FEWEST_CONTROL_PLANES or count % 2 == 0:
            yield Violation(("compute", "clusters", number, "pools"), {"name": cluster.name, "count": count})


def capacity_suffices(inventory: Inventory) -> Iterator[Violation]:
    """Refuse a location that does not hold what is expected of it when its largest zone is gone."""
    numbers = {demand.location: number for number, demand in enumerate(inventory.compute.demand)}
    for each in capacities(inventory.compute):
        if not each.suffices:
            facts = {
                "name": each.location,
                "cpu": each.cpu_demand,
                "memory": each.memory_demand,
                "has_cpu": each.cpu_after_zone_loss,
                "has_memory": each.memory_after_zone_loss,
            }
            yield Violation(("compute", "demand", numbers[each.location]), facts)


def nodes_fit_their_ranges(inventory: Inventory) -> Iterator[Violation]:
    """Refuse a cluster with more nodes than addresses, or than parts of the pods' range."""
    for number, cluster in enumerate(inventory.compute.clusters):
        nodes = sum(pool.count for pool in _pools(inventory=inventory, cluster=cluster))
        places = ipaddress.IPv4Network(cluster.node_range).num_addresses - GATEWAY_ADDRESSES
        pods = ipaddress.IPv4Network(cluster.pod_range)
        parts = 2 ** max(POD_RANGE_A_NODE - pods.prefixlen, 0)
        if nodes > places:
            yield Violation(("compute", "clusters", number, "nodeRange"), {"name": cluster.name, "count": nodes, "most": max(places, 0)})
        if nodes > parts:
            yield Violation(("compute", "clusters", number, "podRange"), {"name": cluster.name, "count": nodes, "most": parts})


def workers_have_two_zones(inventory: Inventory) -> Iterator[Violation]:
    """Warn of a cluster whose workers all stand in one zone: that zone's loss is the cluster's."""
    for number, cluster in enumerate(inventory.compute.clusters):
        zones = {pool.zone for pool in _pools(inventory=inventory, cluster=cluster) if "worker" in pool.roles}
        if len(zones) < 2:
            yield Violation(("compute", "clusters", number, "pools"), {"name": cluster.name, "value": ", ".join(sorted(zones)) or "–"})


def _pools(*, inventory: Inventory, cluster: Cluster) -> list[Pool]:
    return [pool for pool in inventory.compute.pools if pool.name in cluster.pools]
