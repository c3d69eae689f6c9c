"""An organisation of the city: a department, a ward, a commune … its contacts, its groups and its budget.

Cluster-scoped, because only the platform team writes it; what the organisation itself writes lives in its home namespace.
"""

import datetime
from typing import Annotated, ClassVar, Literal

from pydantic import Field, StringConstraints

from citycloud.api.common import (
    Column,
    Condition,
    Definition,
    GroupName,
    Kind,
    Model,
    Names,
    Quantity,
    Slug,
    conditions_field,
    name_rule,
    observed_generation_field,
    rule,
    rules,
    text,
)

OrganisationKind = Literal["department", "ward", "commune", "board", "centre", "party", "provider", "national", "other"]

Email = Annotated[
    str,
    StringConstraints(max_length=254),
    Field(
        json_schema_extra=rules(
            rule(
                r"self.matches('^[^@\\s]+@[^@\\s]+$')",
                vi="cần một địa chỉ thư điện tử, ví dụ ten@coquan.hanoi.example",
                en="an e-mail address is needed, for example name@office.hanoi.example",
            )
        )
    ),
]


class Contacts(Model):
    """Who is asked when something concerns the organisation; e-mail addresses."""

    owner: Email = Field(description="Who answers for the organisation's systems.")
    technical: Email | None = Field(default=None, description="Who runs them.")
    security: Email | None = Field(default=None, description="Who is told of incidents.")
    data_protection: Email | None = Field(default=None, description="Who answers for personal data.")


class Groups(Model):
    """Groups of the identity provider, by what they may do in every environment of the organisation."""

    admins: tuple[GroupName, ...] = Field(default=(), max_length=10, description="May ask for environments and manage them.")
    operators: tuple[GroupName, ...] = Field(default=(), max_length=10, description="May run workloads.")
    viewers: tuple[GroupName, ...] = Field(default=(), max_length=10, description="May look.")


class Budget(Model):
    """What all environments of the organisation may hold together."""

    environments: int = Field(ge=0, le=2_000, description="How many environments.")
    cpu: Quantity = Field(description="Sum of requested cores.")
    memory: Quantity = Field(description="Sum of requested memory.")
    storage: Quantity = Field(description="Sum of requested storage.")


class OrganisationSpec(Model):
    code: Annotated[
        str,
        StringConstraints(max_length=64),
        Field(
            json_schema_extra=rules(
                rule(
                    "size(self) <= 35 && self.matches('^[A-Z][0-9]{2}(\\\\.[0-9A-Z]+)*$')",
                    vi="mã định danh có dạng H26 hoặc H26.X10, dài nhất 35 ký tự (Quyết định 20/2020/QĐ-TTg)",
                    en="an agency code reads H26 or H26.X10, at most 35 characters (Decision 20/2020/QD-TTg)",
                )
            )
        ),
    ] = Field(description="Agency code (Decision 20/2020/QD-TTg).")
    statistics_code: str | None = Field(default=None, max_length=5, description="Statistics code of a ward or commune.")
    names: Names = Field(description="Names of the organisation.")
    kind: OrganisationKind = Field(description="What sort of organisation it is.")
    tier: Literal["city", "commune", "legacy-district"] = Field(default="city", description="Level of government.")
    parent: Slug | None = Field(default=None, description="The organisation above it.")
    valid_from: datetime.date | None = Field(default=None, description="First day of its existence.")
    valid_to: datetime.date | None = Field(default=None, description="Last day; after it no new request is accepted.")
    successors: tuple[Slug, ...] = Field(default=(), max_length=50, description="Who took over its tasks.")
    contacts: Contacts = Field(description="Whom to ask.")
    cost_centre: str = text(limit=40, description="Where its costs are booked.")
    groups: Groups = Field(default=Groups(), description="Groups of the identity provider.")
    budget: Budget = Field(description="What its environments may hold together.")


class Allocated(Model):
    """What the approved environments of the organisation hold together."""

    environments: int = Field(default=0, ge=0, le=2_000, description="How many environments.")
    cpu: str = Field(default="0", max_length=30, description="Sum of requested cores.")
    memory: str = Field(default="0", max_length=30, description="Sum of requested memory.")
    storage: str = Field(default="0", max_length=30, description="Sum of requested storage.")


class OrganisationStatus(Model):
    observed_generation: int = observed_generation_field()
    home_namespace: str | None = Field(default=None, max_length=63, description="Where the organisation writes its requests.")
    allocated: Allocated | None = Field(default=None, description="What its environments hold of the budget.")
    budget_use: str | None = Field(default=None, max_length=63, description="Cores allocated / budget, for reading.")
    conditions: tuple[Condition, ...] = conditions_field()


class Organisation(Kind):
    definition: ClassVar[Definition] = Definition(
        kind="Organisation",
        plural="organisations",
        short_names=("org",),
        namespaced=False,
        columns=(
            Column(name="Kind", path=".spec.kind"),
            Column(name="Ready", path=".status.conditions[?(@.type=='Ready')].status"),
            Column(name="Environments", path=".status.allocated.environments", type="integer"),
            Column(name="CPU", path=".status.budgetUse"),
            Column(name="Code", path=".spec.code", priority=1),
            Column(name="Owner", path=".spec.contacts.owner", priority=1),
        ),
        rules=(
            name_rule(longest=24, shortest=3),
            rule(
                "self.metadata.name != 'city'",
                vi="tên city dành cho sổ quyết định của thành phố; hãy chọn tên khác",
                en="the name city is that of the city's own ledger; choose another",
            ),
            rule(
                "!has(oldSelf.spec.code) || self.spec.code == oldSelf.spec.code",
                vi="mã định danh (spec.code) không được thay đổi; sáp nhập hay đổi tên là một OrgChange",
                en="the agency code (spec.code) cannot be changed; a merger or a new name is an OrgChange",
            ),
        ),
    )

    spec: OrganisationSpec = Field(description="What the platform team recorded of the organisation.")
    status: OrganisationStatus = Field(default=OrganisationStatus(), description="What the operator made of it.")
