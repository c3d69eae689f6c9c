"""How a link is made: the same decision gives the same link, and with everyday tools anybody can check it."""

import hashlib
import json
from typing import Final

from hypothesis import given
from tests.unit.ledger.conftest import chains

from citycloud.api.ledger_entry import LedgerApproval, LedgerEntrySpec, LedgerSubject
from citycloud.ledger.chain import as_stored, digest_of, hash_of

FIRST: Final = LedgerEntrySpec(
    organisation="so-y-te",
    index=0,
    previous="",
    hash="",
    subject=LedgerSubject(kind="Environment", namespace="org-so-y-te", name="ho-so", uid="u"),
    approval=LedgerApproval(namespace="org-so-y-te", name="duyet", uid="a"),
    decision="approve",
    decided_by="dung",
    decided_at="2026-09-01T03:00:00Z",
    digest=digest_of("{}"),
    content="{}",
)
ITS_HASH: Final = "sha256:ebb1725015802ecfb80594f581c5101baa81937f2ee75608996e8cc69f927b09"


@given(entries=chains())
def test_places_follow_each_other_and_each_link_names_the_one_before(entries: list[LedgerEntrySpec]) -> None:
    assert [entry.index for entry in entries] == list(range(len(entries)))
    assert [entry.previous for entry in entries] == ["", *(entry.hash for entry in entries[:-1])]


@given(entries=chains(longest=2))
def test_a_hash_can_be_made_again_without_any_of_our_code(entries: list[LedgerEntrySpec]) -> None:
    """What `jq -cS 'del(.hash)' | sha256sum` would say of an exported entry."""
    for entry in entries:
        fields = json.loads(json.dumps(as_stored(entry)))
        sealed = fields.pop("hash")
        text = json.dumps(fields, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        assert sealed == "sha256:" + hashlib.sha256(text.encode()).hexdigest()


@given(entries=chains(longest=2))
def test_an_entry_says_no_more_than_there_is_to_say(entries: list[LedgerEntrySpec]) -> None:
    for entry in entries:
        assert LedgerEntrySpec.model_validate(as_stored(entry)) == entry
        assert ("reason" in as_stored(entry)) == bool(entry.reason)


def test_a_new_version_of_the_operator_still_seals_as_before() -> None:
    """Pin one hash: a field that is added to the API must not change the hashes of old entries."""
    assert hash_of(FIRST) == ITS_HASH
