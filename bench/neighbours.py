"""What one tenant's flood costs another: the p95 of plain calls without and with it, and how much of the flood was capped (T26).

Run by `make bench-neighbours`. Both tenants have an environment that the operator made, and the rights that are shipped. Each round asks in
quiet and then in the flood, so that what the machine does meanwhile hits both. The flood comes from processes of its own with the lowest
priority: on a small machine they would otherwise take the very cores away whose use is measured.
"""

import argparse
import asyncio
import collections
import concurrent.futures
import dataclasses
import functools
import itertools
import multiprocessing
import os
import pathlib
import tempfile
import time
from collections.abc import Callable
from typing import Any, Final

import aiohttp
import orjson
from rich.console import Console
from rich.table import Table

from bench.admission import pod
from bench.city import declare, environment, organisation_name
from bench.connection import Identity, identity, session_of
from bench.load import percentile
from citycloud_dev.cluster import Cluster, running_cluster
from citycloud_dev.install import install_citycloud, install_definitions, start_operator
from citycloud_dev.nodes import add_nodes

ENVIRONMENT: Final = "hang-xom"
NOISY, QUIET = (f"{organisation_name(number)}--{ENVIRONMENT}--app" for number in (0, 1))
QUIET_PER_SECOND: Final = 25.0
QUIET_CONNECTIONS: Final = 32
NOISY_CONNECTIONS: Final = 48
"""For each kind of flood."""
EVENTS_PER_SECOND: Final = 500.0
JSON: Final = {"Content-Type": "application/json"}
PATTERN: Final = ("get", "list", "get", "list", "create")
MINE: Final = {"bench": "quiet"}
LOWEST_PRIORITY: Final = 19
AUTOGROUP: Final = pathlib.Path("/proc/self/autogroup")
WARM_UP_SECONDS: Final = 2.0
"""So long a flood runs before anything is measured in it."""
REST_SECONDS: Final = 2.0
READY_SECONDS: Final = 60.0
TOO_MANY: Final = 429
CAPPED: Final = (403, TOO_MANY)

Codes = collections.Counter[int]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Flood:
    """One kind of flood: what is created, and how often; as often as it is answered, where no rate is given.

    Who is told to come back later does so, as every client of Kubernetes; but a flood with a rate goes on, as events do.
    """

    name: str
    plural: str
    per_second: float = 0.0

    def body(self, name: str) -> dict[str, Any]:
        """Build one object."""
        if self.name == "pods":
            return pod(name, namespace=NOISY)
        if self.name == "events":
            about = {"apiVersion": "v1", "kind": "Pod", "namespace": NOISY, "name": "web"}
            return {"apiVersion": "v1", "kind": "Event", "metadata": {"name": name}, "involvedObject": about, "reason": "Flood"}
        return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": {"text": "x" * 1024}}


FLOODS: Final = (
    Flood(name="config maps", plural="configmaps"),
    Flood(name="pods", plural="pods"),
    Flood(name="events", plural="events", per_second=EVENTS_PER_SECOND),
)


def step_back(niceness: int) -> None:
    """Let everybody else of the machine go first; where Linux weighs sessions rather than processes, it is the session that steps back."""
    os.setsid()
    os.nice(niceness)
    if AUTOGROUP.exists():
        AUTOGROUP.write_text(str(niceness))


def flood(*, kind: Flood, who: Identity, seconds: float, prefix: str, stubborn: bool) -> Codes:
    """Flood from this process; return how often each code was answered."""
    return asyncio.run(_flood(kind=kind, who=who, seconds=seconds, prefix=prefix, stubborn=stubborn))


