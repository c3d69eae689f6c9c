"""What the canary asks for and tries: pure descriptions.

The forbidden pods differ from the permitted one by one thing each, so that nothing but that thing can be what was refused.
"""

import copy
import datetime
from collections.abc import Mapping
from typing import Any, Final

from citycloud.api import GROUP, VERSION
from citycloud.plan.names import home_namespace

Manifest = dict[str, Any]
NAME: Final = "canary"
"""The name of its system and of its environment."""
ZONE: Final = "app"
LIFETIME: Final = datetime.timedelta(days=1)
"""An environment that it cannot give back ends by itself."""
DIGEST: Final = "@sha256:" + "0" * 64
"""No image: the pods are tried without being stored."""
UNLISTED: Final = "registry.invalid"
"""A registry that no city can allow (RFC 6761)."""


def system(*, organisation: str) -> Manifest:
    """Describe a system of the lowest level: internal, without personal data."""
    spec = {
        "names": {"vi": "Phép thử của nền tảng", "en": "The platform's own trial"},
        "type": "a",
        "serves": "organisation",
        "contacts": {"owner": f"{NAME}@{organisation}.invalid"},
    }
    return _own(kind="InformationSystem", organisation=organisation, spec=spec)


def environment(*, organisation: str, now: datetime.datetime) -> Manifest:
    """Describe a sandbox: no approval is needed and nothing of it is kept."""
    spec = {
        "system": NAME,
        "stage": "sandbox",
        "size": "s",
        "zones": [ZONE],
        "expiresAt": (now + LIFETIME).replace(microsecond=0).isoformat().replace("+00:00", "Z"),
        "justification": "Kiểm tra định kỳ nền tảng / Periodic trial of the platform",
    }
    return _own(kind="Environment", organisation=organisation, spec=spec)


def permitted(*, namespace: str, registry: str) -> Manifest:
    """Describe a pod that keeps to everything."""
    container = {
        "name": NAME,
        "image": f"{registry}/{NAME}{DIGEST}",
        "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
    }
    spec = {
        "automountServiceAccountToken": False,
        "securityContext": {"runAsNonRoot": True, "runAsUser": 10001, "seccompProfile": {"type": "RuntimeDefault"}},
        "containers": [container],
    }
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": NAME, "namespace": namespace}, "spec": spec}


def forbidden(*, namespace: str, registry: str) -> Mapping[str, Manifest]:
    """Describe pods that must be refused, by what is wrong: one that Pod Security stops, one that only our own policies do."""
    good = permitted(namespace=namespace, registry=registry)
    privileged, foreign = copy.deepcopy(good), copy.deepcopy(good)
    privileged["spec"]["containers"][0]["securityContext"] = {"privileged": True}
    foreign["spec"]["containers"][0]["image"] = f"{UNLISTED}/{NAME}{DIGEST}"
    return {"privileged": privileged, "foreign_registry": foreign}


def _own(*, kind: str, organisation: str, spec: Manifest) -> Manifest:
    metadata = {"name": NAME, "namespace": home_namespace(organisation)}
    return {"apiVersion": f"{GROUP}/{VERSION}", "kind": kind, "metadata": metadata, "spec": spec}
