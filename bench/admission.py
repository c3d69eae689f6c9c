"""What the policies cost a pod's creation: two clusters side by side, one with all of them and one with none, asked in turn.

Run by `make bench-admission`. The pods wait at a scheduling gate: a scheduler without nodes tries every pod again and again, and with a
thousand of them it takes more of the two cores than what is measured. The namespace is named and annotated as the operator would do it,
so that every policy is demanded in it; what is left of the difference is what the policies themselves take.
"""

import argparse
import asyncio
import contextlib
import pathlib
import tempfile
import time
from typing import Any, Final

import aiohttp
import orjson
from rich.console import Console
from rich.table import Table

from bench.connection import BREAK_GLASS, open_session, send
from bench.load import percentile
from citycloud.policies.catalogue import load
from citycloud_dev.cluster import Cluster, running_cluster
from citycloud_dev.install import install_citycloud, install_definitions

NAMESPACE: Final = "do--do-luong--app"
CATALOGUE: Final = pathlib.Path(__file__).resolve().parent.parent / "policies" / "admission"
PATH: Final = f"/api/v1/namespaces/{NAMESPACE}/pods"
WARM_UP: Final = 100


def pod(name: str, *, namespace: str = NAMESPACE) -> dict[str, Any]:
    """Build a pod that every policy admits."""
    container = {
        "name": "web",
        "image": "registry.example/web@sha256:" + "0" * 64,
        "imagePullPolicy": "Always",
        "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
    }
    spec = {
        "automountServiceAccountToken": False,
        "securityContext": {"runAsNonRoot": True, "runAsUser": 10001, "seccompProfile": {"type": "RuntimeDefault"}},
        "nodeSelector": {"citycloud.dev/location": "municipal-cloud"},
        "schedulingGates": [{"name": "citycloud.dev/bench"}],
        "containers": [container],
    }
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": namespace}, "spec": spec}


def place() -> dict[str, Any]:
    """Build the namespace, with every policy of the catalogue demanded."""
    annotations = {
        "citycloud.dev/policies": ",".join(policy.id for policy in load(CATALOGUE).policies),
        "citycloud.dev/allowed-registries": "registry.example",
        "citycloud.dev/node-selector": "citycloud.dev/location=municipal-cloud",
        "citycloud.dev/tolerations": "",
    }
    labels = {"pod-security.kubernetes.io/enforce": "restricted", "citycloud.dev/stage": "production"}
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE, "labels": labels, "annotations": annotations}}


def prepare(cluster: Cluster, *, policies: bool) -> None:
    """Install citycloud with or without its policies, and make the namespace and its service account."""
    install_definitions(cluster)
    install_citycloud(cluster, policies__install=str(policies).lower())
    emergency = cluster.kubeconfig(user="bench", groups=(BREAK_GLASS, "system:masters"))
    cluster.kubectl("create", "-f", "-", stdin=orjson.dumps(place()).decode(), kubeconfig=emergency)
    cluster.kubectl("wait", "--for=create", "serviceaccount/default", "-n", NAMESPACE, "--timeout=60s")


async def measure(*, sessions: dict[str, aiohttp.ClientSession], count: int) -> dict[str, list[float]]:
    """Create pods on each cluster in turn; return the seconds of each creation."""
    seconds: dict[str, list[float]] = {name: [] for name in sessions}
    for number in range(WARM_UP + count):
        for name, session in sessions.items():
            body = orjson.dumps(pod(f"web-{number}"))
            started = time.perf_counter()
            await send(session, "POST", PATH, body=body, content_type="application/json")
            if number >= WARM_UP:
                seconds[name].append(time.perf_counter() - started)
    return seconds


async def run(*, clusters: dict[str, Cluster], count: int) -> dict[str, list[float]]:
    """Open the sessions and measure."""
    async with contextlib.AsyncExitStack() as stack:
        sessions = {name: await stack.enter_async_context(open_session(cluster)) for name, cluster in clusters.items()}
        return await measure(sessions=sessions, count=count)


def show(seconds: dict[str, list[float]]) -> None:
    """Print both in milliseconds, and last the difference."""
    table = Table(title="creation of a pod, ms")
    for column in ("policies", "p50", "p90", "p99"):
        table.add_column(column, justify="right")
    for name, each in seconds.items():
        table.add_row(name, *(f"{1000 * percentile(each, share):.2f}" for share in (0.5, 0.9, 0.99)))
    Console().print(table)
    difference = {share: 1000 * (percentile(seconds["all"], share) - percentile(seconds["none"], share)) for share in (0.5, 0.99)}
    print(f"bench: admission n={len(seconds['all'])} p50=+{difference[0.5]:.2f}ms p99=+{difference[0.99]:.2f}ms")


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=1000, help="pods on each cluster")
    options = parser.parse_args()
    with contextlib.ExitStack() as stack:
        folder = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="citycloud-bench-")))
        clusters = {name: stack.enter_context(running_cluster(folder=folder / name, nodes=False)) for name in ("all", "none")}
        for name, cluster in clusters.items():
            prepare(cluster, policies=name == "all")
        seconds = asyncio.run(run(clusters=clusters, count=options.count))
    show(seconds)


if __name__ == "__main__":
    main()
