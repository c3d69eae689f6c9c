"""An export as it comes back, years later and from elsewhere: trusted in nothing, so that it is verified as a ledger in a cluster is.

What an export says beyond the fields of an entry is under no hash, nor is how a value is written: an entry that is not word for word what
the operator stores counts as changed.
"""

import json
import re
from collections.abc import Iterable
from typing import Any, Final

import pydantic

from citycloud.api.common import SLUG
from citycloud.api.ledger_entry import LedgerEntrySpec
from citycloud.ledger.chain import as_stored
from citycloud.ledger.verify import Places

FIELDS: Final = frozenset({"organisation", "entries"})


class NotAnExport(ValueError):
    """What was read is something else, or says the same thing twice."""


def read_export(content: bytes) -> tuple[str, Places]:
    """Return whose ledger an export holds, and its entries by place; raise NotAnExport where it is none."""
    try:
        document = json.loads(content, object_pairs_hook=_once)
    except (ValueError, RecursionError) as error:
        raise NotAnExport(str(error)) from error
    if not isinstance(document, dict) or document.keys() != FIELDS:
        raise NotAnExport(f"not an object of {sorted(FIELDS)}")
    organisation, entries = document["organisation"], document["entries"]
    if not isinstance(organisation, str) or not re.fullmatch(SLUG, organisation) or not isinstance(entries, list) or not entries:
        raise NotAnExport("neither a name nor a list of entries")
    return organisation, _places(entries)


def _places(items: Iterable[Any]) -> Places:
    """Put entries in the places they say they have, and after the one before where that is taken: there they are found misplaced."""
    found: dict[int, LedgerEntrySpec | None] = {}
    last = -1
    numbered = [(_index(item, position=position), _entry(item)) for position, item in enumerate(items)]
    for index, entry in sorted(numbered, key=lambda each: each[0]):
        last = max(index, last + 1)
        found[last] = entry
    return found


def _index(item: Any, *, position: int) -> int:
    index = item.get("index") if isinstance(item, dict) else None
    return index if isinstance(index, int) else position


def _entry(item: Any) -> LedgerEntrySpec | None:
    """Understand one entry; None where it cannot be read, and without its hash where it says anything otherwise than it is stored."""
    try:
        entry = LedgerEntrySpec.model_validate(item)
    except pydantic.ValidationError:
        return None
    return entry if as_stored(entry) == item else entry.model_copy(update={"hash": ""})


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise NotAnExport("a name stands twice in one object")
    return found
