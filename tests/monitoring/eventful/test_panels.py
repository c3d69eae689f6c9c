"""Every panel shows something: each question is put to real Prometheus over the real operator, after what it is about has happened.

What is asked at one moment and what is asked over a time, for one organisation and for all. Where a panel is empty while nothing is wrong,
it is asked after something went wrong. No series is made up; the sites of the network are ports of this machine.
"""

import math
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from tests.support.kube import eventually
from tests.support.watched import OFFICE, SITE, Canary

from citycloud.telemetry.declarations import declarations
from citycloud_dev.prometheus import Prometheus, start_prometheus
from citycloud_monitoring.catalogue import load
from citycloud_monitoring.expressions import selections
from citycloud_monitoring.outputs import rule_groups
from citycloud_monitoring.pages import VIEWS
from citycloud_monitoring.panels import EVERYTHING, Panel, Query, filled

ONE = {"organisation": OFFICE, "site": SITE}
ALL = dict.fromkeys(ONE, EVERYTHING)
INTERVAL = "5m"
PATIENCE_SECONDS = 10.0
TOLERANCES = {"seconds": PATIENCE_SECONDS, "days": PATIENCE_SECONDS / 86400}
"""What is counted from now differs by as much as two questions are apart."""
MANY = 50
RECORDED = {
    "organisation:citycloud_environments:count",
    "organisation_resource:citycloud_quota_allocated:ratio",
    "organisation_system:citycloud_cost:month",
    "organisation:citycloud_cost:month",
    "security_level:citycloud_environments_ready:ratio",
    "city:citycloud_environments_ready:ratio",
}
OF_THE_CITY = RECORDED | {name for name, each in declarations().items() if each.of == "city" and name != "citycloud_orphaned_namespaces"}
"""What only the leader tells."""
STEP_SECONDS = 5
RANGE_SECONDS = 60
CASES = [
    pytest.param(panel, query, values, id=f"{view.name}/{panel.id}/{number}/{choice}")
    for view in VIEWS
    for panel in view.panels
    for number, query in enumerate(panel.queries)
    for choice, values in (("one", ONE), ("all", ALL))
    if choice == "all" or any(f"${name}" in query.expression for name in ONE)
]


@pytest.fixture(scope="module")
def twice(
    eventful: Prometheus, canary: Canary, programs: dict[str, Path], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Prometheus]:
    """Another Prometheus, to which two processes tell of the city: the same one, scraped as two."""
    canary.stop()
    (target,) = [each for each in eventful.ask("targets")["activeTargets"] if each["labels"]["job"] == "citycloud-operator"]
    port = urlsplit(target["scrapeUrl"]).port
    assert port is not None
    folder = tmp_path_factory.mktemp("twice")
    targets = {"citycloud-operator": port, "the-same-again": port}
    running = start_prometheus(program=programs["prometheus"], folder=folder, targets=targets, rules=rule_groups(load()))
    eventually(lambda: len(vector(running, "citycloud_leader == 1")) == len(targets), what="both to be scraped")
    eventually(lambda: vector(running, "city:citycloud_environments_ready:ratio"), what="what is recorded")
    eventually(lambda: vector(running, "organisation:citycloud_cost:month"), what="what is recorded of that")
    yield running
    running.process.stop()


@pytest.mark.parametrize(("panel", "query", "values"), CASES)
def test_a_panel_shows_something(eventful: Prometheus, panel: Panel, query: Query, values: Mapping[str, str]) -> None:
    expression = filled(query.expression, values=values, interval=INTERVAL)
    found = eventually(lambda: vector(eventful, expression), what=f"series of {expression}")

    assert all(math.isfinite(float(each["value"][1])) for each in found), found
    assert {frozenset(each["metric"]) - {"__name__"} for each in found} == {frozenset(panel.labels)}
    now = time.time()
    over_time = eventful.ask("query_range", query=expression, start=str(now - RANGE_SECONDS), end=str(now), step=str(STEP_SECONDS))[
        "result"
    ]
    points = [float(value) for each in over_time for _, value in each["values"]]
    assert any(math.isfinite(point) for point in points)
    assert not any(math.isinf(point) for point in points)


def test_two_who_tell_of_the_city_count_it_once(eventful: Prometheus, twice: Prometheus) -> None:
    """During a hand-over two processes may tell of the city: whatever speaks of it alone reads the same as from one."""
    asked = [
        (expression, TOLERANCES.get(panel.unit, 0.0))
        for view in VIEWS
        for panel in view.panels
        for expression in (filled(query.expression, values=ALL, interval=INTERVAL) for query in panel.queries)
        if all(each.metric in OF_THE_CITY for each in selections(expression))
    ]
    assert len(asked) > MANY

    def differ() -> list[str]:
        return [expression for expression, tolerance in asked if not same(eventful, twice, expression=expression, tolerance=tolerance)]

    eventually(lambda: not differ(), what=f"both to say the same: {differ()}")


def same(one: Prometheus, other: Prometheus, *, expression: str, tolerance: float) -> bool:
    once, again = values_by_labels(vector(one, expression)), values_by_labels(vector(other, expression))
    return once.keys() == again.keys() and all(math.isclose(once[key], again[key], abs_tol=tolerance) for key in once)


def vector(prometheus: Prometheus, expression: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = prometheus.ask("query", query=expression)["result"]
    return found


def values_by_labels(found: list[dict[str, Any]]) -> dict[tuple[tuple[str, str], ...], float]:
    return {tuple(sorted(each["metric"].items())): float(each["value"][1]) for each in found}
