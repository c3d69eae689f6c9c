"""What an approver reads on their decision: whether it counts, and if not, why."""

from typing import TYPE_CHECKING, Any, Final

import pytest

from citycloud.api import Approval
from citycloud.controllers.acceptance import spec_digest

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.unit.controllers.conftest import Office, Sample

STALE: Final = "sha256:" + "0" * 64


def judged(office: "Office", name: str = "one") -> tuple[bool | None, str]:
    """Read a decision: whether it counts, and the English half of why."""
    approval = office.world.get(Approval, namespace="org-so-y-te", name=name)
    assert approval is not None
    return approval.status.valid, (approval.status.reason or "").partition(" / ")[2]


async def decide(office: "Office", sample: "Sample", **decision: Any) -> None:
    """Decide on the wish as it stands, unless a digest is given."""
    digest = decision.pop("digest", spec_digest(office.environment().spec))
    office.put(sample.approval("one", digest=digest, **decision))
    await office.settle()


async def test_a_decision_on_what_waits_counts(office: "Office", sample: "Sample") -> None:
    office.ask(size="l")
    await decide(office, sample)

    assert judged(office) == (True, "The decision counts.")


@pytest.mark.parametrize(
    ("decision", "words"),
    [
        ({"digest": STALE}, "may have changed"),
        ({"target": "another"}, "no Environment named another"),
    ],
)
async def test_a_decision_on_something_else_says_so(office: "Office", sample: "Sample", decision: dict[str, Any], words: str) -> None:
    office.ask(size="l")
    await decide(office, sample, **decision)
    valid, reason = judged(office)

    assert valid is False
    assert words in reason


async def test_a_decision_on_another_kind_says_so(office: "Office", sample: "Sample") -> None:
    office.ask(size="l")
    body = sample.approval("one", digest=STALE)
    body["spec"]["target"] = {"kind": "DataShare", "name": "ho-so-test"}
    office.put(body)
    await office.settle()

    assert judged(office) == (False, "There is no DataShare named ho-so-test in this namespace.")


async def test_production_without_a_number_says_so(office: "Office", sample: "Sample") -> None:
    office.ask(stage="production")
    await decide(office, sample)
    assert judged(office)[0] is False
    assert "decisionNo" in judged(office)[1]


async def test_a_refusal_of_production_needs_no_number(office: "Office", sample: "Sample") -> None:
    office.ask(stage="production")
    await decide(office, sample, decision="refuse", reason="not yet")

    assert judged(office)[0] is True


async def test_a_decision_that_came_too_early_counts_once_its_wish_is_there(office: "Office", sample: "Sample") -> None:
    office.change("Organisation", "so-y-te", budget={"environments": 4, "cpu": "64", "memory": "128Gi", "storage": "2Ti"})
    office.ask(size="l")
    digest = spec_digest(office.environment().spec)
    office.ask(size="xl")
    await decide(office, sample, digest=digest)
    assert judged(office)[0] is False
    office.ask(size="l")
    await office.settle()

    assert judged(office)[0] is True
    assert office.environment().status.approved is not None


async def test_a_decision_that_counted_counts_for_ever(office: "Office", sample: "Sample") -> None:
    office.ask(size="l")
    await decide(office, sample)
    office.ask(size="xl")
    await office.settle()

    assert judged(office)[0] is True


async def test_a_judgement_is_stored_as_it_was_written(
    office: "Office", sample: "Sample", as_stored: "Callable[..., dict[str, Any]]"
) -> None:
    office.ask(size="l")
    await decide(office, sample)
    stored = next(body["status"] for key, body in office.server.objects.items() if key.kind == "Approval")

    assert as_stored(kind=Approval, status=stored) == stored
    office.queue.put(office.key()._replace(kind="Approval", name="one"))
    assert await office.settle() == []
