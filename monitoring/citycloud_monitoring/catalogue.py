"""The alerts and recording rules as they stand in their files: one folder an alert, with what proves it beside it.

`alerts/<Name>/alert.yaml` says when it fires, whom it calls and what to do, in both languages; `alerts/<Name>/tests.yaml` says with which
series it fires, stays silent and ends. `recording.yaml` holds the recording rules, `recording-tests.yaml` which values they have over which
series, `external.yaml` the metrics of others that are used, `inhibitions.yaml` which alert makes which others pointless.
"""

import datetime
import functools
import pathlib
import re
from typing import Annotated, Any, Final, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field

from citycloud.telemetry.declarations import declarations
from citycloud_monitoring.expressions import Known

ROOT: Final = pathlib.Path(__file__).resolve().parent.parent
Severity = Literal["critical", "warning", "info", "none"]
Audience = Literal["platform", "organisation", "security", "approvers", "network"]
View = Literal["leadership", "department", "control-plane", "fleet", "security", "wan", "slo"]
_DURATION: Final = re.compile(r"^([0-9]+)(s|m|h|d)$")
_UNITS: Final = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
Duration = Annotated[str, Field(pattern=_DURATION.pattern)]


class Part(BaseModel):
    """A part of the catalogue: nothing unknown in it, nothing changed."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Words(Part):
    """One text in both languages."""

    vi: str = Field(min_length=1)
    en: str = Field(min_length=1)


class Step(Words):
    """One thing to do, and the command that does it where there is one."""

    run: str = ""


class Alert(Part):
    """One alert."""

    name: str = Field(pattern="^[A-Z][A-Za-z]+$")
    expression: str
    wait: Duration = Field(alias="for")
    severity: Severity
    audience: tuple[Audience, ...] = Field(min_length=1)
    view: View
    summary: Words
    description: Words
    steps: tuple[Step, ...] = Field(min_length=1)


class Moment(Part):
    """What fires at one moment: the labels of each firing alert, without those that all of its kind have."""

    at: Duration
    firing: tuple[dict[str, str], ...]


class Trial(Part):
    """Series over time, and what has to fire then."""

    says: str
    interval: Duration = "1m"
    evaluate: Duration = "1m"
    series: dict[str, str]
    expect: tuple[Moment, ...] = Field(min_length=1)


class Recording(Part):
    """One recording rule and the labels that its series have."""

    record: str = Field(pattern="^[a-z_]+:[a-z0-9_]+:[a-z0-9_]+$")
    expression: str
    labels: tuple[str, ...] = ()


class Sample(Part):
    """One series of a recording rule at one moment."""

    labels: dict[str, str] = {}
    value: float


class Reading(Part):
    """What one recording rule says at one moment: every series that it has then."""

    record: str
    at: Duration
    samples: tuple[Sample, ...]


class Proof(Part):
    """Series over time, and what recording rules make of them."""

    says: str
    interval: Duration = "1m"
    evaluate: Duration = "1m"
    series: dict[str, str]
    expect: tuple[Reading, ...] = Field(min_length=1)


class External(Part):
    """A metric of somebody else, its labels, and who exports it."""

    labels: tuple[str, ...] = ()
    of: str


class Inhibition(Part):
    """Which alert silences which others while it fires, where the labels of `same` are equal on both."""

    alert: str
    silences: tuple[str, ...] = Field(min_length=1)
    same: tuple[str, ...] = ()


class Catalogue(Part):
    """Everything that is watched for."""

    alerts: tuple[Alert, ...]
    trials: dict[str, tuple[Trial, ...]]
    recordings: tuple[Recording, ...]
    proofs: tuple[Proof, ...]
    externals: dict[str, External]
    inhibitions: tuple[Inhibition, ...]

    @property
    def known(self) -> Known:
        """Return every metric that a rule or a panel may use, with its labels."""
        declared = {name: frozenset(each.labels) for name, each in declarations().items()}
        recorded = {each.record: frozenset(each.labels) for each in self.recordings}
        return declared | recorded | {name: frozenset(each.labels) for name, each in self.externals.items()}


@functools.cache
def load(root: pathlib.Path = ROOT) -> Catalogue:
    """Read the catalogue; raise pydantic.ValidationError where a file does not say what it should."""
    folders = sorted(path for path in (root / "alerts").iterdir() if path.is_dir())
    return Catalogue.model_validate(
        {
            "alerts": [{"name": folder.name, **_read(folder / "alert.yaml")} for folder in folders],
            "trials": {folder.name: _read(folder / "tests.yaml") for folder in folders},
            "recordings": _read(root / "recording.yaml"),
            "proofs": _read(root / "recording-tests.yaml"),
            "externals": _read(root / "external.yaml"),
            "inhibitions": _read(root / "inhibitions.yaml"),
        }
    )


def span(duration: str) -> datetime.timedelta:
    """Read a duration as Prometheus writes it."""
    match = _DURATION.fullmatch(duration)
    if match is None:
        raise ValueError(f"{duration!r} is no duration")
    return datetime.timedelta(**{_UNITS[match[2]]: int(match[1])})


def _read(path: pathlib.Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))
