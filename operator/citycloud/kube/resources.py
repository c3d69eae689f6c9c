"""The kinds citycloud reads and writes, and where the API server serves them."""

import dataclasses
from typing import Final

from citycloud.api import GROUP, KINDS, VERSION


@dataclasses.dataclass(frozen=True)
class Resource:
    """One kind as the API server serves it."""

    api_version: str
    kind: str
    plural: str
    namespaced: bool

    @property
    def group(self) -> str:
        """Return the API group, empty for the core group."""
        return self.api_version.rpartition("/")[0]

    def path(self, *, namespace: str = "", name: str = "", subresource: str = "") -> str:
        """Build the URL path of an object, or of the collection where `name` is empty."""
        root = f"/apis/{self.api_version}" if self.group else f"/api/{self.api_version}"
        parts = [root]
        if self.namespaced and namespace:
            parts += ["namespaces", namespace]
        parts += [part for part in (self.plural, name, subresource) if part]
        return "/".join(parts)


NAMESPACE: Final = Resource("v1", "Namespace", "namespaces", False)
RESOURCE_QUOTA: Final = Resource("v1", "ResourceQuota", "resourcequotas", True)
LIMIT_RANGE: Final = Resource("v1", "LimitRange", "limitranges", True)
SERVICE_ACCOUNT: Final = Resource("v1", "ServiceAccount", "serviceaccounts", True)
CONFIG_MAP: Final = Resource("v1", "ConfigMap", "configmaps", True)
NETWORK_POLICY: Final = Resource("networking.k8s.io/v1", "NetworkPolicy", "networkpolicies", True)
ROLE_BINDING: Final = Resource("rbac.authorization.k8s.io/v1", "RoleBinding", "rolebindings", True)
DEPLOYMENT: Final = Resource("apps/v1", "Deployment", "deployments", True)
STATEFUL_SET: Final = Resource("apps/v1", "StatefulSet", "statefulsets", True)
CRON_JOB: Final = Resource("batch/v1", "CronJob", "cronjobs", True)
JOB: Final = Resource("batch/v1", "Job", "jobs", True)
EVENT: Final = Resource("v1", "Event", "events", True)
POD_MONITOR: Final = Resource("monitoring.coreos.com/v1", "PodMonitor", "podmonitors", True)
PERSES_DASHBOARD: Final = Resource("perses.dev/v1alpha2", "PersesDashboard", "persesdashboards", True)
LEASE: Final = Resource("coordination.k8s.io/v1", "Lease", "leases", True)

CHILDREN: Final = (NAMESPACE, RESOURCE_QUOTA, LIMIT_RANGE, SERVICE_ACCOUNT, NETWORK_POLICY, CONFIG_MAP, ROLE_BINDING)
"""What an environment or a home namespace consists of; each is watched, metadata only."""

OPTIONAL_CHILDREN: Final = (POD_MONITOR, PERSES_DASHBOARD)
"""What else an environment or a home consists of where the cluster serves it."""

WORKLOADS: Final = (DEPLOYMENT, STATEFUL_SET, CRON_JOB, JOB)
"""What tenants run and an environment that rests stops."""

CUSTOM: Final = {
    kind.definition.kind: Resource(f"{GROUP}/{VERSION}", kind.definition.kind, kind.definition.plural, kind.definition.namespaced)
    for kind in KINDS
}
BY_KIND: Final = {resource.kind: resource for resource in (*CHILDREN, *OPTIONAL_CHILDREN)} | CUSTOM
