"""How writes reach the API server, and what each of its answers means."""

import json
from types import SimpleNamespace
from typing import Any

import pytest

from citycloud.cli.connection import Connection
from citycloud.cli.failure import Failure, Refused

MANIFEST = {
    "apiVersion": "citycloud.dev/v1alpha1",
    "kind": "Approval",
    "metadata": {"namespace": "org-a", "generateName": "x-"},
    "spec": {},
}


class Wire:
    """Answers every request alike, and remembers it."""

    def __init__(self, status: int, body: bytes) -> None:
        self.sent: list[dict[str, Any]] = []
        self._answer = SimpleNamespace(status=status, read=lambda: body)

    def param_serialize(self, **request: Any) -> tuple[Any, ...]:
        self.sent.append(request)
        return ()

    def call_api(self, **_: Any) -> Any:
        return self._answer


def test_a_dry_run_is_asked_for_and_only_then() -> None:
    wire = Wire(201, b"{}")
    connection = Connection(client=wire)
    connection.create(MANIFEST, dry_run=True)
    connection.create(MANIFEST)
    connection.change("/x", {"spec": {}}, what="x", dry_run=True)
    assert [("dryRun", "All") in each["query_params"] for each in wire.sent] == [True, False, True]
    assert wire.sent[0]["resource_path"] == "/apis/citycloud.dev/v1alpha1/namespaces/org-a/approvals"
    assert wire.sent[2]["header_params"] == {"Content-Type": "application/merge-patch+json"}


@pytest.mark.parametrize(
    ("status", "message", "key"),
    [
        (401, "Unauthorized", "Unauthorized"),
        (403, 'x is forbidden: User "an" cannot create resource "approvals" in API group "citycloud.dev"', "RightsMissing"),
        (403, "x is forbidden: ValidatingAdmissionPolicy denied request: P31 a / b", "RefusedByServer"),
        (422, "x is invalid: a / b", "RefusedByServer"),
        (400, "unknown field", "RefusedByServer"),
        (404, "no namespace", "NotFound"),
        (409, "exists", "AlreadyThere"),
        (500, "two\nlines", "ServerTrouble"),
    ],
)
def test_each_answer_to_a_write_has_its_text(status: int, message: str, key: str) -> None:
    connection = Connection(client=Wire(status, json.dumps({"message": message}).encode()))
    with pytest.raises(Failure) as failure:
        connection.create(MANIFEST)
    assert failure.value.key == key
    assert isinstance(failure.value, Refused) == (status in (400, 403, 422))
    assert "\n" not in str(failure.value.parameters)


def test_a_conflict_of_a_change_is_somebody_elses_change() -> None:
    with pytest.raises(Failure) as failure:
        Connection(client=Wire(409, b"not json")).change("/x", {}, what="x")
    assert failure.value.key == "ChangedMeanwhile"
