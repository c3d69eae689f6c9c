"""Targets for Prometheus and modules for the blackbox exporter: every line of every site measured from every hub, in both families.

The exporter runs on the hub's gateway, inside the namespace of a segment. There the other end of each tunnel is a neighbour, so a probe
goes out by that tunnel and its answer comes back by it: each line is measured by itself, also while another one carries the traffic. One
segment is enough to measure a line: the management one, or the site's first where it has none. Labels are those that the dashboards and
alerts of `monitoring/` ask for; `tier` is the kind of the site.

Services are asked over TCP, by jobs of their own and under other names (`service_probe_…`): the alerts take every `probe_success` for a
site's.
"""

import json
from collections.abc import Iterator
from typing import Any, Final

import yaml

from citycloud_infra.model.plan import CityPlan
from citycloud_infra.model.topology import Tunnel
from citycloud_infra.model.wan import Hub, Site
from citycloud_infra.render.nftables import EXPORTER, MANAGEMENT
from citycloud_infra.render.view import overlay

INTERVAL: Final = "15s"
TIMEOUT: Final = "3s"
MODULES: Final[dict[str, Any]] = {
    "icmp4": {"prober": "icmp", "timeout": TIMEOUT, "icmp": {"preferred_ip_protocol": "ip4", "ip_protocol_fallback": False}},
    "icmp6": {"prober": "icmp", "timeout": TIMEOUT, "icmp": {"preferred_ip_protocol": "ip6", "ip_protocol_fallback": False}},
    "tcp": {"prober": "tcp", "timeout": TIMEOUT},
}
Group = dict[str, Any]


def prometheus_texts(plan: CityPlan) -> dict[str, str]:
    """Write everything for Prometheus, by path below the folder of texts."""
    texts = {"prometheus/blackbox.yml": _yaml({"modules": MODULES}), "prometheus/scrape.yml": _yaml({"scrape_configs": _jobs()})}
    for hub in plan.inventory.hubs:
        texts[f"prometheus/targets/sites-{hub.name}.json"] = _json(site_targets(plan=plan, hub=hub))
        texts[f"prometheus/targets/services-{hub.name}.json"] = _json(service_targets(plan=plan, hub=hub))
    return texts


def site_targets(*, plan: CityPlan, hub: Hub) -> list[Group]:
    """Return what one hub probes of the sites, in the order of their numbers."""
    return [
        group
        for site in sorted(plan.inventory.sites, key=lambda each: each.id)
        for tunnel in sorted(plan.by_site[site.name], key=lambda each: each.number)
        if tunnel.hub == hub.name and tunnel.segment == probed_segment(plan=plan, site=site)
        for group in _of_tunnel(plan=plan, hub=hub, site=site, tunnel=tunnel)
    ]


def service_targets(*, plan: CityPlan, hub: Hub) -> list[Group]:
    """Return what one hub asks of the shared services, in the order of their numbers."""
    groups: list[Group] = []
    for service in sorted(plan.inventory.services, key=lambda each: each.id):
        pair = plan.addresses.service(service.id)
        ports = [each.port for each in service.ports if each.protocol == "TCP"]
        targets = [f"{host}:{port}" for port in ports for host in (pair.ipv4.network_address, f"[{pair.ipv6.network_address}]")]
        if targets:
            labels = {"service": service.name, "hub": hub.name, "segment": service.segment}
            groups.append({"targets": targets, "labels": labels | _how(plan=plan, hub=hub, segment=service.segment, module="tcp")})
    return groups


def probed_segment(*, plan: CityPlan, site: Site) -> str | None:
    """Return the segment by which a site's lines are measured; None where none of its segments reaches a hub."""
    reached = [each.name for each in overlay(plan) if each.name in site.segments]
    return MANAGEMENT if MANAGEMENT in reached else next(iter(reached), None)


def _of_tunnel(*, plan: CityPlan, hub: Hub, site: Site, tunnel: Tunnel) -> Iterator[Group]:
    labels = {
        "site": site.name,
        **({"organisation": site.organisation} if site.organisation is not None else {}),
        "tier": site.kind,
        "carrier": tunnel.carrier,
        "role": tunnel.role,
        "hub": hub.name,
        "segment": tunnel.segment,
    }
    for family, end, module in (("ipv4", tunnel.ends.ipv4[1], "icmp4"), ("ipv6", tunnel.ends.ipv6[1], "icmp6")):
        how = _how(plan=plan, hub=hub, segment=tunnel.segment, module=module)
        yield {"targets": [str(end)], "labels": labels | {"family": family} | how}


def _how(*, plan: CityPlan, hub: Hub, segment: str, module: str) -> dict[str, str]:
    """Return the labels that say which exporter probes, and how; Prometheus drops them after relabelling."""
    loopback = plan.addresses.loopback(hub=hub.id, segment=plan.segments[segment].id)
    return {"__exporter": f"{loopback.ipv4.network_address}:{EXPORTER}", "__param_module": module}


def _jobs() -> list[Group]:
    renamed = {"source_labels": ["__name__"], "regex": "probe_(.+)", "target_label": "__name__", "replacement": "service_probe_$1"}
    return [_job(name="wan-sites", files="sites"), _job(name="wan-services", files="services") | {"metric_relabel_configs": [renamed]}]


def _job(*, name: str, files: str) -> Group:
    return {
        "job_name": name,
        "metrics_path": "/probe",
        "scrape_interval": INTERVAL,
        "file_sd_configs": [{"files": [f"targets/{files}-*.json"]}],
        "relabel_configs": [
            {"source_labels": ["__address__"], "target_label": "__param_target"},
            {"source_labels": ["__param_target"], "target_label": "instance"},
            {"source_labels": ["__exporter"], "target_label": "__address__"},
        ],
    }


def _json(groups: list[Group]) -> str:
    """Write one group a line."""
    lines = ",\n".join(json.dumps(group, ensure_ascii=False) for group in groups)
    return f"[\n{lines}\n]\n"


def _yaml(content: Group) -> str:
    return yaml.safe_dump(content, sort_keys=False, allow_unicode=True)
