"""A legal framework: the criteria from which a level follows, read from the data files of this package.

The law lives in `criteria/<framework>.yaml`, with its source and date; this module only gives it a shape. Two frameworks stand side by
side, because dossiers of the old one stay valid for a while (Decree 331/2026/ND-CP, art 39.1).
"""

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, Final

import yaml

from citycloud.levels.errors import UnknownFramework

SUFFIX: Final = ".yaml"
BOUNDS: Final = {"atLeast": "at_least", "below": "below"}
"""How the data files spell a bound; any other word in its place is an error."""

Scalar = str | int | bool


@dataclass(frozen=True, kw_only=True)
class BilingualText:
    """Hold one text for people in both languages."""

    vi: str
    en: str


@dataclass(frozen=True, kw_only=True)
class Source:
    """Say where the criteria come from and how far to trust them."""

    title: str
    clause: str
    retrieved: datetime.date
    note: str


@dataclass(frozen=True, kw_only=True)
class OneOf:
    """Demand that a fact is one of `values`."""

    values: tuple[Scalar, ...]


@dataclass(frozen=True, kw_only=True)
class Within:
    """Demand that a count is at least `at_least` and below `below`; None leaves that side open."""

    at_least: int | None = None
    below: int | None = None


@dataclass(frozen=True, kw_only=True)
class Demand:
    """Demand something of one fact; `path` leads to it through camelCase names."""

    path: tuple[str, ...]
    wanted: OneOf | Within


@dataclass(frozen=True, kw_only=True)
class Criterion:
    """Give a level to the systems that meet every demand in `when`; no demands at all means every system."""

    id: str
    article: str
    level: int
    when: tuple[Demand, ...]
    text: BilingualText


@dataclass(frozen=True, kw_only=True)
class Framework:
    """Hold the criteria of one legal framework, in the order of their file."""

    name: str
    names: BilingualText
    source: Source
    criteria: tuple[Criterion, ...]


def framework_names() -> tuple[str, ...]:
    """List the legal frameworks that are shipped, in alphabetical order."""
    return tuple(_shipped())


@cache
def load_framework(*, name: str) -> Framework:
    """Load the criteria of the legal framework `name`; raise UnknownFramework where it is not shipped."""
    shipped = _shipped()
    if name not in shipped:
        raise UnknownFramework(name=name, known=tuple(shipped))
    return _framework(data=yaml.safe_load(shipped[name]))


@cache
def _shipped() -> Mapping[str, str]:
    """Read the data files of this package: text by framework; this is the only place that touches a disk."""
    folder = resources.files("citycloud.levels").joinpath("criteria")
    files = sorted((file for file in folder.iterdir() if file.name.endswith(SUFFIX)), key=lambda file: file.name)
    return {file.name.removesuffix(SUFFIX): file.read_text(encoding="utf-8") for file in files}


def _framework(*, data: Mapping[str, Any]) -> Framework:
    source = data["source"]
    return Framework(
        name=data["framework"],
        names=BilingualText(**data["names"]),
        source=Source(**{**source, "retrieved": datetime.date.fromisoformat(source["retrieved"])}),
        criteria=tuple(_criterion(data=each) for each in data["criteria"]),
    )


def _criterion(*, data: Mapping[str, Any]) -> Criterion:
    return Criterion(
        id=data["id"],
        article=data["article"],
        level=data["level"],
        when=tuple(Demand(path=tuple(path.split(".")), wanted=_wanted(data=wanted)) for path, wanted in data["when"].items()),
        text=BilingualText(**data["text"]),
    )


def _wanted(*, data: Scalar | list[Scalar] | Mapping[str, int]) -> OneOf | Within:
    if isinstance(data, Mapping):
        return Within(**{BOUNDS[word]: number for word, number in data.items()})
    return OneOf(values=tuple(data) if isinstance(data, list) else (data,))
