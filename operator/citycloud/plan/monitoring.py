"""What lets the platform's Prometheus see the pods of a zone, where the cluster has the operator of Prometheus."""

from typing import Final

from citycloud.plan.manifest import Manifest, managed
from citycloud.plan.subject import Subject

PORT: Final = "metrics"
"""A container port of this name is scraped; the department needs no other word of it."""
MOST_SAMPLES: Final = 5_000
"""A pod that tells more is not scraped at all: one department's mistake must not fill everybody's store."""


def pod_monitor(*, subject: Subject, zone: str) -> Manifest:
    """Build the monitor of one zone; its series say whose they are, in words that a pod cannot choose."""
    whose = {"organisation": subject.organisation, "environment": subject.environment, "system": subject.system}
    endpoint = {
        "port": PORT,
        "honorLabels": False,
        "relabelings": [{"action": "replace", "targetLabel": label, "replacement": value} for label, value in whose.items()],
    }
    spec = {"selector": {}, "sampleLimit": MOST_SAMPLES, "podMetricsEndpoints": [endpoint]}
    return managed(
        subject=subject, zone=zone, api_version="monitoring.coreos.com/v1", kind="PodMonitor", name="citycloud", body={"spec": spec}
    )
