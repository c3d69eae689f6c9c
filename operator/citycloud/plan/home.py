"""Everything that makes the home namespace of an organisation, closed first."""

import types
from collections.abc import Mapping
from typing import Any, Final

from citycloud.plan import access, dashboards, namespace, quota
from citycloud.plan.manifest import Manifest, managed_home
from citycloud.plan.network import CLOSED
from citycloud.plan.subject import HomeSubject

NAMESPACE: Final = "namespace"
QUOTA: Final = "quota"
ISOLATION: Final = "isolation"
ACCESS: Final = "access"
DASHBOARDS: Final = "dashboards"
NEEDS: Final[Mapping[str, tuple[str, ...]]] = types.MappingProxyType(
    {NAMESPACE: (), QUOTA: (NAMESPACE,), ISOLATION: (NAMESPACE,), ACCESS: (QUOTA, ISOLATION), DASHBOARDS: (ACCESS,)}
)
"""What must hold before a step is written."""
NO_VIEWS: Final[Mapping[str, Mapping[str, Any]]] = types.MappingProxyType({})


def plan_home(*, subject: HomeSubject, views: Mapping[str, Mapping[str, Any]] = NO_VIEWS) -> dict[str, list[Manifest]]:
    """Build the manifests of a home namespace, by step; `views` are those of a department, by language, where Perses is there."""
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
        DASHBOARDS: dashboards.home_dashboards(subject=subject, views=views),
    }
