"""The resource quota of one zone.

The size class says what the whole environment may use; each zone gets an equal share of it. Shares are rounded down, so the sum over the
zones never exceeds the size, and the sum over an organisation never exceeds its budget.
"""

from typing import Final

from citycloud.plan.manifest import Manifest, managed, managed_home
from citycloud.plan.quantity import share
from citycloud.plan.subject import HomeSubject, Subject

HOME_COUNTS: Final = {
    "pods": "0",
    "services": "0",
    "persistentvolumeclaims": "0",
    "replicationcontrollers": "0",
    "secrets": "0",
    "configmaps": "10",
    "count/environments.citycloud.dev": "2000",
    "count/informationsystems.citycloud.dev": "500",
    "count/policyexceptions.citycloud.dev": "500",
    "count/approvals.citycloud.dev": "20000",
}
"""Enough requests and decisions for years, and nothing that runs."""


def zone_quota(*, subject: Subject, zone: str) -> Manifest:
    """Build the quota of `zone`; one that rests lets no pod in."""
    parts = len(subject.zones)
    hard = {resource: share(resource=resource, text=text, parts=parts) for resource, text in sorted(subject.size.quota.items())}
    if subject.paused:
        hard["pods"] = "0"
    return managed(subject=subject, zone=zone, api_version="v1", kind="ResourceQuota", name="citycloud", body={"spec": {"hard": hard}})


def home_quota(*, subject: HomeSubject) -> Manifest:
    """Build the quota of a home namespace: objects only."""
    return managed_home(
        subject=subject, api_version="v1", kind="ResourceQuota", name="citycloud", body={"spec": {"hard": dict(HOME_COUNTS)}}
    )
