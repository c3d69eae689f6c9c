"""The city: its defaults, its approval rules, its places to run in. There is exactly one, and the platform team writes it."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field, StringConstraints

from citycloud.api.common import Column, Definition, GroupName, Kind, Model, Names, Reference, ShortName, rule, rules, text

Stage = Literal["sandbox", "training", "development", "test", "staging", "pilot", "production"]

LabelValue = Annotated[str, StringConstraints(max_length=63)]
Level = Annotated[int, Field(ge=1, le=5)]
Days = Annotated[int, Field(ge=0, le=3660)]


class PlatformNamespaces(Model):
    """Where the platform's own services run; the network policies of every tenant name them."""

    ingress_namespace: Reference = Field(default="ingress", description="Namespace of the gateway that brings outside requests in.")
    monitoring_namespace: Reference = Field(default="monitoring", description="Namespace of Prometheus.")
    dns_namespace: Reference = Field(default="kube-system", description="Namespace of the cluster's DNS.")
    gateway_namespace: Reference = Field(default="data-gateway", description="Namespace of the gateway to systems outside the city.")


class Toleration(Model):
    key: str = Field(max_length=253, description="Taint key.")
    operator: Literal["Exists", "Equal"] = Field(default="Exists", description="How the taint is matched.")
    value: str | None = Field(default=None, max_length=63, description="Taint value, for Equal.")
    effect: Literal["NoSchedule", "PreferNoSchedule", "NoExecute"] | None = Field(default=None, description="Taint effect; all if absent.")


class Location(Model):
    """One place where workloads run, and the levels it is fit for."""

    name: ShortName = Field(description="Name that environments use.")
    node_selector: dict[str, LabelValue] = Field(max_length=10, description="Labels of the nodes of this place.")
    levels: tuple[Level, ...] = Field(max_length=5, description="The security levels it takes.")
    default: bool = Field(default=False, description="Taken first where an environment names no location.")
    tolerations: tuple[Toleration, ...] = Field(default=(), max_length=10, description="Taints that workloads of this place tolerate.")


class PriorityClass(Model):
    """A class of pods that go before others or after them, and where it may be used."""

    name: str = Field(
        min_length=1,
        max_length=253,
        description="A PriorityClass; the chart ships citycloud-production and citycloud-background.",
        json_schema_extra=rules(
            rule(
                "!self.startsWith('system-') && !self.contains(',')",
                vi="tên lớp ưu tiên không bắt đầu bằng system- (của chính Kubernetes) và không có dấu phẩy",
                en="the name of a priority class neither starts with system- (Kubernetes' own) nor holds a comma",
            )
        ),
    )
    stages: tuple[Stage, ...] = Field(min_length=1, max_length=7, description="The stages whose pods may carry it.")


class AccessGroups(Model):
    approvers: tuple[GroupName, ...] = Field(default=(), max_length=20, description="Groups that decide requests.")
    security_officers: tuple[GroupName, ...] = Field(
        default=(), max_length=20, description="Groups that decide exceptions and sensitive data."
    )
    auditors: tuple[GroupName, ...] = Field(default=(), max_length=20, description="Groups that read everything and change nothing.")
    break_glass: tuple[GroupName, ...] = Field(default=(), max_length=20, description="Groups for emergencies; each use is audited.")


class AutomaticApproval(Model):
    stages: tuple[Stage, ...] = Field(default=(), max_length=7, description="Stages that need no human.")
    max_size: ShortName | None = Field(default=None, description="Largest size class that needs no human.")
    max_level: int = Field(default=0, ge=0, le=5, description="Highest security level that needs no human.")


class ApprovalRules(Model):
    automatic: AutomaticApproval = Field(default=AutomaticApproval(), description="What needs no human decision.")


class Lifecycle(Model):
    grace_days: dict[str, Days] = Field(
        default={"default": 30}, max_length=8, description="Days between retiring and purging, by stage, and a default."
    )
    notice_days: tuple[Days, ...] = Field(default=(14, 3), max_length=5, description="Days before expiry when a notice is given.")
    sandbox_days: int = Field(default=90, ge=1, le=366, description="Life of a sandbox or training environment without a date.")


class Prices(Model):
    """Unit prices for showback, in whole units of the currency."""

    currency: str = Field(default="VND", max_length=3, description="ISO 4217 code.")
    cpu_month: int = Field(default=0, ge=0, le=1_000_000_000, description="One core for a month.")
    memory_gib_month: int = Field(default=0, ge=0, le=1_000_000_000, alias="memoryGiBMonth", description="One GiB of memory for a month.")
    storage_gib_month: int = Field(
        default=0, ge=0, le=1_000_000_000, alias="storageGiBMonth", description="One GiB of storage for a month."
    )


class CitySpec(Model):
    code: str = Field(max_length=35, description="Agency code of the city (Decision 20/2020/QD-TTg).")
    statistics_code: str = Field(default="", max_length=5, description="Statistics code of the province or city.")
    names: Names = Field(description="Names of the city.")
    domain: str = Field(max_length=100, description="Public hosts are <name>.<organisation>.<domain>.")
    default_framework: ShortName = Field(description="Legal framework where an environment names none.")
    time_zone: str = text(limit=60, default="Asia/Ho_Chi_Minh", description="IANA name of the time zone that dates are meant in.")
    registries: tuple[Reference, ...] = Field(default=(), max_length=20, description="Image registries that tenants may pull from.")
    platform: PlatformNamespaces = Field(default=PlatformNamespaces(), description="Namespaces of the platform's own services.")
    locations: tuple[Location, ...] = Field(min_length=1, max_length=10, description="Where workloads may run, in order of preference.")
    access: AccessGroups = Field(default=AccessGroups(), description="Groups of the city itself.")
    approval: ApprovalRules = Field(default=ApprovalRules(), description="Which requests need a human.")
    lifecycle: Lifecycle = Field(default=Lifecycle(), description="Grace, notice and sandbox periods.")
    prices: Prices = Field(default=Prices(), description="Unit prices for showback.")
    storage_classes: tuple[Reference, ...] = Field(default=(), max_length=20, description="Storage classes that tenants may use.")
    priority_classes: tuple[PriorityClass, ...] = Field(
        default=(), max_length=10, description="Priority classes that tenants may use, by stage; none where empty."
    )


class City(Kind):
    definition: ClassVar[Definition] = Definition(
        kind="City",
        plural="cities",
        short_names=("cty",),
        namespaced=False,
        columns=(
            Column(name="Code", path=".spec.code"),
            Column(name="Name", path=".spec.names.vi"),
            Column(name="Domain", path=".spec.domain"),
            Column(name="Framework", path=".spec.defaultFramework"),
        ),
        rules=(rule("self.metadata.name == 'city'", vi="chỉ có một City, tên là city", en="there is one City only, and its name is city"),),
        has_status=False,
    )

    spec: CitySpec = Field(description="What the platform team decided for the whole city.")
