"""Is this ledger whole and unchanged? Every link is looked at from the first on, and the first that is wrong is named.

A chain alone cannot tell that its last links were cut off, or that all of it was written anew: what the Approvals say of their places does.
"""

import dataclasses
import enum
from collections.abc import Iterable, Mapping
from typing import Any

import pydantic

from citycloud.api.ledger_entry import FIRST_PREVIOUS, LedgerEntrySpec
from citycloud.ledger.chain import digest_of, hash_of


class Fault(enum.StrEnum):
    """What can be wrong with a ledger."""

    MISSING = "missing"
    UNREADABLE = "unreadable"
    MISPLACED = "misplaced"
    WRONG_PREVIOUS = "wrongPrevious"
    WRONG_DIGEST = "wrongDigest"
    WRONG_HASH = "wrongHash"
    SAME_APPROVAL = "sameApproval"
    NO_ENTRY = "noEntry"


@dataclasses.dataclass(frozen=True)
class Break:
    """The first place that is wrong, what is wrong there, and the approval it is about where it is about one."""

    index: int
    fault: Fault
    approval: str = ""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Claim:
    """What a valid Approval says of its place in the ledger."""

    name: str
    uid: str
    index: int
    hash: str


Places = Mapping[int, LedgerEntrySpec | None]
"""The entries of one ledger by the place that their names say; None where one cannot be read."""


def places(items: Iterable[Mapping[str, Any]]) -> dict[str, dict[int, LedgerEntrySpec | None]]:
    """Sort entries as the API server stores them by ledger and place; their names say both."""
    found: dict[str, dict[int, LedgerEntrySpec | None]] = {}
    for item in items:
        organisation, _, index = item["metadata"]["name"].rpartition(".")
        try:
            entry = LedgerEntrySpec.model_validate(item["spec"])
        except pydantic.ValidationError:
            entry = None
        found.setdefault(organisation, {})[int(index)] = entry
    return found


def verify(*, organisation: str, entries: Places, claims: Iterable[Claim]) -> Break | None:
    """Walk one ledger and return its first break, or None where it is whole."""
    previous, approvals = FIRST_PREVIOUS, dict[str, int]()
    for index in range(max(entries, default=-1) + 1):
        entry = entries.get(index)
        if entry is None:
            return Break(index, Fault.UNREADABLE if index in entries else Fault.MISSING)
        fault = _fault(entry=entry, organisation=organisation, index=index, previous=previous)
        if fault is not None:
            return Break(index, fault, entry.approval.name)
        if entry.approval.uid in approvals:
            return Break(index, Fault.SAME_APPROVAL, entry.approval.name)
        previous, approvals[entry.approval.uid] = entry.hash, index
    for claim in sorted(claims, key=lambda each: (each.index, each.name)):
        entry = entries.get(claim.index)
        if entry is None or (entry.approval.uid, entry.hash) != (claim.uid, claim.hash):
            return Break(claim.index, Fault.NO_ENTRY, claim.name)
    return None


def _fault(*, entry: LedgerEntrySpec, organisation: str, index: int, previous: str) -> Fault | None:
    if (entry.organisation, entry.index) != (organisation, index):
        return Fault.MISPLACED
    if entry.previous != previous:
        return Fault.WRONG_PREVIOUS
    if entry.digest != digest_of(entry.content):
        return Fault.WRONG_DIGEST
    if entry.hash != hash_of(entry):
        return Fault.WRONG_HASH
    return None
