"""Debian's Prometheus over the real operator of a small office: one environment Ready, one waiting, one refused."""

import contextlib
import dataclasses
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from tests.support import objects
from tests.support.kube import User, condition, eventually

from citycloud_dev.cluster import Cluster
from citycloud_dev.install import start_canary, start_operator
from citycloud_dev.processes import Process, free_ports
from citycloud_dev.prometheus import Prometheus, Target, api_server, start_prometheus
from citycloud_dev.sites import Site
from citycloud_monitoring.catalogue import load
from citycloud_monitoring.outputs import rule_groups

OFFICE: Final = "so-giam-sat"
SITE: Final = "xa-bat-trang"
SITES: Final = (
    Site(name="ubnd-thanh-pho", tier="main", organisation=OFFICE),
    Site(name=SITE, tier="commune", organisation=OFFICE),
    Site(name="xa-ba-vi", tier="commune", organisation="xa-ba-vi", answering=()),
)


@dataclasses.dataclass
class Canary:
    """The canary, far more often at work than in a city; whoever needs it says so, because with it the city is never at rest."""

    cluster: Cluster
    port: int
    process: Process | None = None

    def start(self) -> None:
        """Let it work, where it does not do so already."""
        if self.process is None:
            self.process = start_canary(self.cluster, port=self.port, interval_seconds="2", patience_seconds="20")

    def stop(self) -> None:
        """Let it clear up and end, where it has not done so already."""
        if self.process is not None:
            process, self.process = self.process, None
            assert process.stop() == 0, process.tail()


def seed(cluster: Cluster) -> User:
    """Give a cluster the City of every test, and return its platform engineer."""
    user = User(cluster=cluster, kubeconfig=cluster.layout.kubeconfig)
    user.apply(objects.city())
    return user


@contextlib.contextmanager
def watched(
    *, cluster: Cluster, admin: User, programs: Mapping[str, Path], further: Mapping[str, Target], folder: Path
) -> Iterator[Prometheus]:
    """Keep an operator at work in the office, and Prometheus with every rule over it and `further`, for the length of a block."""
    (port,) = free_ports(1)
    operator = start_operator(cluster, identity="watched", port=port)
    admin.apply(objects.organisation(OFFICE))
    home = f"org-{OFFICE}"
    eventually(lambda: condition(admin.get("organisation", OFFICE), "Ready").get("status") == "True", what="the office")
    eventually(lambda: admin.get("resourcequota", "citycloud", home)["status"]["hard"], what="its quota")
    admin.apply(
        objects.system(OFFICE),
        objects.environment(OFFICE, "chay", expiresAt="2099-01-01T00:00:00Z"),
        objects.environment(OFFICE, "cho", size="l"),
        objects.environment(OFFICE, "khong", zones=["khong-co"]),
    )
    eventually(lambda: admin.get("environment", "chay", home)["status"]["phase"] == "Ready", what="one to be Ready")
    targets: dict[str, Target] = {"citycloud-operator": port, "kube-apiserver": api_server(cluster), **further}
    running = start_prometheus(program=programs["prometheus"], folder=folder, targets=targets, rules=rule_groups(load()))
    try:
        yield running
    finally:
        running.process.stop()
        code = operator.stop()
    assert code == 0, operator.tail()
