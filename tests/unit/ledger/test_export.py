"""What an auditor takes home: everything, in a form that acts on nobody's terminal or spreadsheet."""

import csv
import io

import pytest
from hypothesis import given
from tests.unit.ledger.conftest import ORGANISATION, chains

from citycloud.api.ledger_entry import LedgerEntrySpec
from citycloud.ledger.export import COLUMNS, as_csv, as_data, inert
from citycloud.ledger.verify import verify


@given(entries=chains())
def test_what_was_exported_as_json_can_be_verified_elsewhere(entries: list[LedgerEntrySpec]) -> None:
    data = as_data(organisation=ORGANISATION, entries=entries)
    read = {index: LedgerEntrySpec.model_validate(each) for index, each in enumerate(data["entries"])}

    assert verify(organisation=data["organisation"], entries=read, claims=()) is None


@given(entries=chains())
def test_a_spreadsheet_has_one_line_a_decision_and_a_cell_for_each_field(entries: list[LedgerEntrySpec]) -> None:
    text = as_csv(entries=entries)
    rows = list(csv.reader(io.StringIO(text)))

    assert text.count("\n") == len(entries) + 1
    assert rows[0] == list(COLUMNS)
    assert [row[0] for row in rows[1:]] == [str(entry.index) for entry in entries]
    assert [row[rows[0].index("digest")] for row in rows[1:]] == [entry.digest for entry in entries]


@given(entries=chains(longest=2))
def test_no_cell_is_a_formula_or_moves_a_cursor(entries: list[LedgerEntrySpec]) -> None:
    for row in csv.reader(io.StringIO(as_csv(entries=entries))):
        for cell in row:
            assert not cell.lstrip().startswith(("=", "+", "-", "@"))
            assert inert(cell) == cell


@pytest.mark.parametrize(
    ("reason", "cell"),
    [
        ("=HYPERLINK(1)", "'=HYPERLINK(1)"),
        ("  @sum", "'  @sum"),
        ("\x1b[2Jx", "\\u{1b}[2Jx"),
        ("a\nb", "a\\u{a}b"),
        ("abc\u202edef", "abc\\u{202e}def"),
        ("Đủ điều kiện", "Đủ điều kiện"),
    ],
)
def test_what_would_act_is_spelled_out(reason: str, cell: str) -> None:
    rows = list(csv.reader(io.StringIO(as_csv(entries=[_entry(reason)]))))

    assert rows[1][rows[0].index("reason")] == cell


def _entry(reason: str) -> LedgerEntrySpec:
    digest = "sha256:" + "0" * 64
    place = {"namespace": "a", "name": "b", "uid": "c"}
    fields = {"organisation": "so", "index": 0, "previous": "", "hash": digest, "digest": digest, "content": "{}", "reason": reason}
    said = {"decision": "refuse", "decidedBy": "x", "decidedAt": "2026-09-01T00:00:00Z"}
    return LedgerEntrySpec.model_validate({**fields, **said, "approval": place, "subject": {"kind": "Environment", **place}})
