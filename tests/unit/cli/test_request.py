"""`citycloud request` as a clerk sees it: few questions, a look before the leap, and nothing sent without a yes."""

import json
from typing import TYPE_CHECKING, Any

import pytest
from tests.support import objects, recorded
from tests.support.recorded import HOME, Recorded

from citycloud.cli.dialogue import MOST_QUESTIONS
from citycloud.cli.failure import Refused
from citycloud.cli.options import TEXTS

if TYPE_CHECKING:
    from tests.unit.cli.conftest import Run

PLACE = "so-y-te/moi"


def written(server: Recorded, kind: str) -> dict[str, Any]:
    """Return what was created of a kind."""
    return next(body for how, body in server.sent if how == "create" and body["kind"] == kind)


def questions(stderr: str) -> int:
    """Count the questions that were asked, the confirmation aside."""
    asked = [key for key in sorted(TEXTS.keys()) if key.startswith("Ask")]
    starts = [TEXTS.say_in("en", key, known="<?>", system="<?>", days="<?>").split("<?>")[0] for key in asked]
    return sum(stderr.count(start) for start in starts)


def test_flags_answer_everything_beforehand(ask: "Run", department: Recorded) -> None:
    result = ask("request", PLACE, "--system", "he-thong", "--stage", "development", "--zone", "app", "--zone", "data", "--yes")
    assert result.exit_code == 0, result.stderr
    assert written(department, "Environment")["spec"] == {
        "system": "he-thong",
        "stage": "development",
        "size": "s",
        "zones": ["app", "data"],
    }
    answer = json.loads(result.stdout)
    assert answer["written"] is True
    assert answer["namespaces"] == {"app": "so-y-te--moi--app", "data": "so-y-te--moi--data"}
    assert answer["monthlyCost"] == {"amount": recorded.cost("s"), "currency": "VND"}
    assert answer["decision"] == {"reasons": [], "by": []}
    assert {"P01", "P14"} <= set(answer["policies"])
    assert answer["articles"]


def test_a_terminal_asks_six_questions_and_a_confirmation(at_terminal: "Run", department: Recorded) -> None:
    answers = (PLACE, "he-thong", "pilot", "m", "2100-12-31", "Thí điểm một cửa", "y")
    result = at_terminal("request", "--output", "table", answers=answers)
    assert result.exit_code == 0, result.stderr
    assert questions(result.stderr) == MOST_QUESTIONS == 6
    spec = written(department, "Environment")["spec"]
    assert spec == {
        "system": "he-thong",
        "stage": "pilot",
        "size": "m",
        "expiresAt": "2100-12-31T17:00:00Z",
        "justification": "Thí điểm một cửa",
    }
    for shown in ("so-y-te--moi--app", "vn-2026-l3", "citycloud-approvers", "stage pilot needs a decision", "2100-12-31", "VND"):
        assert shown in result.stdout
    assert "citycloud why so-y-te/moi" in result.stdout


def test_a_new_system_takes_three_of_the_six(at_terminal: "Run", department: Recorded) -> None:
    answers = (PLACE, "dat-lich", "Đặt lịch hẹn", "service", "basic:200000", "test", "có")
    result = at_terminal("request", "--lang", "vi", "--output", "table", answers=answers)
    assert result.exit_code == 0, result.stderr
    assert [body["kind"] for _, body in department.sent] == ["InformationSystem", "Environment"]
    system = written(department, "InformationSystem")
    assert system["spec"] == {
        "names": {"vi": "Đặt lịch hẹn", "en": "Đặt lịch hẹn"},
        "type": "b",
        "personalData": {"kind": "basic", "subjects": 200_000},
        "contacts": {"owner": "owner@so-y-te.example"},
    }
    assert "Điều gì không được hỏi thì coi là không" in result.stdout


def test_an_answer_that_does_not_fit_is_asked_again(at_terminal: "Run", department: Recorded) -> None:
    answers = ("../x", PLACE, "he-thong", "beta", "test", "xxl", "s", "hôm nào", "-", "-", "y")
    result = at_terminal("request", answers=answers)
    assert result.exit_code == 0, result.stderr
    for said in ("../x is not ORGANISATION/ENVIRONMENT", "there is no beta", "there is no xxl", "hôm nào is no day"):
        assert said in result.stderr
    assert set(written(department, "Environment")["spec"]) == {"system", "stage", "size"}


@pytest.mark.parametrize("answer", ["n", "", "không", "yes please"])
def test_anything_but_a_yes_sends_nothing(at_terminal: "Run", department: Recorded, answer: str) -> None:
    result = at_terminal("request", PLACE, "--system=he-thong", "--stage=test", "--size=s", answers=("-", "-", answer))
    assert result.exit_code == 1
    assert "Nothing was sent." in result.stderr
    assert department.sent == []


def test_without_a_terminal_and_a_yes_nothing_is_sent(ask: "Run", department: Recorded) -> None:
    result = ask("request", PLACE, "--system=he-thong")
    assert (result.exit_code, department.sent) == (2, [])
    assert "add --yes" in result.stderr
    assert result.stdout == ""


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "ORGANISATION/ENVIRONMENT is missing"),
        ((PLACE,), "--system is missing"),
        ((PLACE, "--system=la"), "There is no system la yet. Add --system-name"),
        ((PLACE, "--system=la", "--system-name=Lạ", "--system-type=x", "--personal-data=none"), "--system-type: there is no x"),
        ((PLACE, "--system=la", "--system-name=Lạ", "--system-type=service", "--personal-data=nhiều"), "nhiều: write none"),
        ((PLACE, "--system=he-thong", "--owner=a@b"), "System he-thong is there already"),
        ((PLACE, "--system=he-thong", "--stage=beta"), "--stage: there is no beta"),
        ((PLACE, "--system=he-thong", "--until=2020-01-01"), "2020-01-01 is over"),
        ((PLACE, "--system=la", "--system-file=/nowhere/x.yaml"), "The file /nowhere/x.yaml cannot be read"),
    ],
)
def test_what_is_missing_or_wrong_is_said_in_one_line(ask: "Run", department: Recorded, arguments: tuple[str, ...], said: str) -> None:
    result = ask("request", *arguments, "--yes")
    assert result.exit_code == 2
    assert said in result.stderr
    assert result.stderr.count("\n") == 1
    assert department.sent == []


