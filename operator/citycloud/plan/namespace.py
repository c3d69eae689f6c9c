"""The namespace of one zone: its Pod Security level, and as annotations what admission policies allow in it.

The annotations are allow-lists that the API server's own policies read (KEP-3488 `namespaceObject`); nobody but the operator and the
break-glass group may set them. Every key is always present: a key that came and went could be left behind by whoever else touched it.
"""

from typing import Final

from citycloud.api.city import Location, Toleration
from citycloud.plan import names
from citycloud.plan.manifest import Manifest
from citycloud.plan.quantity import share, whole
from citycloud.plan.subject import HomeSubject, Subject

POD_SECURITY_VERSION: Final = "v1.36"
"""Pinned, so that an upgrade of the cluster changes no tenant's rules by itself."""
MOST_REPLICAS: Final = 2**31 - 1
"""As many as an autoscaler can name."""


def zone_namespace(*, subject: Subject, zone: str) -> Manifest:
    """Build the namespace of `zone`."""
    pool = _pool(subject)
    annotations = {
        names.APPROVED_DIGEST: subject.approved_digest,
        names.HOLDS: subject.holds,
        f"{names.PREFIX}/owner": subject.owner,
        f"{names.PREFIX}/location": subject.location.name,
        f"{names.PREFIX}/node-selector": _pairs({**subject.location.node_selector, **pool}),
        f"{names.PREFIX}/tolerations": ",".join(_tolerations(location=subject.location, pool=pool)),
        f"{names.PREFIX}/allowed-hosts": ",".join(subject.hosts),
        f"{names.PREFIX}/allowed-registries": ",".join(subject.registries),
        f"{names.PREFIX}/allowed-storage-classes": ",".join(subject.storage_classes),
        f"{names.PREFIX}/allowed-priority-classes": ",".join(subject.priority_classes),
        f"{names.PREFIX}/allowed-groups": ",".join(sorted(_subjects(subject, kind="Group"))),
        f"{names.PREFIX}/allowed-users": ",".join(sorted(_subjects(subject, kind="User"))),
        f"{names.PREFIX}/allowed-peers": ",".join(_peers(subject=subject, zone=zone)),
        f"{names.PREFIX}/pods": str(_pods(subject)),
        names.POLICIES: ",".join(_policies(subject)),
        f"{names.PREFIX}/images": "digest" if subject.profile.images.digest_required else "tag",
        f"{names.PREFIX}/profile": subject.profile_name,
    }
    labels = {**subject.labels(zone=zone), names.PROTECTED: "true", **_pod_security(subject.profile.pod_security)}
    metadata = {"name": subject.namespace(zone), "labels": labels, "annotations": annotations}
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}


def home_namespace(*, subject: HomeSubject) -> Manifest:
    """Build the home namespace, where requests are written and no pod ever runs."""
    labels = {**subject.labels(), names.PROTECTED: "true", **_pod_security("restricted")}
    annotations = {f"{names.PREFIX}/owner": subject.spec.contacts.owner}
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": subject.namespace, "labels": labels, "annotations": annotations}}


def _pod_security(level: str) -> dict[str, str]:
    modes = ("enforce", "audit", "warn")
    labels = {f"pod-security.kubernetes.io/{mode}": level for mode in modes}
    return labels | {f"pod-security.kubernetes.io/{mode}-version": POD_SECURITY_VERSION for mode in modes}


def _subjects(subject: Subject, *, kind: str) -> set[str]:
    """Name every group or user with access; one whose name would read as two is left out, whoever let it through."""
    if subject.closed:
        return set()
    groups = subject.groups
    own = {*groups.admins, *groups.operators, *groups.viewers} if kind == "Group" else set()
    return {name for name in own | {member.name for member in subject.members if member.kind == kind} if "," not in name}


def _peers(*, subject: Subject, zone: str) -> list[str]:
    """Name the environment's own namespaces that the profile lets `zone` talk to, in one direction at least; more a tenant may not open."""
    pairs = {(flow.origin, flow.to) for flow in subject.profile.flows}
    return [subject.namespace(each) for each in subject.zones if each == zone or (each, zone) in pairs or (zone, each) in pairs]


def _policies(subject: Subject) -> list[str]:
    """List the policies that the level demands, for those that admission holds only where they are asked for; without what is excepted."""
    return sorted({policy for control in subject.profile.controls for policy in control.policies} - subject.excepted)


def _pods(subject: Subject) -> int:
    """Say how many pods one zone may run, for autoscalers are measured by it (P37)."""
    most = subject.size.quota.get("pods")
    return whole(share(resource="pods", text=most, parts=len(subject.zones))) if most else MOST_REPLICAS


def _pairs(selector: dict[str, str]) -> str:
    return ",".join(f"{key}={value}" for key, value in sorted(selector.items()))


def _pool(subject: Subject) -> dict[str, str]:
    """Name the nodes that are the environment's alone: they carry this as a label, and as a taint that keeps everybody else off."""
    dedicated = subject.profile.isolation == "dedicatedNodes"
    return {names.POOL: subject.namespace_prefix} if dedicated else {}


def _tolerations(*, location: Location, pool: dict[str, str]) -> list[str]:
    """Write what the place and the pool ask for as `key:operator:value:effect`; of the own pool every effect is tolerated."""
    own = tuple(Toleration(key=key, operator="Equal", value=value) for key, value in pool.items())
    return [":".join((each.key, each.operator, each.value or "", each.effect or "")) for each in (*location.tolerations, *own)]
