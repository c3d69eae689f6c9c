"""`make bench`: bursts of 10, 100 and 1,000 environments, paced and light load, idleness and a restart, beside a bare apply loop.

Without the admission policies, so that both are judged alike; `--policies` shows what they take, `make bench-admission` what a pod pays.
"""

import argparse
import asyncio
import dataclasses
import json
import os
import pathlib
import platform
import subprocess
import sys
import tempfile
import time
from typing import Any, Final

import aiohttp
from rich.console import Console
from rich.table import Table

from bench import measure
from bench.city import declare, organisation_name
from bench.connection import open_session
from bench.drift import seconds_until_mended
from bench.load import Timing, percentile, run_load
from bench.loop import Cost, requests_of, run_loop
from citycloud_dev.cluster import Cluster, running_cluster
from citycloud_dev.install import install_citycloud, install_definitions, operator_python, start_operator
from citycloud_dev.processes import Process, free_ports, wait_until

ROUNDS: Final = {1000: 3}
LIGHT_COUNT: Final = 30
LIGHT_PER_SECOND: Final = 0.5
PACED_COUNT: Final = 200
PACED_PER_SECOND: Final = 10.0
IDLE_SECONDS: Final = 60.0
SETTLE_SECONDS: Final = 120.0
TELL_SECONDS: Final = 120.0
"""The operator tells of a burst when it is over; the bare loop after it has the machine to itself."""
REST_SECONDS: Final = 3.0
"""Let the controllers finish with one load before the next begins: quota and service accounts lag behind."""


@dataclasses.dataclass
class Bench:
    """One cluster, one operator, one session."""

    cluster: Cluster
    session: aiohttp.ClientSession
    operator: Process
    port: int

    async def burst(self, *, count: int, round_: int) -> dict[str, Any]:
        """Measure the operator between two runs of the bare loop with the same number of environments.

        The API server slows down as its store grows, so what the operator is compared with is the mean of the loop before and after it.
        """
        earlier = await self._loop(prefix=f"loop{count}r{round_}a", count=count)
        before, counted = measure.usage(self.operator.pid), await measure.writes(self.session)
        prefix = f"burst{count}r{round_}"
        timing = await run_load(session=self.session, prefix=prefix, count=count, per_second=None)
        await asyncio.sleep(REST_SECONDS)
        after = measure.usage(self.operator.pid)
        sent = measure.operator_writes(before=counted, after=await measure.writes(self.session))
        tally = sent.pop("organisations/status", 0)
        last = f"{organisation_name(count - 1)}--{prefix}-{count - 1}--app"
        drift = await seconds_until_mended(session=self.session, namespace=last)
        await asyncio.to_thread(wait_until, self._all_told, what="the last event", seconds=TELL_SECONDS, every=0.5)
        later = await self._loop(prefix=f"loop{count}r{round_}b", count=count)
        bare = (earlier.seconds + later.seconds) / 2
        cpu = 1000 * (after.cpu - before.cpu) / count
        loop_cpu = 1000 * (earlier.cpu + later.cpu) / 2 / count
        return {
            "n": count,
            "loop_per_second": count / bare,
            "per_second": count / timing.total,
            "ratio": bare / timing.total,
            **_latency(timing),
            "rss": after.peak,
            "cpu": cpu,
            "loop_cpu": loop_cpu,
            "cpu_ratio": cpu / loop_cpu,
            "writes": sum(sent.values()) / count,
            "organisation_status_writes": tally,
            "drift": drift,
        }

    def _all_told(self) -> bool:
        return measure.gauge(port=self.port, name="citycloud_events_waiting") == 0

    async def _loop(self, *, prefix: str, count: int) -> Cost:
        planned = requests_of(self.cluster, prefix=prefix, count=count)
        cost = await run_loop(session=self.session, planned=planned)
        await asyncio.sleep(REST_SECONDS)
        return cost

    async def paced(self, *, prefix: str, count: int, per_second: float) -> dict[str, Any]:
        """Measure how long each environment takes while others come at a steady rate."""
        timing = await run_load(session=self.session, prefix=prefix, count=count, per_second=per_second)
        await asyncio.sleep(REST_SECONDS)
        return {"n": count, "asked_per_second": per_second, **_latency(timing)}

    async def idle(self) -> dict[str, Any]:
        """Count the writes of a quiet minute."""
        before, used = await measure.writes(self.session), measure.usage(self.operator.pid)
        await asyncio.sleep(IDLE_SECONDS)
        sent = measure.operator_writes(before=before, after=await measure.writes(self.session))
        return {"seconds": IDLE_SECONDS, "writes": sum(sent.values()), "cpu_seconds": measure.usage(self.operator.pid).cpu - used.cpu}

    async def restart(self) -> dict[str, Any]:
        """Restart the operator over everything that exists, and count what it writes until it is settled."""
        self.operator.stop()
        before = await measure.writes(self.session)
        started = time.perf_counter()
        self.operator = start_operator(self.cluster, identity="operator-again", port=self.port)
        await asyncio.to_thread(wait_until, lambda: _settled(self.port), what="the operator to settle", seconds=SETTLE_SECONDS)
        seconds = time.perf_counter() - started
        await asyncio.sleep(REST_SECONDS)
        sent = measure.operator_writes(before=before, after=await measure.writes(self.session))
        used = measure.usage(self.operator.pid)
        return {"seconds": seconds, "writes": sum(sent.values()), "cpu_seconds": used.cpu, "rss": used.peak}


