"""One decision as it is kept for good: a link in its organisation's chain of hashes.

Cluster-scoped, so that no end of a namespace takes it along, and whole in itself: what was decided stands here as it was looked at. The
name is the organisation and the place in the chain, so the API server itself lets nobody take a place twice.
"""

import datetime
from typing import Annotated, ClassVar, Final, Literal

from pydantic import Field

from citycloud.api.common import Column, Definition, Digest, Kind, Model, Reference, Slug, rule, rules, text

FIRST_PREVIOUS: Final = ""
"""What stands before the first entry."""
LONGEST_CONTENT: Final = 262_144
CITY: Final = "city"
"""Whose ledger holds the decisions about no single organisation."""


class LedgerSubject(Model):
    kind: Literal["Environment", "DataShare", "PolicyException", "OrgChange"] = Field(description="Kind of what was decided.")
    namespace: Reference = Field(default="", description="Its namespace.")
    name: Reference = Field(description="Its name.")
    uid: str = Field(max_length=64, description="Its uid.")


class LedgerApproval(Model):
    namespace: Reference = Field(description="Its namespace.")
    name: Reference = Field(description="Its name.")
    uid: str = Field(max_length=64, description="Its uid; one uid stands in one entry only.")


class LedgerEntrySpec(Model):
    organisation: Slug = Field(description="Whose ledger this is.")
    index: int = Field(ge=0, le=99_999_999, description="Place in the ledger.")
    previous: str = Field(max_length=80, description="Hash of the entry before; empty in the first.")
    hash: Digest = Field(description="Hash of everything else in this spec, as canonical JSON.")
    subject: LedgerSubject = Field(description="What was decided.")
    approval: LedgerApproval = Field(description="The Approval that said so.")
    decision: Literal["approve", "refuse"] = Field(description="The decision.")
    decided_by: str = Field(max_length=2000, description="Who decided, as the API server knew them.")
    decided_at: datetime.datetime = Field(description="When, by the API server's clock.")
    requested_by: tuple[Annotated[str, Field(max_length=2000)], ...] = Field(default=(), max_length=1_000, description="Who had asked.")
    reason: str = text(limit=2000, description="Why.")
    decision_no: str = text(limit=60, description="Number of the administrative decision.")
    digest: Digest = Field(description="Digest of what was decided.")
    content: str = Field(max_length=LONGEST_CONTENT, description="What was decided, as the canonical JSON that the digest is of.")


class LedgerEntry(Kind):
    definition: ClassVar[Definition] = Definition(
        kind="LedgerEntry",
        plural="ledgerentries",
        short_names=("ledg",),
        namespaced=False,
        columns=(
            Column(name="Organisation", path=".spec.organisation"),
            Column(name="Index", path=".spec.index", type="integer"),
            Column(name="Subject", path=".spec.subject.name"),
            Column(name="Decision", path=".spec.decision"),
            Column(name="By", path=".spec.decidedBy"),
            Column(name="At", path=".spec.decidedAt", type="date"),
        ),
        rules=(
            rule(
                "self.metadata.name.startsWith(self.spec.organisation + '.') && "
                "int(self.metadata.name.substring(size(self.spec.organisation) + 1)) == self.spec.index",
                vi="tên là <đơn vị>.<số thứ tự>, ví dụ so-y-te.00000012",
                en="the name is <organisation>.<index>, for example so-y-te.00000012",
            ),
        ),
        has_status=False,
        numerous=True,
    )

    spec: LedgerEntrySpec = Field(
        description="The decision.",
        json_schema_extra=rules(
            rule("self == oldSelf", vi="sổ quyết định chỉ ghi thêm, không sửa", en="the ledger is appended to and never edited")
        ),
    )


def entry_name(*, organisation: str, index: int) -> str:
    """Name the entry at one place of a ledger."""
    return f"{organisation}.{index:08}"
