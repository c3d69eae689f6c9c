"""Every dashboard, in both languages, as a person sees it: all its panels, no error, no barrier, links that lead somewhere."""

import dataclasses
import functools
import json
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext
from tests.support.kube import eventually
from tests.support.looking import Look, look
from tests.support.sample import PANELS, dashboard
from tests.support.watched import Canary

from citycloud_dev.dashboards import LANGUAGES, SHIPPED, VIEWS, Site, serving
from citycloud_dev.perses import PAGE
from citycloud_dev.prometheus import Prometheus

EACH = [(view, language) for view in VIEWS for language in LANGUAGES]
Windows = Mapping[str, BrowserContext]
SAMPLES = 15
"""So many seconds of the minute that is drawn."""
FONT = "Noto Sans"
PNG = b"\x89PNG"
pytestmark = pytest.mark.timeout(600)
"""Seconds: the first test waits for a cluster, an operator, Prometheus, all that happens, and a browser."""


def often_told(prometheus: Prometheus, metric: str) -> bool:
    return bool(prometheus.ask("query", query=f"count_over_time({metric}[1m]) > {SAMPLES}")["result"])


@pytest.fixture(scope="module")
def site(page_folder: Path, eventful: Prometheus, canary: Canary) -> Site:
    """The shipped dashboards, once Prometheus has something to draw a line from; the canary may have been stopped by another file."""
    canary.start()
    for metric in ("citycloud_environment_info", "citycloud_canary_last_success_timestamp_seconds"):
        eventually(functools.partial(often_told, eventful, metric), what=f"samples of {metric}", seconds=60)
    return Site(page=page_folder, dashboards=SHIPPED, prometheus=eventful.address)


@pytest.fixture(scope="module")
def address(site: Site) -> Iterator[str]:
    with serving(site) as running:
        yield running


@pytest.fixture(scope="module", params=EACH, ids="-".join)
def seen(request: pytest.FixtureRequest, window: Windows, site: Site, address: str) -> tuple[dict[str, Any], Look]:
    """One dashboard, and what it looks like."""
    view, language = request.param
    text = site.dashboard(view=view, language=language)
    assert text is not None, f"{view}-{language}.json is shipped"
    return json.loads(text), look(window[language], site=site, address=address, view=view, language=language)


Seen = tuple[dict[str, Any], Look]


def titles(dashboard: dict[str, Any]) -> list[str]:
    items = [item["content"]["$ref"] for layout in dashboard["spec"]["layouts"] for item in layout["spec"]["items"]]
    return sorted(dashboard["spec"]["panels"][name.rpartition("/")[2]]["spec"]["display"]["name"] for name in items)


def test_it_shows_each_of_its_panels(seen: Seen) -> None:
    dashboard, found = seen
    assert sorted(found.panels) == titles(dashboard)


def test_it_shows_no_error(seen: Seen) -> None:
    _, found = seen
    assert (found.alerts, found.errors) == ([], [])


def test_no_number_is_missing(seen: Seen) -> None:
    assert seen[1].empty == []


def test_it_speaks_its_language(seen: Seen) -> None:
    dashboard, found = seen
    assert dashboard["metadata"]["name"].endswith(found.language)
    assert found.heading == dashboard["spec"]["display"]["name"]
    assert found.title.startswith(found.heading)


def test_the_time_it_shows_has_a_name_in_its_language(seen: Seen) -> None:
    words = (PAGE / "words.js").read_text()
    assert words.count(f"'{seen[0]['spec']['duration']}': ") == len(LANGUAGES)


def test_its_letters_come_from_one_font(seen: Seen) -> None:
    """Drawn from two, a word like `cổng` has one letter that stands out."""
    assert seen[1].fonts == {FONT}


def test_nobody_is_kept_out(seen: Seen) -> None:
    assert seen[1].barriers == ""


def test_its_links_lead_somewhere(seen: Seen, address: str) -> None:
    for link in set(seen[1].links):
        if link.startswith("/"):
            with urllib.request.urlopen(f"{address}{link}", timeout=10) as answer:
                assert answer.status == 200, link


def test_there_is_a_picture(seen: Seen) -> None:
    assert seen[1].picture.startswith(PNG)


@pytest.fixture
def sample(tmp_path: Path, window: Windows, site: Site) -> Callable[[str], Look]:
    """Draw a dashboard with one panel of each kind, which all ask the same."""

    def draw(query: str) -> Look:
        for language in LANGUAGES:
            (tmp_path / f"fleet-{language}.json").write_text(json.dumps(dashboard(query)))
        broken = dataclasses.replace(site, dashboards=tmp_path)
        with serving(broken) as address:
            return look(window["vi"], site=broken, address=address, view="fleet", language="vi")

    return draw


def test_a_broken_query_is_noticed(sample: Callable[[str], Look]) -> None:
    found = sample("sum(")
    assert len(found.alerts) == len(PANELS)
    assert all("parse error" in alert for alert in found.alerts)
    assert any(error.startswith("400 ") for error in found.errors)


def test_of_panels_without_data_only_a_number_is_noticed(sample: Callable[[str], Look]) -> None:
    """The others are canvases, or tables without a row: whether they have data the tests of the monitoring ask Prometheus."""
    assert sample("nobody_exports_this").empty == ["StatChart"]


def test_a_panel_with_data_says_nothing_of_the_kind(sample: Callable[[str], Look]) -> None:
    found = sample("count(citycloud_environment_info)")
    assert (found.alerts, found.empty, found.errors) == ([], [], [])


def test_a_barrier_is_noticed(window: Windows) -> None:
    page = window["vi"].new_page()
    page.set_content("<html lang='vi'><title>x</title><main><h1>x</h1><button></button></main></html>")
    assert [each["id"] for each in Axe().run(page).response["violations"]] == ["button-name"]
    page.close()
