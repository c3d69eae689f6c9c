"""One control that does not hold in one environment, for a time, because somebody accepted the risk.

A security officer decides; while Active the policy is left out of the list that the environment's namespaces carry, and nothing else
changes.
"""

import datetime
from typing import Annotated, ClassVar, Final, Literal

from pydantic import Field, StringConstraints

from citycloud.api.common import (
    Column,
    Condition,
    Definition,
    Kind,
    Model,
    Slug,
    conditions_field,
    immutable,
    name_rule,
    observed_generation_field,
    rule,
    rules,
    text,
)
from citycloud.api.environment import Pending

LONGEST_DAYS: Final = 180

PolicyId = Annotated[
    str,
    StringConstraints(max_length=63),
    Field(
        json_schema_extra=rules(
            rule(
                "self.matches('^P[0-9]{2}$')",
                vi="mã chính sách có dạng P04; xem docs/policies.md",
                en="the id of a policy reads P04; see docs/policies.md",
            )
        )
    ),
]


class PolicyExceptionSpec(Model):
    environment: Slug = Field(
        description="The Environment it is for.", json_schema_extra=immutable(vi="spec.environment", en="spec.environment")
    )
    policy: PolicyId = Field(description="The one policy it loosens.")
    reason: str = text(limit=2000, default=None, description="Why the policy cannot be kept.")
    compensating_measure: str = text(limit=2000, default=None, description="What protects instead.")
    expires_at: datetime.datetime = Field(description="When it ends: at most 180 days after it was asked for.")


class PolicyExceptionStatus(Model):
    observed_generation: int = observed_generation_field()
    phase: Literal["AwaitingApproval", "Active", "Expired", "Refused"] | None = Field(default=None, description="Where it stands.")
    approval: str | None = Field(default=None, max_length=253, description="The Approval that let it through.")
    pending: Pending | None = Field(default=None, description="What waits for a decision.")
    conditions: tuple[Condition, ...] = conditions_field()


class PolicyException(Kind):
    definition: ClassVar[Definition] = Definition(
        kind="PolicyException",
        plural="policyexceptions",
        short_names=("polex",),
        namespaced=True,
        columns=(
            Column(name="Environment", path=".spec.environment"),
            Column(name="Policy", path=".spec.policy"),
            Column(name="Phase", path=".status.phase"),
            Column(name="Expires", path=".spec.expiresAt", type="date"),
        ),
        rules=(name_rule(longest=40),),
    )

    spec: PolicyExceptionSpec = Field(description="What is asked for.")
    status: PolicyExceptionStatus = Field(default=PolicyExceptionStatus(), description="Whether it holds.")
