"""What a tenant needs to know about its own place, in a ConfigMap that workloads can read."""

from citycloud.plan.manifest import Manifest, managed
from citycloud.plan.subject import Subject


def environment_facts(*, subject: Subject, zone: str) -> Manifest:
    """Build the ConfigMap `citycloud-environment` of `zone`."""
    data = {
        "organisation": subject.organisation,
        "system": subject.system,
        "environment": subject.environment,
        "stage": subject.stage,
        "zone": zone,
        "level": str(subject.level),
        "profile": subject.profile_name,
        "size": subject.size_name,
        "location": subject.location.name,
        "hosts": ",".join(subject.hosts),
        "registries": ",".join(subject.registries),
        "storage-classes": ",".join(subject.storage_classes),
        "priority-classes": ",".join(subject.priority_classes),
        "images-by-digest": str(subject.profile.images.digest_required).lower(),
    }
    data |= {f"namespace-{each}": subject.namespace(each) for each in subject.zones}
    return managed(subject=subject, zone=zone, api_version="v1", kind="ConfigMap", name="citycloud-environment", body={"data": data})
