"""How decisions get into the ledger: first, once, in order, and whatever breaks in between."""

from typing import TYPE_CHECKING, Any, Final

import pytest
from tests.unit.controllers.deciding import ask, assert_whole, decide, judged, ledger

from citycloud.api import Approval
from citycloud.controllers.acceptance import spec_digest
from citycloud.kube import errors

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.unit.controllers.conftest import Office, Sample

STALE: Final = "sha256:" + "0" * 64
VALID: Final = "The decision counts and stands in the ledger."
LARGE_BUDGET: Final = {"environments": 20, "cpu": "640", "memory": "1280Gi", "storage": "20Ti"}


@pytest.fixture(autouse=True)
def room(office: "Office") -> None:
    """Let no decision fail for want of room."""
    office.change("Organisation", "so-y-te", budget=LARGE_BUDGET)


async def test_the_ledger_is_written_before_the_status_and_both_before_anything_is_enforced(office: "Office", sample: "Sample") -> None:
    await ask(office, size="l")
    office.put(sample.approval("one", digest=spec_digest(office.environment().spec)))
    log = [(operation, key.kind) for operation, key in await office.settle()]

    assert log[:2] == [("create", "LedgerEntry"), ("status", "Approval")]
    assert ("create", "Namespace") in log[2:]


async def test_many_decisions_at_once_each_get_a_place_of_their_own(office: "Office", sample: "Sample") -> None:
    names = [f"env-{number}" for number in range(8)]
    for name in names:
        office.ask(name, size="l")
    await office.settle()
    for name in names:
        office.put(sample.approval(f"of-{name}", target=name, digest=spec_digest(office.environment(name).spec)))
    await office.settle()

    assert [entry.spec.index for entry in ledger(office)] == list(range(8))
    assert_whole(office)


async def test_an_answer_that_was_lost_doubles_nothing(office: "Office", sample: "Sample") -> None:
    await ask(office, size="l")
    create = office.server.create

    async def lost(**arguments: Any) -> Any:
        await create(**arguments)
        raise errors.Unreachable("no answer")

    office.server.create = lost  # type: ignore[method-assign]
    office.put(sample.approval("one", digest=spec_digest(office.environment().spec)))
    with pytest.raises(errors.Unreachable):
        await office.settle()
    assert judged(office)[0] is None
    assert office.environment().status.approved is None
    office.server.create = create  # type: ignore[method-assign]
    key = office.key()._replace(kind="Approval", name="one")
    office.queue.done(key)
    office.queue.put(key)
    await office.settle()

    assert judged(office)[0] is True
    assert len(ledger(office)) == 1
    assert_whole(office)


async def test_what_stands_in_the_ledger_counted_whatever_has_changed_since(office: "Office", sample: "Sample") -> None:
    """Die between ledger and status, while the department changes its wish."""
    await ask(office, size="l")
    await decide(office, sample)
    (key,) = [key for key in office.server.objects if key.kind == "Approval"]
    office.server.objects[key].pop("status")
    office.world.drop(kind=Approval, metadata=office.server.objects[key]["metadata"])
    office.ask(size="xl")
    office.world.put(kind=Approval, body=office.server.objects[key])
    await office.settle()

    assert judged(office)[0] is True
    assert len(ledger(office)) == 1
    assert_whole(office)


async def test_a_judgement_is_stored_as_it_was_written(
    office: "Office", sample: "Sample", as_stored: "Callable[..., dict[str, Any]]"
) -> None:
    await ask(office, size="l")
    await decide(office, sample)
    stored = next(body["status"] for key, body in office.server.objects.items() if key.kind == "Approval")

    assert as_stored(kind=Approval, status=stored) == stored
