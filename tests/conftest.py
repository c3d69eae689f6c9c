"""The real cluster that the suites share, made when the first test asks for it, and a city in which each test has its own organisation."""

import itertools
from collections.abc import Callable, Iterable, Iterator

import hypothesis
import pytest
from tests.support import attack, objects
from tests.support.kube import User, condition, emergency, eventually
from tests.support.scheduling import LongestFirst
from xdist.remote import Producer

from citycloud_dev.cluster import Cluster, running_cluster
from citycloud_dev.install import install_citycloud, install_definitions, start_operator
from citycloud_dev.nodes import add_nodes
from citycloud_dev.processes import Process

Office = Callable[..., str]
ATTACK = "attack"
PATIENT_LEASE = "60"
"""Seconds: the API server is restarted under this operator, and on a busy machine that takes a while."""


def pytest_configure() -> None:
    """Let no example fail for being slow: how long something takes is for the benchmarks to say."""
    hypothesis.settings.register_profile("citycloud", deadline=None)
    hypothesis.settings.load_profile("citycloud")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LongestFirst | None:
    """Give the workers of `--dist loadfile` the longest files first."""
    return LongestFirst(config, log) if config.getoption("dist") == "loadfile" else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Write on each test which attack it is, so that its report says so too."""
    for item in items:
        item.user_properties += [(ATTACK, marker.args[0]) for marker in item.iter_markers(ATTACK)]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say at the end how many of the attacks were tried in vain; nothing where none was tried."""
    seen = {outcome: _attacks(terminalreporter.stats.get(outcome, ())) for outcome in ("passed", "failed", "error", "skipped")}
    if any(seen.values()):
        terminalreporter.write_line(attack.tally(held=seen["passed"], other=seen["failed"] | seen["error"] | seen["skipped"]))


def _attacks(reports: Iterable[pytest.TestReport | pytest.CollectReport]) -> set[str]:
    """Return the attacks that these reports are of; what could not even be collected is a report of none."""
    ran = [report for report in reports if isinstance(report, pytest.TestReport)]
    return {str(value) for report in ran for name, value in report.user_properties if name == ATTACK}


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A control plane with citycloud installed from its charts, and no operator yet."""
    folder = tmp_path_factory.mktemp("cluster")
    with running_cluster(folder=folder, before_controllers=install_definitions) as running:
        add_nodes(running)
        install_citycloud(running)
        yield running


@pytest.fixture(scope="session")
def quiet_cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """Another one, without nodes and without the shared operator: for operators that are broken, or live in another time."""
    folder = tmp_path_factory.mktemp("quiet-cluster")
    with running_cluster(folder=folder, nodes=False, before_controllers=install_definitions) as running:
        install_citycloud(running)
        yield running


@pytest.fixture(scope="session")
def admin(cluster: Cluster) -> User:
    """The platform engineer."""
    return User(cluster=cluster, kubeconfig=cluster.layout.kubeconfig)


@pytest.fixture(scope="session")
def break_glass(cluster: Cluster) -> User:
    """The administrator with emergency rights: who may do by hand what admission leaves to the operator."""
    return emergency(cluster)


@pytest.fixture(scope="session")
def city(admin: User) -> None:
    """A City as every test expects it."""
    admin.apply(objects.city())


@pytest.fixture(scope="session")
def operator(cluster: Cluster, city: None) -> Iterator[Process]:
    """The operator, running as its own service account with the rights of the chart."""
    process = start_operator(cluster, lease_seconds=PATIENT_LEASE)
    yield process
    process.check()
    assert process.stop() == 0, process.tail()


@pytest.fixture(scope="session")
def numbers() -> Iterator[int]:
    """Numbers that no other test got."""
    return itertools.count(1)


@pytest.fixture(scope="session")
def office(admin: User, operator: Process, numbers: Iterator[int]) -> Office:
    """Make an organisation with one system, ready to be asked in; return its name."""

    def make(**changes: object) -> str:
        name = f"co-quan-{next(numbers)}"
        admin.apply(objects.organisation(name, **changes))
        eventually(lambda: condition(admin.get("organisation", name), "Ready").get("status") == "True", what=f"{name} to be Ready")
        eventually(lambda: admin.get("resourcequota", "citycloud", f"org-{name}").get("status", {}).get("hard"), what="its quota")
        admin.apply(objects.system(name))
        return name

    return make


@pytest.fixture
def member(cluster: Cluster) -> Callable[..., User]:
    """Make a user who is in the given groups."""

    def make(name: str, *groups: str) -> User:
        return User(cluster=cluster, kubeconfig=cluster.kubeconfig(user=name, groups=groups))

    return make
