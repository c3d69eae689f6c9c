"""The network as its team sees it: the rendered targets, probed by a real exporter over the laboratory's tunnels, and the shipped alerts.

A sixtieth of the time that the alerts take in the city (citycloud_lab.wan.watch), so `for: 5m` is five seconds here.
"""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.kube import eventually
from tests.support.looking import look

from citycloud_dev.assets import AssetError
from citycloud_dev.browser import chromium, missing
from citycloud_dev.dashboards import LANGUAGES, SHIPPED, Site, serving
from citycloud_dev.drawing import windows
from citycloud_dev.perses import find_page
from citycloud_dev.prometheus import find_prometheus
from citycloud_infra.model.inventory import Inventory
from citycloud_infra.model.plan import plan_city
from citycloud_infra.render.nftables import MANAGEMENT
from citycloud_lab.wan.laboratory import Laboratory, running_laboratory
from citycloud_lab.wan.reduce import Technique, reduced
from citycloud_lab.wan.watch import Watch, watched
from citycloud_monitoring.catalogue import load
from citycloud_monitoring.outputs import rule_groups
from citycloud_monitoring.pages import VIEWS
from citycloud_monitoring.panels import EVERYTHING, filled

pytestmark = pytest.mark.timeout(300)
SITES = 10
"""So many that some tiers have two of them: one that is gone is a site's affair, two are the network's."""
SECONDS = 60.0


@pytest.fixture(scope="module")
def wan(routers_can_run: None, hanoi: Inventory, technique: Technique, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Laboratory]:
    """The segment from which routers are looked after, at a part of Hanoi's places."""
    plan = plan_city(reduced(hanoi, sites=SITES, technique=technique, segments=(MANAGEMENT,)))
    with running_laboratory(plan=plan, folder=tmp_path_factory.mktemp("wan"), name=f"watch-{os.getpid()}") as lab:
        yield lab


@pytest.fixture(scope="module")
def watch(wan: Laboratory, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watch]:
    """Prometheus over it, after every line of every site was probed from both hubs and in both families."""
    try:
        programs: dict[str, Path] = find_prometheus()
    except AssetError as error:
        pytest.skip(str(error))
    with watched(lab=wan, programs=programs, rules=rule_groups(load()), folder=tmp_path_factory.mktemp("prometheus")) as running:
        lines = 2 * len([each for each in wan.plan.tunnels if each.site in wan.plan.sites])
        eventually(lambda: len(running.ask("probe_success == 1")) == lines, what=f"{lines} lines to answer", seconds=SECONDS)
        yield running


def down(watch: Watch) -> set[str]:
    """Name the sites that an alert says are down."""
    return {each["metric"]["site"] for each in watch.ask('ALERTS{alertname="SiteDown",alertstate="firing"}')}


def until_quiet(watch: Watch) -> None:
    eventually(lambda: not watch.firing() & {"SiteDown", "ManySitesDown"}, what="the alerts to end", seconds=SECONDS)


def test_a_network_that_is_well_calls_nobody(watch: Watch) -> None:
    assert watch.firing() & {"SiteDown", "ManySitesDown", "BackupLinkUnavailable"} == set()
    assert len(watch.ask("count by (site) (probe_success)")) == SITES


def test_one_place_that_is_cut_off_is_one_alert(watch: Watch, wan: Laboratory) -> None:
    place = next(iter(wan.plan.sites))
    wan.cut(place)
    try:
        eventually(lambda: down(watch) == {place}, what=f"{place} to be told of", seconds=SECONDS)
        assert "ManySitesDown" not in watch.firing()
    finally:
        wan.mend(place)
    until_quiet(watch)


def test_the_other_hub_s_cable_calls_nobody_to_the_sites(watch: Watch, wan: Laboratory) -> None:
    """Its own probes are gone with it, the first hub's go on: every site is served."""
    first, second = (hub.name for hub in wan.plan.inventory.hubs)
    wan.cut(second)
    try:
        eventually(lambda: not watch.ask(f'probe_success{{hub="{second}"}}'), what="its probes to be gone", seconds=SECONDS)
        assert len(watch.ask(f'probe_success{{hub="{first}"}} == 1')) == len(watch.ask(f'probe_success{{hub="{first}"}}'))
        assert watch.firing() & {"SiteDown", "ManySitesDown"} == set()
    finally:
        wan.mend(second)
    wan.wait_until_settled()


def test_the_cable_of_the_hub_that_watches_is_seen_as_what_it_is(watch: Watch, wan: Laboratory) -> None:
    first = wan.plan.inventory.hubs[0].name
    wan.cut(first)
    try:
        eventually(lambda: down(watch) == set(wan.plan.sites), what="every site to be told of", seconds=SECONDS)
        eventually(lambda: "ManySitesDown" in watch.firing(), what="the one alert for all", seconds=SECONDS)
        shown = {each["metric"]["site"] for each in watch.ask(_query("down-list"))}
        assert shown == set(wan.plan.sites)
    finally:
        wan.mend(first)
    until_quiet(watch)
    wan.wait_until_settled()


@pytest.mark.parametrize(
    "panel", sorted(each.id for view in VIEWS if view.name == "wan" for each in view.panels if not each.healthy_is_empty)
)
def test_every_panel_of_the_network_s_dashboard_shows_these_lines(watch: Watch, panel: str) -> None:
    eventually(lambda: watch.ask(_query(panel)), what=f"something on {panel}", seconds=SECONDS)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_dashboard_shows_in_a_browser_who_is_gone(watch: Watch, wan: Laboratory, language: str) -> None:
    """The page, what serves it, and Chromium run where Prometheus stands."""
    if lacking := missing():
        pytest.skip("; ".join(lacking))
    site = Site(page=find_page(), dashboards=SHIPPED, prometheus=watch.prometheus.address)
    place = next(iter(wan.plan.sites))
    wan.cut(place)
    try:
        eventually(lambda: watch.ask(_query("down-list")), what=f"{place} to be seen", seconds=SECONDS)
        with watch.entered(), serving(site) as address, chromium() as browser:
            found = look(windows(browser)[language], site=site, address=address, view="wan", language=language)
    finally:
        wan.mend(place)
    assert (found.alerts, found.errors, found.empty) == ([], [], [])
    until_quiet(watch)


def _query(panel: str) -> str:
    (found,) = [each for view in VIEWS if view.name == "wan" for each in view.panels if each.id == panel]
    return filled(found.queries[0].expression, values={"site": EVERYTHING}, interval="5m")
