"""The declared metrics, and the only way to make one: what is not in registry.yaml cannot be counted."""

import dataclasses
import functools
import importlib.resources
from collections.abc import Mapping
from typing import Any, Final, Literal

import yaml
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.metrics_core import GaugeMetricFamily

Type = Literal["counter", "gauge", "histogram"]
SUFFIX: Final = "_total"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Declaration:
    """One metric as it stands in the registry file."""

    name: str
    of: Literal["operator", "city", "canary"]
    type: Type
    help: Mapping[str, str]
    labels: tuple[str, ...] = ()
    buckets: tuple[float, ...] = ()


@functools.cache
def declarations() -> Mapping[str, Declaration]:
    """Read the registry file, in its order."""
    content: Mapping[str, Any] = yaml.safe_load(importlib.resources.files(__package__).joinpath("registry.yaml").read_text())
    return {name: _declaration(name=name, **fields) for name, fields in content.items()}


def _declaration(*, name: str, labels: list[str] | None = None, buckets: list[float] | None = None, **fields: Any) -> Declaration:
    return Declaration(name=name, labels=tuple(labels or ()), buckets=tuple(buckets or ()), **fields)


def counter(name: str, *, registry: CollectorRegistry) -> Counter:
    """Make a declared counter."""
    declared = _declared(name, type_="counter")
    return Counter(declared.name.removesuffix(SUFFIX), declared.help["en"], declared.labels, registry=registry)


def gauge(name: str, *, registry: CollectorRegistry) -> Gauge:
    """Make a declared gauge that is set by whoever counts."""
    declared = _declared(name, type_="gauge")
    return Gauge(declared.name, declared.help["en"], declared.labels, registry=registry)


def histogram(name: str, *, registry: CollectorRegistry) -> Histogram:
    """Make a declared histogram."""
    declared = _declared(name, type_="histogram")
    return Histogram(declared.name, declared.help["en"], declared.labels, buckets=declared.buckets, registry=registry)


def gauge_family(name: str) -> GaugeMetricFamily:
    """Make an empty family of a declared gauge, to be filled at the time of a scrape."""
    declared = _declared(name, type_="gauge")
    return GaugeMetricFamily(declared.name, declared.help["en"], labels=declared.labels)


def _declared(name: str, *, type_: Type) -> Declaration:
    declared = declarations()[name]
    if declared.type != type_:
        message = f"{name} is declared as a {declared.type}"
        raise TypeError(message)
    return declared
