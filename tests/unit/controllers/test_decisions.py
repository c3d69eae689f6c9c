"""What an approver reads on their decision: whether it counts, and if not, why; once judged it stays so."""

import datetime
from typing import TYPE_CHECKING, Any, Final

import pytest
from tests.unit.controllers.deciding import ask, assert_whole, decide, judged, ledger

from citycloud.controllers.acceptance import spec_digest

if TYPE_CHECKING:
    from tests.unit.controllers.conftest import Office, Sample

STALE: Final = "sha256:" + "0" * 64
VALID: Final = "The decision counts and stands in the ledger."
LARGE_BUDGET: Final = {"environments": 20, "cpu": "640", "memory": "1280Gi", "storage": "20Ti"}


@pytest.fixture(autouse=True)
def room(office: "Office") -> None:
    """Let no decision fail for want of room."""
    office.change("Organisation", "so-y-te", budget=LARGE_BUDGET)


async def test_a_decision_on_what_waits_counts_and_is_kept(office: "Office", sample: "Sample") -> None:
    await ask(office, size="l")
    await decide(office, sample, reason="vì dân", decisionNo="45/QD")

    assert judged(office) == (True, VALID)
    (entry,) = ledger(office)
    assert entry.metadata.name == "so-y-te.00000000"
    assert (entry.spec.decided_by, entry.spec.requested_by, entry.spec.decision) == ("dung", ("chi",), "approve")
    assert (entry.spec.reason, entry.spec.decision_no) == ("vì dân", "45/QD")
    assert entry.spec.subject.uid == office.environment().metadata.uid
    assert '"size":"l"' in entry.spec.content
    approved = office.environment().status.approved
    assert approved is not None
    assert (approved.by, approved.approval, approved.digest) == ("dung", "one", entry.spec.digest)
    assert_whole(office)


@pytest.mark.parametrize(
    ("decision", "words"),
    [
        ({"digest": STALE}, "may have changed"),
        ({"target": "another"}, "no Environment named another"),
        ({"kind": "DataShare"}, "no DataShare named ho-so-test"),
        ({"kind": "OrgChange"}, "no OrgChange named ho-so-test"),
        ({"kind": "PolicyException"}, "no PolicyException named ho-so-test"),
        ({"by": "chi"}, "chi had a hand"),
        ({"by": "chi", "decision": "refuse", "reason": "x"}, "chi had a hand"),
        ({"by": ""}, "Nobody knows who decided"),
    ],
)
async def test_a_decision_that_does_not_count_says_why(office: "Office", sample: "Sample", decision: dict[str, Any], words: str) -> None:
    await ask(office, size="l")
    await decide(office, sample, **decision)
    valid, reason = judged(office)

    assert valid is False
    assert words in reason
    assert ledger(office) == []
    assert office.environment().status.phase == "AwaitingApproval"


@pytest.mark.parametrize(
    ("stamp", "by", "counts"),
    [
        ("chi,dung", "dung", False),
        ("chi,dung", "lan", True),
        ("a%2Cb", "a,b", False),
        ("a%2Cb", "a", True),
        ("a%252Cb", "a%2Cb", False),
        ("a%252Cb", "a,b", True),
    ],
)
async def test_everybody_who_had_a_hand_in_it_is_an_asker_however_they_are_called(
    office: "Office", sample: "Sample", stamp: str, by: str, counts: bool
) -> None:
    body = sample.environment(size="l")
    body["metadata"]["annotations"]["citycloud.dev/requested-by"] = stamp
    office.put(body)
    await office.settle()
    await decide(office, sample, by=by)

    assert judged(office)[0] is counts


async def test_a_wish_that_nobody_is_known_to_have_asked_for_is_not_decided(office: "Office", sample: "Sample") -> None:
    body = sample.environment(size="l")
    body["metadata"]["annotations"] = {}
    office.put(body)
    await office.settle()
    await decide(office, sample)

    assert judged(office)[0] is False
    assert "Nobody knows who asked" in judged(office)[1]


async def test_what_the_citys_rules_let_through_waits_for_nobody(office: "Office", sample: "Sample") -> None:
    await ask(office, size="s")
    await decide(office, sample, decision="refuse", reason="x")

    assert judged(office)[0] is False
    assert "Nothing waits" in judged(office)[1]
    assert office.reason() == "Ready"


async def test_production_without_a_number_says_so(office: "Office", sample: "Sample") -> None:
    await ready_for_production(office)
    await decide(office, sample)
    assert judged(office)[0] is False
    assert "decisionNo" in judged(office)[1]
    await decide(office, sample, "two", decisionNo="45/QD-UBND")

    assert judged(office, "two")[0] is True