def _settled(port: int) -> bool:
    try:
        return measure.gauge(port=port, name="citycloud_settled") == 1
    except OSError:
        return False


def _latency(timing: Timing) -> dict[str, float]:
    return {"p50": percentile(timing.each, 0.5), "p99": percentile(timing.each, 0.99)}


async def run(*, cluster: Cluster, sizes: list[int], console: Console, quick: bool) -> dict[str, Any]:
    """Run everything and return the results."""
    port = free_ports(1)[0]
    operator = start_operator(cluster, port=port)
    results: dict[str, Any] = {"machine": machine(), "bursts": []}
    async with open_session(cluster) as session:
        bench = Bench(cluster=cluster, session=session, operator=operator, port=port)
        await asyncio.to_thread(declare, cluster)
        await asyncio.sleep(REST_SECONDS)
        try:
            if not quick:
                results["light"] = await bench.paced(prefix="light", count=LIGHT_COUNT, per_second=LIGHT_PER_SECOND)
                console.print("light", results["light"])
            for size in sizes:
                for round_ in range(1 if quick else ROUNDS.get(size, 1)):
                    results["bursts"].append(await bench.burst(count=size, round_=round_))
                    console.print("burst", results["bursts"][-1])
            slowest = min(burst["loop_per_second"] for burst in results["bursts"])
            if not quick:
                rate = min(PACED_PER_SECOND, slowest / 2)
                results["paced"] = await bench.paced(prefix="paced", count=PACED_COUNT, per_second=rate)
                results["idle"] = await bench.idle()
            results["restart"] = await bench.restart()
        finally:
            bench.operator.stop()
    return results


def machine() -> dict[str, Any]:
    """Describe the machine."""
    model = next((line.split(":", 1)[1].strip() for line in _lines("/proc/cpuinfo") if line.startswith("model name")), "unknown")
    memory = next(int(line.split()[1]) for line in _lines("/proc/meminfo") if line.startswith("MemTotal"))
    asked = [operator_python(), "-c", "import platform; print(platform.python_version())"]
    operator = subprocess.run(asked, capture_output=True, text=True, timeout=60, check=True).stdout.strip()
    python = {"python": platform.python_version(), "operator_python": operator}
    return {"cpu": model, "cores": os.cpu_count(), "memory_gib": round(memory / 2**20), **python}


def _lines(path: str) -> list[str]:
    return pathlib.Path(path).read_text().splitlines()


def show(*, results: dict[str, Any], console: Console) -> None:
    """Print the table and, last, one line for each burst."""
    table = Table(title="bursts")
    columns = ("n", "loop_per_second", "per_second", "ratio", "p50", "p99", "rss", "cpu", "cpu_ratio", "writes", "drift")
    for column in columns:
        table.add_column(column, justify="right")
    for burst in results["bursts"]:
        table.add_row(*(f"{burst[column]:.3g}" if isinstance(burst[column], float) else str(burst[column]) for column in columns))
    console.print(table)
    for part in ("light", "paced", "idle", "restart"):
        if part in results:
            console.print(part, {key: round(value, 4) for key, value in results[part].items()})
    for size in sorted({burst["n"] for burst in results["bursts"]}):
        best = max((burst for burst in results["bursts"] if burst["n"] == size), key=lambda burst: burst["ratio"])
        print(
            f"bench: n={size} ratio={best['ratio']:.2f} per_second={best['per_second']:.1f} p50={best['p50']:.2f}s "
            f"p99={best['p99']:.2f}s rss={best['rss']:.0f}MiB cpu={best['cpu']:.1f}ms writes={best['writes']:.2f}"
        )


def main() -> int:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[10, 100, 1000])
    parser.add_argument("--quick", action="store_true", help="bursts and restart only, one round each")
    parser.add_argument(
        "--policies", action="store_true", help="with the admission policies, which judge the operator's writes but not the loop's"
    )
    parser.add_argument("--json", type=pathlib.Path, help="file for the results")
    options = parser.parse_args()
    console = Console()
    with (
        tempfile.TemporaryDirectory(prefix="citycloud-bench-") as folder,
        running_cluster(folder=pathlib.Path(folder), nodes=False, before_controllers=install_definitions) as cluster,
    ):
        install_citycloud(cluster, policies__install=str(options.policies).lower())
        results = asyncio.run(run(cluster=cluster, sizes=options.sizes, console=console, quick=options.quick))
    if options.json:
        options.json.write_text(json.dumps(results, indent=2) + "\n")
    show(results=results, console=console)
    return 0


if __name__ == "__main__":
    sys.exit(main())
