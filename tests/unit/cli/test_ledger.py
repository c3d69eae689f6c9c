"""`citycloud ledger`: what an auditor is told and with which exit status, of a whole ledger and of one that somebody has been at."""

import csv
import datetime
import io
import json
import pathlib
from collections.abc import Callable
from typing import Any, Final

import pytest
from tests.unit.cli.conftest import FORBIDDEN, FakeConnection, Run

from citycloud.api.ledger_entry import LedgerApproval, LedgerEntrySpec, LedgerSubject, entry_name
from citycloud.cli import ledger
from citycloud.ledger.chain import Decision, as_stored, next_entry

ENTRIES: Final = "/apis/citycloud.dev/v1alpha1/ledgerentries"
APPROVALS: Final = "/apis/citycloud.dev/v1alpha1/approvals"
MOMENT: Final = datetime.datetime(2026, 9, 1, 3, tzinfo=datetime.UTC)


def chain(organisation: str, *, length: int) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Make the entries of a ledger and the Approvals that they came from."""
    entries: list[dict[str, Any]] = []
    approvals: list[dict[str, Any]] = []
    last: LedgerEntrySpec | None = None
    for number in range(length):
        approval = {"namespace": f"org-{organisation}", "name": f"duyet-{number}", "uid": f"uid-{organisation}-{number}"}
        decision = Decision(
            organisation=organisation,
            subject=LedgerSubject(kind="Environment", namespace=f"org-{organisation}", name="ho-so", uid="u"),
            approval=LedgerApproval.model_validate(approval),
            decision="approve",
            decided_by="dung",
            decided_at=MOMENT,
            requested_by=("chi",),
            reason="=1+1",
            decision_no="",
            content="{}",
        )
        last = next_entry(last=last, decision=decision)
        entries.append({"metadata": {"name": entry_name(organisation=organisation, index=number)}, "spec": as_stored(last)})
        spec = {"target": {"kind": "Environment", "name": "ho-so"}, "digest": last.digest, "decision": "approve"}
        place = {"index": last.index, "previous": last.previous, "hash": last.hash}
        approvals.append({"metadata": approval, "spec": spec, "status": {"valid": True, "ledger": place}})
    return entries, approvals


@pytest.fixture
def ledgers(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Two whole ledgers, of three decisions and of one."""
    first, second = chain("so-y-te", length=3), chain("so-noi-vu", length=1)
    objects = {ENTRIES: {"items": first[0] + second[0]}, APPROVALS: {"items": first[1] + second[1]}}
    monkeypatch.setattr(ledger, "connect", lambda **_: FakeConnection(objects))
    return objects


def test_whole_ledgers_are_said_to_be_whole(ledgers: dict[str, Any], run: Run) -> None:
    answer = run("ledger", "verify", "--output", "json")
    said = json.loads(answer.stdout)

    assert answer.exit_code == 0
    assert said["whole"] is True
    assert [(each["organisation"], each["entries"], each["approvals"]) for each in said["ledgers"]] == [
        ("so-noi-vu", 1, 1),
        ("so-y-te", 3, 3),
    ]


@pytest.mark.parametrize(
    ("language", "words"), [("vi", "báo ngay cho cán bộ an toàn thông tin"), ("en", "tell the security officer at once")]
)
def test_the_first_break_is_named_in_the_language_of_whoever_asks(ledgers: dict[str, Any], run: Run, language: str, words: str) -> None:
    ledgers[ENTRIES]["items"][1]["spec"]["decidedBy"] = "ai-do"
    answer = run("ledger", "verify", "--output", "json", "--lang", language)
    said = {each["organisation"]: each["break"] for each in json.loads(answer.stdout)["ledgers"]}

    assert answer.exit_code == 1
    assert (said["so-y-te"]["index"], said["so-y-te"]["fault"]) == (1, "wrongHash")
    assert words in said["so-y-te"]["text"]
    assert said["so-noi-vu"] is None


def test_only_the_ledger_that_is_asked_for_is_walked(ledgers: dict[str, Any], run: Run) -> None:
    del ledgers[ENTRIES]["items"][1]

    assert run("ledger", "verify", "so-noi-vu").exit_code == 0
    assert run("ledger", "verify", "so-y-te").exit_code == 1


def test_a_ledger_whose_end_was_cut_off_is_broken(ledgers: dict[str, Any], run: Run) -> None:
    ledgers[ENTRIES]["items"] = ledgers[ENTRIES]["items"][:3]
    answer = run("ledger", "verify", "--output", "json")
    (broken,) = [each for each in json.loads(answer.stdout)["ledgers"] if not each["whole"]]

    assert answer.exit_code == 1
    assert (broken["organisation"], broken["break"]["fault"], broken["break"]["approval"]) == ("so-noi-vu", "noEntry", "duyet-0")


def test_who_may_not_read_the_approvals_is_told_that_they_were_not_compared(ledgers: dict[str, Any], run: Run) -> None:
    ledgers[APPROVALS] = FORBIDDEN
    answer = run("ledger", "verify", "so-y-te", "--output", "table")

    assert answer.exit_code == 0
    assert "citycloud-auditor" in " ".join(answer.stdout.split())


def test_who_may_not_read_the_ledger_gets_no_answer(ledgers: dict[str, Any], run: Run) -> None:
    ledgers[ENTRIES] = FORBIDDEN

    assert run("ledger", "verify").exit_code == 2
    assert run("ledger", "export", "so-y-te").exit_code == 2


@pytest.mark.parametrize("command", ["verify", "export"])
def test_a_ledger_that_is_not_there_is_no_whole_ledger(ledgers: dict[str, Any], run: Run, command: str) -> None:
    answer = run("ledger", command, "so-la", "--lang", "vi")

    assert answer.exit_code == 2
    assert "Không có sổ quyết định nào của so-la" in answer.stderr


