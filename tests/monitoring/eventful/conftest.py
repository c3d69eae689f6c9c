"""A city in which everything has happened, with Prometheus over it: what the panels ask of it and what the dashboards show of it."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext
from tests.support import happenings
from tests.support.kube import User, emergency, eventually
from tests.support.watched import OFFICE, SITES, Canary, seed, watched

from citycloud_dev.assets import AssetError
from citycloud_dev.browser import chromium, missing
from citycloud_dev.cluster import Cluster, running_cluster
from citycloud_dev.drawing import windows
from citycloud_dev.install import install_citycloud, install_definitions
from citycloud_dev.perses import find_page
from citycloud_dev.processes import free_ports
from citycloud_dev.prometheus import Prometheus, Target
from citycloud_dev.sites import probes, start_exporter


@pytest.fixture(scope="package")
def eventful_cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A cluster of this package's own: after what happens here no other test would find a city that is well."""
    folder = tmp_path_factory.mktemp("eventful")
    with running_cluster(folder=folder, nodes=False, before_controllers=install_definitions) as running:
        install_citycloud(running, canary__enabled="true", canary__replicas="0")
        yield running


@pytest.fixture(scope="package")
def engineer(eventful_cluster: Cluster) -> User:
    """The platform engineer."""
    return seed(eventful_cluster)


@pytest.fixture(scope="package")
def canary(eventful_cluster: Cluster, engineer: User) -> Iterator[Canary]:
    """The canary, at work until a test stops it."""
    made = Canary(cluster=eventful_cluster, port=free_ports(1)[0])
    made.start()
    yield made
    made.stop()


@pytest.fixture(scope="package")
def further(
    programs: dict[str, Path], eventful_cluster: Cluster, canary: Canary, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Mapping[str, Target]]:
    """Let Prometheus scrape the canary too, and probe the sites of a network."""
    answers, silent = eventful_cluster.ports.api_server, free_ports(1)[0]
    exporter = start_exporter(program=programs["prometheus-blackbox-exporter"], folder=tmp_path_factory.mktemp("wan"))
    yield {"citycloud-canary": canary.port, "wan": probes(exporter=exporter.port, answers=answers, silent=silent, sites=SITES)}
    exporter.process.stop()


@pytest.fixture(scope="package")
def eventful(
    programs: dict[str, Path],
    eventful_cluster: Cluster,
    engineer: User,
    further: Mapping[str, Target],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Prometheus]:
    """Prometheus, after everything has happened."""

    def user(name: str, group: str) -> User:
        return User(cluster=eventful_cluster, kubeconfig=eventful_cluster.kubeconfig(user=name, groups=(group,)))

    folder = tmp_path_factory.mktemp("prometheus")
    with watched(cluster=eventful_cluster, admin=engineer, programs=programs, further=further, folder=folder) as prometheus:

        def seen(expression: str) -> bool:
            return bool(prometheus.ask("query", query=expression)["result"])

        eventually(lambda: seen("citycloud_leader == 1"), what="a scrape")
        happenings.everything(
            admin=engineer,
            approver=user("lanh-dao", "citycloud-approvers"),
            officer=user("an-ninh", "citycloud-security"),
            break_glass=emergency(eventful_cluster),
            office=OFFICE,
            seen=seen,
        )
        yield prometheus


@pytest.fixture(scope="session")
def page_folder() -> Path:
    """The built page; skip, saying why, where this machine cannot build it."""
    try:
        return find_page()
    except AssetError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="module")
def window() -> Iterator[Mapping[str, BrowserContext]]:
    """A window of Chromium for each language, closed with its module: while it is open, no other test could run a loop of its own."""
    if lacking := missing():
        pytest.skip("; ".join(lacking))
    with chromium() as browser:
        yield windows(browser)
