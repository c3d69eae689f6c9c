"""A view as data: which panels it has, what each asks Prometheus, and what somebody who reads it should think and do.

Both outputs (grafana.py, perses.py) are made from here, so they ask the same questions and say the same in both languages. Queries are
written with `$__rate_interval` and `$organisation`, which both programs fill in; `filled` fills them in for checks and tests.
"""

import dataclasses
import re
from collections.abc import Mapping
from typing import Final, Literal, Self

import promql_parser
from pydantic import Field, model_validator

from citycloud_monitoring.catalogue import Alert, Audience, Part, Words
from citycloud_monitoring.catalogue import View as ViewName

Kind = Literal["stat", "timeseries", "table", "bar", "gauge"]
Unit = Literal["count", "ratio", "seconds", "days", "bytes", "cores", "money", "per-second"]
Language = Literal["vi", "en"]
Worse = Literal["above", "below"]
LANGUAGES: Final[tuple[Language, ...]] = ("vi", "en")
COLUMNS: Final = 24
MOST_PANELS: Final = 20
"""More than this nobody reads."""
HEIGHTS: Final[Mapping[Kind, int]] = {"stat": 4, "gauge": 8, "bar": 8, "timeseries": 8, "table": 8}
EVERYTHING: Final = ".*"
RATE_INTERVAL: Final = "$__rate_interval"
_VARIABLE: Final = re.compile(r"\$(\w+)")
_WORSE: Final[Mapping[str, Worse]] = {">": "above", ">=": "above", "<": "below", "<=": "below"}


class Query(Part):
    """One question, and what its series are called; `legend` may name labels as {{label}}."""

    expression: str
    legend: Words | str = ""

    def named(self, language: Language) -> str:
        """Return what its series are called in one language."""
        return self.legend if isinstance(self.legend, str) else said(self.legend, language)


class Bound(Part):
    """From where on a value is bad."""

    worse: Worse
    value: float


class Panel(Part):
    """One panel.

    `alerts` are those that tell of what it shows; `bound` is a number of its own, or "alert": what the first of them compares with.

    `labels` are exactly those that each series has. `healthy_is_empty` is for tables and curves that show nothing while nothing is wrong.
    """

    id: str = Field(pattern="^[a-z][a-z0-9-]*$")
    title: Words
    description: Words
    kind: Kind
    unit: Unit = "count"
    width: int = Field(ge=3, le=COLUMNS)
    queries: tuple[Query, ...] = Field(min_length=1)
    labels: tuple[str, ...] = ()
    alerts: tuple[str, ...] = ()
    bound: Bound | Literal["alert"] | None = None
    below: ViewName | None = None
    healthy_is_empty: bool = False

    @model_validator(mode="after")
    def _is_sound(self) -> Self:
        if self.kind == "table" and len(self.queries) != 1:
            raise ValueError(f"{self.id}: a table has one query, or its columns differ between the two outputs")
        if self.healthy_is_empty and self.kind not in ("table", "timeseries"):
            raise ValueError(f"{self.id}: a {self.kind} that is empty looks like one that is broken")
        if self.bound == "alert" and not self.alerts:
            raise ValueError(f"{self.id}: names no alert to read a bound from")
        return self


class Variable(Part):
    """What a reader may choose: the values of one label of one metric, one or several, or all."""

    name: str
    title: Words
    metric: str


class View(Part):
    """One page."""

    name: ViewName
    title: Words
    description: Words
    audience: Audience
    span: str = Field(pattern="^[0-9]+[hd]$")
    variables: tuple[Variable, ...] = ()
    panels: tuple[Panel, ...] = Field(min_length=1, max_length=MOST_PANELS)


@dataclasses.dataclass(frozen=True)
class Place:
    """Where a panel stands, in columns and rows."""

    x: int
    y: int
    width: int
    height: int


def said(words: Words, language: Language) -> str:
    """Return a text in one language."""
    return words.vi if language == "vi" else words.en


def address(view: ViewName, language: Language) -> str:
    """Return what a view is called by both programs, and so the end of its address."""
    return f"citycloud-{view}-{language}"


def placed(view: View) -> list[Place]:
    """Put the panels side by side from the left; a row is as high as its highest panel."""
    places: list[Place] = []
    x = y = height = 0
    for panel in view.panels:
        if x + panel.width > COLUMNS:
            x, y, height = 0, y + height, 0
        places.append(Place(x=x, y=y, width=panel.width, height=HEIGHTS[panel.kind]))
        x, height = x + panel.width, max(height, HEIGHTS[panel.kind])
    return places


def filled(expression: str, *, values: Mapping[str, str], interval: str) -> str:
    """Fill in what both programs fill in: the interval of rates, and what the reader chose."""
    return _VARIABLE.sub(lambda match: values[match[1]], expression.replace(RATE_INTERVAL, interval))


def bound_of(panel: Panel, *, alerts: Mapping[str, Alert]) -> Bound | None:
    """Return from where on a panel is bad; an alert that is not there gives none."""
    if panel.bound != "alert":
        return panel.bound
    alert = alerts.get(panel.alerts[0])
    return compared(alert.expression, unit=panel.unit) if alert else None


def compared(expression: str, *, unit: Unit) -> Bound:
    """Read the number that an alert compares with; raise ValueError where its outermost step is no comparison with a number.

    Programs colour from a number on, itself included; so more than 3 of what can be counted is 4 and up.
    """
    node = promql_parser.parse(expression)
    number = getattr(getattr(node, "rhs", None), "val", None)
    operator = str(getattr(node, "op", ""))
    if number is None or operator not in _WORSE:
        raise ValueError(f"no comparison with a number: {expression}")
    whole = unit == "count" and operator == ">" and float(number).is_integer()
    return Bound(worse=_WORSE[operator], value=float(number) + 1 if whole else float(number))
