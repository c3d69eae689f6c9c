"""Everything that makes one environment, in the order in which it is written: closed first."""

import types
from collections.abc import Mapping
from typing import Final

from citycloud.plan import access, config_map, limits, monitoring, namespace, network, quota, service_account
from citycloud.plan.manifest import Manifest
from citycloud.plan.subject import Subject

NAMESPACES: Final = "namespaces"
LIMITS: Final = "limits"
WORKSPACE: Final = "workspace"
ISOLATION: Final = "isolation"
QUOTA: Final = "quota"
FLOWS: Final = "flows"
MONITORING: Final = "monitoring"
ACCESS: Final = "access"
NEEDS: Final[Mapping[str, tuple[str, ...]]] = types.MappingProxyType(
    {
        NAMESPACES: (),
        ISOLATION: (NAMESPACES,),
        LIMITS: (NAMESPACES,),
        WORKSPACE: (NAMESPACES,),
        FLOWS: (ISOLATION, LIMITS),
        MONITORING: (ISOLATION, LIMITS),
        QUOTA: (ISOLATION, LIMITS),
        ACCESS: (WORKSPACE, FLOWS, MONITORING, QUOTA),
    }
)
"""What must hold before a step is written: what closes before what opens, and everything before anybody may enter.

A quota comes late: it counts what is written after it, by an update of its status for each object, which the object waits for.
"""


def plan_environment(*, subject: Subject) -> dict[str, list[Manifest]]:
    """Build the manifests of all zones, by step."""
    steps: dict[str, list[Manifest]] = {step: [] for step in NEEDS}
    for zone in subject.zones:
        steps[NAMESPACES].append(namespace.zone_namespace(subject=subject, zone=zone))
        steps[LIMITS].append(limits.zone_limits(subject=subject, zone=zone))
        steps[WORKSPACE] += [
            service_account.default_service_account(subject=subject, zone=zone),
            config_map.environment_facts(subject=subject, zone=zone),
        ]
        steps[ISOLATION].append(network.default_deny(subject=subject, zone=zone))
        steps[QUOTA].append(quota.zone_quota(subject=subject, zone=zone))
        steps[FLOWS] += [network.dns(subject=subject, zone=zone), network.own_zone(subject=subject, zone=zone)]
        steps[FLOWS] += [*network.flows(subject=subject, zone=zone), *network.sites(subject=subject, zone=zone)]
        steps[MONITORING].append(network.scraping(subject=subject, zone=zone))
        if subject.monitored:
            steps[MONITORING].append(monitoring.pod_monitor(subject=subject, zone=zone))
        if not subject.closed:
            steps[ACCESS] += access.zone_access(subject=subject, zone=zone)
    return steps
