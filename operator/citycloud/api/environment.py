"""An environment: a place for one information system at one stage, which becomes one namespace per zone.

A department writes `spec` as it likes; what is enforced is the last approved spec, which the operator keeps in `status.approved`.
"""

import datetime
from collections.abc import Mapping
from typing import Annotated, ClassVar, Final, Literal, get_args

from pydantic import ConfigDict, Field, StringConstraints

from citycloud.api.city import Stage
from citycloud.api.common import (
    LONGEST_REQUEST,
    WHOLE,
    Column,
    Condition,
    Definition,
    Kind,
    Model,
    Port,
    Reference,
    Segment,
    ShortName,
    Slug,
    ZoneName,
    at_most,
    conditions_field,
    immutable,
    name_rule,
    observed_generation_field,
    rule,
    rules,
)

Phase = Literal[
    "AwaitingDossier",
    "AwaitingApproval",
    "Refused",
    "Provisioning",
    "Ready",
    "Degraded",
    "Suspended",
    "Expired",
    "Retired",
    "Purged",
]
State = Literal["active", "suspended", "retired"]
Role = Literal["admin", "operator", "viewer"]
TENANT_ROLES: Final[Mapping[str, str]] = {role: f"citycloud-tenant-{role}" for role in get_args(Role)}
"""The ClusterRole of each role that a tenant may hold."""

MOST_MEMBERS: Final = 100
"""More people than this are a group of the identity provider, not a list in an object."""

HostLabel = Annotated[
    str,
    StringConstraints(max_length=63),
    Field(
        json_schema_extra=rules(
            rule(
                "self.matches('^[a-z0-9]([a-z0-9-]*[a-z0-9])?$')",
                vi="tên máy gồm a–z, 0–9 và gạch ngang, không có dấu chấm; phần còn lại do thành phố đặt",
                en="a host label has a-z, 0-9 and hyphens, no dots; the city adds the rest",
            )
        )
    ),
]


class EgressRequest(Model):
    endpoint: Reference = Field(description="An ExternalEndpoint.")
    port: Port = Field(description="TCP port.")


class AllowFrom(Model):
    site: Reference = Field(description="A Site of the WAN.")
    segment: Segment = Field(description="Its segment.")
    zone: ZoneName = Field(description="The zone that may be reached from there.")
    ports: tuple[Port, ...] = Field(min_length=1, max_length=20, description="TCP ports.")


class Member(Model):
    """Somebody beyond the organisation's own groups, for a time."""

    kind: Literal["User", "Group"] = Field(description="A person or a group of the identity provider.")
    name: str = Field(min_length=1, max_length=128, description="Name in the identity provider.")
    role: Role = Field(description="What they may do.")
    until: datetime.date | None = Field(default=None, description="Last day of the access.")


