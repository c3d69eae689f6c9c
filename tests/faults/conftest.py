"""Operators that are broken on purpose: each of these tests starts and ends its own, through the proxy."""

from collections.abc import Callable, Iterator

import pytest
from tests.support import objects
from tests.support.kube import User, emergency, eventually
from tests.support.proxy import Proxy

from citycloud_dev.cluster import Cluster
from citycloud_dev.install import operator_kubeconfig, start_operator
from citycloud_dev.processes import Process

StartOperator = Callable[..., Process]


@pytest.fixture(scope="session")
def platform(quiet_cluster: Cluster) -> User:
    """The platform engineer."""
    user = User(cluster=quiet_cluster, kubeconfig=quiet_cluster.layout.kubeconfig)
    user.apply(objects.city())
    return user


@pytest.fixture(scope="session")
def break_glass(quiet_cluster: Cluster) -> User:
    """The administrator with emergency rights, of this suite's own cluster."""
    return emergency(quiet_cluster)


@pytest.fixture(scope="session")
def proxy(quiet_cluster: Cluster) -> Iterator[Proxy]:
    """The proxy, passing everything through until told otherwise."""
    running = Proxy(cluster=quiet_cluster)
    running.start()
    yield running
    running.stop()


@pytest.fixture
def start(quiet_cluster: Cluster, platform: User, proxy: Proxy) -> Iterator[StartOperator]:
    """Start an operator that talks through the proxy; it is ended with the test."""
    direct = operator_kubeconfig(quiet_cluster)
    through_proxy = direct.with_name("operator-through-proxy.kubeconfig")
    through_proxy.write_text(direct.read_text().replace(quiet_cluster.server, proxy.server))
    started: list[Process] = []

    def run(*, identity: str = "operator", port: int = 0, **settings: str) -> Process:
        process = start_operator(quiet_cluster, identity=identity, port=port, kubeconfig=through_proxy, **settings)
        started.append(process)
        return process

    yield run
    proxy.before = proxy.after = lambda method, path: None
    for process in started:
        process.stop(gracefully=False)


@pytest.fixture(scope="session")
def desk(quiet_cluster: Cluster, platform: User) -> str:
    """An organisation whose home is ready, made by an operator that is gone again; its name."""
    name = "ban-lam-viec"
    process = start_operator(quiet_cluster)
    budget = {"environments": 2000, "cpu": "100000", "memory": "900Ti", "storage": "900Ti"}
    platform.apply(objects.organisation(name, budget=budget))
    eventually(lambda: platform.find("resourcequota", "citycloud", f"org-{name}"), what="its quota")
    eventually(
        lambda: platform.get("resourcequota", "citycloud", f"org-{name}").get("status", {}).get("hard"), what="the quota to be counted"
    )
    platform.apply(objects.system(name))
    eventually(lambda: platform.get("isys", "he-thong", f"org-{name}").get("status"), what="the system's level")
    assert process.stop() == 0, process.tail()
    return name
