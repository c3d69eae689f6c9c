"""What was seen of one environment: gathered by the command line with the user's own rights, judged by `judge`.

What the user may not see is None, never empty: a thing that was not looked for is not missing.
"""

import dataclasses
import datetime
from collections.abc import Mapping
from typing import Literal

Canary = Literal["refused", "admitted", "not tried"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class ZoneFacts:
    """One namespace of the environment: labels, annotations, and its objects as (kind, name)."""

    name: str
    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    objects: frozenset[tuple[str, str]] | None


@dataclasses.dataclass(frozen=True, kw_only=True)
class Record:
    """What people did, from the information system: when, and where it is written."""

    date: datetime.date
    reference: str


@dataclasses.dataclass(frozen=True, kw_only=True)
class AcceptedRisk:
    """An exception that is in force: its name, the decision, until when, and what protects instead."""

    name: str
    decision: str
    ends: datetime.datetime
    measure: str


@dataclasses.dataclass(frozen=True, kw_only=True)
class Facts:
    """Everything that was seen."""

    zones: tuple[ZoneFacts, ...]
    bound: frozenset[tuple[str, str]] | None
    """(name of the admission policy, id) of what is in force."""
    roles: frozenset[str] | None
    """Names of the ClusterRoles that exist."""
    definitions: frozenset[str] | None
    """Kinds of citycloud.dev that are served."""
    canaries: Mapping[str, Canary]
    """By policy id: whether a request that has to be refused was."""
    records: Mapping[str, Record]
    """By control id."""
    excepted: Mapping[str, AcceptedRisk] = dataclasses.field(default_factory=dict)
    """By policy id: what somebody let through for this environment."""