class EnvironmentSpec(Model):
    system: Slug = Field(description="The InformationSystem it serves.")
    stage: Stage = Field(description="Where in its life the system is here.", json_schema_extra=immutable(vi="stage", en="stage"))
    template: ShortName | None = Field(default=None, description="A ServiceTemplate to start from.")
    framework: ShortName | None = Field(default=None, description="Legal framework; the city's where absent.")
    size: ShortName = Field(description="A SizeClass.")
    location: ShortName | None = Field(default=None, description="Where it runs; the first location that takes its level where absent.")
    zones: tuple[ZoneName, ...] = Field(
        default=(),
        max_length=8,
        description="Zones it needs; the template's, or app, where absent.",
        json_schema_extra={"x-kubernetes-list-type": "set"},
    )
    hosts: tuple[HostLabel, ...] = Field(
        default=(),
        max_length=20,
        description="Public names; ho-so becomes ho-so.<organisation>.<domain>.",
        json_schema_extra={"x-kubernetes-list-type": "set"},
    )
    egress: tuple[EgressRequest, ...] = Field(default=(), max_length=50, description="Systems outside that it has to reach.")
    allow_from: tuple[AllowFrom, ...] = Field(default=(), max_length=50, description="Places of the WAN that may come in.")
    members: tuple[Member, ...] = Field(
        default=(),
        max_length=1_000,
        description="People beyond the organisation's own groups, each once.",
        json_schema_extra={"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["kind", "name"]}
        | rules(
            rule(
                f"size(self) <= {MOST_MEMBERS}",
                vi=f"members: nhiều nhất {MOST_MEMBERS} người; hãy dùng một nhóm (kind: Group)",
                en=f"members: at most {MOST_MEMBERS} entries; use a group (kind: Group)",
            ),
            rule(
                "!self.exists(m, m.name.startsWith('system:') || m.name.contains(','))",
                vi="members: tên không bắt đầu bằng system: (của chính Kubernetes) và không có dấu phẩy",
                en="members: a name neither starts with system: (Kubernetes' own) nor holds a comma",
            ),
            rule(
                r"!self.exists(m, m.name.matches(r'[\pC\p{Zl}\p{Zp}]'))",
                vi="members: tên chứa ký tự không nhìn thấy (xuống dòng, điều khiển, đổi chiều chữ); hãy gõ lại tên",
                en="members: a name holds a character that cannot be seen (line break, control, direction); type it anew",
            ),
        ),
    )
    expires_at: datetime.datetime | None = Field(default=None, description="When it ends; sandboxes and training always end.")
    state: State = Field(default="active", description="Whether it runs, rests, or is given back; needs nobody's approval.")
    justification: str | None = Field(
        default=None, max_length=LONGEST_REQUEST, description="Why it is needed, for whoever decides.", json_schema_extra=at_most(2000)
    )


class ApprovedSpec(Model):
    """What is being enforced."""

    model_config = ConfigDict(json_schema_extra=WHOLE)

    digest: str = Field(max_length=80, description="Digest of the approved spec.")
    by: str = Field(max_length=2000, description="Who approved it; the city's own rules where no human was needed.")
    at: datetime.datetime = Field(description="When.")
    approval: str | None = Field(default=None, max_length=253, description="The Approval, where a human decided.")
    spec: EnvironmentSpec = Field(description="The spec as approved.")


class Pending(Model):
    """What waits, and for whom."""

    digest: str = Field(max_length=80, description="Digest of the spec that waits; an Approval names it.")
    since: datetime.datetime = Field(description="Since when.")
    reasons: tuple[Annotated[str, Field(max_length=63)], ...] = Field(default=(), max_length=10, description="Why it needs a decision.")
    waiting_for: tuple[Annotated[str, Field(max_length=128)], ...] = Field(
        default=(), max_length=20, description="Groups that may decide, or the owner where the dossier is missing."
    )


class NamespaceStatus(Model):
    zone: str = Field(max_length=63, description="The zone.")
    name: str = Field(max_length=63, description="Its namespace.")
    ready: bool = Field(description="Whether everything in it is as it should be.")


class EnvironmentStatus(Model):
    observed_generation: int = observed_generation_field()
    phase: Phase | None = Field(default=None, description="Where in its life it is.")
    level: int | None = Field(default=None, ge=1, le=5, description="Security level of the system.")
    profile: str | None = Field(default=None, max_length=63, description="The SecurityProfile that applies.")
    location: str | None = Field(default=None, max_length=63, description="Where it runs.")
    approved: ApprovedSpec | None = Field(default=None, description="What is being enforced.")
    pending: Pending | None = Field(default=None, description="What waits for a decision.")
    namespaces: tuple[NamespaceStatus, ...] = Field(default=(), max_length=8, description="One per zone.")
    hosts: tuple[Annotated[str, Field(max_length=253)], ...] = Field(default=(), max_length=20, description="Public names it holds.")
    expires_at: datetime.datetime | None = Field(default=None, description="When it ends.")
    first_ready_at: datetime.datetime | None = Field(default=None, description="When it was Ready for the first time.")
    notices: tuple[Annotated[int, Field(ge=0, le=3660)], ...] = Field(
        default=(), max_length=5, description="Notices given before this expiry, in days before it."
    )
    retired_at: datetime.datetime | None = Field(default=None, description="Since when it is given back.")
    purge_at: datetime.datetime | None = Field(default=None, description="When its namespaces are deleted, unless it is taken back.")
    namespace_prefix: str | None = Field(
        default=None, max_length=63, description="How the names of its namespaces begin, where its organisation has changed since."
    )
    moved_to: str | None = Field(
        default=None,
        max_length=63,
        description="Where its organisation's tasks went, as <organisation>/<environment>; it is taken over there.",
    )
    conditions: tuple[Condition, ...] = conditions_field()


class Environment(Kind):
    definition: ClassVar[Definition] = Definition(
        kind="Environment",
        plural="environments",
        short_names=("env",),
        namespaced=True,
        columns=(
            Column(name="System", path=".spec.system"),
            Column(name="Stage", path=".spec.stage"),
            Column(name="Level", path=".status.level", type="integer"),
            Column(name="Size", path=".spec.size"),
            Column(name="Phase", path=".status.phase"),
            Column(name="Ready", path=".status.conditions[?(@.type=='Ready')].status"),
            Column(name="Expires", path=".status.expiresAt", type="date"),
            Column(name="Namespaces", path=".status.namespaces[*].name", priority=1),
            Column(name="Reason", path=".status.conditions[?(@.type=='Ready')].reason", priority=1),
        ),
        rules=(
            name_rule(longest=24, shortest=3),
            rule(
                "self.spec.system == oldSelf.spec.system",
                vi="spec.system không được thay đổi; hãy tạo môi trường khác cho hệ thống khác",
                en="spec.system cannot be changed; create another environment for another system",
            ),
            rule(
                "(has(oldSelf.spec.zones) && size(oldSelf.spec.zones) > 0 ? oldSelf.spec.zones : ['app'])"
                ".all(zone, zone in (has(self.spec.zones) && size(self.spec.zones) > 0 ? self.spec.zones : ['app']))",
                vi="spec.zones: vùng đã có không bỏ được vì còn dữ liệu; có thể thêm vùng",
                en="spec.zones: a zone cannot be taken away, it may hold data; zones can be added",
            ),
        ),
    )

    spec: EnvironmentSpec = Field(description="What the department asks for.")
    status: EnvironmentStatus = Field(default=EnvironmentStatus(), description="What is enforced, what waits, and how it stands.")
