"""Every view is whole: it asks of what exists, says what it means in both languages, leads to pages that are there, fits on the screen."""

import itertools
import re
from typing import Any

import promql_parser
import pytest
from pydantic import ValidationError

from citycloud.telemetry.declarations import declarations
from citycloud_monitoring import objectives
from citycloud_monitoring.catalogue import ROOT, Words, load
from citycloud_monitoring.columns import columns
from citycloud_monitoring.expressions import selections, unknown
from citycloud_monitoring.links import DASHBOARDS, RUNBOOKS, links
from citycloud_monitoring.pages import VIEWS
from citycloud_monitoring.panels import (
    COLUMNS,
    EVERYTHING,
    LANGUAGES,
    Bound,
    Panel,
    Query,
    View,
    address,
    bound_of,
    compared,
    filled,
    placed,
)

CATALOGUE = load()
ALERTS = {alert.name: alert for alert in CATALOGUE.alerts}
BY_NAME = [pytest.param(view, id=view.name) for view in VIEWS]
TEMPLATE = re.compile(r"\{\{(\w+)\}\}")
RATE = re.compile(r"\b(?:rate|increase|changes)\([^()]*\[(\$?\w+)\]")
OVERVIEWS = ("leadership", "control-plane", "fleet", "security", "slo")
LONGEST_TITLE = 64
LONGEST_DESCRIPTION = 160
SHORTEST_DESCRIPTION = 20


def expressions(panel: Panel) -> list[str]:
    return [filled(query.expression, values={"organisation": EVERYTHING, "site": EVERYTHING}, interval="5m") for query in panel.queries]


@pytest.mark.parametrize("view", BY_NAME)
def test_a_panel_asks_of_what_is_exported(view: View) -> None:
    for panel in view.panels:
        for expression in expressions(panel):
            assert unknown(expression, known=CATALOGUE.known) == []


@pytest.mark.parametrize("view", BY_NAME)
def test_a_panel_uses_only_variables_of_its_view(view: View) -> None:
    for panel in view.panels:
        names = {name for query in panel.queries for name in re.findall(r"\$(\w+)", query.expression)}

        assert names <= {variable.name for variable in view.variables} | {"__rate_interval"}


@pytest.mark.parametrize("view", BY_NAME)
def test_a_panel_says_what_it_means_in_both_languages(view: View) -> None:
    for panel in view.panels:
        for words in (panel.title, panel.description):
            assert words.vi != words.en
        for title in (panel.title.vi, panel.title.en):
            assert len(title) <= LONGEST_TITLE
            assert not title.endswith(".")
        for text in (panel.description.vi, panel.description.en):
            assert SHORTEST_DESCRIPTION <= len(text) <= LONGEST_DESCRIPTION
            assert text.endswith(".")


@pytest.mark.parametrize("view", BY_NAME)
def test_a_panel_names_its_series_by_labels_that_they_have(view: View) -> None:
    for panel in view.panels:
        for query in panel.queries:
            texts = [query.named(language) for language in LANGUAGES]
            for text in texts:
                assert set(TEMPLATE.findall(text)) <= set(panel.labels)
                if panel.kind in ("timeseries", "bar"):
                    assert set(TEMPLATE.findall(text)) == set(panel.labels), "two series of one name cannot be told apart"
        if len(panel.queries) > 1:
            assert all(query.legend for query in panel.queries)


def test_an_amount_of_money_says_its_currency() -> None:
    assert all("currency" in panel.labels for view in VIEWS for panel in view.panels if panel.unit == "money")


@pytest.mark.parametrize("view", BY_NAME)
def test_a_rate_takes_the_interval_of_the_screen_or_a_window_that_is_promised(view: View) -> None:
    """Whatever fixed window is left is one that an alert or a promise has: burn rates, 28 days, a day."""
    for panel in view.panels:
        for query in panel.queries:
            for window in RATE.findall(query.expression):
                assert window == "$__rate_interval" or view.name in ("slo", "leadership") or (view.name, panel.id) in OWN_WINDOWS, (
                    query.expression
                )


@pytest.mark.parametrize("view", BY_NAME)
def test_zero_and_silence_are_not_the_same(view: View) -> None:
    """`or vector(0)` would say that all is well where nobody tells of anything."""
    for panel in view.panels:
        assert not any("vector(" in query.expression for query in panel.queries)


@pytest.mark.parametrize("view", BY_NAME)
def test_an_overview_has_no_series_for_each_environment(view: View) -> None:
    """What names environments or organisations is cut to the worst few, or shows trouble only."""
    for panel in view.panels:
        if view.name in OVERVIEWS and {"environment", "organisation"} & set(panel.labels):
            assert panel.healthy_is_empty or all(re.match(r"(topk|bottomk)\(", query.expression) for query in panel.queries)


@pytest.mark.parametrize("view", BY_NAME)
def test_what_each_process_counts_is_taken_together(view: View) -> None:
    """Two replicas are scraped, and during a hand-over both may tell of the city: each selector of ours stands in an aggregation."""
    for panel in view.panels:
        for expression in expressions(panel):
            for selection in selections(expression):
                if selection.metric in declarations() or selection.metric.rpartition("_")[0] in declarations():
                    assert _aggregated(promql_parser.parse(expression), metric=selection.metric, inside=False), expression


def test_a_bare_selector_is_noticed() -> None:
    bare = ("citycloud_leader", "topk(3, citycloud_leader)", "sum(up) / citycloud_leader", "time() - citycloud_leader == 0")
    held = (
        "max(citycloud_leader)",
        "sum(rate(citycloud_leader[5m]))",
        "sum(up) and on () citycloud_leader",
        "topk(3, max by (a) (citycloud_leader))",
    )

    assert [each for each in bare if _aggregated(promql_parser.parse(each), metric="citycloud_leader", inside=False)] == []
    assert all(_aggregated(promql_parser.parse(each), metric="citycloud_leader", inside=False) for each in held)


