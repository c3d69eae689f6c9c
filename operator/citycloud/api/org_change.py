"""A re-organisation of the administration, carried out on what runs: merge, split, rename, abolish.

The organisations that take over are there before, with groups, contacts and budgets of their own. What moves keeps its namespaces and their
names, its approved spec and its running pods; home, ownership and access change. `dryRun` reports first; the report is what is approved.
"""

import datetime
from typing import Annotated, ClassVar, Final, Literal

from pydantic import Field
from pydantic.config import JsonDict

from citycloud.api.common import (
    Column,
    Condition,
    Definition,
    Kind,
    LegalBasis,
    Model,
    Slug,
    conditions_field,
    name_rule,
    observed_generation_field,
    rule,
    rules,
)
from citycloud.api.environment import Pending

SET: Final[JsonDict] = {"x-kubernetes-list-type": "set"}

SystemReference = Annotated[str, Field(max_length=49)]


class Move(Model):
    """Where one information system goes, with all its environments."""

    system: SystemReference = Field(
        description="<organisation>/<system> as it is before.",
        json_schema_extra=rules(
            rule(
                "self.matches('^[a-z][a-z0-9-]*/[a-z][a-z0-9-]*$')",
                vi="mapping[].system có dạng <đơn vị>/<hệ thống>",
                en="mapping[].system reads <organisation>/<system>",
            )
        ),
    )
    to: Slug = Field(description="The organisation that takes it over.")


class OrgChangeSpec(Model):
    action: Literal["merge", "split", "rename", "abolish"] = Field(description="What happens.")
    origin: tuple[Slug, ...] = Field(
        alias="from", min_length=1, max_length=50, description="The organisations as they were.", json_schema_extra=SET
    )
    to: tuple[Slug, ...] = Field(
        default=(),
        max_length=50,
        description="The organisations that take over; one that is among `from` as well goes on.",
        json_schema_extra=SET,
    )
    effective_date: datetime.date = Field(description="The first day of the new order.")
    mapping: tuple[Move, ...] = Field(
        default=(),
        max_length=1000,
        description="Which system goes where; needed in full where several take over. Who goes on keeps what is not named.",
    )
    dry_run: bool = Field(default=True, description="Report only; false carries it out, once approved.")
    legal_basis: LegalBasis = Field(description="The decision it follows from.")


class OrgChangeStep(Model):
    what: str = Field(max_length=63, description="What is done, as one stable word.")
    object: str = Field(max_length=400, description="To which object.")
    state: Literal["Planned", "Done", "Blocked"] = Field(description="How far.")
    at: datetime.datetime | None = Field(default=None, description="When it was done.")
    note: str = Field(default="", max_length=4000, description="What has to be known, Vietnamese / English.")


class OrgChangeStatus(Model):
    observed_generation: int = observed_generation_field()
    phase: Literal["Reported", "AwaitingApproval", "Scheduled", "Running", "Done", "Failed"] | None = Field(
        default=None, description="Where it stands."
    )
    pending: Pending | None = Field(default=None, description="What waits for a decision.")
    approval: str | None = Field(default=None, max_length=253, description="The Approval that let it through.")
    steps: tuple[OrgChangeStep, ...] = Field(default=(), max_length=5000, description="The report, and how far it was carried out.")
    conditions: tuple[Condition, ...] = conditions_field()


class OrgChange(Kind):
    definition: ClassVar[Definition] = Definition(
        kind="OrgChange",
        plural="orgchanges",
        short_names=("ochg",),
        namespaced=False,
        columns=(
            Column(name="Action", path=".spec.action"),
            Column(name="From", path=".spec.from"),
            Column(name="To", path=".spec.to"),
            Column(name="Effective", path=".spec.effectiveDate"),
            Column(name="Phase", path=".status.phase"),
        ),
        rules=(
            name_rule(longest=40),
            rule(
                "self.spec.action == 'abolish' || (has(self.spec.to) && size(self.spec.to) > 0)",
                vi="spec.to: ghi đơn vị tiếp nhận; chỉ abolish mới không cần",
                en="spec.to: name who takes over; only abolish needs nobody",
            ),
            rule(
                "!(self.spec.action in ['merge', 'rename']) || size(self.spec.to) == 1",
                vi="spec.to: merge và rename có đúng một đơn vị tiếp nhận",
                en="spec.to: a merge or a rename has exactly one organisation that takes over",
            ),
            rule(
                "!(self.spec.action in ['split', 'rename']) || size(self.spec.from) == 1",
                vi="spec.from: split và rename có đúng một đơn vị ban đầu",
                en="spec.from: a split or a rename starts from exactly one organisation",
            ),
            rule(
                "!has(oldSelf.status) || !has(oldSelf.status.phase) || !(oldSelf.status.phase in ['Running', 'Done']) || "
                "self.spec == oldSelf.spec",
                vi="việc tổ chức lại đã bắt đầu thì không sửa được nữa; hãy tạo OrgChange mới cho phần còn lại",
                en="a re-organisation that has begun cannot be changed; create another OrgChange for the rest",
            ),
        ),
    )

    spec: OrgChangeSpec = Field(description="What happens.")
    status: OrgChangeStatus = Field(default=OrgChangeStatus(), description="The report, and how far it went.")
