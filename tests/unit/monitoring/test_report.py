"""The report closes the circle: whatever an alert lacks is named, and nothing is missing of what is shipped."""

import dataclasses
import io

import pytest
from tests.support.routing import ORGANISATIONS, settings

from citycloud_monitoring.catalogue import load
from citycloud_monitoring.pages import VIEWS
from citycloud_monitoring.report import Line, lines, main
from citycloud_monitoring.routing import routing

CATALOGUE = load()
ROUTES = routing(settings=settings(), organisations=ORGANISATIONS, inhibitions=CATALOGUE.inhibitions)
PAGES = frozenset(alert.name for alert in CATALOGUE.alerts)


def line(name: str, **changes: object) -> Line:
    found = lines(catalogue=CATALOGUE, views=VIEWS, routes=ROUTES, pages=PAGES)
    return dataclasses.replace(next(each for each in found if each.alert.name == name), **changes)  # type: ignore[arg-type]


def test_nothing_is_missing_of_what_is_shipped() -> None:
    stream = io.StringIO()

    assert main(stream=stream) == 0
    told = stream.getvalue()
    assert all(f"\n{alert.name} " in told for alert in CATALOGUE.alerts)
    assert all(f"\n{view.name}/{panel.id} " in told for view in VIEWS for panel in view.panels)


@pytest.mark.parametrize(
    ("changes", "missing"),
    [
        ({"fires": 0}, "a trial in which it fires"),
        ({"silent": 0}, "a trial in which it is silent"),
        ({"ends": 0}, "a trial in which it ends"),
        ({"page": False}, "a page"),
        ({"receivers": ()}, "somebody who is called"),
        ({"panels": ()}, "a panel"),
    ],
)
def test_what_an_alert_lacks_is_named(changes: dict[str, object], missing: str) -> None:
    assert line("OperatorDown").missing == ()
    assert line("OperatorDown", **changes).missing == (missing,)


def test_what_always_fires_neither_ends_nor_is_silent() -> None:
    assert line("Watchdog").missing == ()
    assert line("Watchdog", fires=0).missing == ("a trial in which it fires",)


def test_what_nobody_shows_is_missed() -> None:
    found = lines(catalogue=CATALOGUE, views=(), routes=ROUTES, pages=frozenset())

    assert {missing for each in found for missing in each.missing} == {"a page", "a panel"}
