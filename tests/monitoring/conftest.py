"""Debian's Prometheus over the real operator of a small city."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from tests.support.watched import seed, watched

from citycloud_dev.assets import AssetError
from citycloud_dev.cluster import Cluster
from citycloud_dev.prometheus import Prometheus, find_prometheus
from citycloud_monitoring.catalogue import load
from citycloud_monitoring.outputs import rule_groups


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
def prometheus(programs: dict[str, Path], quiet_cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    """Prometheus with every rule, and an operator that has one environment Ready, one waiting and one refused."""
    admin, folder = seed(quiet_cluster), tmp_path_factory.mktemp("prometheus")
    with watched(cluster=quiet_cluster, admin=admin, programs=programs, further={}, folder=folder) as running:
        yield running
