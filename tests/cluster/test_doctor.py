"""`citycloud doctor` on the real API server: all is well after an installation, and each thing that is taken away is noticed and named.

It has a cluster of its own: it takes away kinds and policies that other tests live by.
"""

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from tests.support import objects
from tests.support.kube import Object, User, eventually

from citycloud_dev import admission
from citycloud_dev.access import MASTERS, PLATFORM
from citycloud_dev.cluster import Cluster, running_cluster
from citycloud_dev.install import NAMESPACE, install_citycloud, install_definitions, start_operator
from citycloud_dev.processes import Process, ProcessError

SECONDS = 60
Doctor = Callable[..., subprocess.CompletedProcess[str]]
POLICY = "p29-cluster-objects.citycloud.dev"
BINDING = ("validatingadmissionpolicybinding", POLICY)
PLUGIN = "kube-router"
KIND = ("customresourcedefinition", "approvals.citycloud.dev")
KINDS = ("cities", "organisations", "informationsystems", "environments", "securityprofiles", "sizeclasses")
ACCOUNT: Object = {"kind": "ServiceAccount", "namespace": NAMESPACE, "name": "citycloud-operator"}


class Operator:
    """The operator of the cluster: started when it is needed, and again where an outage of the API server ended it."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._process: Process | None = None

    def lead(self) -> None:
        """See to it that it runs and leads; one that is started anew leads once it has renewed what it left behind."""
        if self._process is None or not self._process.running:
            left = self._renewed()
            self._process = start_operator(self._cluster)
            eventually(lambda: self._renewed() != left, what="the operator to lead")

    def kill(self) -> None:
        """End it without a word, so that its lease runs out."""
        if self._process is not None:
            self._process.stop(gracefully=False)

    def _renewed(self) -> str:
        lease = _platform(self._cluster).find("lease", "citycloud-operator", NAMESPACE) or {}
        return str(lease.get("spec", {}).get("renewTime", ""))


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A control plane of its own, with citycloud installed as by hand: both charts and a City; its network plugin is a name only."""
    folder = tmp_path_factory.mktemp("doctor")
    with running_cluster(folder=folder, nodes=False, before_controllers=install_definitions) as running:
        install_citycloud(running)
        _platform(running).apply(objects.city(), _network_plugin())
        yield running


@pytest.fixture(scope="module")
def operator_here(installed: Cluster) -> Iterator[Operator]:
    """The operator beside that cluster, as its own service account."""
    operator = Operator(installed)
    yield operator
    operator.kill()


def _platform(cluster: Cluster) -> User:
    return User(cluster=cluster, kubeconfig=cluster.layout.kubeconfig)


@pytest.fixture
def platform(installed: Cluster) -> User:
    """The platform engineer, who alone may take policies away."""
    return _platform(installed)


@pytest.fixture
def doctor(installed: Cluster, operator_here: Operator) -> Doctor:
    """Run the command as a member of the given groups, by default as the platform engineer; the operator leads by then."""
    operator_here.lead()

    def run(*groups: str, arguments: tuple[str, ...] = ("--output", "json")) -> subprocess.CompletedProcess[str]:
        kubeconfig = installed.kubeconfig(user="ky-su", groups=groups or (MASTERS, PLATFORM))
        command = [sys.executable, "-m", "citycloud.cli.app", "doctor", *arguments]
        environment = {**os.environ, "KUBECONFIG": str(kubeconfig), "LC_ALL": "C.UTF-8"}
        return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=SECONDS, check=False)

    return run


def findings(answer: subprocess.CompletedProcess[str]) -> dict[str, dict[str, Any]]:
    assert answer.stdout, answer.stderr
    return {each["key"]: each for each in json.loads(answer.stdout)["findings"]}


def troubles(answer: subprocess.CompletedProcess[str]) -> dict[str, list[str]]:
    """List what is the matter, and with which objects."""
    return {key: each["objects"] for key, each in findings(answer).items() if each["state"] not in ("well", "note")}


