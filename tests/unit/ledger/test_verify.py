"""Whatever is changed in a ledger, whoever changed it and however little, is found, and the first wrong place is named."""

import copy
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import given
from tests.unit.ledger.conftest import ORGANISATION, Body, chains, decisions, items

from citycloud.api.ledger_entry import LedgerEntrySpec
from citycloud.ledger.chain import hash_of, next_entry
from citycloud.ledger.verify import Break, Claim, Fault, places, verify


def check(stored: list[Body], *, claims: tuple[Claim, ...] = ()) -> Break | None:
    return verify(organisation=ORGANISATION, entries=places(stored).get(ORGANISATION, {}), claims=claims)


def claims_of(entries: list[LedgerEntrySpec]) -> tuple[Claim, ...]:
    return tuple(Claim(name=each.approval.name, uid=each.approval.uid, index=each.index, hash=each.hash) for each in entries)


def leaves(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """List the path of every value in an entry."""
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else None
    return [path] if pairs is None else [found for key, inner in pairs for found in leaves(inner, (*path, key))]


def changed(value: Any) -> Any:
    if isinstance(value, int):
        return value + 1
    other = {"approve": "refuse", "refuse": "approve", "Environment": "OrgChange"}.get(value)
    return other or ("2031-01-01T00:00:00Z" if value.endswith("Z") and value[:2] == "20" else value + "x")


@given(entries=chains())
def test_a_ledger_that_nobody_touched_is_whole(entries: list[LedgerEntrySpec]) -> None:
    assert check(items(entries), claims=claims_of(entries)) is None


def test_a_ledger_without_entries_is_whole() -> None:
    assert check([]) is None


@given(entries=chains(), data=st.data())
def test_any_change_of_any_field_of_any_entry_is_found(entries: list[LedgerEntrySpec], data: st.DataObject) -> None:
    stored = items(entries)
    index = data.draw(st.integers(0, len(entries) - 1))
    path = data.draw(st.sampled_from(leaves(stored[index]["spec"])))
    place = stored[index]["spec"]
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = changed(place[path[-1]])
    found = check(stored)

    assert found is not None, path
    assert found.index == index


@given(entries=chains(), data=st.data())
def test_a_field_that_was_taken_out_is_found(entries: list[LedgerEntrySpec], data: st.DataObject) -> None:
    stored = items(entries)
    index = data.draw(st.integers(0, len(entries) - 1))
    del stored[index]["spec"][data.draw(st.sampled_from(sorted(stored[index]["spec"])))]
    found = check(stored)

    assert found is not None
    assert found.index == index


@given(entries=chains(shortest=2), data=st.data())
def test_an_entry_that_was_taken_out_is_missed(entries: list[LedgerEntrySpec], data: st.DataObject) -> None:
    stored = items(entries)
    index = data.draw(st.integers(0, len(entries) - 1))
    del stored[index]
    found = check(stored, claims=claims_of(entries))
    last = index == len(entries) - 1

    assert found == Break(index, Fault.NO_ENTRY if last else Fault.MISSING, entries[index].approval.name if last else "")


@given(entries=chains(shortest=2), data=st.data())
def test_two_entries_that_changed_places_are_found(entries: list[LedgerEntrySpec], data: st.DataObject) -> None:
    stored = items(entries)
    first, second = sorted(data.draw(st.lists(st.integers(0, len(entries) - 1), min_size=2, max_size=2, unique=True)))
    stored[first]["spec"], stored[second]["spec"] = stored[second]["spec"], stored[first]["spec"]

    assert check(stored) == Break(first, Fault.MISPLACED, entries[second].approval.name)


@given(entries=chains(shortest=2), data=st.data())
def test_a_past_that_was_sealed_anew_is_found_at_the_next_link(entries: list[LedgerEntrySpec], data: st.DataObject) -> None:
    index = data.draw(st.integers(0, len(entries) - 2))
    forged = entries[index].model_copy(update={"decided_by": entries[index].decided_by + "x"})
    forged = forged.model_copy(update={"hash": hash_of(forged)})
    stored = items([*entries[:index], forged, *entries[index + 1 :]])

    assert check(stored) == Break(index + 1, Fault.WRONG_PREVIOUS, entries[index + 1].approval.name)


@given(entries=chains(), data=st.data())
def test_a_ledger_that_was_written_anew_is_not_what_the_approvals_say(entries: list[LedgerEntrySpec], data: st.DataObject) -> None:
    index = data.draw(st.integers(0, len(entries) - 1))
    forged: list[LedgerEntrySpec] = []
    for number, entry in enumerate(entries):
        decision = data.draw(decisions(number=number))
        fields = {name: getattr(entry, name) for name in decision.__dataclass_fields__}
        if number == index:
            fields["decided_by"] += "x"
        forged.append(next_entry(last=forged[-1] if forged else None, decision=type(decision)(**fields)))

    assert check(items(forged)) is None, "the chain alone cannot tell"
    assert check(items(forged), claims=claims_of(entries)) == Break(index, Fault.NO_ENTRY, entries[index].approval.name)


@given(entries=chains())
def test_one_approval_stands_in_one_entry_only(entries: list[LedgerEntrySpec]) -> None:
    last = entries[-1]
    again = last.model_copy(update={"index": last.index + 1, "previous": last.hash})
    again = again.model_copy(update={"hash": hash_of(again)})

    assert check(items([*entries, again])) == Break(again.index, Fault.SAME_APPROVAL, last.approval.name)


@given(entries=chains())
def test_a_digest_that_is_not_the_contents_is_named(entries: list[LedgerEntrySpec]) -> None:
    stored = items(entries)
    stored[-1]["spec"]["content"] += " "

    assert check(stored) == Break(len(entries) - 1, Fault.WRONG_DIGEST, entries[-1].approval.name)


@given(entries=chains())
def test_a_hash_that_is_not_the_entrys_is_named(entries: list[LedgerEntrySpec]) -> None:
    stored = items(entries)
    stored[0]["spec"]["reason"] = stored[0]["spec"].get("reason", "") + "x"

    assert check(stored) == Break(0, Fault.WRONG_HASH, entries[0].approval.name)


@pytest.mark.parametrize("fields", [{"decision": "perhaps"}, {"index": "two"}, {"hash": None}, {"decidedAt": "yesterday"}])
@given(entries=chains())
def test_what_cannot_be_read_is_a_break_and_no_accident(entries: list[LedgerEntrySpec], fields: Body) -> None:
    stored = copy.deepcopy(items(entries))
    stored[0]["spec"] |= fields

    assert check(stored) == Break(0, Fault.UNREADABLE)


@given(entries=chains())
def test_a_valid_approval_without_an_entry_is_named(entries: list[LedgerEntrySpec]) -> None:
    stray = Claim(name="la", uid="uid-la", index=len(entries), hash="sha256:" + "0" * 64)

    assert check(items(entries), claims=(*claims_of(entries), stray)) == Break(len(entries), Fault.NO_ENTRY, "la")


@given(entries=chains())
def test_each_ledger_is_walked_by_itself(entries: list[LedgerEntrySpec]) -> None:
    elsewhere = [{**each, "metadata": {"name": each["metadata"]["name"].replace(ORGANISATION, "so-khac")}} for each in items(entries)]
    found = places([*items(entries), *elsewhere])

    assert found.keys() == {ORGANISATION, "so-khac"}
    assert check([*items(entries), *elsewhere]) is None
    assert verify(organisation="so-khac", entries=found["so-khac"], claims=()) == Break(0, Fault.MISPLACED, entries[0].approval.name)