async def _flood(*, kind: Flood, who: Identity, seconds: float, prefix: str, stubborn: bool) -> Codes:
    codes: Codes = collections.Counter()
    numbers = itertools.count()
    path = f"/api/v1/namespaces/{NOISY}/{kind.plural}"
    started = time.perf_counter()

    async def sender(session: aiohttp.ClientSession) -> None:
        for number in numbers:
            at = started + number / kind.per_second if kind.per_second else 0.0
            await asyncio.sleep(max(0.0, at - time.perf_counter()))
            if time.perf_counter() - started > seconds:
                return
            body = orjson.dumps(kind.body(f"{prefix}-{number}"))
            async with session.post(path, data=body, headers=JSON) as response:
                await response.read()
            codes[response.status] += 1
            if response.status == TOO_MANY and not kind.per_second and not stubborn:
                await asyncio.sleep(_told_to_wait(response))

    async with session_of(who, connections=NOISY_CONNECTIONS) as session:
        await asyncio.gather(*(sender(session) for _ in range(NOISY_CONNECTIONS)))
    return codes


def _told_to_wait(response: aiohttp.ClientResponse) -> float:
    return float(response.headers.get("Retry-After", "1"))


async def calls(*, who: Identity, seconds: float) -> dict[str, list[float]]:
    """Get, list and create at a modest rate, whether the last was answered or not; return the seconds of each call.

    What was created goes at the end only: whoever creates while the quota is counted anew is answered 409.
    """
    taken: dict[str, list[float]] = {kind: [] for kind in PATTERN}
    root = f"/api/v1/namespaces/{QUIET}/configmaps"
    started = time.perf_counter()

    async def call(number: int, session: aiohttp.ClientSession) -> None:
        await asyncio.sleep(max(0.0, started + number / QUIET_PER_SECOND - time.perf_counter()))
        kind = PATTERN[number % len(PATTERN)]
        new = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": f"quiet-{number}", "labels": MINE}}
        method, path = {"get": ("GET", f"{root}/kube-root-ca.crt"), "list": ("GET", root), "create": ("POST", root)}[kind]
        before = time.perf_counter()
        await _answered(session, method, path, body=orjson.dumps(new) if kind == "create" else None)
        taken[kind].append(time.perf_counter() - before)

    async with session_of(who, connections=QUIET_CONNECTIONS) as session:
        await asyncio.gather(*(call(number, session) for number in range(int(seconds * QUIET_PER_SECOND))))
        await _answered(session, "DELETE", f"{root}?labelSelector=bench%3Dquiet")
    await asyncio.sleep(REST_SECONDS)
    return taken


async def _answered(session: aiohttp.ClientSession, method: str, path: str, *, body: bytes | None = None) -> None:
    """Ask until it is taken: who is told to come back later does so, as every client of Kubernetes, and the wait counts."""
    while True:
        async with session.request(method, path, data=body, headers=JSON) as response:
            content = await response.read()
            if response.status < 400:
                return
            if response.status != TOO_MANY:
                raise RuntimeError(f"{method} {path}: {response.status} {content[:300]!r}")
        await asyncio.sleep(_told_to_wait(response))


@dataclasses.dataclass(frozen=True, kw_only=True)
class Result:
    """The quiet tenant's seconds by call, without and with the flood, and the codes that the noisy one was answered, by kind of flood."""

    quiet: dict[str, list[float]]
    flooded: dict[str, list[float]]
    codes: dict[str, Codes]


def measure(*, cluster: Cluster, rounds: int, seconds: float, niceness: int, stubborn: bool) -> Result:
    """Ask in quiet and in the flood, in turn."""
    noisy, quiet = (identity(cluster, name=f"bench-{each}", groups=(f"{organisation_name(each)}-operators",)) for each in (0, 1))
    result = Result(
        quiet=collections.defaultdict(list), flooded=collections.defaultdict(list), codes=collections.defaultdict(collections.Counter)
    )
    context = multiprocessing.get_context("spawn")
    with concurrent.futures.ProcessPoolExecutor(len(FLOODS), mp_context=context, initializer=step_back, initargs=(niceness,)) as pool:
        flooding = functools.partial(_flood_all, pool, who=noisy, stubborn=stubborn, result=result)
        flooding(seconds=0.0, prefix="first")()  # starts the processes
        for round_ in range(rounds):
            _add(result.quiet, asyncio.run(calls(who=quiet, seconds=seconds)))
            ended = flooding(seconds=seconds + 2 * WARM_UP_SECONDS, prefix=f"flood-{round_}")
            time.sleep(WARM_UP_SECONDS)
            _add(result.flooded, asyncio.run(calls(who=quiet, seconds=seconds)))
            ended()
    return result


