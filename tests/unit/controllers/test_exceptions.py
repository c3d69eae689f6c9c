"""Exceptions from one policy in one environment: who may have one, what it loosens, and that it ends by itself."""

import datetime
from typing import TYPE_CHECKING, Any, Final

import pytest
from tests.unit.controllers.clock import NOW
from tests.unit.controllers.deciding import judged, ledger
from tests.unit.controllers.excepting import DEMANDED, decide, demanded, exception, granted, look_again, open_up, reason, wish

from citycloud.api import PolicyException
from citycloud.controllers.decidable import spec_content
from citycloud.controllers.exceptions import loosenable_among
from citycloud.evidence.shipped import shipped
from citycloud.ledger.chain import digest_of

if TYPE_CHECKING:
    from tests.unit.controllers.conftest import Office, Sample

DAY: Final = 86400.0


async def test_it_waits_for_a_security_officer_and_loosens_nothing_meanwhile(office: "Office", sample: "Sample") -> None:
    await open_up(office)
    office.put(wish(sample))
    await office.settle()

    status = exception(office).status
    assert (status.phase, reason(office)) == ("AwaitingApproval", "ExceptionNeedsDecision")
    assert status.pending is not None
    assert status.pending.waiting_for == ("citycloud-security",)
    assert demanded(office) == list(DEMANDED)


async def test_once_approved_it_loosens_that_policy_for_that_environment_alone(office: "Office", sample: "Sample") -> None:
    await open_up(office, "ho-so-test", "ho-so-khac")
    office.put(wish(sample))
    await office.settle()
    await decide(office, sample)

    status = exception(office).status
    assert (status.phase, status.approval, status.pending) == ("Active", "one", None)
    assert [entry.spec.subject.kind for entry in ledger(office)] == ["PolicyException"]
    assert demanded(office) == ["P01", "P06"]
    assert demanded(office, "ho-so-khac") == list(DEMANDED)


async def test_who_asked_does_not_decide(office: "Office", sample: "Sample") -> None:
    await open_up(office)
    office.put(wish(sample))
    await office.settle()
    await decide(office, sample, by="chi")

    assert judged(office)[0] is False
    assert exception(office).status.phase == "AwaitingApproval"
    assert demanded(office) == list(DEMANDED)


async def test_it_ends_by_itself_and_not_earlier(office: "Office", sample: "Sample") -> None:
    await granted(office, sample, days=10)
    office.clock.moment = exception(office).spec.expires_at - datetime.timedelta(seconds=1)
    look_again(office)
    await office.settle()
    assert exception(office).status.phase == "Active"
    assert demanded(office) == ["P01", "P06"]

    await office.settle_within(seconds=1)
    assert exception(office).status.phase == "Expired"
    assert demanded(office) == list(DEMANDED)


async def test_its_environment_ends_it_although_nobody_wrote_so_down(office: "Office", sample: "Sample") -> None:
    await granted(office, sample, days=10)
    again_after = office.outcomes[office.key()].again_after
    assert again_after is not None
    office.clock.moment += datetime.timedelta(seconds=again_after)
    office.again()
    office.queue.done(await office.queue.get())
    await office.reconcilers["Environment"](office.key())

    assert exception(office).status.phase == "Active", "its own controller did not come to it"
    assert demanded(office) == list(DEMANDED)


@pytest.mark.parametrize("days", [20, 400])
async def test_a_clock_that_jumped_ends_it_too(office: "Office", sample: "Sample", days: int) -> None:
    await granted(office, sample, days=10)
    office.clock.jump(days=days)
    office.put(office.sample.environment(zones=["app"], hosts=[], justification="x"))
    look_again(office)
    await office.settle()

    assert exception(office).status.phase == "Expired"
    assert demanded(office) == list(DEMANDED)


async def test_what_has_ended_stays_ended_when_the_clock_goes_back(office: "Office", sample: "Sample") -> None:
    await granted(office, sample, days=10)
    await office.settle_within(seconds=11 * DAY)
    office.clock.jump(days=-11)
    office.put(office.sample.environment(zones=["app"], hosts=[], justification="x"))
    await office.settle()

    assert exception(office).status.phase == "Expired"
    assert demanded(office) == list(DEMANDED)


async def test_deleting_it_ends_it(office: "Office", sample: "Sample") -> None:
    await granted(office, sample)
    office.remove("PolicyException", "kho")
    await office.settle()

    assert demanded(office) == list(DEMANDED)


@pytest.mark.parametrize("change", [{"policy": "P06"}, {"expiresAt": "2027-01-01T00:00:00Z"}, {"compensatingMeasure": "Không"}])
async def test_whoever_changes_it_asks_anew(office: "Office", sample: "Sample", change: dict[str, str]) -> None:
    await granted(office, sample)
    office.change("PolicyException", "kho", **change)
    await office.settle()

    assert exception(office).status.phase == "AwaitingApproval"
    assert demanded(office) == list(DEMANDED)


async def test_the_same_name_asked_for_again_was_never_approved(office: "Office", sample: "Sample") -> None:
    await granted(office, sample)
    office.remove("PolicyException", "kho")
    again = wish(sample)
    office.put({**again, "metadata": {**again["metadata"], "uid": "uid-again"}})
    await office.settle()

    assert exception(office).status.phase == "AwaitingApproval"
    assert demanded(office) == list(DEMANDED)