def _aggregated(node: Any, *, metric: str, inside: bool) -> bool:
    """Tell whether each selector of a metric is below an aggregation, or only says which series of others are meant (`and on`)."""
    if type(node).__name__ == "VectorSelector":
        return inside or node.name != metric
    if type(node).__name__ == "BinaryExpr" and str(node.op) in ("and", "unless"):
        return _aggregated(node.lhs, metric=metric, inside=inside)
    inside = inside or (type(node).__name__ == "AggregateExpr" and str(node.op) not in ("topk", "bottomk"))
    below = [getattr(node, name, None) for name in ("lhs", "rhs", "expr", "vector_selector")]
    below += getattr(getattr(node, "args", None), "args", getattr(node, "args", None)) or []
    return all(_aggregated(each, metric=metric, inside=inside) for each in below if each is not None and not isinstance(each, str))


@pytest.mark.parametrize("view", BY_NAME)
def test_a_panel_leads_to_pages_that_are_there(view: View) -> None:
    for panel in view.panels:
        known = {f"{DASHBOARDS}/{address(other.name, language)}" for other in VIEWS for language in LANGUAGES}
        for language in LANGUAGES:
            for link in links(panel, language=language, alerts=ALERTS):
                page = link.address.removeprefix(f"{RUNBOOKS}/")
                assert link.address in known or (ROOT.parent / "docs" / "runbooks" / page).is_file(), link.address
        assert panel.below != view.name


@pytest.mark.parametrize("view", BY_NAME)
def test_the_panels_of_a_view_fill_the_screen_and_cover_nothing(view: View) -> None:
    taken = [
        (x, y) for place in placed(view) for x in range(place.x, place.x + place.width) for y in range(place.y, place.y + place.height)
    ]

    assert len(taken) == len(set(taken))
    assert set(taken) == set(itertools.product(range(COLUMNS), range(max(y for _, y in taken) + 1))), "no holes"


@pytest.mark.parametrize("view", BY_NAME)
def test_a_table_has_a_heading_for_each_column(view: View) -> None:
    for panel in view.panels:
        if panel.kind == "table":
            assert all(isinstance(heading, Words) for _, heading in columns(panel))


@pytest.mark.parametrize("view", BY_NAME)
def test_a_bound_is_the_one_of_the_alert(view: View) -> None:
    """A bound of its own is that of a promise, or a first one of what should not be; every other is read from the alert."""
    for panel in view.panels:
        promised = {getattr(objectives, name) for name in vars(objectives) if name.isupper()}
        if panel.bound == "alert":
            assert panel.alerts[0] not in ALERTS or isinstance(bound_of(panel, alerts=ALERTS), Bound)
        elif panel.bound is not None:
            assert panel.bound.value in promised | {0, 1} or (view.name, panel.id) in OWN_BOUNDS


OWN_WINDOWS = {
    ("control-plane", "restarts"),  # as its alert
    ("security", "canary"),  # what must never be is counted over the longest time that is kept
}
OWN_BOUNDS = {
    ("leadership", "running-well"),  # what its text says
    ("wan", "reachable"),  # no alert watches the network
    ("slo", "mending-time"),  # the five minutes of the promise
}


def test_each_alert_that_a_panel_names_is_there() -> None:
    named = {name for view in VIEWS for panel in view.panels for name in panel.alerts}

    assert sorted(named - set(ALERTS)) == []


def test_each_alert_is_shown_in_its_view() -> None:
    """Whoever is called finds on the page that the alert names the panel that shows it; an alert that always fires is shown by none."""
    shown = {(view.name, name) for view in VIEWS for panel in view.panels for name in panel.alerts}

    assert [alert.name for alert in CATALOGUE.alerts if alert.severity != "none" and (alert.view, alert.name) not in shown] == []


@pytest.mark.parametrize(
    ("expression", "unit", "bound"),
    [
        ("max(up) > 600", "seconds", Bound(worse="above", value=600)),
        ("max(up) > 0", "count", Bound(worse="above", value=1)),
        ("max(up) >= 3", "count", Bound(worse="above", value=3)),
        ("sum(up) < 0.99", "ratio", Bound(worse="below", value=0.99)),
    ],
)
def test_a_bound_is_read_from_an_expression(expression: str, unit: Any, bound: Bound) -> None:
    assert compared(expression, unit=unit) == bound


@pytest.mark.parametrize("expression", ["absent(up)", "up == 0", "up > 1 and up < 3", "up > on () up"])
def test_what_compares_with_no_number_gives_no_bound(expression: str) -> None:
    with pytest.raises(ValueError, match="no comparison"):
        compared(expression, unit="count")


@pytest.mark.parametrize(
    "changes",
    [
        {"kind": "table", "queries": (Query(expression="up"), Query(expression="up"))},
        {"kind": "stat", "healthy_is_empty": True},
        {"kind": "stat", "bound": "alert"},
        {"kind": "stat", "unit": "furlongs"},
        {"kind": "stat", "width": COLUMNS + 1},
    ],
)
def test_a_panel_that_cannot_be_drawn_alike_is_refused(changes: dict[str, Any]) -> None:
    words = Words(vi="một", en="one")
    whole: dict[str, Any] = {"id": "one", "title": words, "description": words, "width": 4, "queries": (Query(expression="up"),)}
    with pytest.raises(ValidationError):
        Panel(**whole | changes)
