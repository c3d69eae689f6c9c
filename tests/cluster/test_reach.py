"""`citycloud reach` on the real API server, as a member of a department: the answer for what they may read, and a word for what not."""

import functools
import json
import os
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest
import yaml
from tests.support import objects
from tests.support.kube import User, condition, eventually
from tests.support.policy_sets import policy_sets

from citycloud.reach.manifests import read_policy
from citycloud_dev.cluster import Cluster

Office = Callable[..., str]
Ask = Callable[..., subprocess.CompletedProcess[str]]
ZONES = ("dmz", "app")
SECONDS = 60


def _ready(admin: User, name: str) -> bool:
    return bool(condition(admin.get("environment", "lam-viec", f"org-{name}"), "Ready").get("status") == "True")


@pytest.fixture
def two_zones(admin: User, office: Office) -> tuple[str, str]:
    """Two organisations with a pod `web` in each zone of their environment."""
    names = (office(), office())
    for name in names:
        admin.apply(objects.environment(name, "lam-viec", zones=list(ZONES)))
    for name in names:
        eventually(functools.partial(_ready, admin, name), what=f"the environment of {name}")
        for zone in ZONES:
            admin.create(objects.pod(f"{name}--lam-viec--{zone}", "web"))
    return names


@pytest.fixture
def ask(two_zones: tuple[str, str], member: Callable[..., User]) -> Ask:
    """Run `citycloud reach` as a member of the first organisation who may look and no more."""
    viewer = member("nguoi-xem", f"{two_zones[0]}-viewers")
    environment = {**os.environ, "KUBECONFIG": str(viewer.kubeconfig), "LC_ALL": "C.UTF-8"}

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "citycloud.cli.app", "reach", *arguments]
        return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=SECONDS, check=False)

    return run


def test_a_member_sees_which_rules_let_a_flow_of_the_profile_through(two_zones: tuple[str, str], ask: Ask) -> None:
    dmz, app = (f"{two_zones[0]}--lam-viec--{zone}" for zone in ZONES)
    answered = ask(f"{dmz}/web", f"{app}/web")
    assert answered.returncode == 0, answered.stderr
    answer = json.loads(answered.stdout)
    assert answer["egress"]["policies"] == [f"{dmz}/allow-flows-out"]
    assert answer["ingress"]["policies"] == [f"{app}/allow-flows-in"]


def test_a_member_sees_which_policies_refuse(two_zones: tuple[str, str], ask: Ask) -> None:
    dmz, app = (f"{two_zones[0]}--lam-viec--{zone}" for zone in ZONES)
    for arguments in ((f"{app}/web", f"{dmz}/web"), (f"{dmz}/web", f"{app}/web", "--port", "5432"), (f"{dmz}/web", "192.0.2.1")):
        answered = ask(*arguments)
        assert answered.returncode == 1, answered.stderr
        assert f"{arguments[0].split('/')[0]}/default-deny" in json.loads(answered.stdout)["egress"]["policies"]


def _own_policy(namespace: str, name: str, **spec: Any) -> dict[str, Any]:
    metadata = {"namespace": namespace, "name": name}
    return {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": metadata, "spec": {"podSelector": {}, **spec}}


@pytest.mark.parametrize(("zone", "code"), [("dmz", 0), ("data", 1)])
def test_a_rule_that_looks_at_labels_of_ones_own_namespaces_is_decided(
    two_zones: tuple[str, str], ask: Ask, member: Callable[..., User], zone: str, code: int
) -> None:
    """A department's own policy may ask for more than the name; whoever may only look is told all the same."""
    dmz, app = (f"{two_zones[0]}--lam-viec--{each}" for each in ZONES)
    ports = [{"protocol": "TCP", "port": 9000}]
    selects = {each: {"kubernetes.io/metadata.name": each} for each in (dmz, app)}
    into = [{"namespaceSelector": {"matchLabels": selects[dmz] | {"citycloud.dev/zone": zone}}}]
    member("quan-tri", f"{two_zones[0]}-admins").create(
        _own_policy(
            dmz, "out", policyTypes=["Egress"], egress=[{"to": [{"namespaceSelector": {"matchLabels": selects[app]}}], "ports": ports}]
        ),
        _own_policy(app, "in", policyTypes=["Ingress"], ingress=[{"from": into, "ports": ports}]),
    )
    answered = ask(f"{dmz}/web", f"{app}/web", "--port", "9000")
    assert answered.returncode == code, answered.stderr
    answer = json.loads(answered.stdout)
    assert (answer["egress"]["allowed"], answer["ingress"]["allowed"]) == (True, code == 0)


def test_what_belongs_to_another_department_is_said_to_be_unreadable(two_zones: tuple[str, str], ask: Ask) -> None:
    mine, others = (f"{name}--lam-viec--app" for name in two_zones)
    for source, target, pod in ((mine, others, "web"), (others, mine, "web"), (mine, others, "none")):
        answered = ask(f"{source}/web", f"{target}/{pod}", "--lang", "vi")
        assert answered.returncode == 2
        assert answered.stderr.startswith(f"citycloud: Bạn không có quyền đọc pods/{pod} -n {others}.")
        assert (answered.stdout, answered.stderr.count("\n")) == ("", 1)


def test_a_pod_that_is_not_there_is_said_so(two_zones: tuple[str, str], ask: Ask) -> None:
    mine = f"{two_zones[0]}--lam-viec--app"
    answered = ask(f"{mine}/web", f"{mine}/none")
    assert answered.returncode == 2
    assert answered.stderr == f"citycloud: There is no pods/none -n {mine}. Check the name.\n"


def test_the_platform_team_is_answered_across_departments(two_zones: tuple[str, str], ask: Ask, admin: User) -> None:
    mine, others = (f"{name}--lam-viec--app" for name in two_zones)
    answered = ask(f"{mine}/web", f"{others}/web", "--kubeconfig", str(admin.kubeconfig))
    assert answered.returncode == 1, answered.stderr
    answer = json.loads(answered.stdout)
    assert f"{mine}/default-deny" in answer["egress"]["policies"]
    assert f"{others}/default-deny" in answer["ingress"]["policies"]


def test_policies_are_read_as_the_api_server_completes_them(cluster: Cluster) -> None:
    """Whatever is left out means to us what the API server puts there, above all policyTypes."""
    sent: list[dict[str, Any]] = [policy for made in policy_sets(seed=2026, count=40) for policy in made.policies]
    sent.append({**sent[0], "spec": {"podSelector": {}, "egress": []}})
    for number, policy in enumerate(sent):
        policy["metadata"] = {"namespace": "default", "name": f"p{number}"}
    everything = json.dumps({"apiVersion": "v1", "kind": "List", "items": sent})
    completed = list(yaml.safe_load_all(cluster.kubectl("create", "--dry-run=server", "-o", "yaml", "-f", "-", stdin=everything)))
    assert [read_policy(each) for each in completed] == [read_policy(each) for each in sent]
    assert completed[-1]["spec"]["policyTypes"] == ["Ingress"]
