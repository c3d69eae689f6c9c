"""Debian's Prometheus over the real operator of a small city."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
import yaml
from tests.support import objects
from tests.support.kube import User, condition, eventually

from citycloud_dev.assets import AssetError
from citycloud_dev.cluster import Cluster
from citycloud_dev.install import start_operator
from citycloud_dev.processes import free_ports
from citycloud_dev.prometheus import Prometheus, Target, api_server, find_prometheus, start_prometheus
from citycloud_monitoring.catalogue import load
from citycloud_monitoring.outputs import rule_groups

OFFICE = "so-giam-sat"


@pytest.fixture(scope="session")
def programs() -> dict[str, Path]:
    """Find Prometheus and its tools; skip, saying why, where this machine cannot have them."""
    try:
        return find_prometheus()
    except AssetError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def promtool(programs: dict[str, Path]) -> Path:
    return programs["promtool"]


@pytest.fixture(scope="session")
def rules(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every rule, as promtool reads it."""
    path = tmp_path_factory.mktemp("rules") / "rules.yaml"
    path.write_text(yaml.safe_dump(rule_groups(load()), allow_unicode=True))
    return path


@pytest.fixture(scope="module")
def seeded(quiet_cluster: Cluster) -> User:
    """The platform engineer of a cluster with a City."""
    user = User(cluster=quiet_cluster, kubeconfig=quiet_cluster.layout.kubeconfig)
    user.apply(objects.city())
    return user


@pytest.fixture(scope="module")
def further() -> Mapping[str, Target]:
    """What else is scraped, by the name of its job; a file may say it anew."""
    return {}


@pytest.fixture(scope="module")
def prometheus(
    programs: dict[str, Path],
    quiet_cluster: Cluster,
    seeded: User,
    further: Mapping[str, Target],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Prometheus]:
    """Prometheus with every rule, and an operator that has one environment Ready, one waiting and one refused."""
    (port,) = free_ports(1)
    operator = start_operator(quiet_cluster, identity="watched", port=port)
    seeded.apply(objects.organisation(OFFICE))
    home = f"org-{OFFICE}"
    eventually(lambda: condition(seeded.get("organisation", OFFICE), "Ready").get("status") == "True", what="the office")
    eventually(lambda: seeded.get("resourcequota", "citycloud", home)["status"]["hard"], what="its quota")
    seeded.apply(
        objects.system(OFFICE),
        objects.environment(OFFICE, "chay", expiresAt="2099-01-01T00:00:00Z"),
        objects.environment(OFFICE, "cho", size="l"),
        objects.environment(OFFICE, "khong", zones=["khong-co"]),
    )
    eventually(lambda: seeded.get("environment", "chay", home)["status"]["phase"] == "Ready", what="one to be Ready")
    folder = tmp_path_factory.mktemp("prometheus")
    targets: dict[str, Target] = {"citycloud-operator": port, "kube-apiserver": api_server(quiet_cluster), **further}
    running = start_prometheus(program=programs["prometheus"], folder=folder, targets=targets, rules=rule_groups(load()))
    yield running
    running.process.stop()
    assert operator.stop() == 0, operator.tail()
