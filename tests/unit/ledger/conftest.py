"""Ledgers as the API server would hand them out, of any length and with any words in them."""

import datetime
from typing import Any, Final

import hypothesis.strategies as st
import orjson

from citycloud.api.ledger_entry import LedgerApproval, LedgerEntrySpec, LedgerSubject, entry_name
from citycloud.ledger.chain import Decision, as_stored, canonical, next_entry

Body = dict[str, Any]
ORGANISATION: Final = "so-y-te"
MOMENT: Final = datetime.datetime(2026, 9, 1, 3, tzinfo=datetime.UTC)
WORDS: Final = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
"""Whatever people write: quotes, line ends, ANSI codes, marks that turn the writing round."""


@st.composite
def decisions(draw: st.DrawFn, *, number: int) -> Decision:
    """Draw one decision; `number` keeps its Approval apart from the others."""
    return Decision(
        organisation=ORGANISATION,
        subject=LedgerSubject(kind="Environment", namespace="org-so-y-te", name=draw(st.sampled_from(["ho-so", "mot-cua"])), uid="u1"),
        approval=LedgerApproval(namespace="org-so-y-te", name=f"duyet-{number}", uid=f"uid-{number}"),
        decision=draw(st.sampled_from(["approve", "refuse"])),
        decided_by=draw(WORDS),
        decided_at=MOMENT + datetime.timedelta(seconds=draw(st.integers(0, 10**9))),
        requested_by=tuple(draw(st.lists(WORDS, max_size=3))),
        reason=draw(WORDS),
        decision_no=draw(WORDS),
        content=canonical({"justification": draw(WORDS), "size": draw(st.sampled_from("sml"))}),
    )


@st.composite
def chains(draw: st.DrawFn, *, shortest: int = 1, longest: int = 5) -> list[LedgerEntrySpec]:
    """Draw a whole ledger."""
    entries: list[LedgerEntrySpec] = []
    for number in range(draw(st.integers(shortest, longest))):
        entries.append(next_entry(last=entries[-1] if entries else None, decision=draw(decisions(number=number))))
    return entries


def items(entries: list[LedgerEntrySpec]) -> list[Body]:
    """Write entries as the API server hands them out."""
    names = (entry_name(organisation=ORGANISATION, index=index) for index in range(len(entries)))
    stored = [{"metadata": {"name": name}, "spec": as_stored(entry)} for name, entry in zip(names, entries, strict=True)]
    handed: list[Body] = orjson.loads(orjson.dumps(stored))
    return handed
