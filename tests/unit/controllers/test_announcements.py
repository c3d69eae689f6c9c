"""What is told as Events over the life of an environment: each transition once, who asked, and what to do."""

import datetime
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from citycloud.api import Environment
from citycloud.controllers.announcements import announcements, shortened
from citycloud.telemetry.events import NOTE_BYTES

if TYPE_CHECKING:
    from tests.unit.controllers.conftest import Office, Sample

    from citycloud.controllers.texts import Texts

NAME = "ho-so-test"
DAY = 86_400.0


async def test_a_request_that_is_granted_at_once_is_one_piece_of_news(office: "Office") -> None:
    office.ask()
    await office.settle()

    assert office.news.of(NAME) == [("Ready", "Ready")]
    await office.settle_within(seconds=DAY)
    assert office.news.of(NAME) == [], "nothing happened"


async def test_news_names_who_asked_and_both_languages(office: "Office") -> None:
    office.ask()
    await office.settle()

    note = next(each.note for about, each in office.news.told if about == NAME)
    assert "người yêu cầu: chi / asked by chi" in note
    assert "Sẵn sàng" in note
    assert "Ready for use" in note


async def test_waiting_is_calm_and_what_is_refused_is_a_warning(office: "Office") -> None:
    office.ask(stage="production", size="l")
    await office.settle()
    assert {each.warning for about, each in office.news.told if about == NAME} == {False}

    office.ask("qua-lon", zones=["khong-co"])
    await office.settle()
    assert [(each.reason, each.warning) for about, each in office.news.told if about == "qua-lon"] == [("ZoneUnknown", True)]


async def test_rest_return_and_end_are_told_each_once(office: "Office") -> None:
    office.ask()
    await office.settle()
    office.news.of(NAME)
    told = []
    for state in ("suspended", "active", "retired"):
        office.change("Environment", NAME, state=state)
        await office.settle()
        told.append(office.news.of(NAME))

    assert told == [[("Ready", "Suspended")], [("Ready", "Ready")], [("Ready", "Retired")]]


async def test_each_notice_before_an_expiry_is_told_once(office: "Office") -> None:
    expires = office.clock.now() + datetime.timedelta(days=20)
    office.ask(expiresAt=expires.strftime("%Y-%m-%dT%H:%M:%SZ"))
    await office.settle()
    office.news.of(NAME)
    told = {}
    for day in range(1, 23):
        await office.settle_within(seconds=DAY)
        office.again()
        await office.settle()
        if news := office.news.of(NAME):
            told[day] = news

    assert told == {6: [("Notice", "ExpiryNotice")], 17: [("Notice", "ExpiryNotice")], 20: [("Ready", "Expired")]}


def status(*conditions: tuple[str, str, str], **fields: Any) -> dict[str, Any]:
    moment = "2026-09-01T03:00:00Z"
    listed = [
        {"type": type_, "status": value, "reason": reason, "message": f"{reason}!", "lastTransitionTime": moment, "observedGeneration": 1}
        for type_, value, reason in conditions
    ]
    return {"observedGeneration": 1, "conditions": listed, **fields}


def told(sample: "Sample", texts: "Texts", before: dict[str, Any] | None, after: dict[str, Any]) -> list[tuple[str, str, bool]]:
    model = Environment.model_validate(sample.environment(status=before))
    return [(each.action, each.reason, each.warning) for each in announcements(model=model, status=after, texts=texts)]


def test_what_ready_says_already_is_not_said_again(sample: "Sample", texts: "Texts") -> None:
    before = status(("Approved", "True", "AutomaticallyApproved"), ("NetworkIsolated", "True", "Applied"), ("Ready", "True", "Ready"))
    broken = status(
        ("Approved", "True", "AutomaticallyApproved"), ("NetworkIsolated", "False", "ApplyFailed"), ("Ready", "False", "ApplyFailed")
    )

    assert told(sample, texts, before, {**broken, "phase": "Degraded"}) == [("Ready", "ApplyFailed", True)]
    assert told(sample, texts, {**broken, "phase": "Degraded"}, before) == [("Ready", "Ready", False)]


def test_what_ready_does_not_say_is_told_beside_it(sample: "Sample", texts: "Texts") -> None:
    waiting = status(
        ("Approved", "False", "AwaitingApproval"), ("NetworkIsolated", "False", "NotYet"), ("Ready", "False", "AwaitingApproval")
    )
    granted = status(("Approved", "True", "ApprovedByDecision"), ("NetworkIsolated", "True", "Applied"), ("Ready", "True", "Ready"))

    assert told(sample, texts, waiting, granted) == [("Approved", "ApprovedByDecision", False), ("Ready", "Ready", False)]


def test_a_condition_that_changes_alone_is_told_alone(sample: "Sample", texts: "Texts") -> None:
    before = status(("Accepted", "True", "Accepted"), ("Ready", "True", "Ready"))
    after = status(("Accepted", "True", "ClockJumped"), ("Ready", "True", "Ready"))

    assert told(sample, texts, before, after) == [("Accepted", "ClockJumped", False)]
    assert told(sample, texts, after, after) == []


@given(text=st.text(max_size=600), limit=st.integers(min_value=3, max_value=NOTE_BYTES))
def test_a_note_fits_and_holds_nothing_that_a_terminal_obeys(text: str, limit: int) -> None:
    note = shortened(text, limit=limit)

    assert len(note.encode()) <= limit
    assert note.isprintable() or all(char.isprintable() or char.isspace() for char in note)


@pytest.mark.parametrize("asker", ["an", "a" * 5000, "\x1b[31man\u202e\n"])
def test_whoever_asked_and_whatever_is_said_the_note_fits(sample: "Sample", texts: "Texts", asker: str) -> None:
    body = sample.environment()
    body["metadata"]["annotations"] = {"citycloud.dev/requested-by": asker}
    after = status(("Ready", "False", "AwaitingApproval"))
    after["conditions"][0]["message"] = "ệ" * 4000
    (news,) = announcements(model=Environment.model_validate(body), status=after, texts=texts)

    assert len(news.note.encode()) <= NOTE_BYTES
    assert news.note.isprintable()
    assert "asked by a" in news.note or "asked by [31man" in news.note
