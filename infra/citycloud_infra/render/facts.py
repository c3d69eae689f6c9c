"""The facts: what the cluster is told of network and clusters, one document, one way (`citycloud facts apply`).

Sorted by name, so that the same inventory always gives the same text. A segment that ends at the site (guests) is left out: its addresses
never reach the cluster, and an environment that let them in would let in nobody it means. Hubs are named by what hangs on them; they are
no sites. A link is told with the hub that it is used to first.
"""

import hashlib
import ipaddress
import json
from typing import Any, Final

from citycloud_infra.model.compute import Cluster
from citycloud_infra.model.inventory import Inventory
from citycloud_infra.model.plan import CityPlan
from citycloud_infra.model.wan import Site, Uplink
from citycloud_infra.render.view import overlay

SCHEMA: Final = "citycloud.dev/facts/v1"
API_ADDRESS: Final = 5
"""The place of the API's shared address in a cluster's range of nodes, whose first sixteen are kept free (rules/compute.py)."""
API_PORT: Final = 6443
Facts = dict[str, Any]


def facts_document(plan: CityPlan) -> Facts:
    """Return the document."""
    inventory = plan.inventory
    return {
        "schema": SCHEMA,
        "serial": inventory.serial,
        "inventoryHash": inventory_hash(inventory),
        "city": inventory.city,
        "segments": [{"name": each.name, "ipv4": str(plan.addresses.segment(each.id)), "ipv6": None} for each in overlay(plan)],
        "sites": [_site(plan=plan, site=plan.sites[name]) for name in sorted(plan.sites)],
        "links": sorted(
            (_link(plan=plan, site=site, line=line) for site in inventory.sites for line in site.uplinks),
            key=lambda each: str(each["name"]),
        ),
        "services": [_service(plan=plan, number=number) for _, number in sorted((each.name, each.id) for each in inventory.services)],
        "clusters": [_cluster(plan=plan, cluster=each) for each in sorted(inventory.compute.clusters, key=lambda each: each.name)],
    }


def facts_text(document: Facts) -> str:
    """Write the document."""
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def inventory_hash(inventory: Inventory) -> str:
    """Return the digest of what the inventory says; its comments and its layout do not count."""
    text = json.dumps(inventory.model_dump(mode="json", by_alias=True), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


def api_addresses(cluster: Cluster) -> tuple[ipaddress.IPv4Address, ipaddress.IPv6Address]:
    """Return the addresses that a cluster's control plane shares."""
    return ipaddress.IPv4Network(cluster.node_range)[API_ADDRESS], ipaddress.IPv6Network(cluster.node_range6)[API_ADDRESS]


def api_endpoint(cluster: Cluster) -> str:
    """Return where a cluster's API is asked."""
    return f"https://{api_addresses(cluster)[0]}:{API_PORT}"


def first_hub(*, plan: CityPlan, site: str, carrier: str | None = None) -> str:
    """Return the hub that a site, or one of its lines, is used to first; the preferred one where it reaches none."""
    return next(iter(hubs_of(plan=plan, site=site, carrier=carrier)), max(plan.inventory.hubs, key=lambda hub: hub.preference).name)


def hubs_of(*, plan: CityPlan, site: str, carrier: str | None = None) -> list[str]:
    """Return the hubs that a site reaches, the preferred one first."""
    ways = (each for each in plan.by_site[site] if carrier in (None, each.carrier))
    return list(dict.fromkeys(each.hub for each in sorted(ways, key=lambda each: each.rank)))


def _site(*, plan: CityPlan, site: Site) -> Facts:
    told: Facts = {"name": site.name, "kind": site.kind}
    if site.organisation is not None:
        told["organisation"] = site.organisation
    pairs = {each.name: plan.local(site=site.name, segment=each.name) for each in overlay(plan) if each.name in site.segments}
    return told | {
        "names": {"vi": site.names.vi, "en": site.names.en},
        "hubs": hubs_of(plan=plan, site=site.name),
        "segments": [{"name": name, "ipv4": str(pair.ipv4), "ipv6": str(pair.ipv6)} for name, pair in pairs.items()],
    }


def _link(*, plan: CityPlan, site: Site, line: Uplink) -> Facts:
    promised = plan.carriers[line.carrier].slo
    return {
        "name": f"{site.name}-{line.carrier}",
        "site": site.name,
        "hub": first_hub(plan=plan, site=site.name, carrier=line.carrier),
        "carrier": line.carrier,
        "role": line.role,
        "contractMbps": line.rate_mbps,
        "slo": {"availability": promised.availability, "latencyMs": promised.latency_ms},
    }


def _service(*, plan: CityPlan, number: int) -> Facts:
    service = next(each for each in plan.inventory.services if each.id == number)
    pair = plan.addresses.service(number)
    return {
        "name": service.name,
        "segment": service.segment,
        "ipv4": str(pair.ipv4),
        "ipv6": str(pair.ipv6),
        "ports": [{"protocol": each.protocol, "port": each.port} for each in service.ports],
    }


def _cluster(*, plan: CityPlan, cluster: Cluster) -> Facts:
    pools = {pool.name: pool for pool in plan.inventory.compute.pools}
    return {
        "name": cluster.name,
        "hub": cluster.hub,
        "locations": sorted({pools[name].location for name in cluster.pools if "worker" in pools[name].roles}),
        "apiEndpoint": api_endpoint(cluster),
        "nodeCIDRs": [cluster.node_range, cluster.node_range6],
        "podCIDRs": [cluster.pod_range, cluster.pod_range6],
        "serviceCIDRs": [cluster.service_range, cluster.service_range6],
    }
