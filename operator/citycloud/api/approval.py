"""One decision by one person on one exact spec.

An object of its own, so that the right to ask never includes the right to decide: plain RBAC separates the two, and nothing a
department writes into its Environment can stand for a decision.
"""

from typing import ClassVar, Literal

from pydantic import Field

from citycloud.api.common import Column, Definition, Digest, Kind, Model, Reference, rule, rules, text


class ApprovalTarget(Model):
    kind: Literal["Environment", "DataShare", "PolicyException", "OrgChange"] = Field(description="Kind of what is decided.")
    name: Reference = Field(description="Its name, in the same namespace.")


class ApprovalSpec(Model):
    target: ApprovalTarget = Field(description="What is decided.")
    digest: Digest = Field(description="status.pending.digest of exactly what was looked at.")
    decision: Literal["approve", "refuse"] = Field(description="The decision.")
    reason: str = text(limit=2000, description="Why; required where something is refused.")
    decision_no: str = text(limit=60, description="Number of the administrative decision; required for production.")


class LedgerEntry(Model):
    index: int = Field(ge=0, description="Place in the organisation's ledger.")
    previous: str = Field(max_length=80, description="Hash of the entry before.")
    hash: str = Field(max_length=80, description="Hash of this entry.")


class ApprovalStatus(Model):
    valid: bool | None = Field(default=None, description="Whether the decision counts.")
    reason: str | None = Field(default=None, max_length=2000, description="Why not, Vietnamese / English.")
    ledger: LedgerEntry | None = Field(default=None, description="Where the ledger keeps it.")


class Approval(Kind):
    definition: ClassVar[Definition] = Definition(
        kind="Approval",
        plural="approvals",
        short_names=("appr",),
        namespaced=True,
        columns=(
            Column(name="Target", path=".spec.target.name"),
            Column(name="Decision", path=".spec.decision"),
            Column(name="Number", path=".spec.decisionNo"),
            Column(name="Valid", path=".status.valid", type="boolean"),
        ),
    )

    spec: ApprovalSpec = Field(
        description="The decision.",
        json_schema_extra=rules(
            rule(
                "self == oldSelf",
                vi="một quyết định không sửa được; hãy tạo Approval mới",
                en="a decision cannot be edited; create a new Approval",
            ),
            rule(
                "self.decision != 'refuse' || size(self.reason) > 0",
                vi="từ chối thì phải ghi lý do (reason)",
                en="a refusal needs a reason",
            ),
        ),
    )
    status: ApprovalStatus = Field(default=ApprovalStatus(), description="What the operator found.")
