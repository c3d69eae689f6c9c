"""What every kind shares: the base models, the field types with their bounds, and the rules in two languages.

A bound that a department may run into is written as a CEL rule with a text in Vietnamese and English, beside a wider structural
bound that keeps the API server's cost estimate finite: the server's own message for `maxLength` or `pattern` exists in English only.
"""

import dataclasses
import datetime
from typing import Annotated, Any, ClassVar, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from pydantic.alias_generators import to_camel
from pydantic.config import JsonDict

GROUP: Final = "citycloud.dev"
VERSION: Final = "v1alpha1"
API_VERSION: Final = f"{GROUP}/{VERSION}"
HOLDS_ANNOTATION: Final = f"{GROUP}/holds"
"""On a namespace: what its environment holds of a budget, so that a crash before the first status write forgets nothing."""
POLICIES_ANNOTATION: Final = f"{GROUP}/policies"
"""On a tenant's namespace: the policies that its level demands, for admission to read and for an auditor to look at."""

REQUESTED_BY: Final = f"{GROUP}/requested-by"
"""On a request: everybody who has had a hand in what is not yet decided, comma-separated. The API server stamps it (P31)."""
MOVED_FROM: Final = f"{GROUP}/moved-from"
"""On what a re-organisation brought into a home: <organisation>/<name>/<uid> of what it was before. Only the operator writes it (P31)."""
DECIDED_BY: Final = f"{GROUP}/decided-by"
"""On an Approval: who sent it. The API server stamps it (P31)."""

SLUG: Final = "^[a-z][a-z0-9]*(-[a-z0-9]+)*$"
"""A slug never holds `--`, so that `<organisation>--<environment>--<zone>` can be taken apart again."""
QUANTITY: Final = "^(0|[1-9][0-9]{0,14}m?|[1-9][0-9]{0,11}Ki|[1-9][0-9]{0,8}Mi|[1-9][0-9]{0,5}Gi|[1-9][0-9]{0,2}Ti)$"
"""A quantity as people write it: whole numbers with m, Ki, Mi, Gi or Ti, at most about 10¹⁵, so that no sum overflows 64 bits."""
UNSEEN_GENERATION: Final = -1
"""What the API server writes into the status of what nobody has looked at yet: kstatus takes an object without a status for finished."""
DIGEST: Final = "^sha256:[0-9a-f]{64}$"
LONGEST_REQUEST: Final = 3_145_728
"""The largest request the API server takes, in bytes (its own default): the structural bound where a CEL rule holds the real one."""


def rule(expression: str, *, vi: str, en: str) -> dict[str, str]:
    """Write one CEL rule of a CRD; its refusal is said in both languages (KEP-2876)."""
    return {"rule": expression, "message": f"{vi} / {en}"}


def rules(*each: dict[str, str]) -> dict[str, Any]:
    """Attach CEL rules to a field or a model, for `json_schema_extra`."""
    return {"x-kubernetes-validations": list(each)}


def immutable(*, vi: str, en: str) -> dict[str, Any]:
    """Refuse any change of a field once it is set."""
    return rules(rule("self == oldSelf", vi=f"{vi} không được thay đổi sau khi tạo", en=f"{en} cannot be changed once set"))


def at_most(limit: int) -> dict[str, Any]:
    """Refuse a text of more than `limit` characters."""
    return rules(
        rule(
            f"size(self) <= {limit}",
            vi=f"dài nhất {limit} ký tự, hãy rút gọn",
            en=f"at most {limit} characters, please shorten it",
        )
    )


def text(*, limit: int, description: str, default: str | None = "") -> Any:
    """Declare a text field of at most `limit` characters, refused in two languages beyond that."""
    options: dict[str, Any] = {"description": description, "max_length": 4 * limit, "json_schema_extra": at_most(limit)}
    return Field(**options) if default is None else Field(default=default, **options)


def slug_rule(*, longest: int, shortest: int = 1, field: str = "self") -> dict[str, str]:
    """Say what a name may look like."""
    return rule(
        f"size({field}) >= {shortest} && size({field}) <= {longest} && {field}.matches('{SLUG}')",
        vi=f"tên gồm {shortest}–{longest} ký tự a–z, 0–9 và dấu gạch ngang đơn, bắt đầu bằng chữ cái, không dấu",
        en=f"a name has {shortest}-{longest} characters a-z, 0-9 and single hyphens, and starts with a letter",
    )


def name_rule(*, longest: int, shortest: int = 1) -> dict[str, str]:
    """Hold `metadata.name` of a kind to a slug."""
    return slug_rule(longest=longest, shortest=shortest, field="self.metadata.name")


