"""Who watches over the demo: Prometheus with the shipped rules, and the canary, every minute, once everything else was shown."""

from typing import Final

import yaml
from rich.console import Console

from citycloud_dev.assets import AssetError
from citycloud_dev.cluster import Cluster
from citycloud_dev.install import CHARTS, install_citycloud, start_canary
from citycloud_dev.processes import Process
from citycloud_dev.prometheus import Prometheus, Target, api_server, find_prometheus, start_prometheus

CANARY_PLACES: Final = ("canary", "org-canary")
"""Its Organisation and its home: a guest in the city that is shown."""
INTERVAL_SECONDS: Final = "60"


def watch(cluster: Cluster, *, operator: int, canary: int, console: Console) -> Prometheus | None:
    """Let Prometheus watch the operator, the canary and the API server, where there is one; the first two are ports of loopback."""
    try:
        program = find_prometheus()["prometheus"]
    except AssetError as error:
        console.print(f"no Prometheus here: {error}", markup=False)
        return None
    rules = yaml.safe_load((CHARTS / "citycloud" / "files" / "rules.yaml").read_text(encoding="utf-8"))
    targets: dict[str, Target] = {"citycloud-operator": operator, "citycloud-canary": canary, "kube-apiserver": api_server(cluster)}
    return start_prometheus(program=program, folder=cluster.layout.folder / "prometheus", targets=targets, rules=rules)


def sing(cluster: Cluster, *, port: int) -> Process:
    """Give the canary its place and start it."""
    install_citycloud(cluster, canary__enabled="true", canary__replicas="0")
    return start_canary(cluster, port=port, interval_seconds=INTERVAL_SECONDS)