async def test_production_is_not_approved_before_its_dossier_but_may_be_refused(office: "Office", sample: "Sample") -> None:
    await ask(office, stage="production")
    await decide(office, sample, decisionNo="45/QD-UBND")
    assert judged(office)[0] is False
    assert "dossier" in judged(office)[1]
    await decide(office, sample, "two", decision="refuse", reason="not here")

    assert judged(office, "two")[0] is True
    assert office.environment().status.phase == "Refused"


async def ready_for_production(office: "Office") -> None:
    dossier = {"decisionNo": "1", "date": "2026-08-30", "approver": "x", "framework": "vn-2026", "level": 3}
    office.change("InformationSystem", "ho-so-hanh-nghe", dossier=dossier)
    await ask(office, stage="production")


async def test_a_judgement_is_never_changed(office: "Office", sample: "Sample") -> None:
    await ask(office, size="l")
    digest = spec_digest(office.environment().spec)
    await ask(office, size="xl")
    await decide(office, sample, digest=digest)
    assert judged(office)[0] is False
    await ask(office, size="l")

    assert judged(office)[0] is False
    assert office.environment().status.phase == "AwaitingApproval"


async def test_a_decision_that_counted_counts_for_ever(office: "Office", sample: "Sample") -> None:
    await ask(office, size="l")
    await decide(office, sample)
    await ask(office, size="xl")

    assert judged(office)[0] is True


async def test_a_refusal_may_be_followed_by_an_approval_and_an_approval_by_nothing(office: "Office", sample: "Sample") -> None:
    moment = office.clock.moment - datetime.timedelta(minutes=10)
    await ask(office, size="l")
    await decide(office, sample, "no", at=moment, decision="refuse", reason="too large")
    assert office.reason() == "RefusedByDecision"
    await decide(office, sample, "yes", at=moment + datetime.timedelta(seconds=1))
    await decide(office, sample, "no-after-all", at=moment + datetime.timedelta(seconds=2), decision="refuse", reason="too large")

    assert [judged(office, name)[0] for name in ("no", "yes", "no-after-all")] == [True, True, False]
    assert "approved by yes" in judged(office, "no-after-all")[1]
    assert office.reason() == "Ready"
    assert [entry.spec.decision for entry in ledger(office)] == ["refuse", "approve"]
    assert_whole(office)


@pytest.mark.parametrize("first", ["a-yes", "z-no"])
async def test_of_two_opposite_decisions_at_once_the_refusal_counts(office: "Office", sample: "Sample", first: str) -> None:
    await ask(office, size="l")
    digest = spec_digest(office.environment().spec)
    bodies = {
        "a-yes": sample.approval("a-yes", digest=digest, at=office.clock.moment),
        "z-no": sample.approval("z-no", digest=digest, at=office.clock.moment, decision="refuse", reason="x"),
    }
    for name in sorted(bodies, key=lambda each: each != first):
        office.put(bodies[name])
        await office.settle()
    assert judged(office, "a-yes")[0] is None
    await office.settle_within(seconds=2)

    assert [judged(office, name)[0] for name in ("a-yes", "z-no")] == [False, True]
    assert "z-no refused in the same second" in judged(office, "a-yes")[1]
    assert office.reason() == "RefusedByDecision"


@pytest.mark.parametrize("seconds", [-3600, 3600])
async def test_clocks_that_differ_delay_no_decision(office: "Office", sample: "Sample", seconds: int) -> None:
    await ask(office, size="l")
    await decide(office, sample, at=office.clock.moment + datetime.timedelta(seconds=seconds))

    assert judged(office)[0] is True


async def test_a_decision_is_judged_when_its_wish_was_looked_at_and_not_before(office: "Office", sample: "Sample") -> None:
    office.ask(size="l")
    office.put(sample.approval("one", digest=spec_digest(office.environment().spec)))
    await office.settle_within(seconds=1)

    assert judged(office)[0] is True


async def test_a_change_back_to_what_is_approved_withdraws_the_wish(office: "Office", sample: "Sample") -> None:
    await ask(office, size="s")
    await ask(office, size="l")
    assert office.environment().status.pending is not None
    digest = spec_digest(office.environment().spec)
    await ask(office, size="s")
    assert office.environment().status.pending is None
    await decide(office, sample, digest=digest)

    assert judged(office)[0] is False
    assert office.reason() == "Ready"
