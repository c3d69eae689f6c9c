"""Conditions: a time that moves only with the status, a text in both languages, and Ready as their sum."""

import datetime
from typing import TYPE_CHECKING, Any, Final

import pytest

from citycloud.api.common import Condition
from citycloud.controllers.conditions import Aspect, state, timestamp, with_ready

if TYPE_CHECKING:
    from citycloud.controllers.texts import Texts

BEFORE: Final = datetime.datetime(2026, 8, 1, tzinfo=datetime.UTC)
NOW: Final = datetime.datetime(2026, 9, 1, 3, 4, 5, 678, tzinfo=datetime.UTC)


def condition(status: str, **changes: Any) -> Condition:
    known = {"type": "Accepted", "status": status, "reason": "Accepted", "message": "x", "lastTransitionTime": BEFORE, **changes}
    return Condition.model_validate(known)


def say(texts: "Texts", aspect: Aspect, *previous: Condition, generation: int = 7) -> dict[str, Any]:
    (said,) = state(aspects=[aspect], previous=previous, generation=generation, now=NOW, texts=texts)
    return said


@pytest.mark.parametrize(
    ("before", "holds", "since"),
    [
        (None, True, "2026-09-01T03:04:05Z"),
        ("True", True, "2026-08-01T00:00:00Z"),
        ("True", False, "2026-09-01T03:04:05Z"),
        ("False", False, "2026-08-01T00:00:00Z"),
        ("False", True, "2026-09-01T03:04:05Z"),
        ("Unknown", True, "2026-09-01T03:04:05Z"),
    ],
)
def test_the_time_moves_only_when_the_status_does(texts: "Texts", before: str | None, holds: bool, since: str) -> None:
    previous = () if before is None else (condition(before),)

    assert say(texts, Aspect("Accepted", holds, "Accepted"), *previous)["lastTransitionTime"] == since


def test_another_reason_for_the_same_status_moves_no_time(texts: "Texts") -> None:
    said = say(texts, Aspect("Accepted", False, "CityMissing"), condition("False", reason="SystemMissing"))

    assert (said["reason"], said["lastTransitionTime"]) == ("CityMissing", "2026-08-01T00:00:00Z")


def test_a_condition_of_another_type_is_not_taken_for_the_same(texts: "Texts") -> None:
    assert say(texts, Aspect("Ready", True, "Ready"), condition("True"))["lastTransitionTime"] == "2026-09-01T03:04:05Z"


def test_a_condition_says_why_in_both_languages_and_of_which_spec_it_speaks(texts: "Texts") -> None:
    assert say(texts, Aspect("Approved", True, "ApprovedByDecision", {"decision": "45/QD-UBND"})) == {
        "type": "Approved",
        "status": "True",
        "reason": "ApprovedByDecision",
        "message": "Đã được duyệt theo quyết định 45/QD-UBND. / Approved by decision 45/QD-UBND.",
        "lastTransitionTime": "2026-09-01T03:04:05Z",
        "observedGeneration": 7,
    }


def test_what_was_said_reads_back_as_the_same(texts: "Texts") -> None:
    first = say(texts, Aspect("Accepted", True, "Accepted"))
    later = state(
        aspects=[Aspect("Accepted", True, "Accepted")],
        previous=[Condition.model_validate(first)],
        generation=7,
        now=NOW + datetime.timedelta(days=3),
        texts=texts,
    )

    assert later == [first]


@pytest.mark.parametrize(
    ("aspects", "holds", "reason"),
    [
        ([], True, "Ready"),
        ([Aspect("A", True, "x"), Aspect("B", True, "y")], True, "Ready"),
        ([Aspect("A", True, "x"), Aspect("B", False, "y", {"p": 1}), Aspect("C", False, "z")], False, "y"),
    ],
)
def test_ready_holds_only_with_all_others_and_else_says_the_first_that_fails(aspects: list[Aspect], holds: bool, reason: str) -> None:
    ready = with_ready(aspects)[-1]

    assert (ready.type, ready.holds, ready.reason) == ("Ready", holds, reason)
    assert with_ready(aspects)[:-1] == aspects
    assert ready.parameters == next((each.parameters for each in aspects if not each.holds), {})


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        (NOW, "2026-09-01T03:04:05Z"),
        (datetime.datetime(2026, 9, 1, 10, tzinfo=datetime.timezone(datetime.timedelta(hours=7))), "2026-09-01T03:00:00Z"),
    ],
)
def test_a_moment_is_written_as_the_api_server_writes_it(moment: datetime.datetime, text: str) -> None:
    assert timestamp(moment) == text