@contextlib.contextmanager
def changed(user: User, kind: str, name: str, patch: Object) -> Iterator[None]:
    """Change one object by its spec, and put it back as it was."""
    before = user.get(kind, name)
    user.patch(kind, name, {"spec": patch})
    yield
    user.run("replace", "-f", "-", stdin=json.dumps({**before, "metadata": _bare(before)}))


@contextlib.contextmanager
def removed(user: User, kind: str, name: str) -> Iterator[None]:
    """Take one object away, and bring it back as it was."""
    before = user.get(kind, name)
    user.run("delete", kind, name)
    yield
    user.create({**before, "metadata": _bare(before)})


@contextlib.contextmanager
def created(user: User, item: Object) -> Iterator[None]:
    """Make one object for a while."""
    user.create(item)
    yield
    user.run("delete", item["kind"].lower(), item["metadata"]["name"])


def _network_plugin() -> Object:
    pod = {"metadata": {"labels": {"app": "cni"}}, "spec": {"containers": [{"name": "cni", "image": "registry.example/kube-router:v2"}]}}
    spec = {"selector": {"matchLabels": {"app": "cni"}}, "template": pod}
    return {"apiVersion": "apps/v1", "kind": "DaemonSet", "metadata": {"name": PLUGIN, "namespace": "kube-system"}, "spec": spec}


def _bare(item: Object) -> Object:
    return {name: item["metadata"][name] for name in ("name", "labels", "annotations") if name in item["metadata"]}


def _binding(subject: Object) -> Object:
    reference = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "cluster-admin"}
    metadata = {"name": "qua-tay"}
    return {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRoleBinding",
        "metadata": metadata,
        "roleRef": reference,
        "subjects": [subject],
    }


def test_after_an_installation_all_is_well(doctor: Doctor) -> None:
    answer = doctor()

    assert troubles(answer) == {}
    assert answer.returncode == 0
    found = findings(answer)
    assert found["PoliciesInForce"]["count"] == found["PoliciesInForce"]["all"] > 0
    assert found["LeaseHeld"]["holder"] == "operator"
    assert found["StaticActive"]["asked_as"] == "ky-su (system:masters)"


def test_people_read_it_in_their_language(doctor: Doctor) -> None:
    answer = doctor(arguments=("--output", "table", "--lang", "vi"))

    assert answer.returncode == 0
    assert "Tất cả đều ổn" in answer.stdout


def test_a_binding_that_was_deleted_is_noticed(doctor: Doctor, platform: User) -> None:
    with removed(platform, *BINDING):
        answer = doctor()
    assert (answer.returncode, troubles(answer)) == (1, {"PolicyUnbound": [POLICY]})


@pytest.mark.parametrize("actions", [["Audit"], ["Warn"], ["Audit", "Warn"]])
def test_a_binding_that_does_not_deny_is_noticed(doctor: Doctor, platform: User, actions: list[str]) -> None:
    with changed(platform, *BINDING, {"validationActions": actions}):
        answer = doctor()
    assert (answer.returncode, troubles(answer)) == (1, {"BindingNotDenying": [POLICY]})


def test_a_binding_that_looks_elsewhere_is_noticed(doctor: Doctor, platform: User) -> None:
    with changed(platform, *BINDING, {"matchResources": {"namespaceSelector": {"matchLabels": {"no": "where"}}}}):
        answer = doctor()
    assert (answer.returncode, troubles(answer)) == (1, {"BindingNarrowed": [POLICY]})


def test_a_policy_that_was_made_to_say_yes_is_noticed(doctor: Doctor, platform: User) -> None:
    with changed(platform, "validatingadmissionpolicy", POLICY, {"validations": [{"expression": "true"}]}):
        answer = doctor()
    assert (answer.returncode, troubles(answer)) == (1, {"PolicyChanged": [POLICY]})


