"""The namespace of one zone: its Pod Security level, and as annotations what admission policies allow in it.

The annotations are allow-lists that the API server's own policies read (KEP-3488 `namespaceObject`); nobody but the operator and the
break-glass group may set them. Every key is always present: a key that came and went could be left behind by whoever else touched it.
"""

from typing import Final

from citycloud.plan import names
from citycloud.plan.manifest import Manifest
from citycloud.plan.subject import HomeSubject, Subject

POD_SECURITY_VERSION: Final = "v1.36"
"""Pinned, so that an upgrade of the cluster changes no tenant's rules by itself."""


def zone_namespace(*, subject: Subject, zone: str) -> Manifest:
    """Build the namespace of `zone`."""
    location = subject.location
    selector = dict(location.node_selector)
    if subject.profile.isolation == "dedicatedNodes":
        selector[f"{names.PREFIX}/pool"] = f"{subject.organisation}--{subject.environment}"
    tolerations = [toleration.model_dump(exclude_none=True, by_alias=True) for toleration in location.tolerations]
    annotations = {
        names.APPROVED_DIGEST: subject.approved_digest,
        names.HOLDS: subject.holds,
        f"{names.PREFIX}/owner": subject.owner,
        f"{names.PREFIX}/location": location.name,
        f"{names.PREFIX}/node-selector": _pairs(selector),
        f"{names.PREFIX}/tolerations": ",".join(_toleration(each) for each in tolerations),
        f"{names.PREFIX}/allowed-hosts": ",".join(subject.hosts),
        f"{names.PREFIX}/allowed-registries": ",".join(subject.registries),
        f"{names.PREFIX}/allowed-storage-classes": ",".join(subject.storage_classes),
        f"{names.PREFIX}/allowed-groups": ",".join(sorted(_groups(subject))),
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


def _groups(subject: Subject) -> set[str]:
    """Name every group with access; one whose name would read as two is left out, whoever let it through."""
    own = {*subject.groups.admins, *subject.groups.operators, *subject.groups.viewers}
    groups = own | {member.name for member in subject.members if member.kind == "Group"}
    return {group for group in groups if "," not in group}


def _pairs(selector: dict[str, str]) -> str:
    return ",".join(f"{key}={value}" for key, value in sorted(selector.items()))


def _toleration(toleration: dict[str, str]) -> str:
    return ":".join(toleration.get(part, "") for part in ("key", "operator", "value", "effect"))
