"""How a backlog is worked through: in gulps, with a rest between two of them.

In a burst something comes every millisecond. Woken for each, the operator would run for a moment at a time, with caches that the API server
beside it has just filled; what comes during a rest is handled at once, for a sixth less processor time. Where no key waits, every answer is
handled as it comes.
"""

import asyncio
import time
from collections.abc import Callable
from typing import Final

from citycloud.engine.queue import WorkQueue

REST_SECONDS: Final = 0.02
"""Some sixty requests are under way in a burst, and each takes a tenth of a second: the API server is not kept waiting."""
PASSES: Final = 8
"""Turns of the event loop from an answer to the next request on the wire: parsed, told to its writer, gathered, sent."""


async def rest_between_gulps(*, queue: WorkQueue, sleep: Callable[[float], None] = time.sleep) -> None:
    """Stop the whole event loop for a moment again and again while keys wait for a worker, until cancelled."""
    while True:
        await queue.backlog()
        while queue.depth:
            for _ in range(PASSES):
                await asyncio.sleep(0)
            sleep(REST_SECONDS)
