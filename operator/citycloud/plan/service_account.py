"""The default service account of one zone, without a token in every pod (P08; CIS 5.1.5–6).

Kubernetes makes the account by itself; ours is applied over it, before anybody may start a pod.
"""

from citycloud.plan.manifest import Manifest, managed
from citycloud.plan.subject import Subject


def default_service_account(*, subject: Subject, zone: str) -> Manifest:
    """Build the default service account of `zone`."""
    return managed(
        subject=subject,
        zone=zone,
        api_version="v1",
        kind="ServiceAccount",
        name="default",
        body={"automountServiceAccountToken": False},
    )
