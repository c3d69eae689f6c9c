"""`citycloud approve` and `refuse` about exceptions from policies and re-organisations: what is decided is exactly what was shown."""

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from tests.support import recorded
from tests.support.recorded import Body, Recorded

from citycloud.api import OrgChange, PolicyException
from citycloud.cli.dialogue import Dialogue

if TYPE_CHECKING:
    from tests.unit.cli.conftest import Run

EXCEPTION = "--exception=so-y-te/kho-anh"
CHANGE = "--org-change=chia-so"
BOTH = pytest.mark.parametrize(("option", "record"), [(EXCEPTION, recorded.exception), (CHANGE, recorded.org_change)])


@pytest.fixture
def waiting(department: Recorded) -> Recorded:
    """One exception and one re-organisation that wait."""
    department.put(recorded.exception())
    department.put(recorded.org_change())
    return department


def test_an_exception_is_shown_whole_and_decided_in_its_home(ask: "Run", waiting: Recorded) -> None:
    result = ask("approve", EXCEPTION, "--yes")
    assert result.exit_code == 0, result.stderr
    answer = json.loads(result.stdout)
    spec = recorded.exception()["spec"]
    assert {"vi", "en"} == answer.pop("title").keys()
    assert answer == {
        "exception": "so-y-te/kho-anh",
        "policy": "P04",
        "environment": "so-y-te/ho-so",
        "justification": spec["reason"],
        "compensatingMeasure": spec["compensatingMeasure"],
        "expires": "2027-02-01T17:00:00+00:00",
        "digest": recorded.digest(spec, kind=PolicyException),
        "askedBy": ["nhan-vien", "oidc:a,b"],
        "since": "2026-08-01T02:00:00+00:00",
        "approval": "kho-anh-0",
        "decided": "approve",
        "valid": True,
    }
    ((how, sent),) = waiting.sent
    assert (how, sent["metadata"]) == ("create", {"namespace": "org-so-y-te", "name": "kho-anh-0"})
    assert sent["spec"] == {"target": {"kind": "PolicyException", "name": "kho-anh"}, "digest": answer["digest"], "decision": "approve"}


def test_a_re_organisation_is_shown_whole_and_decided_beside_all_homes(ask: "Run", waiting: Recorded) -> None:
    result = ask("approve", CHANGE, "--yes", "--decision-no=12/QĐ-UBND")
    assert result.exit_code == 0, result.stderr
    answer = json.loads(result.stdout)
    spec = recorded.org_change()["spec"]
    asked = {key: value for key, value in spec.items() if key != "dryRun"}
    assert {key: answer[key] for key in asked} == asked
    assert [(each["what"], each["state"], each["text"]) for each in answer["steps"]] == [
        ("CopySystem", "Blocked", "exists · large"),
        ("CloseOrganisation", "Planned", ""),
    ]
    assert (answer["askedBy"], answer["digest"]) == (["quan-tri"], recorded.digest(spec, kind=OrgChange))
    ((_, sent),) = waiting.sent
    assert sent["metadata"] == {"namespace": "citycloud-system", "name": "chia-so-0"}
    assert sent["spec"] == {
        "target": {"kind": "OrgChange", "name": "chia-so"},
        "digest": answer["digest"],
        "decision": "approve",
        "decisionNo": "12/QĐ-UBND",
    }


@pytest.mark.parametrize(
    ("language", "option", "words"),
    [
        ("vi", EXCEPTION, ("ngoại lệ so-y-te/kho-anh", "Sẽ không áp dụng", "P04: Ảnh", "Biện pháp thay thế", "2027-02-01")),
        ("en", EXCEPTION, ("exception so-y-te/kho-anh", "Will not hold", "P04: Images", "What protects instead", "oidc:a,b", "Quét ảnh")),
        ("vi", CHANGE, ("việc tổ chức lại chia-so", "chia tách", "2 bước, 1 bước bị vướng", "BỊ VƯỚNG", "chép hệ thống", "đã có · lớn")),
        ("en", CHANGE, ("split", "so-mot", "so-hai", "2027-03-01", "12/NQ-HDND, Điều 3", "BLOCKED", "exists · large", "quan-tri")),
    ],
)
def test_people_see_it_before_they_are_asked(
    at_terminal: "Run", waiting: Recorded, language: str, option: str, words: tuple[str, ...]
) -> None:
    result = at_terminal("approve", option, "--output=table", "--lang", language, answers=("n",))
    assert (result.exit_code, waiting.sent) == (1, [])
    for word in (*words, "sha256:"):
        assert word in result.stdout


@BOTH
def test_without_a_yes_nothing_is_sent(ask: "Run", waiting: Recorded, option: str, record: Callable[..., Body]) -> None:
    result = ask("approve", option)
    assert (result.exit_code, waiting.sent) == (2, [])
    assert "add --yes" in result.stderr


