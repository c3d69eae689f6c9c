"""Everything that makes one environment, in the order in which it is written: closed first."""

from typing import Final

from citycloud.plan import access, config_map, limits, namespace, network, quota, service_account
from citycloud.plan.manifest import Manifest
from citycloud.plan.subject import Subject

NAMESPACES: Final = "namespaces"
QUOTA: Final = "quota"
ISOLATION: Final = "isolation"
FLOWS: Final = "flows"
MONITORING: Final = "monitoring"
ACCESS: Final = "access"
STEPS: Final = (NAMESPACES, QUOTA, ISOLATION, FLOWS, MONITORING, ACCESS)


def plan_environment(*, subject: Subject) -> dict[str, list[Manifest]]:
    """Build the manifests of all zones, by step, in the order of the steps."""
    steps: dict[str, list[Manifest]] = {step: [] for step in STEPS}
    for zone in subject.zones:
        steps[NAMESPACES].append(namespace.zone_namespace(subject=subject, zone=zone))
        steps[QUOTA] += [
            quota.zone_quota(subject=subject, zone=zone),
            limits.zone_limits(subject=subject, zone=zone),
            service_account.default_service_account(subject=subject, zone=zone),
        ]
        steps[ISOLATION].append(network.default_deny(subject=subject, zone=zone))
        steps[FLOWS] += [network.dns(subject=subject, zone=zone), network.own_zone(subject=subject, zone=zone)]
        steps[FLOWS] += network.flows(subject=subject, zone=zone)
        steps[MONITORING].append(network.scraping(subject=subject, zone=zone))
        steps[MONITORING].append(config_map.environment_facts(subject=subject, zone=zone))
        steps[ACCESS] += access.zone_access(subject=subject, zone=zone)
    return steps
