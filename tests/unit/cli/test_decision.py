"""`citycloud approve` and `refuse`: what is decided is exactly what was shown."""

import json
from typing import TYPE_CHECKING, Any

import pytest
from tests.support import objects, recorded
from tests.support.recorded import Recorded

from citycloud.cli.dialogue import Dialogue

if TYPE_CHECKING:
    from tests.unit.cli.conftest import Run

PLACE = "so-y-te/ho-so"
SMALL = {"system": "he-thong", "stage": "test", "size": "s", "zones": ["app"]}


@pytest.fixture
def grown(department: Recorded) -> Recorded:
    """A small environment that asks to become large."""
    department.put(recorded.waiting(before=SMALL, size="l", justification="Thêm người dùng"))
    return department


def test_an_approver_sees_everything_and_the_decision_names_the_digest(ask: "Run", grown: Recorded) -> None:
    result = ask("approve", PLACE, "--yes")
    assert result.exit_code == 0, result.stderr
    answer = json.loads(result.stdout)
    assert answer["askedBy"] == ["nhan-vien", "oidc:a,b"]
    assert {each["path"]: (each["before"], each["after"]) for each in answer["changes"]} == {
        "size": ("s", "l"),
        "justification": (None, "Thêm người dùng"),
    }
    assert answer["holdsNow"] == recorded.amounts("s")
    assert answer["decided"] == "approve"
    assert answer["decision"] == {"reasons": ["OverAutomaticSize", "LargeIncrease"], "by": ["citycloud-approvers"]}
    assert answer["valid"] is True
    ((how, sent),) = grown.sent
    assert (how, sent["metadata"]) == ("create", {"namespace": "org-so-y-te", "name": "ho-so-0"})
    large = SMALL | {"size": "l", "justification": "Thêm người dùng"}
    assert sent["spec"] == {
        "target": {"kind": "Environment", "name": "ho-so"},
        "digest": recorded.digest(large),
        "decision": "approve",
    }


@pytest.mark.parametrize(
    ("language", "words"), [("vi", ("Ai xin", "Đang giữ", "cỡ l lớn hơn mức tự động m")), ("en", ("Asked by", "Holds now"))]
)
def test_people_see_it_before_they_are_asked(at_terminal: "Run", grown: Recorded, language: str, words: tuple[str, ...]) -> None:
    result = at_terminal("approve", PLACE, "--output=table", "--lang", language, answers=("n",))
    assert (result.exit_code, grown.sent) == (1, [])
    for word in (*words, "nhan-vien", "oidc:a,b", "Thêm người dùng", "sha256:"):
        assert word in result.stdout


def test_a_request_that_changes_while_it_is_looked_at_is_not_decided(
    at_terminal: "Run", grown: Recorded, monkeypatch: pytest.MonkeyPatch
) -> None:
    confirm = Dialogue.confirm

    def change_it(*arguments: Any, **parameters: Any) -> None:
        grown.put(recorded.waiting(before=SMALL, size="xl"))
        confirm(*arguments, **parameters)

    monkeypatch.setattr(Dialogue, "confirm", change_it)
    result = at_terminal("approve", PLACE, answers=("y",))
    assert (result.exit_code, grown.sent) == (1, [])
    assert "changed while you looked at it" in result.stderr


@pytest.mark.parametrize(
    ("status", "code", "said"),
    [
        ({"observedGeneration": 0}, 2, "has not looked at the last change"),
        ({"pending": None}, 1, "waits for no decision (phase AwaitingApproval)"),
        ({"pending": {"digest": "sha256:" + "0" * 64, "since": recorded.SINCE}}, 2, "digests so-y-te/ho-so otherwise"),
    ],
)
def test_what_cannot_be_decided_is_said_so(ask: "Run", department: Recorded, status: dict[str, Any], code: int, said: str) -> None:
    body = recorded.waiting(size="l")
    body["status"] |= status
    if status == {"pending": None}:
        body["status"]["conditions"] = []
    department.put(body)
    result = ask("approve", PLACE, "--yes")
    assert (result.exit_code, department.sent) == (code, [])
    assert said in result.stderr


def test_what_was_refused_may_be_approved_after_all(ask: "Run", department: Recorded) -> None:
    body = recorded.waiting(size="l")
    body["status"] |= {
        "phase": "Refused",
        "pending": None,
        "conditions": [recorded.condition("Ready", holds=False, reason="RefusedByDecision", message="Không. / No.")],
    }
    department.put(body)
    assert ask("approve", PLACE, "--yes").exit_code == 0
    assert department.sent[0][1]["spec"]["digest"] == recorded.digest(body["spec"])


def test_a_refusal_has_to_say_why(ask: "Run", grown: Recorded) -> None:
    for reason in ((), ("--reason", " ")):
        result = ask("refuse", PLACE, *reason, "--yes")
        assert (result.exit_code, grown.sent) == (2, [])
        assert "--reason is missing" in result.stderr
    assert ask("refuse", PLACE, "--reason", "Chưa cần", "--yes").exit_code == 0
    assert (grown.sent[0][1]["spec"]["decision"], grown.sent[0][1]["spec"]["reason"]) == ("refuse", "Chưa cần")


def test_production_is_approved_by_a_number_and_refused_without(ask: "Run", department: Recorded) -> None:
    department.put(objects.system("so-y-te", dossier=objects.dossier()))
    department.put(recorded.waiting(stage="production"))
    result = ask("approve", PLACE, "--yes")
    assert (result.exit_code, department.sent) == (2, [])
    assert "--decision-no" in result.stderr
    answer = json.loads(ask("approve", PLACE, "--decision-no", "45/QĐ-UBND", "--yes").stdout)
    assert department.sent[0][1]["spec"]["decisionNo"] == "45/QĐ-UBND"
    assert answer["dossier"] == "approved"
    assert ask("refuse", PLACE, "--reason", "x", "--yes").exit_code == 0


@pytest.mark.parametrize(
    ("judged", "code", "said"),
    [
        (
            {"valid": False, "reason": "Người xin. / Who asked."},
            1,
            "does not count: Who asked.",
        ),
        ({}, 0, "has not judged it yet"),
        ({"valid": True}, 0, "counts"),
    ],
)
def test_whether_it_counts_is_told(ask: "Run", grown: Recorded, judged: dict[str, Any], code: int, said: str) -> None:
    grown.judged = judged
    result = ask("approve", PLACE, "--yes", "--wait", "0", "--output", "table")
    assert result.exit_code == code
    assert said in result.stdout


def test_the_dossier_is_shown(at_terminal: "Run", department: Recorded) -> None:
    department.put(objects.system("so-y-te", dossier=objects.dossier(level=1)))
    department.put(recorded.waiting(size="l"))
    shown = at_terminal("approve", PLACE, "--output=table", answers=("n",)).stdout
    assert "insufficient: decision 12/QD-TEST of 2026-08-30" in shown


def test_what_is_named_is_shown_where_to_look(ask: "Run", grown: Recorded) -> None:
    assert "citycloud status so-y-te/ho-so" in ask("approve", PLACE, "--yes", "--output=table").stdout
    grown.judged = {}
    assert "citycloud why so-y-te/ho-so" in ask("approve", PLACE, "--yes", "--wait=0", "--output=table").stdout