def test_a_kind_that_is_gone_is_noticed(doctor: Doctor, operator_here: Operator, platform: User) -> None:
    with removed(platform, *KIND):
        answer = doctor()
    operator_here.kill()  # its watches end with the kind, and so does it, sooner or later
    assert (answer.returncode, troubles(answer)["DefinitionsMissing"]) == (1, [KIND[1]])


def test_an_operator_with_more_rights_than_shipped_is_noticed(doctor: Doctor, platform: User) -> None:
    with created(platform, _binding(ACCOUNT)):
        answer = doctor()
    assert answer.returncode == 1
    assert troubles(answer)["RightsBeyond"] == ["ClusterRole cluster-admin (cluster)"]


def test_who_else_may_write_policies_is_a_warning(doctor: Doctor, platform: User) -> None:
    with created(platform, _binding({"apiGroup": "rbac.authorization.k8s.io", "kind": "Group", "name": "tro-ly"})):
        answer = doctor()
    assert (answer.returncode, troubles(answer)) == (3, {"WritersOthers": ["Group tro-ly (cluster-admin)"]})


def test_a_network_plugin_that_is_gone_is_a_warning(doctor: Doctor, platform: User) -> None:
    platform.run("delete", "daemonset", PLUGIN, "-n", "kube-system")
    answer = doctor()
    platform.apply(_network_plugin())
    assert (answer.returncode, troubles(answer)) == (3, {"PluginUnknown": []})


def test_an_auditor_is_told_which_rights_are_lacking(doctor: Doctor) -> None:
    answer = doctor("citycloud-auditors")

    assert answer.returncode == 2
    assert set(troubles(answer)) == {"Undecided", "StaticUntried"}
    assert findings(answer)["PoliciesInForce"]["state"] == "well"


def test_who_may_see_nothing_is_not_told_that_it_is_well(doctor: Doctor) -> None:
    answer = doctor("nobody")

    assert answer.returncode == 2
    for each in json.loads(answer.stdout)["findings"]:
        assert each["state"] == "undecided" or each["check"] in ("server", "catalogue", "monitoring"), each


def test_an_administrator_outside_of_the_platform_group_tries_as_oneself(doctor: Doctor) -> None:
    answer = doctor(MASTERS)

    assert answer.returncode == 0
    assert findings(answer)["StaticActive"]["asked_as"] == "ky-su"


def test_an_operator_that_stopped_is_noticed(doctor: Doctor, operator_here: Operator) -> None:
    operator_here.kill()
    answer = eventually(lambda: (answer := doctor()).returncode and answer, what="its lease to run out")
    assert (answer.returncode, set(troubles(answer))) == (1, {"LeaseStale", "DeploymentEmpty"})


@pytest.fixture
def without_static_policies(installed: Cluster, operator_here: Operator, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The API server as it starts where it cannot read policies from its own disk; with them again afterwards."""
    monkeypatch.setattr(admission, "offers_static_policies", lambda _: False)
    _restart(installed, operator_here)
    yield
    monkeypatch.undo()
    _restart(installed, operator_here)


def _restart(cluster: Cluster, operator: Operator) -> None:
    """Start the API server anew, without the operator; ready, it may still need a moment to fill its watch caches of our kinds."""
    operator.kill()
    cluster.stop_component("kube-apiserver")
    cluster.start_api_server()
    kinds = ",".join(KINDS)

    def listed() -> bool:
        try:
            _platform(cluster).list(kinds)
            return True
        except ProcessError:
            return False

    eventually(listed, what="our kinds to be listed")


def test_where_no_static_policy_is_active_it_says_so(without_static_policies: None, doctor: Doctor) -> None:
    answer = doctor()

    assert troubles(answer).keys() == {"StaticMissing"}, answer.stdout
    assert answer.returncode == 3
    assert "RBAC alone guards the guards here" in findings(answer)["StaticMissing"]["text"]
