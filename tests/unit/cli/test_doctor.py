"""What `citycloud doctor` looks at and as whom, and how it answers; what it judges stands in tests/unit/doctor."""

import datetime
import json
from collections.abc import Mapping
from typing import Any

import pytest
from tests.support.whole import NAMESPACE, NOW, REFUSED, whole
from tests.unit.cli.conftest import FORBIDDEN, FakeConnection
from typer.testing import CliRunner

from citycloud.cli import doctor
from citycloud.cli.app import app
from citycloud.cli.connection import Acting
from citycloud.cli.failure import Failure
from citycloud.cli.look import look, probe_guards
from citycloud.doctor.facts import WANTED, Unseen

NO_RIGHT = 'validatingadmissionpolicies.admissionregistration.k8s.io is forbidden: User "lan" cannot create resource "…" in API group "…"'
NO_ACTING = 'groups "system:masters" is forbidden: User "lan" cannot impersonate resource "groups" in API group "" at the cluster scope'


class Cluster(FakeConnection):
    """A server that knows who asks, and answers trials by whom they come from."""

    def __init__(self, objects: Mapping[str, Any], *, groups: tuple[str, ...] = (), answers: Mapping[str, tuple[int, str]]) -> None:
        super().__init__({"/version": {"gitVersion": "v1.36.2"}, **objects})
        self._groups = groups
        self._answers = answers

    def now(self) -> datetime.datetime:
        return NOW

    def myself(self) -> tuple[str, frozenset[str]]:
        return "lan", frozenset(self._groups)

    def try_to_create(self, manifest: Mapping[str, Any], *, acting: Acting | None = None) -> tuple[int, str]:
        return self._answers[acting.group if acting else "lan"]


def test_what_may_not_be_read_is_unseen_and_what_is_not_there_is_nothing() -> None:
    policies = "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies"
    lease = f"/apis/coordination.k8s.io/v1/namespaces/{NAMESPACE}/leases/citycloud-operator"
    objects = {policies: FORBIDDEN, lease: FORBIDDEN, "/apis/apps/v1": {"resources": []}}

    facts = look(connection=Cluster(objects, answers={"lan": (403, NO_RIGHT), "system:masters": (403, NO_ACTING)}), namespace=NAMESPACE)  # type: ignore[arg-type]

    assert facts.objects["validatingadmissionpolicies"] == Unseen("list validatingadmissionpolicies.admissionregistration.k8s.io")
    assert facts.objects["leases"] == Unseen(f"get leases.coordination.k8s.io/citycloud-operator -n {NAMESPACE}")
    assert facts.objects["deployments"] == ()
    assert set(facts.objects) == {wanted.plural for wanted in WANTED}


@pytest.mark.parametrize("key", ["Unreachable", "Unauthorized"])
def test_a_server_that_does_not_answer_ends_the_command(key: str) -> None:
    class Away(Cluster):
        def read(self, path: str, *, what: str) -> Mapping[str, Any]:
            if "admission" in path:
                raise Failure(key)
            return super().read(path, what=what)

    with pytest.raises(Failure, match=key):
        look(connection=Away({}, answers={"lan": (403, REFUSED)}), namespace=NAMESPACE)  # type: ignore[arg-type]


def test_trouble_with_one_listing_is_said_of_that_listing() -> None:
    class Troubled(Cluster):
        def read(self, path: str, *, what: str) -> Mapping[str, Any]:
            if path.endswith("/rolebindings"):
                raise Failure("ServerTrouble", code=504, what=what, error="too slow")
            return super().read(path, what=what)

    facts = look(connection=Troubled({}, answers={"lan": (403, REFUSED)}), namespace=NAMESPACE)  # type: ignore[arg-type]

    assert facts.objects["rolebindings"] == Unseen("list rolebindings.rbac.authorization.k8s.io", trouble="504 too slow")
    assert facts.objects["clusterrolebindings"] == ()


@pytest.mark.parametrize(
    ("groups", "answers", "outcome", "asked_as"),
    [
        ((), {"lan": (403, REFUSED)}, "refused", "lan"),
        ((), {"lan": (201, "")}, "admitted", "lan"),
        ((), {"lan": (403, NO_RIGHT), "system:masters": (403, NO_ACTING)}, "not allowed", "lan (system:masters)"),
        ((), {"lan": (403, NO_RIGHT), "system:masters": (403, REFUSED)}, "refused", "lan (system:masters)"),
        (("citycloud-platform",), {"system:masters": (403, REFUSED)}, "refused", "lan (system:masters)"),
        (("citycloud-platform",), {"system:masters": (201, "")}, "admitted", "lan (system:masters)"),
        (("citycloud-platform",), {"system:masters": (403, NO_ACTING)}, "not allowed", "lan (system:masters)"),
        ((), {"lan": (500, "etcd is away")}, "no answer", "lan"),
    ],
)
def test_static_policies_are_tried_as_somebody_whom_they_have_to_refuse(
    groups: tuple[str, ...], answers: dict[str, tuple[int, str]], outcome: str, asked_as: str
) -> None:
    probes = probe_guards(Cluster({}, groups=groups, answers=answers))  # type: ignore[arg-type]

    assert {(probe.outcome, probe.asked_as) for probe in probes.values()} == {(outcome, asked_as)}


@pytest.mark.parametrize(
    ("changes", "status", "word"),
    [
        ({}, 0, "Tất cả đều ổn"),
        ({"version": "v1.35.0"}, 1, "HỎNG"),
        ({"objects": {**whole().objects, "flowschemas": ()}}, 3, "cảnh báo"),
        ({"objects": {**whole().objects, "cities": Unseen("list cities.citycloud.dev")}}, 2, "chưa rõ"),
    ],
)
def test_people_and_scripts_are_told_the_worst(changes: dict[str, Any], status: int, word: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "connect", lambda **_: None)
    monkeypatch.setattr(doctor, "look", lambda **_: whole(**changes))

    shown = CliRunner().invoke(app, ["doctor", "--output", "table", "--lang", "vi"])
    assert shown.exit_code == status
    assert word in shown.stdout
    answer = CliRunner().invoke(app, ["doctor", "--output", "json", "--lang", "en"])
    assert answer.exit_code == status
    assert json.loads(answer.stdout)["well"] == (status == 0)
