"""A ledger for people with a spreadsheet, and for programs.

JSON holds every entry as it is stored, so that it can be verified again elsewhere. CSV is for reading: what a spreadsheet would take for a
formula gets an apostrophe in front, and what would move a cursor or turn a line round is spelled out.
"""

import csv
import io
import unicodedata
from collections.abc import Iterable
from typing import Any, Final

from citycloud.api.ledger_entry import LedgerEntrySpec
from citycloud.api.unseen import UNSEEN
from citycloud.ledger.chain import as_stored

COLUMNS: Final = {
    "index": "index",
    "decidedAt": "decidedAt",
    "decision": "decision",
    "decidedBy": "decidedBy",
    "decisionNo": "decisionNo",
    "reason": "reason",
    "requestedBy": "requestedBy",
    "kind": "subject.kind",
    "namespace": "subject.namespace",
    "name": "subject.name",
    "uid": "subject.uid",
    "approvalNamespace": "approval.namespace",
    "approval": "approval.name",
    "approvalUid": "approval.uid",
    "digest": "digest",
    "content": "content",
    "organisation": "organisation",
    "previous": "previous",
    "hash": "hash",
}
"""The columns of a spreadsheet, and where in an entry each stands."""
FORMULA: Final = ("=", "+", "-", "@")
"""What a spreadsheet begins a formula with."""


def as_data(*, organisation: str, entries: Iterable[LedgerEntrySpec]) -> dict[str, Any]:
    """Write a ledger for programs."""
    return {"organisation": organisation, "entries": [as_stored(entry) for entry in entries]}


def as_csv(*, entries: Iterable[LedgerEntrySpec]) -> str:
    """Write a ledger for spreadsheets, one decision a line."""
    lines = io.StringIO()
    writer = csv.writer(lines, lineterminator="\n")
    writer.writerow(COLUMNS)
    for entry in entries:
        writer.writerow([as_cell(_text(entry, column=column)) for column in COLUMNS])
    return lines.getvalue()


def inert(text: str) -> str:
    """Spell out what would act instead of being read: control characters, line ends, marks that turn the writing round."""
    return "".join(f"\\u{{{ord(each):x}}}" if unicodedata.category(each) in UNSEEN else each for each in text)


def as_cell(text: str) -> str:
    """Write a text so that a spreadsheet shows it and computes nothing."""
    shown = inert(text)
    return f"'{shown}" if shown.lstrip().startswith(FORMULA) else shown


def _text(entry: LedgerEntrySpec, *, column: str) -> str:
    value: Any = as_stored(entry)
    for part in COLUMNS[column].split("."):
        value = value.get(part, "")
    return ", ".join(value) if isinstance(value, list) else str(value)
