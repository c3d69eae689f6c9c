"""`citycloud evidence` on the real API server: what an auditor can prove of an environment, and what is said where a proof is gone."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from tests.policies.conftest import NEIGHBOUR, ORGANISATION
from tests.support.kube import User

from citycloud_dev.cluster import Cluster

SECONDS = 120
Evidence = Callable[..., subprocess.CompletedProcess[str]]
POLICY = "pods.citycloud.dev"


@pytest.fixture
def evidence(cluster: Cluster, place: str, matrix_objects: None) -> Evidence:
    """Run the command over the environment of the tests as a member of the given groups."""

    def run(*groups: str, arguments: tuple[str, ...] = ("--output", "json")) -> subprocess.CompletedProcess[str]:
        kubeconfig = cluster.kubeconfig(user="kiem-toan", groups=groups)
        command = [sys.executable, "-m", "citycloud.cli.app", "evidence", f"{ORGANISATION}/ho-so", *arguments]
        environment = {**os.environ, "KUBECONFIG": str(kubeconfig), "LC_ALL": "C.UTF-8"}
        return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=SECONDS, check=False)

    return run


def controls(answer: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    assert answer.stdout, answer.stderr
    return {each["control"]: each for each in json.loads(answer.stdout)["controls"]}


@pytest.fixture
def unbound(admin: User) -> Iterator[None]:
    """One policy that the platform team, who alone can, has taken the teeth out of."""
    patch = {"spec": {"validationActions": ["Audit"]}}
    admin.patch("validatingadmissionpolicybinding", POLICY, patch)
    yield
    admin.patch("validatingadmissionpolicybinding", POLICY, {"spec": {"validationActions": ["Deny", "Audit"]}})


def test_an_auditor_sees_the_proof_of_every_control_that_the_platform_enforces(evidence: Evidence) -> None:
    found = controls(evidence("citycloud-auditors"))

    for control in found.values():
        if control["by"] == "admission":
            assert control["state"] in ("proven", "unseen"), control
            assert all(proof["state"] != "missing" for proof in control["proofs"]), control
    assert found["5.3"]["state"] == "proven"


def test_who_may_create_pods_sees_that_bad_ones_are_refused(evidence: Evidence) -> None:
    found = controls(evidence("citycloud-auditors", f"{ORGANISATION}-operators"))

    assert "CanaryRefused" in [proof["key"] for proof in found["5.3"]["proofs"]]


def test_what_people_have_to_do_is_missing_until_it_is_on_record(evidence: Evidence) -> None:
    answer = evidence("citycloud-auditors")

    assert answer.returncode == 1, "something is missing"
    assert controls(answer)["5.7"]["state"] == "missing"


def test_a_policy_without_teeth_is_no_proof(evidence: Evidence, unbound: None) -> None:
    found = controls(evidence("citycloud-auditors"))

    assert found["5.3"]["state"] == "missing"
    assert "NotBound" in [proof["key"] for proof in found["5.3"]["proofs"]]


def test_a_viewer_sees_what_they_may_and_takes_nothing_else_for_proven(evidence: Evidence) -> None:
    control = controls(evidence(f"{ORGANISATION}-viewers"))["5.3"]

    assert control["state"] == "unseen"
    assert {proof["key"]: proof["state"] for proof in control["proofs"]} == {
        "PoliciesNotReadable": "unseen",
        "Demanded": "proven",
        "CanaryNotTried": "untried",
    }


def test_whoever_may_not_look_is_told_so_in_one_line(evidence: Evidence) -> None:
    answer = evidence(f"{NEIGHBOUR}-viewers", arguments=("--lang", "vi"))

    assert answer.returncode == 2
    assert "quyền" in answer.stderr
    assert answer.stderr.count("\n") == 1