@BOTH
def test_a_refusal_has_to_say_why(ask: "Run", waiting: Recorded, option: str, record: Callable[..., Body]) -> None:
    assert (ask("refuse", option, "--yes").exit_code, waiting.sent) == (2, [])
    assert ask("refuse", option, "--reason=Chưa đủ", "--yes").exit_code == 0
    assert (waiting.sent[0][1]["spec"]["decision"], waiting.sent[0][1]["spec"]["reason"]) == ("refuse", "Chưa đủ")


@BOTH
@pytest.mark.parametrize(
    ("status", "code", "said"),
    [
        ({"observedGeneration": 0}, 2, "has not looked at the last change"),
        ({"pending": None, "phase": "Refused"}, 1, "waits for no decision (phase Refused)"),
        ({"pending": {"digest": "sha256:" + "0" * 64, "since": recorded.SINCE}}, 2, "otherwise than the server does"),
    ],
)
def test_only_what_waits_can_be_decided(
    ask: "Run", department: Recorded, option: str, record: Callable[..., Body], status: dict[str, Any], code: int, said: str
) -> None:
    if record is recorded.org_change and status.get("phase") == "Refused":
        status, said = {"pending": None, "phase": "Reported"}, "waits for no decision (phase Reported)"
    department.put(record(**status))
    result = ask("approve", option, "--yes")
    assert (result.exit_code, department.sent) == (code, []), result.stderr
    assert said in result.stderr


@BOTH
def test_what_changes_while_it_is_looked_at_is_not_decided(
    at_terminal: "Run", waiting: Recorded, monkeypatch: pytest.MonkeyPatch, option: str, record: Callable[..., Body]
) -> None:
    confirm = Dialogue.confirm

    def change_it(*arguments: Any, **parameters: Any) -> None:
        body = record()
        kind = PolicyException if body["kind"] == "PolicyException" else OrgChange
        body["spec"] |= {"expiresAt": "2027-06-01T17:00:00Z"} if kind is PolicyException else {"effectiveDate": "2027-06-01"}
        body["status"]["pending"]["digest"] = recorded.digest(body["spec"], kind=kind)
        waiting.put(body)
        confirm(*arguments, **parameters)

    monkeypatch.setattr(Dialogue, "confirm", change_it)
    result = at_terminal("approve", option, answers=("y",))
    assert (result.exit_code, waiting.sent) == (1, [])
    assert "changed while you looked at it" in result.stderr


@BOTH
@pytest.mark.parametrize(
    ("judged", "code", "said"),
    [
        ({"valid": False, "reason": "Người xin. / Who asked."}, 1, "does not count: Who asked."),
        ({}, 0, "has not judged it yet"),
        ({"valid": True}, 0, "counts"),
    ],
)
def test_whether_it_counts_is_told(
    ask: "Run", waiting: Recorded, option: str, record: Callable[..., Body], judged: dict[str, Any], code: int, said: str
) -> None:
    waiting.judged = judged
    result = ask("approve", option, "--yes", "--wait=0", "--output=table")
    assert result.exit_code == code
    assert said in result.stdout
    command = "citycloud why so-y-te/ho-so" if option is EXCEPTION else "kubectl get orgchange chia-so"
    assert (command in result.stdout) == (code == 0)


@pytest.mark.parametrize("command", ["approve", "refuse"])
@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "Name exactly one thing to decide"),
        (("so-y-te/ho-so", EXCEPTION), "Name exactly one thing to decide"),
        ((EXCEPTION, CHANGE), "Name exactly one thing to decide"),
        (("so-y-te/ho-so", EXCEPTION, CHANGE), "Name exactly one thing to decide"),
        (("--exception=kho-anh",), "kho-anh is not ORGANISATION/EXCEPTION"),
        (("--exception=so-y-te/../x",), "is not ORGANISATION/EXCEPTION"),
        (("--org-change=../approvals",), "../approvals is no name of a re-organisation"),
        (("--org-change=",), "is no name of a re-organisation"),
        (("--exception=so-y-te/khong-co",), "There is no policyexceptions/khong-co -n org-so-y-te"),
        (("--org-change=khong-co",), "There is no orgchanges/khong-co"),
    ],
)
def test_exactly_one_thing_that_is_there_can_be_named(
    ask: "Run", waiting: Recorded, command: str, arguments: tuple[str, ...], said: str
) -> None:
    result = ask(command, *arguments, "--reason=x", "--yes")
    assert (result.exit_code, waiting.sent) == (2, [])
    assert said in result.stderr
    assert result.stderr.count("\n") == 1


def test_what_others_wrote_is_shown_inert(at_terminal: "Run", department: Recorded) -> None:
    body = recorded.exception()
    body["spec"]["reason"] = "a\x1b[31m\nb\u202ec"
    body["status"]["pending"]["digest"] = recorded.digest(body["spec"], kind=PolicyException)
    department.put(body)
    shown = at_terminal("approve", EXCEPTION, "--output=table", answers=("n",)).stdout
    assert "\x1b" not in shown
    assert "a\\x1b[31m\\nb\\u202ec" in shown
