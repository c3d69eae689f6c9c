"""What holds the stamps and the ledger where one of the guards is gone: each has a second one behind it."""

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from tests.policies.conftest import Callers
from tests.support import objects
from tests.support.attack import refused_by
from tests.support.caller import Answer, Caller, Object
from tests.support.kube import eventually

REGISTRATION = "/apis/admissionregistration.k8s.io/v1"
GROUP = f"/apis/{objects.API_VERSION}"
HOME = f"{GROUP}/namespaces/org-so-y-te"
ENTRIES = f"{GROUP}/ledgerentries"
KIND = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/ledgerentries.citycloud.dev"
Without = Callable[[str, str], contextlib.AbstractContextManager[None]]


@pytest.fixture
def without(matrix_objects: None, callers: Callers) -> Without:
    """Take a policy's binding away as the platform's pipeline, who alone can, and put it back as it was."""
    pipeline = callers("pipeline")

    @contextlib.contextmanager
    def gone(kind: str, name: str) -> Iterator[None]:
        path = f"{REGISTRATION}/{kind}admissionpolicybindings"
        binding = pipeline.call("GET", f"{path}/{name}").body
        kept = {**binding, "metadata": {key: binding["metadata"].get(key, {}) for key in ("name", "labels", "annotations")}}
        assert pipeline.call("DELETE", f"{path}/{name}").code == 200
        try:
            yield
        finally:
            assert pipeline.call("POST", path, kept).code == 201

    return gone


def ask(caller: Caller, *, claim: str) -> Answer:
    asked = objects.environment("so-y-te", "mao-danh")
    asked["metadata"]["annotations"] = {"citycloud.dev/requested-by": claim}
    return caller.call("POST", f"{HOME}/environments", asked, dry_run=True)


def decide(caller: Caller, *, claim: str) -> Answer:
    decision = objects.approval("so-y-te", "mao-danh", target="ho-so", digest="sha256:" + "0" * 64)
    decision["metadata"]["annotations"] = {"citycloud.dev/decided-by": claim}
    return caller.call("POST", f"{HOME}/approvals", decision, dry_run=True)


@pytest.mark.parametrize(
    ("policy", "role", "name", "send"),
    [("stamp-requests", "admin", "chi", ask), ("stamp-decisions", "approver", "dung", decide)],
)
def test_where_nobody_stamps_a_forged_name_is_refused(
    without: Without, callers: Callers, policy: str, role: str, name: str, send: Callable[..., Answer]
) -> None:
    caller = callers(role)
    assert send(caller, claim="nguoi-khac").code == 201, "the claim is overwritten"
    with without("mutating", f"p31-request-integrity-{policy}.citycloud.dev"):
        eventually(lambda: send(caller, claim="nguoi-khac").code != 201, what="the stamp to be missing")
        refused_by(send(caller, claim="nguoi-khac"), "P31")
        assert send(caller, claim=name).code == 201
    eventually(lambda: send(caller, claim="nguoi-khac").code == 201, what="the stamp to be back")


WRITES: dict[str, tuple[str, str, Any]] = {
    "delete one": ("DELETE", f"{ENTRIES}/so-y-te.00000000", None),
    "delete all": ("DELETE", ENTRIES, None),
    "change what was decided": ("PATCH", f"{ENTRIES}/so-y-te.00000000", {"metadata": {"labels": {"a": "b"}}}),
    "give it an owner": (
        "PATCH",
        f"{ENTRIES}/so-y-te.00000000",
        {"metadata": {"ownerReferences": [{"apiVersion": "v1", "kind": "Namespace", "name": "x", "uid": "y"}]}},
    ),
}


@pytest.mark.parametrize("stored", [True, False], ids=["beside the stored policy", "by the file alone"])
def test_nobody_touches_the_ledger(without: Without, callers: Callers, stored: bool) -> None:
    before = entries(callers)
    with contextlib.nullcontext() if stored else without("validating", "p41-ledger-entries.citycloud.dev"):
        for method, path, body in WRITES.values():
            for role in ("platform", "pipeline", "break-glass"):
                refused_by(callers(role).call(method, path, body), "P41")
        for method, path, body in WRITES.values():
            assert callers("city-operator").call(method, path, body).code == 403, "the operator itself only appends"
    assert entries(callers) == before


def test_what_an_entry_says_is_changed_by_nobody_even_without_any_policy(matrix_objects: None, callers: Callers) -> None:
    change = {"spec": {"decidedBy": "ai-do"}}
    answer = callers("break-glass").call("PATCH", f"{ENTRIES}/so-y-te.00000000", change)
    assert answer.code == 422
    assert "sổ quyết định chỉ ghi thêm" in answer.message


def test_nobody_deletes_the_kind_and_with_it_every_entry(matrix_objects: None, callers: Callers) -> None:
    refused_by(callers("pipeline").call("DELETE", KIND, dry_run=True), "P41")
    for role in ("platform", "break-glass"):
        assert callers(role).call("DELETE", KIND, dry_run=True).refused, "by P29 or by P41"


def entries(callers: Callers) -> list[Object]:
    found: list[Object] = callers("platform").call("GET", ENTRIES).body["items"]
    assert found
    return found
