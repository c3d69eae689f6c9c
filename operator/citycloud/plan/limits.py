"""The limit range of one zone: what a container gets that asks for nothing, and the most it may ask for.

Without defaults a quota would refuse every pod that names no limits (P35), and a department without an IT post would not know why.
"""

from citycloud.plan.manifest import Manifest, managed
from citycloud.plan.subject import Subject


def zone_limits(*, subject: Subject, zone: str) -> Manifest:
    """Build the limit range of `zone`."""
    container = subject.size.container
    limit = {
        "type": "Container",
        "default": dict(container.default),
        "defaultRequest": dict(container.default_request),
        "max": dict(container.max),
    }
    return managed(subject=subject, zone=zone, api_version="v1", kind="LimitRange", name="citycloud", body={"spec": {"limits": [limit]}})