def _flood_all(
    pool: concurrent.futures.Executor, *, who: Identity, seconds: float, prefix: str, stubborn: bool, result: Result
) -> Callable[[], None]:
    """Start every kind of flood; return what waits for their end and adds up their codes."""
    begun = [(kind.name, pool.submit(flood, kind=kind, who=who, seconds=seconds, prefix=prefix, stubborn=stubborn)) for kind in FLOODS]

    def ended() -> None:
        for name, future in begun:
            result.codes[name].update(future.result(timeout=seconds + READY_SECONDS))

    return ended


def _add(all_: dict[str, list[float]], more: dict[str, list[float]]) -> None:
    for name, seconds in more.items():
        all_[name] += seconds


def prepare(cluster: Cluster) -> None:
    """Declare the city and see both environments through."""
    declare(cluster)
    for number in (0, 1):
        cluster.kubectl("apply", "-f", "-", stdin=orjson.dumps(environment(name=ENVIRONMENT, number=number)).decode())
    for number in (0, 1):
        home = f"org-{organisation_name(number)}"
        cluster.kubectl("wait", "--for=condition=Ready", f"environment/{ENVIRONMENT}", "-n", home, f"--timeout={READY_SECONDS:.0f}s")


def show(result: Result, *, seconds: float) -> None:
    """Print both in milliseconds, what the flood was answered, and last the ratio."""
    table = Table(title="the quiet tenant's calls, ms")
    for column in ("call", "n", "p50", "p95", "p50 in the flood", "p95 in the flood"):
        table.add_column(column, justify="right")
    every = {"all": [each for name in result.quiet for each in result.quiet[name]]}
    every_flooded = {"all": [each for name in result.flooded for each in result.flooded[name]]}
    for name, taken in (every | result.quiet).items():
        flooded = (every_flooded | result.flooded)[name]
        table.add_row(
            name, str(len(flooded)), *(f"{1000 * percentile(each, share):.1f}" for each in (taken, flooded) for share in (0.5, 0.95))
        )
    Console().print(table)
    for name, codes in result.codes.items():
        print(f"{name}: {codes.total() / seconds:.0f} a second; {dict(sorted(codes.items()))}")
    total = sum((codes for codes in result.codes.values()), collections.Counter[int]())
    before, within = (percentile(each["all"], 0.95) for each in (every, every_flooded))
    capped = sum(total[code] for code in CAPPED)
    print(
        f"bench: neighbours p95={1000 * before:.1f}ms flooded={1000 * within:.1f}ms ratio={within / before:.2f} "
        f"capped={capped} of {total.total()}"
    )


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=12.0, help="length of one quiet or flooded part of a round")
    parser.add_argument("--niceness", type=int, default=LOWEST_PRIORITY, help="of the flooding processes")
    parser.add_argument("--stubborn", action="store_true", help="flood on at once where one is told to come back later")
    options = parser.parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="citycloud-bench-") as folder,
        running_cluster(folder=pathlib.Path(folder), before_controllers=install_definitions) as cluster,
    ):
        add_nodes(cluster)
        install_citycloud(cluster)
        operator = start_operator(cluster)
        prepare(cluster)
        result = measure(
            cluster=cluster, rounds=options.rounds, seconds=options.seconds, niceness=options.niceness, stubborn=options.stubborn
        )
        operator.stop()
    show(result, seconds=options.rounds * (options.seconds + 2 * WARM_UP_SECONDS))


if __name__ == "__main__":
    main()
