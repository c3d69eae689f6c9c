"""What `citycloud evidence` asks and says: every proof has its text, and a trial goes to the place where such objects are created."""

import re
from pathlib import Path

import pytest

from citycloud.cli.connection import collection_path
from citycloud.cli.options import TEXTS
from citycloud.evidence import judge


def test_every_proof_that_can_be_said_has_a_text() -> None:
    source = Path(judge.__file__).read_text()
    said = set(re.findall(r'"(?:missing|proven|unseen|excepted)", "([A-Z]\w+)"', source)) | set(re.findall(r'key="(\w+)"', source))
    mechanisms = {"PodSecurity", "ResourceQuota", "LimitRange", "Operator", "RBAC", "CRD"}
    absent = {"RBACNotReadable", "CRDNotReadable", "CanaryRefused", "CanaryAdmitted", "CanaryNotTried", "DemandedMissing", "RecordMissing"}
    wanted = said | mechanisms | {f"{each}Missing" for each in mechanisms} | absent

    assert {f"Proof{each}" for each in wanted} <= TEXTS.keys()


@pytest.mark.parametrize(
    ("version", "kind", "path"),
    [
        ("v1", "Pod", "/api/v1/namespaces/a--b--c/pods"),
        ("networking.k8s.io/v1", "Ingress", "/apis/networking.k8s.io/v1/namespaces/a--b--c/ingresses"),
        ("networking.k8s.io/v1", "NetworkPolicy", "/apis/networking.k8s.io/v1/namespaces/a--b--c/networkpolicies"),
        ("v1", "Endpoints", "/api/v1/namespaces/a--b--c/endpoints"),
    ],
)
def test_a_trial_goes_where_such_objects_are_created(version: str, kind: str, path: str) -> None:
    assert collection_path({"apiVersion": version, "kind": kind, "metadata": {"name": "x", "namespace": "a--b--c"}}) == path
