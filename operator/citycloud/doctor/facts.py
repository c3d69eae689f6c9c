"""What was seen of one cluster: gathered by the command line, judged here.

What could not be looked at is Unseen and names the right that was lacking; it is never an empty listing, for what nobody looked at may well
be there. Objects are kept as the API server gave them.
"""

import dataclasses
import datetime
from collections.abc import Mapping
from typing import Any, Final, Literal

Manifest = Mapping[str, Any]


@dataclasses.dataclass(frozen=True)
class Unseen:
    """Something that could not be looked at: for want of `right`, or because of `trouble`."""

    right: str
    trouble: str = ""


Listing = tuple[Manifest, ...] | Unseen


@dataclasses.dataclass(frozen=True, kw_only=True)
class Wanted:
    """One sort of objects to be read: all of them, or one by its name in citycloud's own namespace."""

    plural: str
    api_version: str = "v1"
    name: str = ""

    def right(self, *, namespace: str) -> str:
        """Say the right that reading them takes, as `kubectl auth can-i` wants to hear it."""
        group = self.api_version.rpartition("/")[0]
        resource = f"{self.plural}.{group}" if group else self.plural
        return f"get {resource}/{self.name} -n {namespace}" if self.name else f"list {resource}"

    def path(self, *, namespace: str) -> str:
        """Build the URL path; `namespace` counts only where one object is asked for."""
        root = f"/apis/{self.api_version}" if "/" in self.api_version else f"/api/{self.api_version}"
        return f"{root}/namespaces/{namespace}/{self.plural}/{self.name}" if self.name else f"{root}/{self.plural}"


ADMISSION: Final = "admissionregistration.k8s.io/v1"
RBAC: Final = "rbac.authorization.k8s.io/v1"
FLOW: Final = "flowcontrol.apiserver.k8s.io/v1"
CITYCLOUD: Final = "citycloud.dev/v1alpha1"
MONITORING: Final = "monitoring.coreos.com/v1"
OPERATOR: Final = "citycloud-operator"
"""The one name of the operator's ServiceAccount, Deployment, Lease and roles."""

WANTED: Final = (
    Wanted(plural="customresourcedefinitions", api_version="apiextensions.k8s.io/v1"),
    Wanted(plural="validatingadmissionpolicies", api_version=ADMISSION),
    Wanted(plural="validatingadmissionpolicybindings", api_version=ADMISSION),
    Wanted(plural="mutatingadmissionpolicies", api_version=ADMISSION),
    Wanted(plural="mutatingadmissionpolicybindings", api_version=ADMISSION),
    Wanted(plural="leases", api_version="coordination.k8s.io/v1", name=OPERATOR),
    Wanted(plural="deployments", api_version="apps/v1", name=OPERATOR),
    Wanted(plural="daemonsets", api_version="apps/v1"),
    Wanted(plural="roles", api_version=RBAC, name=OPERATOR),
    Wanted(plural="clusterroles", api_version=RBAC),
    Wanted(plural="clusterrolebindings", api_version=RBAC),
    Wanted(plural="rolebindings", api_version=RBAC),
    Wanted(plural="flowschemas", api_version=FLOW),
    Wanted(plural="prioritylevelconfigurations", api_version=FLOW),
    Wanted(plural="priorityclasses", api_version="scheduling.k8s.io/v1"),
    Wanted(plural="prometheuses", api_version=MONITORING),
    Wanted(plural="securityprofiles", api_version=CITYCLOUD),
    Wanted(plural="sizeclasses", api_version=CITYCLOUD),
    Wanted(plural="cities", api_version=CITYCLOUD),
    Wanted(plural="organisations", api_version=CITYCLOUD),
    Wanted(plural="informationsystems", api_version=CITYCLOUD),
    Wanted(plural="environments", api_version=CITYCLOUD),
)

NEEDED: Final[Mapping[str, frozenset[str]]] = {
    "v1": frozenset({"Namespace", "ResourceQuota", "LimitRange", "ServiceAccount", "ConfigMap"}),
    ADMISSION: frozenset(
        {
            "ValidatingAdmissionPolicy",
            "ValidatingAdmissionPolicyBinding",
            "MutatingAdmissionPolicy",
            "MutatingAdmissionPolicyBinding",
        }
    ),
    "apiextensions.k8s.io/v1": frozenset({"CustomResourceDefinition"}),
    "coordination.k8s.io/v1": frozenset({"Lease"}),
    "networking.k8s.io/v1": frozenset({"NetworkPolicy"}),
    RBAC: frozenset({"ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding"}),
    FLOW: frozenset({"FlowSchema", "PriorityLevelConfiguration"}),
}
"""What of Kubernetes citycloud cannot do without, by group and version."""
MONITORS: Final = frozenset({"ServiceMonitor", "PodMonitor"})

Outcome = Literal["refused", "admitted", "not allowed", "no answer"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Probe:
    """How a dry run of what a static policy has to refuse ended, what the API server said, and who asked."""

    outcome: Outcome
    message: str = ""
    asked_as: str = ""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Facts:
    """Everything that was seen."""

    now: datetime.datetime
    """By the API server's clock."""
    here: datetime.datetime
    """By the clock of whoever asks, at the same moment."""
    namespace: str
    """Where citycloud is installed."""
    version: str
    """The API server's, as `v1.36.2`."""
    served: Mapping[str, frozenset[str] | Unseen]
    """By group and version, of those in NEEDED and of MONITORING: the kinds that are served."""
    objects: Mapping[str, Listing]
    """By plural, of those in WANTED."""
    probes: Mapping[str, Probe]
    """By plural, of what the static policies guard: whether somebody outside the platform group may write it."""