Slug = Annotated[str, StringConstraints(max_length=63), Field(json_schema_extra=rules(slug_rule(longest=24, shortest=3)))]
"""The name of an organisation, a system or an environment: 3 to 24 characters."""
ZoneName = Annotated[str, StringConstraints(max_length=63), Field(json_schema_extra=rules(slug_rule(longest=11)))]
"""The name of a zone: at most 11 characters, so that 24 + 2 + 24 + 2 + 11 is the 63 of a namespace's name."""
ShortName = Annotated[str, StringConstraints(max_length=63), Field(json_schema_extra=rules(slug_rule(longest=40)))]
"""The name of a shipped object: a size, a framework, a location, a template."""
Quantity = Annotated[
    str,
    StringConstraints(max_length=63),
    Field(
        json_schema_extra=rules(
            rule(
                f"self.matches('{QUANTITY}')",
                vi="lượng là số nguyên không âm, có thể kèm m, Ki, Mi, Gi hoặc Ti, nhiều nhất khoảng 10^15",
                en="a quantity is a whole number, not negative, with m, Ki, Mi, Gi or Ti if need be, at most about 10^15",
            )
        )
    ),
]
Digest = Annotated[
    str,
    StringConstraints(max_length=80),
    Field(
        json_schema_extra=rules(
            rule(
                f"self.matches('{DIGEST}')",
                vi="mã băm có dạng sha256: theo sau là 64 chữ số thập lục phân",
                en="a digest is sha256: followed by 64 hexadecimal digits",
            )
        )
    ),
]
GroupName = Annotated[
    str,
    StringConstraints(min_length=1, max_length=128),
    Field(
        json_schema_extra=rules(
            rule(
                "!self.startsWith('system:') && !self.contains(',')",
                vi="tên nhóm không bắt đầu bằng system: (của chính Kubernetes) và không có dấu phẩy",
                en="the name of a group neither starts with system: (Kubernetes' own) nor holds a comma",
            )
        )
    ),
]
"""The name of a group in the city's identity provider."""
Reference = Annotated[str, StringConstraints(max_length=253)]
"""The name of another object."""
Port = Annotated[int, Field(ge=1, le=65535)]
Segment = Literal["office", "public-service", "conferencing", "camera-iot", "guest", "management"]
"""One of the networks that the wide area network keeps apart at every site."""


class Model(BaseModel):
    """Read one object of the API: camelCase outside, snake_case inside, frozen, tolerant of what a newer version adds."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, frozen=True, extra="ignore")


WHOLE: Final[JsonDict] = {"x-kubernetes-map-type": "atomic"}
"""One writer owns the object as a whole (KEP-555): so the API server keeps no owner for each of its fields."""


class Names(Model):
    vi: str = text(limit=200, default=None, description="Vietnamese, with diacritics.")
    en: str = text(limit=200, default=None, description="English.")


class Source(Model):
    """Where a legal fact comes from, so that a reader can check it."""

    title: str = text(limit=300, default=None, description="The decree, circular or standard.")
    clause: str = text(limit=300, description="Article, clause or annex.")
    retrieved: datetime.date | None = Field(default=None, description="The day the source was read.")
    note: str = text(limit=500, description="How far to trust it, for example: secondary source.")


class LegalBasis(Model):
    id: str = text(limit=100, default=None, description="Number of the legal document.")
    title: str = text(limit=300, description="Title of the legal document.")
    article: str = text(limit=100, description="Article, clause, point.")


class Condition(Model):
    """One aspect of an object's state (KEP-1623); the message is Vietnamese and English and says the next step."""

    model_config = ConfigDict(json_schema_extra=WHOLE)

    type: str = Field(max_length=63, description="Which aspect.")
    status: Literal["True", "False", "Unknown"] = Field(description="Whether it holds.")
    reason: str = Field(max_length=100, description="Why, as one stable word.")
    message: str = Field(default="", max_length=8192, description="Why, for people: Vietnamese / English, with the next step.")
    last_transition_time: datetime.datetime = Field(description="When the status last changed.")
    observed_generation: int = Field(default=0, ge=0, description="The generation of the spec this speaks of.")


def conditions_field() -> Any:
    """Declare a list of conditions that server-side apply merges by type."""
    return Field(
        default=(),
        max_length=20,
        description="The state, aspect by aspect; Ready sums them up.",
        json_schema_extra={"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["type"]},
    )


def observed_generation_field() -> Any:
    """Declare the generation that a status speaks of."""
    return Field(default=UNSEEN_GENERATION, ge=UNSEEN_GENERATION, description="The generation of the spec that this status speaks of.")


class Metadata(Model):
    """The part of an object's metadata that citycloud reads."""

    name: str
    namespace: str = ""
    uid: str = ""
    generation: int = 0
    resource_version: str = ""
    creation_timestamp: datetime.datetime | None = None
    deletion_timestamp: datetime.datetime | None = None
    annotations: dict[str, str] = Field(default_factory=dict)
    labels: dict[str, str] = Field(default_factory=dict)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Column:
    """One column of `kubectl get`; priority 1 shows it only with `-o wide`."""

    name: str
    path: str
    type: str = "string"
    priority: int = 0


@dataclasses.dataclass(frozen=True, kw_only=True)
class Definition:
    """How a kind appears in the API."""

    kind: str
    plural: str
    short_names: tuple[str, ...]
    namespaced: bool
    columns: tuple[Column, ...]
    rules: tuple[dict[str, str], ...] = ()
    has_status: bool = True
    numerous: bool = False
    watched: bool = True
    """Whether the operator decides anything by it; what it does not is kept for people and other programs."""

    @property
    def singular(self) -> str:
        """Name one object in a URL or on the command line."""
        return self.kind.lower()

    @property
    def is_many(self) -> bool:
        """Tell whether there may be thousands: all that departments write, and what says so."""
        return self.namespaced or self.numerous


class Kind(Model):
    """Base of the custom resources; each adds `spec`, mostly `status`, and its `definition`."""

    definition: ClassVar[Definition]

    metadata: Metadata
