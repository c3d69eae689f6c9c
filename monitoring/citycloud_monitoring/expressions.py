"""Which metrics and labels a PromQL expression speaks of, and which of them nobody exports.

A rule over a name that does not exist never fires and never fails; so each name and label is checked against what is declared. Parsing is
the work of promql-parser, the same grammar as Prometheus'.
"""

import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any, Final

import promql_parser

EVERYWHERE: Final = frozenset({"job", "instance", "pod", "namespace", "le", "__name__"})
"""Labels that Prometheus itself puts on what it scrapes, and that histograms have."""
PARTS: Final = ("lhs", "rhs", "expr", "param", "vector_selector")
ENDINGS: Final = ("_bucket", "_sum", "_count")


@dataclasses.dataclass(frozen=True)
class Selection:
    """One selector: a metric, and the labels that it is asked for."""

    metric: str
    labels: frozenset[str]


Known = Mapping[str, frozenset[str]]
"""The labels of each metric that somebody exports or that a recording rule makes."""


def selections(expression: str) -> list[Selection]:
    """List the selectors of an expression; raise ValueError where it cannot be parsed."""
    return [_selection(node) for node in _nodes(promql_parser.parse(expression)) if type(node).__name__ == "VectorSelector"]


def groupings(expression: str) -> frozenset[str]:
    """Return every label that an expression groups, matches or joins by."""
    found: set[str] = set()
    for node in _nodes(promql_parser.parse(expression)):
        modifier = getattr(node, "modifier", None)
        if modifier is None:
            continue
        found |= set(getattr(modifier, "labels", None) or ())
        found |= set(getattr(getattr(modifier, "matching", None), "labels", None) or ())
        found |= set(getattr(modifier, "group_labels", None) or ())
    return frozenset(found)


def unknown(expression: str, *, known: Known) -> list[str]:
    """Say what of an expression nobody exports: metrics, and labels that none of its metrics has."""
    found = selections(expression)
    wrong = [f"no metric is called {each.metric}" for each in found if _labels_of(each.metric, known=known) is None]
    labels = {label for each in found for label in _labels_of(each.metric, known=known) or ()} | EVERYWHERE
    for each in found:
        own = _labels_of(each.metric, known=known)
        if own is not None:
            wrong += [f"{each.metric} has no label {label}" for label in sorted(each.labels - own - EVERYWHERE)]
    return wrong + [f"no metric here has a label {label}" for label in sorted(groupings(expression) - labels)]


def _labels_of(metric: str, *, known: Known) -> frozenset[str] | None:
    for name in (metric, *(metric.removesuffix(ending) for ending in ENDINGS if metric.endswith(ending))):
        if name in known:
            return known[name]
    return None


def _selection(node: Any) -> Selection:
    matchers = [matcher for matcher in node.matchers.matchers if matcher.name != "__name__"]
    return Selection(metric=node.name or "", labels=frozenset(matcher.name for matcher in matchers))


def _nodes(node: Any) -> Iterator[Any]:
    yield node
    for part in PARTS:
        inner = getattr(node, part, None)
        if inner is not None and not isinstance(inner, (str, int, float)):
            yield from _nodes(inner)
    arguments = getattr(node, "args", None)
    for argument in getattr(arguments, "args", arguments) or ():
        yield from _nodes(argument)
