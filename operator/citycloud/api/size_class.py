"""The size of an environment: quota, object counts and container limits of S, M, L and XL, shipped as data."""

from typing import Annotated, ClassVar

from pydantic import Field, StringConstraints

from citycloud.api.common import Column, Definition, Kind, Model, Quantity, name_rule

ResourceName = Annotated[str, StringConstraints(max_length=63)]


class ContainerLimits(Model):
    """What a container gets that asks for nothing, and the most it may ask for (LimitRange)."""

    default: dict[str, Quantity] = Field(max_length=5, description="Limit of a container that names none.")
    default_request: dict[str, Quantity] = Field(max_length=5, description="Request of a container that names none.")
    max: dict[str, Quantity] = Field(max_length=5, description="Largest limit a container may have.")


class SizeClassSpec(Model):
    order: int = Field(ge=0, le=1_000, description="Rank among the sizes, small first.")
    quota: dict[str, Quantity] = Field(max_length=60, description="Hard limits of the whole environment, as in a ResourceQuota.")
    container: ContainerLimits = Field(description="Defaults and bounds of one container.")


class SizeClass(Kind):
    definition: ClassVar[Definition] = Definition(
        kind="SizeClass",
        plural="sizeclasses",
        short_names=("size",),
        namespaced=False,
        columns=(
            Column(name="Order", path=".spec.order", type="integer"),
            Column(name="CPU", path=".spec.quota.requests\\.cpu"),
            Column(name="Memory", path=".spec.quota.requests\\.memory"),
            Column(name="Storage", path=".spec.quota.requests\\.storage"),
            Column(name="Pods", path=".spec.quota.pods"),
        ),
        rules=(name_rule(longest=40),),
        has_status=False,
    )

    spec: SizeClassSpec = Field(description="What an environment of this size may hold.")