async def test_an_environment_made_anew_under_its_name_has_no_exception(office: "Office", sample: "Sample") -> None:
    await granted(office, sample)
    office.remove("Environment", "ho-so-test")
    again = sample.environment(zones=["app"], hosts=[])
    made = (office.clock.now() + datetime.timedelta(seconds=1)).isoformat()
    office.put({**again, "metadata": {**again["metadata"], "uid": "uid-again", "creationTimestamp": made}})
    await office.settle()

    assert (exception(office).status.phase, reason(office)) == ("Refused", "ExceptionOfEarlierEnvironment")
    assert demanded(office) == list(DEMANDED)


@pytest.mark.parametrize(
    ("spec", "refusal"),
    [
        ({"environment": "khong-co"}, "ExceptionEnvironmentMissing"),
        ({"days": -1}, "ExpiryInThePast"),
        ({"days": 180.01}, "ExceptionTooLong"),
        ({"policy": "P01"}, "PolicyNotLoosenable"),
        ({"policy": "P12"}, "PolicyNotLoosenable"),
        ({"policy": "P99"}, "PolicyNotLoosenable"),
        ({"policy": "P05"}, "PolicyNotDemanded"),
    ],
)
async def test_what_nobody_could_grant_is_refused_at_once(office: "Office", sample: "Sample", spec: dict[str, Any], refusal: str) -> None:
    await open_up(office)
    office.put(wish(sample, **spec))
    await office.settle()
    assert (exception(office).status.phase, reason(office)) == ("Refused", refusal)

    await decide(office, sample)
    assert judged(office)[0] is False
    assert demanded(office) == list(DEMANDED)


async def test_an_end_that_is_too_far_loosens_nothing_whoever_let_it_through(office: "Office", sample: "Sample") -> None:
    await open_up(office)
    body = wish(sample, days=181)
    digest = digest_of(spec_content(PolicyException.model_validate(body).spec))
    approval, entry = sample.counting(
        sample.approval("one", kind="PolicyException", target="kho", digest=digest, at=NOW), index=0, subject_uid="uid-kho"
    )
    for each in (entry, approval, body):
        office.put(each)
    await office.settle()

    assert (exception(office).status.phase, reason(office)) == ("Refused", "ExceptionTooLong")
    assert demanded(office) == list(DEMANDED)


async def test_since_when_it_waits_stays_while_it_waits(office: "Office", sample: "Sample") -> None:
    await open_up(office)
    office.put(wish(sample))
    await office.settle_within(seconds=DAY)
    look_again(office)
    await office.settle()

    pending = exception(office).status.pending
    assert pending is not None
    assert pending.since == NOW


async def test_exactly_180_days_may_be_asked_for(office: "Office", sample: "Sample") -> None:
    await open_up(office)
    office.put(wish(sample, days=180))
    await office.settle()

    assert exception(office).status.phase == "AwaitingApproval"


async def test_a_refusal_says_why_and_a_later_approval_counts(office: "Office", sample: "Sample") -> None:
    await open_up(office)
    office.put(wish(sample))
    await office.settle()
    pending = exception(office).status.pending
    assert pending is not None
    await decide(office, sample, decision="refuse", reason="Chưa có biện pháp")
    assert (exception(office).status.phase, reason(office)) == ("Refused", "RefusedByDecision")
    assert "Chưa có biện pháp" in exception(office).status.conditions[0].message
    assert demanded(office) == list(DEMANDED)

    await decide(office, sample, approval="two", digest=pending.digest)
    assert exception(office).status.phase == "Active"


async def test_what_was_not_decided_in_time_is_refused(office: "Office", sample: "Sample") -> None:
    await open_up(office)
    office.put(wish(sample, days=1))
    await office.settle_within(seconds=2 * DAY)

    assert (exception(office).status.phase, reason(office)) == ("Refused", "ExpiryInThePast")


async def test_an_environment_that_comes_later_lets_it_wait(office: "Office", sample: "Sample") -> None:
    office.put(wish(sample))
    await office.settle()
    assert reason(office) == "ExceptionEnvironmentMissing"
    await open_up(office)

    assert exception(office).status.phase == "AwaitingApproval"


async def test_without_a_city_what_was_let_through_stays_and_is_said_so(office: "Office", sample: "Sample") -> None:
    await granted(office, sample)
    office.remove("City", "city")
    await office.settle()

    assert exception(office).status.phase == "Active"
    assert demanded(office) == ["P01", "P06"]


async def test_looking_again_writes_nothing(office: "Office", sample: "Sample") -> None:
    await granted(office, sample)
    look_again(office)

    assert await office.settle() == []


def test_only_what_the_lists_of_namespaces_switch_can_be_loosened() -> None:
    loosenable = loosenable_among(shipped().values())

    assert {"P04", "P05", "P06", "P14"} <= loosenable
    assert loosenable.isdisjoint({"P01", "P11", "P12", "P13", "P29", "P31", "P35", "P41"})
