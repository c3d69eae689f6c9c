"""The frame that every manifest shares: where it lives and whose it is."""

from typing import Any

from citycloud.plan.subject import HomeSubject, Subject

Manifest = dict[str, Any]


def managed(*, subject: Subject, zone: str, api_version: str, kind: str, name: str, body: Manifest) -> Manifest:
    """Frame an object of one zone of an environment."""
    metadata: Manifest = {"name": name, "namespace": subject.namespace(zone), "labels": subject.labels(zone=zone)}
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata, **body}


def managed_home(*, subject: HomeSubject, api_version: str, kind: str, name: str, body: Manifest) -> Manifest:
    """Frame an object of a home namespace."""
    metadata: Manifest = {"name": name, "namespace": subject.namespace, "labels": subject.labels()}
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata, **body}
