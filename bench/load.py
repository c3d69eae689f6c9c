"""The load: environments as a burst or paced, and when each was Ready, seen as anybody would see it, through a watch."""

import asyncio
import dataclasses
import time
from collections.abc import Iterable
from typing import Final

import aiohttp
import orjson

from bench.city import environment
from bench.connection import CONNECTIONS, send

PATH: Final = "/apis/citycloud.dev/v1alpha1/environments"
LONGEST_SECONDS: Final = 600.0


@dataclasses.dataclass(frozen=True)
class Timing:
    """How a load went: from the first request to the last Ready, and each one's own time, in seconds."""

    total: float
    each: tuple[float, ...]


class ReadyWatch:
    """Watches environments and notes the moment each becomes Ready."""

    def __init__(self, *, session: aiohttp.ClientSession, names: Iterable[str]) -> None:
        self._session = session
        self._missing = set(names)
        self.ready: dict[str, float] = {}
        self.done = asyncio.Event()
        self.started = asyncio.Event()

    async def run(self) -> None:
        """Watch until every name was Ready."""
        async with self._session.get(PATH, params={"limit": "1"}) as answer:
            version = (await answer.json())["metadata"]["resourceVersion"]
        params = {"watch": "true", "resourceVersion": version, "timeoutSeconds": "900"}
        timeout = aiohttp.ClientTimeout(total=None)
        async with self._session.get(PATH, params=params, timeout=timeout) as response:
            self.started.set()
            pending = b""
            async for chunk in response.content.iter_any():
                *lines, pending = (pending + chunk).split(b"\n")
                for line in lines:
                    self._take(line)
                if not self._missing:
                    self.done.set()
                    return

    def _take(self, line: bytes) -> None:
        if b'"phase":"Ready"' not in line:
            return
        name = orjson.loads(line)["object"]["metadata"]["name"]
        if name in self._missing:
            self._missing.discard(name)
            self.ready[name] = time.perf_counter()


async def run_load(*, session: aiohttp.ClientSession, prefix: str, count: int, per_second: float | None) -> Timing:
    """Create `count` environments, all at once or `per_second`, and wait until all are Ready."""
    names = [f"{prefix}-{number}" for number in range(count)]
    watch = ReadyWatch(session=session, names=names)
    watching = asyncio.create_task(watch.run())
    await watch.started.wait()
    asked: dict[str, float] = {}
    gate = asyncio.Semaphore(CONNECTIONS // 2)
    start = time.perf_counter()

    async def ask(number: int) -> None:
        if per_second is not None:
            await asyncio.sleep(max(0.0, start + number / per_second - time.perf_counter()))
        body = orjson.dumps(environment(name=names[number], number=number))
        namespace = environment(name=names[number], number=number)["metadata"]["namespace"]
        path = f"/apis/citycloud.dev/v1alpha1/namespaces/{namespace}/environments"
        async with gate:
            asked[names[number]] = time.perf_counter()
            await send(session, "POST", path, body=body, content_type="application/json")

    async with asyncio.timeout(LONGEST_SECONDS):
        await asyncio.gather(*(ask(number) for number in range(count)))
        await watch.done.wait()
    await watching
    total = max(watch.ready.values()) - start
    return Timing(total=total, each=tuple(watch.ready[name] - asked[name] for name in names))


def percentile(values: Iterable[float], share: float) -> float:
    """Return the value that `share` of all values do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
