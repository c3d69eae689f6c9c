"""suspend, resume, retire, renew, members: one field each, seen before it is sent."""

import json
from typing import TYPE_CHECKING

import pytest
from tests.support import recorded
from tests.support.recorded import Recorded

if TYPE_CHECKING:
    from tests.unit.cli.conftest import Run

PLACE = "so-y-te/ho-so"


@pytest.mark.parametrize(("command", "before", "after"), [("suspend", "active", "suspended"), ("resume", "retired", "active")])
def test_a_state_is_written_and_nothing_else(ask: "Run", department: Recorded, command: str, before: str, after: str) -> None:
    department.put(recorded.ready(state=before))
    result = ask(command, PLACE, "--yes")
    assert result.exit_code == 0, result.stderr
    assert department.sent == [("patch", {"state": after})]
    again = ask(command, PLACE, "--yes")
    assert (again.exit_code, json.loads(again.stdout)["written"], len(department.sent)) == (0, False, 1)


def test_retiring_says_when_the_data_go_and_how_to_take_it_back(at_terminal: "Run", department: Recorded) -> None:
    department.put(recorded.ready())
    result = at_terminal("retire", PLACE, "--output=table", answers=("ho-so",))
    assert result.exit_code == 0, result.stderr
    assert department.sent == [("patch", {"state": "retired"})]
    for shown in ("and not to be had back after that", "citycloud resume so-y-te/ho-so", "so-y-te--ho-so--app"):
        assert shown in result.stdout


@pytest.mark.parametrize("typed", ["y", "yes", "ho-s", "so-y-te/ho-so", ""])
def test_retiring_takes_the_name_and_no_mere_yes(at_terminal: "Run", department: Recorded, typed: str) -> None:
    department.put(recorded.ready())
    assert at_terminal("retire", PLACE, answers=(typed,)).exit_code == 1
    assert department.sent == []


@pytest.mark.parametrize(
    ("status", "state", "command", "said"),
    [
        ({"phase": "Purged"}, "active", "retire", "is purged"),
        ({"phase": "Retired", "purgeAt": "2020-01-01T00:00:00Z"}, "retired", "resume", "is being deleted"),
        ({"phase": "Expired", "expiresAt": "2020-01-01T00:00:00Z"}, "active", "resume", "citycloud renew so-y-te/ho-so"),
    ],
)
def test_what_is_too_late_is_said_with_what_to_do(
    ask: "Run", department: Recorded, status: recorded.Body, state: str, command: str, said: str
) -> None:
    body = recorded.ready(state=state)
    body["status"] |= status
    department.put(body)
    result = ask(command, PLACE, "--yes")
    assert (result.exit_code, department.sent) == (1, [])
    assert said in result.stderr


def test_what_is_purged_may_be_asked_for_anew(at_terminal: "Run", department: Recorded) -> None:
    body = recorded.ready(state="retired")
    body["status"]["phase"] = "Purged"
    department.put(body)
    result = at_terminal("resume", PLACE, "--output=table", answers=("y",))
    assert department.sent == [("patch", {"state": "active"})]
    assert "its old data are gone" in result.stdout


def test_a_change_by_somebody_else_is_left_alone(ask: "Run", department: Recorded, monkeypatch: pytest.MonkeyPatch) -> None:
    department.put(recorded.ready())
    path = next(each for each in department.objects if each.endswith("/environments/ho-so"))
    read = department.read

    def read_then_change(*arguments: str, what: str) -> recorded.Body:
        found = read(*arguments, what=what)
        if arguments == (path,):
            department.objects[path]["metadata"]["resourceVersion"] = "8"
        return found

    monkeypatch.setattr(department, "read", read_then_change)
    result = ask("suspend", PLACE, "--yes")
    assert (result.exit_code, department.sent) == (2, [])
    assert "Somebody changed environments/ho-so" in result.stderr


def test_renewing_shows_the_old_and_the_new_end(at_terminal: "Run", department: Recorded) -> None:
    department.put(recorded.ready(expiresAt="2099-01-01T17:00:00Z"))
    result = at_terminal("renew", PLACE, "--until=2100-06-30", "--output=table", answers=("c",))
    assert result.exit_code == 0, result.stderr
    assert department.sent == [("patch", {"expiresAt": "2100-06-30T17:00:00Z"})]
    for shown in ("2099-01-01T17:00:00Z", "2100-06-30T17:00:00Z"):
        assert shown in result.stdout
    assert "is over" in at_terminal("renew", PLACE, "--until=2020-06-30").stderr


def test_members_are_listed_with_what_they_have(ask: "Run", department: Recorded) -> None:
    granted = {"kind": "User", "name": "an", "role": "viewer", "until": "2100-01-01"}
    ended = {"kind": "User", "name": "bình", "role": "viewer", "until": "2020-01-01"}
    body = recorded.ready(members=[granted, ended])
    body["spec"]["members"] = [granted, ended, {"kind": "Group", "name": "nhà\u202ethầu", "role": "admin"}]
    department.put(body)
    listed = {each["name"]: each["state"] for each in json.loads(ask("members", PLACE).stdout)["members"]}
    assert listed["an"] == listed["so-y-te-admins"] == "MemberHas"
    assert (listed["bình"], listed["nhà\u202ethầu"]) == ("MemberEnded", "MemberWaits")
    shown = ask("members", PLACE, "--output=table", "--lang=vi").stdout
    assert "nhà\\u202ethầu" in shown
    assert "chưa được duyệt" in shown


def test_a_member_whose_last_day_is_over_is_not_added(ask: "Run", department: Recorded) -> None:
    department.put(recorded.ready())
    result = ask("members", PLACE, "--add=user:an:viewer:2020-01-01", "--yes")
    assert (result.exit_code, department.sent) == (2, [])
    assert ask("members", PLACE, "--add=user:an:viewer:2100-01-01", "--yes").exit_code == 0
    assert department.sent == [("patch", {"members": [{"kind": "User", "name": "an", "role": "viewer", "until": "2100-01-01"}]})]
