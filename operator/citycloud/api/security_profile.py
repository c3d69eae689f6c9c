"""One level of one legal framework, as data: what the law asks of an environment of that level.

Two frameworks disagree, and both will change; so nothing in the code compares a level with a number, and each profile
says where its demands come from.
"""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from citycloud.api.common import (
    Column,
    Definition,
    Kind,
    Model,
    Names,
    Port,
    ShortName,
    Source,
    ZoneName,
    name_rule,
    rule,
)

Isolation = Literal["shared", "logical", "dedicatedNodes", "dedicatedCluster", "offPlatform"]


class Flow(Model):
    """A permitted path; `ingress` as origin is the city's gateway, every other end is a zone of the same environment."""

    origin: ZoneName = Field(alias="from", description="Zone or `ingress` that opens the connection.")
    to: ZoneName = Field(description="Zone that accepts it.")
    ports: tuple[Port, ...] = Field(min_length=1, max_length=20, description="TCP ports.")


class Egress(Model):
    internet: Literal["none", "listed"] = Field(default="none", description="Whether listed endpoints outside may be reached.")


class Images(Model):
    digest_required: bool = Field(default=False, description="Whether images must be named by digest.")


class Encryption(Model):
    at_rest: bool = Field(default=False, description="Whether stored data must be encrypted.")
    in_transit: bool = Field(default=False, description="Whether traffic must be encrypted.")


class Control(Model):
    id: Annotated[str, Field(max_length=20)] = Field(description="Number of the control in its source.")
    title: Names = Field(description="The control in our own words.")
    by: Literal["admission", "operator", "evidence", "manual"] = Field(description="Who enforces or shows it.")
    policies: tuple[Annotated[str, Field(max_length=10)], ...] = Field(default=(), max_length=40, description="Policies that enforce it.")


class SecurityProfileSpec(Model):
    framework: ShortName = Field(description="The legal framework.")
    level: int = Field(ge=1, le=5, description="The level within it.")
    source: Source = Field(description="Where the demands come from.")
    names: Names = Field(description="The level in words.")
    pod_security: Literal["privileged", "baseline", "restricted"] = Field(description="Pod Security Standard that is enforced.")
    isolation: Isolation = Field(description="How the environment is kept apart; offPlatform refuses it here.")
    zones: tuple[ZoneName, ...] = Field(min_length=1, max_length=8, description="Zones an environment may pick from.")
    flows: tuple[Flow, ...] = Field(default=(), max_length=40, description="What may talk to what; everything else is denied.")
    egress: Egress = Field(default=Egress(), description="What may be reached outside.")
    images: Images = Field(default=Images(), description="What images must look like.")
    access_review_days: int = Field(ge=1, le=3660, description="Days between reviews of who has access.")
    log_retention_days: int = Field(ge=0, le=3660, description="Days that logs are kept.")
    backup_class: ShortName = Field(description="Class of backup.")
    encryption: Encryption = Field(default=Encryption(), description="What must be encrypted.")
    requires: tuple[Literal["approvedDossier"], ...] = Field(default=(), max_length=10, description="What production needs.")
    controls: tuple[Control, ...] = Field(default=(), max_length=300, description="The level's list of controls.")


class SecurityProfile(Kind):
    definition: ClassVar[Definition] = Definition(
        kind="SecurityProfile",
        plural="securityprofiles",
        short_names=("secprof",),
        namespaced=False,
        columns=(
            Column(name="Framework", path=".spec.framework"),
            Column(name="Level", path=".spec.level", type="integer"),
            Column(name="Isolation", path=".spec.isolation"),
            Column(name="Source", path=".spec.source.title", priority=1),
        ),
        rules=(
            name_rule(longest=40),
            rule(
                "self.metadata.name == self.spec.framework + ['', '-l1', '-l2', '-l3', '-l4', '-l5'][self.spec.level]",
                vi="tên hồ sơ là <khung>-l<cấp>, ví dụ vn-2026-l3",
                en="a profile is named <framework>-l<level>, for example vn-2026-l3",
            ),
        ),
        has_status=False,
    )

    spec: SecurityProfileSpec = Field(description="What the level demands.")
