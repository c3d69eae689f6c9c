"""Exceptions and re-organisations are decided like environments: what waits, who asked, from where it is decided, and into which ledger."""

from typing import TYPE_CHECKING, Any, Final

import pytest

from citycloud.api import Approval, LedgerEntry, OrgChange, PolicyException
from citycloud.controllers.decidable import spec_content
from citycloud.engine.outcome import Outcome
from citycloud.engine.queue import Key
from citycloud.ledger.chain import digest_of

if TYPE_CHECKING:
    from tests.unit.controllers.conftest import Office, Sample

EXCEPTION: Final = {
    "environment": "ho-so-test",
    "policy": "P04",
    "reason": "x",
    "compensatingMeasure": "y",
    "expiresAt": "2026-12-31T00:00:00Z",
}
MERGER: Final = {
    "action": "merge",
    "from": ["so-a", "so-b"],
    "to": ["so-c"],
    "effectiveDate": "2027-01-01",
    "legalBasis": {"id": "1/NQ"},
}
CASES: Final[dict[str, tuple[type[PolicyException | OrgChange], str, dict[str, Any], str]]] = {
    "PolicyException": (PolicyException, "org-so-y-te", EXCEPTION, "so-y-te"),
    "OrgChange": (OrgChange, "", MERGER, "city"),
}
HOMES: Final = {"PolicyException": "org-so-y-te", "OrgChange": "citycloud-system"}


async def rest(_: Key) -> Outcome:
    """Leave an exception as it was put: what its own controller makes of it is said elsewhere."""
    return Outcome.settled()


def put(office: "Office", sample: "Sample", kind: str, *, waits: bool = True, seen: int = 1) -> str:
    """Ask for something of a kind that its own controller has looked at; return its digest."""
    office.reconcilers["PolicyException"] = rest
    model, namespace, spec, _ = CASES[kind]
    office.reconcilers[kind] = _rest
    metadata = {"name": "viec", "uid": "uid-viec", "annotations": {"citycloud.dev/requested-by": "chi"}}
    body = sample.framed({"kind": kind, "metadata": metadata | ({"namespace": namespace} if namespace else {}), "spec": spec})
    digest = digest_of(spec_content(model.model_validate(body).spec))
    pending = {"pending": {"digest": digest, "since": "2026-09-01T03:00:00Z"}} if waits else {}
    office.world.put(kind=model, body={**body, "status": {"observedGeneration": seen, **pending}})
    return digest


async def _rest(key: Key) -> Outcome:
    """Stand for the kind's own controller, which has nothing to add."""
    return Outcome.settled()


async def decide(office: "Office", sample: "Sample", kind: str, *, digest: str, namespace: str = "") -> Approval:
    body = sample.approval("one", digest=digest, target="viec", kind=kind)
    body["metadata"]["namespace"] = namespace or HOMES[kind]
    office.put(body)
    await office.settle()
    found = office.world.get(Approval, namespace=body["metadata"]["namespace"], name="one")
    assert found is not None
    return found


@pytest.mark.parametrize("kind", CASES)
async def test_what_waits_is_decided_and_kept_in_its_own_ledger(office: "Office", sample: "Sample", kind: str) -> None:
    digest = put(office, sample, kind)
    approval = await decide(office, sample, kind, digest=digest)
    (entry,) = office.world.all(LedgerEntry)

    assert approval.status.valid is True
    assert entry.metadata.name == f"{CASES[kind][3]}.00000000"
    assert (entry.spec.subject.kind, entry.spec.subject.uid, entry.spec.digest) == (kind, "uid-viec", digest)


@pytest.mark.parametrize("kind", CASES)
async def test_what_does_not_wait_is_not_decided(office: "Office", sample: "Sample", kind: str) -> None:
    approval = await decide(office, sample, kind, digest=put(office, sample, kind, waits=False))

    assert approval.status.valid is False


@pytest.mark.parametrize("kind", CASES)
async def test_what_nobody_has_looked_at_yet_is_not_judged_yet(office: "Office", sample: "Sample", kind: str) -> None:
    approval = await decide(office, sample, kind, digest=put(office, sample, kind, seen=0))

    assert approval.status.valid is None


async def test_the_city_is_re_organised_from_its_own_namespace_only(office: "Office", sample: "Sample") -> None:
    approval = await decide(office, sample, "OrgChange", digest=put(office, sample, "OrgChange"), namespace="org-so-y-te")

    assert approval.status.valid is False
    assert list(office.world.all(LedgerEntry)) == []


def test_a_report_first_and_then_in_earnest_is_one_and_the_same_decision() -> None:
    frame = {"metadata": {"name": "viec"}}
    contents = {spec_content(OrgChange.model_validate({**frame, "spec": {**MERGER, "dryRun": dry_run}}).spec) for dry_run in (True, False)}

    assert len(contents) == 1
