"""A place of the wide area network, with the address ranges of its segments; written from the facts of the network, never by hand.

Environments name a site and one of its segments in `allowFrom`; the operator writes the ranges into their network policies.
"""

from typing import Annotated, ClassVar, Final, Literal

from pydantic import Field, StringConstraints

from citycloud.api.common import (
    Column,
    Condition,
    Definition,
    Kind,
    Model,
    Names,
    Segment,
    Slug,
    conditions_field,
    name_rule,
    observed_generation_field,
    rule,
    rules,
    slug_rule,
)

SiteKind = Literal["hub", "department", "district-point", "branch", "service-point", "ward", "commune", "other"]
MOST_USERS: Final = 500
"""How many environments a site's status names; it counts them all."""


def _range(*, version: int, example: str) -> dict[str, object]:
    return rules(
        rule(
            f"isCIDR(self) && cidr(self).ip().family() == {version} && cidr(self) == cidr(self).masked()",
            vi=f"cần một dải IPv{version} không có bit máy, ví dụ {example}",
            en=f"an IPv{version} range without host bits is needed, for example {example}",
        )
    )


RangeV4 = Annotated[str, StringConstraints(max_length=43), Field(json_schema_extra=_range(version=4, example="10.16.16.0/20"))]
RangeV6 = Annotated[str, StringConstraints(max_length=43), Field(json_schema_extra=_range(version=6, example="2001:db8:1011:1000::/52"))]
HubName = Annotated[str, StringConstraints(max_length=63), Field(json_schema_extra=rules(slug_rule(longest=40)))]
"""The name of a hub of the network."""


class SiteSegment(Model):
    """One of the networks of a site, in both address families."""

    name: Segment = Field(description="Which network.")
    ipv4: RangeV4 = Field(description="Its IPv4 range.")
    ipv6: RangeV6 = Field(description="Its IPv6 range.")


class SiteSpec(Model):
    serial: int = Field(ge=1, le=2**53, description="Serial of the facts that last changed this site.")
    kind: SiteKind = Field(description="What sort of place it is; a district-point is where a former district used to be.")
    organisation: Slug | None = Field(default=None, description="The Organisation that works there, where there is one.")
    names: Names = Field(description="What people call it.")
    hubs: tuple[HubName, ...] = Field(default=(), max_length=10, description="Hubs it is joined to, the preferred one first.")
    segments: tuple[SiteSegment, ...] = Field(
        default=(),
        max_length=6,
        description="Its networks, each once.",
        json_schema_extra={"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"]},
    )


class SiteUser(Model):
    organisation: str = Field(max_length=63, description="The organisation.")
    environment: str = Field(max_length=63, description="Its environment.")


class SiteStatus(Model):
    observed_generation: int = observed_generation_field()
    environments: int = Field(default=0, ge=0, le=1_000_000, description="How many environments name this site.")
    in_use_by: tuple[SiteUser, ...] = Field(
        default=(), max_length=MOST_USERS, description=f"Environments that name this site, the first {MOST_USERS} in order of their names."
    )
    conditions: tuple[Condition, ...] = conditions_field()


class Site(Kind):
    definition: ClassVar[Definition] = Definition(
        kind="Site",
        plural="sites",
        short_names=("site",),
        namespaced=False,
        columns=(
            Column(name="Kind", path=".spec.kind"),
            Column(name="Organisation", path=".spec.organisation"),
            Column(name="Hubs", path=".spec.hubs"),
            Column(name="Ready", path=".status.conditions[?(@.type=='Ready')].status"),
            Column(name="Environments", path=".status.environments", type="integer"),
            Column(name="Serial", path=".spec.serial", type="integer", priority=1),
            Column(name="Segments", path=".spec.segments[*].name", priority=1),
        ),
        rules=(
            name_rule(longest=63),
            rule(
                "self.spec.serial >= oldSelf.spec.serial",
                vi="spec.serial không được giảm; hãy phát hành bộ dữ kiện mới với số thứ tự lớn hơn",
                en="spec.serial never falls; publish new facts with a higher serial",
            ),
        ),
    )

    spec: SiteSpec = Field(description="What the facts of the network say of it.")
    status: SiteStatus = Field(default=SiteStatus(), description="Who relies on it.")
