"""Who watches over the demo: Prometheus with the shipped rules, and the canary, every minute, once everything else was shown.

Prometheus also reads the sites of a wide area network, which are ports of this machine: what watches over a network is shown, no network.
"""

import dataclasses
from typing import Final

import yaml
from rich.console import Console

from citycloud_dev.assets import AssetError
from citycloud_dev.cluster import Cluster
from citycloud_dev.install import CHARTS, install_citycloud, start_canary
from citycloud_dev.processes import Process, free_ports
from citycloud_dev.prometheus import Prometheus, Target, api_server, find_prometheus, start_prometheus
from citycloud_dev.sites import CARRIERS, Site, probes, start_exporter

CANARY_PLACES: Final = ("canary", "org-canary")
"""Its Organisation and its home: a guest in the city that is shown."""
INTERVAL_SECONDS: Final = "60"
OFFICES: Final = ("so-noi-vu", "so-tai-chinh", "so-y-te", "so-xay-dung", "van-phong-ubnd")
COMMUNES: Final = ("phuong-ba-dinh", "phuong-hoan-kiem", "phuong-tay-ho", "phuong-long-bien", "xa-soc-son", "xa-dong-anh", "xa-gia-lam")
WEAK: Final = "xa-noi-bai"
"""One of its links does not answer."""
CUT_OFF: Final = "xa-bat-trang"
SITES: Final = (
    *(Site(name=name, tier="main", organisation=name) for name in OFFICES),
    *(Site(name=name, tier="commune", organisation=name) for name in COMMUNES),
    Site(name=WEAK, tier="commune", organisation=WEAK, answering=CARRIERS[:1]),
    Site(name=CUT_OFF, tier="commune", organisation=CUT_OFF, answering=()),
)


@dataclasses.dataclass(frozen=True)
class Watch:
    """Prometheus, and what it reads the network from."""

    prometheus: Prometheus
    exporter: Process

    def stop(self) -> None:
        """Stop both."""
        self.prometheus.process.stop()
        self.exporter.stop()

    def __str__(self) -> str:
        """Say where it is to be seen, and how the rules are."""
        health = ", ".join(f"{count} {state}" for state, count in self.prometheus.health().items())
        return f"Prometheus: {self.prometheus.address}/alerts ({health}); `make dashboards` draws it"


def watch(cluster: Cluster, *, operator: int, canary: int, console: Console) -> Watch | None:
    """Let Prometheus watch everything there is, where Prometheus can be had; operator and canary are ports of loopback."""
    try:
        programs = find_prometheus()
    except AssetError as error:
        console.print(f"no Prometheus here: {error}", markup=False)
        return None
    folder = cluster.layout.folder / "prometheus"
    exporter = start_exporter(program=programs["prometheus-blackbox-exporter"], folder=folder)
    targets: dict[str, Target] = {
        "citycloud-operator": operator,
        "citycloud-canary": canary,
        "kube-apiserver": api_server(cluster),
        "wan": probes(exporter=exporter.port, answers=cluster.ports.api_server, silent=free_ports(1)[0], sites=SITES),
    }
    rules = yaml.safe_load((CHARTS / "citycloud" / "files" / "rules.yaml").read_text(encoding="utf-8"))
    prometheus = start_prometheus(program=programs["prometheus"], folder=folder, targets=targets, rules=rules)
    return Watch(prometheus=prometheus, exporter=exporter.process)


def sing(cluster: Cluster, *, port: int) -> Process:
    """Give the canary its place and start it."""
    install_citycloud(cluster, canary__enabled="true", canary__replicas="0")
    return start_canary(cluster, port=port, interval_seconds=INTERVAL_SECONDS)
