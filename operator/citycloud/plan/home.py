"""Everything that makes the home namespace of an organisation, closed first."""

from typing import Final

from citycloud.plan import access, namespace, quota
from citycloud.plan.manifest import Manifest, managed_home
from citycloud.plan.network import CLOSED
from citycloud.plan.subject import HomeSubject

NAMESPACE: Final = "namespace"
QUOTA: Final = "quota"
ISOLATION: Final = "isolation"
ACCESS: Final = "access"
WAVES: Final = ((NAMESPACE,), (QUOTA, ISOLATION), (ACCESS,))


def plan_home(*, subject: HomeSubject) -> dict[str, list[Manifest]]:
    """Build the manifests of a home namespace, by step."""
    deny = managed_home(
        subject=subject,
        api_version="networking.k8s.io/v1",
        kind="NetworkPolicy",
        name="default-deny",
        body={"spec": dict(CLOSED)},
    )
    return {
        NAMESPACE: [namespace.home_namespace(subject=subject)],
        QUOTA: [quota.home_quota(subject=subject)],
        ISOLATION: [deny],
        ACCESS: access.home_access(subject=subject),
    }
