"""The next link of a chain, and how its hash is made.

A hash is taken over the entry as canonical JSON: keys in order, no spaces, and without what is empty or a default, so that a field that
is added later changes no old hash. With `jq -cS` and `sha256sum` anybody can do the same.
"""

import dataclasses
import datetime
import hashlib
from typing import Any, Literal

import orjson

from citycloud.api.ledger_entry import FIRST_PREVIOUS, LedgerApproval, LedgerEntrySpec, LedgerSubject


@dataclasses.dataclass(frozen=True, kw_only=True)
class Decision:
    """One valid decision: who decided what, when and why, and exactly what was looked at."""

    organisation: str
    subject: LedgerSubject
    approval: LedgerApproval
    decision: Literal["approve", "refuse"]
    decided_by: str
    decided_at: datetime.datetime
    requested_by: tuple[str, ...]
    reason: str
    decision_no: str
    content: str


def canonical(value: Any) -> str:
    """Write JSON in the one form that digests and hashes are of."""
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()


def digest_of(text: str) -> str:
    """Digest a text as the API writes it: `sha256:` and 64 hexadecimal digits."""
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()


def next_entry(*, last: LedgerEntrySpec | None, decision: Decision) -> LedgerEntrySpec:
    """Build the entry that follows `last`, or the first one where there is none."""
    fields = {field.name: getattr(decision, field.name) for field in dataclasses.fields(decision)}
    unsealed = LedgerEntrySpec(
        **fields,
        index=0 if last is None else last.index + 1,
        previous=FIRST_PREVIOUS if last is None else last.hash,
        digest=digest_of(decision.content),
        hash="",
    )
    return unsealed.model_copy(update={"hash": hash_of(unsealed)})


def hash_of(entry: LedgerEntrySpec) -> str:
    """Hash everything of an entry but its hash."""
    return digest_of(canonical(as_stored(entry, without_hash=True)))


def as_stored(entry: LedgerEntrySpec, *, without_hash: bool = False) -> dict[str, Any]:
    """Write an entry as it is sent to the API server and handed to auditors."""
    return entry.model_dump(mode="json", by_alias=True, exclude_defaults=True, exclude={"hash"} if without_hash else None)