def test_all_facts_of_a_system_may_come_from_a_file(ask: "Run", department: Recorded, tmp_path: Any) -> None:
    file = tmp_path / "system.yaml"
    file.write_text(json.dumps(objects.system("so-y-te", "khac", type="a", alwaysOn=True)))
    assert ask("request", PLACE, "--system=lich", "--system-file", str(file), "--yes").exit_code == 0
    system = written(department, "InformationSystem")
    assert (system["metadata"]["name"], system["spec"]["alwaysOn"]) == ("lich", True)
    file.write_text("kind: City")
    assert "does not hold a InformationSystem" in ask("request", "so-y-te/hai", "--system=ba", "--system-file", str(file)).stderr


def test_a_refusal_of_the_api_server_stands_in_one_line_in_both_languages(ask: "Run", department: Recorded) -> None:
    department.refusal = Refused("RefusedByServer", message='environments "moi" is forbidden:\n P38 thiếu \x1b[1mchủ / no owner')
    result = ask("request", PLACE, "--system=he-thong", "--yes")
    assert (result.exit_code, department.sent) == (1, [])
    assert result.stderr == 'citycloud: The API server refuses: environments "moi" is forbidden: P38 thiếu \\x1b[1mchủ / no owner\n'


@pytest.mark.parametrize(
    ("changes", "arguments", "reason"),
    [
        ({"budget": {"environments": 0, "cpu": "99", "memory": "99Gi", "storage": "9Ti"}}, (), "OverBudget"),
        ({"validTo": "2020-01-01"}, (), "OrganisationClosed"),
        ({}, ("--location=sao-hoa",), "LocationUnknown"),
        ({}, ("--zone=vu-tru",), "ZoneUnknown"),
        ({}, ("--size=xxl",), "SizeMissing"),
    ],
)
def test_what_the_operator_would_refuse_is_not_sent(
    ask: "Run", department: Recorded, changes: dict[str, Any], arguments: tuple[str, ...], reason: str
) -> None:
    department.put(objects.organisation("so-y-te", **changes))
    result = ask("request", PLACE, "--system=he-thong", *arguments, "--yes")
    assert (result.exit_code, department.sent) == (1, [])
    assert json.loads(result.stdout)["refused"]["reason"] == reason


def test_a_host_of_a_neighbour_in_the_same_house_is_foreseen(ask: "Run", department: Recorded) -> None:
    neighbour = recorded.ready("cu", hosts=["mot-cua"])
    neighbour["status"]["hosts"] = ["mot-cua.so-y-te.test.example"]
    department.put(neighbour)
    result = ask("request", PLACE, "--system=he-thong", "--host=mot-cua", "--yes")
    assert json.loads(result.stdout)["refused"]["reason"] == "HostTaken"


def test_production_without_a_dossier_is_asked_for_and_waits(ask: "Run", department: Recorded) -> None:
    result = ask("request", PLACE, "--system=he-thong", "--stage=production", "--yes", "--output=table")
    assert result.exit_code == 0
    assert written(department, "Environment")["spec"]["stage"] == "production"
    shown = json.loads(ask("request", "so-y-te/hai", "--system=he-thong", "--stage=production", "--dry-run").stdout)
    assert shown["dossier"] == "missing"
    assert len(department.sent) == 1


def test_a_request_for_what_is_there_changes_it(ask: "Run", department: Recorded) -> None:
    department.put(recorded.ready("moi", hosts=["a"]))
    result = ask("request", PLACE, "--size=l", "--host=b", "--yes")
    assert result.exit_code == 0, result.stderr
    assert department.sent == [("patch", {"size": "l", "hosts": ["a", "b"]})]
    answer = json.loads(result.stdout)
    assert [each["path"] for each in answer["changes"]] == ["size", "hosts"]
    assert answer["decision"] == {"reasons": ["OverAutomaticSize", "LargeIncrease"], "by": ["citycloud-approvers"]}
    assert ask("request", PLACE, "--size=l", "--yes").exit_code == 0
    assert len(department.sent) == 1, "what is like that already is not sent again"


def test_its_own_hold_is_no_hindrance_to_growing(ask: "Run", department: Recorded) -> None:
    department.put(objects.organisation("so-y-te", budget={"environments": 1, "cpu": "8", "memory": "16Gi", "storage": "200Gi"}))
    department.put(recorded.ready("moi"))
    answer = json.loads(ask("request", PLACE, "--size=m", "--yes").stdout)
    assert answer["budgetLeft"] == {"environments": 0, "cpu": "0", "memory": "0", "storage": "0"}


def test_an_object_that_is_not_understood_is_said_so(ask: "Run", department: Recorded) -> None:
    body = objects.system("so-y-te")
    body["spec"]["type"] = "z"
    department.put(body)
    result = ask("request", PLACE, "--system=he-thong", "--yes")
    assert result.exit_code == 2
    assert f"does not understand informationsystems/he-thong -n {HOME}" in result.stderr
