"""How long to wait after a failure: exponential with full jitter, capped, and without an end.

A finite list of delays would end the process after a long outage of the API server; an endless one only waits.
"""

import asyncio
import random
from collections.abc import Iterator
from typing import Final

FIRST_SECONDS: Final = 1.0
LONGEST_SECONDS: Final = 300.0
LONGEST_RECONNECT_SECONDS: Final = 10.0


def delay_after(*, failures: int, chance: random.Random, longest: float = LONGEST_SECONDS) -> float:
    """Choose the pause after `failures` failures in a row, in seconds: between half and all of 1, 2, 4 … up to `longest`."""
    ceiling: float = min(longest, FIRST_SECONDS * 2.0 ** min(failures - 1, 30))
    return ceiling * (0.5 + 0.5 * chance.random())


class EndlessDelays:
    """Delays for connections: each iteration starts small, grows to ten seconds, and never ends.

    Kopf iterates its `error_backoffs` anew for every request, so this has to be an iterable and not a generator.
    """

    def __init__(self, *, chance: random.Random) -> None:
        self._chance = chance

    def __iter__(self) -> Iterator[float]:
        failures = 0
        while True:
            failures += 1
            yield delay_after(failures=failures, chance=self._chance, longest=LONGEST_RECONNECT_SECONDS)


class Pauses:
    """The same delays, slept through one by one."""

    def __init__(self, *, chance: random.Random) -> None:
        self._delays = iter(EndlessDelays(chance=chance))

    async def next(self) -> None:
        """Sleep for the next delay."""
        await asyncio.sleep(next(self._delays))
