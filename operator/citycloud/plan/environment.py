"""Everything that makes one environment, in the order in which it is written: closed first."""

from typing import Final

from citycloud.plan import access, config_map, limits, monitoring, namespace, network, quota, service_account
from citycloud.plan.manifest import Manifest
from citycloud.plan.subject import Subject

NAMESPACES: Final = "namespaces"
LIMITS: Final = "limits"
ISOLATION: Final = "isolation"
QUOTA: Final = "quota"
FLOWS: Final = "flows"
MONITORING: Final = "monitoring"
ACCESS: Final = "access"
WAVES: Final = ((NAMESPACES,), (LIMITS, ISOLATION), (QUOTA, FLOWS, MONITORING), (ACCESS,))
"""What closes comes before what opens, and everything before anybody may enter; the order within a wave says nothing.

A quota counts what is written after it, at once: an update of its status for each object, which the object waits for.
"""


def plan_environment(*, subject: Subject) -> dict[str, list[Manifest]]:
    """Build the manifests of all zones, by step."""
    steps: dict[str, list[Manifest]] = {step: [] for wave in WAVES for step in wave}
    for zone in subject.zones:
        steps[NAMESPACES].append(namespace.zone_namespace(subject=subject, zone=zone))
        steps[LIMITS] += [
            limits.zone_limits(subject=subject, zone=zone),
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