def test_an_export_holds_every_entry_as_it_is_stored(ledgers: dict[str, Any], run: Run) -> None:
    answer = run("ledger", "export", "so-y-te")

    assert answer.exit_code == 0
    assert json.loads(answer.stdout)["entries"] == [each["spec"] for each in ledgers[ENTRIES]["items"][:3]]


def test_an_export_for_a_spreadsheet_holds_no_formula(ledgers: dict[str, Any], run: Run) -> None:
    answer = run("ledger", "export", "so-y-te", "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(answer.stdout)))

    assert answer.exit_code == 0
    assert [(row["index"], row["decidedBy"], row["reason"]) for row in rows] == [(str(index), "dung", "'=1+1") for index in range(3)]


@pytest.fixture
def export(ledgers: dict[str, Any], run: Run, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> pathlib.Path:
    """The export of the ledger of three, and no cluster any more."""
    file = tmp_path / "so-y-te.json"
    file.write_text(run("ledger", "export", "so-y-te").stdout)

    def no_cluster(**_: Any) -> None:
        raise AssertionError("there is no cluster")

    monkeypatch.setattr(ledger, "connect", no_cluster)
    return file


def verdict(run: Run, file: pathlib.Path) -> tuple[int, tuple[int, str] | None]:
    """Verify an export; return the exit status and the break."""
    answer = run("ledger", "verify", "--file", str(file), "--output", "json")
    (found,) = json.loads(answer.stdout)["ledgers"]
    return answer.exit_code, (found["break"]["index"], found["break"]["fault"]) if found["break"] else None


def test_an_export_is_verified_without_any_cluster(export: pathlib.Path, ledgers: dict[str, Any], run: Run) -> None:
    assert verdict(run, export) == (0, None)
    (found,) = json.loads(run("ledger", "verify", "so-y-te", "--file", str(export), "--output=json").stdout)["ledgers"]
    last = ledgers[ENTRIES]["items"][2]["spec"]["hash"]
    assert (found["organisation"], found["entries"], found["approvals"], found["whole"]) == ("so-y-te", 3, None, True)
    assert found["last"] == {"index": 2, "hash": last}
    shown = run("ledger", "verify", "--file", str(export), "--output=table", "--lang=vi", COLUMNS="400").stdout
    assert f"mục cuối là số 2, mã băm {last}" in shown, "what a file cannot tell is said"


Tamper = Callable[[list[dict[str, Any]]], Any]


@pytest.mark.parametrize(
    ("tamper", "found"),
    [
        (lambda entries: entries[1].update(decidedBy="ai-do"), (1, "wrongHash")),
        (lambda entries: entries[1].update(content='{"size":"xl"}'), (1, "wrongDigest")),
        (lambda entries: entries[1].update(ghi="thêm"), (1, "wrongHash")),
        (lambda entries: entries[1].update(index="1"), (1, "wrongHash")),
        (lambda entries: entries[1].update(organisation="so-noi-vu"), (1, "misplaced")),
        (lambda entries: entries[1].pop("decision"), (1, "unreadable")),
        (lambda entries: entries.__setitem__(1, "x"), (1, "unreadable")),
        (lambda entries: entries.pop(1), (1, "missing")),
        (lambda entries: entries.pop(0), (0, "missing")),
        (lambda entries: entries.insert(2, dict(entries[1])), (2, "misplaced")),
        (lambda entries: entries[2].update(previous="sha256:" + "0" * 64), (2, "wrongPrevious")),
    ],
)
def test_an_export_that_somebody_has_been_at_is_noticed(export: pathlib.Path, run: Run, tamper: Tamper, found: tuple[int, str]) -> None:
    document = json.loads(export.read_text())
    tamper(document["entries"])
    export.write_text(json.dumps(document))

    assert verdict(run, export) == (1, found)


def test_the_order_and_the_writing_of_an_export_are_no_change(export: pathlib.Path, run: Run) -> None:
    document = json.loads(export.read_text())
    document["entries"].reverse()
    export.write_text(json.dumps(document, sort_keys=True), encoding="utf-16")

    assert verdict(run, export) == (0, None)


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{",
        "[" * 100_000,
        "[]",
        "null",
        '{"organisation": "so-y-te"}',
        '{"organisation": "so-y-te", "entries": []}',
        '{"organisation": "so-y-te", "entries": {}}',
        '{"organisation": "so-y-te\\u001b[31m", "entries": [{}]}',
        '{"organisation": "so-y-te", "entries": [{}], "entries": [{}]}',
        '{"organisation": "so-y-te", "entries": [{}], "whole": true}',
        "index,decidedAt\n0,2026-09-01\n",
        "\x00\xff",
    ],
)
def test_a_file_that_is_no_export_gets_no_answer(tmp_path: pathlib.Path, run: Run, content: str) -> None:
    file = tmp_path / "la.json"
    file.write_bytes(content.encode("latin-1"))
    answer = run("ledger", "verify", "--file", str(file), "--lang", "vi")

    assert (answer.exit_code, answer.stdout) == (2, "")
    assert "không phải bản xuất JSON của một sổ quyết định" in answer.stderr


def test_another_ones_ledger_and_no_file_get_no_answer(export: pathlib.Path, run: Run, tmp_path: pathlib.Path) -> None:
    other = run("ledger", "verify", "so-noi-vu", "--file", str(export))
    assert (other.exit_code, "holds the ledger of so-y-te" in other.stderr) == (2, True)
    missing = run("ledger", "verify", "--file", str(tmp_path / "khong-co.json"))
    assert (missing.exit_code, "cannot be read: No such file" in missing.stderr) == (2, True)
