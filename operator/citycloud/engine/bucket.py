"""A token bucket over all writes, so that one burst of requests cannot starve the API server of everybody else.

It halves where the server answers 429 and recovers slowly.
"""

import asyncio
from typing import Final

from citycloud.engine.clock import Clock

RECOVERY_PER_SECOND: Final = 0.05
"""Share of the full rate that comes back each second after a 429."""
SMALLEST_RATE: Final = 5.0
SLOWEST_REACTION_SECONDS: Final = 1.0


class Bucket:
    """Let `rate` writes a second through, with a reserve of `burst`."""

    def __init__(self, *, rate: float, burst: float, clock: Clock) -> None:
        self._full_rate = rate
        self._rate = rate
        self._burst = burst
        self._tokens = burst
        self._clock = clock
        self._at = clock.monotonic()
        self._slowed_at = self._at - SLOWEST_REACTION_SECONDS

    async def take(self) -> None:
        """Wait for one write's turn."""
        self._refill()
        self._tokens -= 1
        if self._tokens < 0:
            await asyncio.sleep(-self._tokens / self._rate)

    def slow_down(self) -> None:
        """Halve the rate, at most once a second: one refusal of many requests is one call for patience."""
        self._refill()
        if self._at - self._slowed_at >= SLOWEST_REACTION_SECONDS:
            self._slowed_at = self._at
            self._rate = max(min(SMALLEST_RATE, self._rate), self._rate / 2)

    def _refill(self) -> None:
        now = self._clock.monotonic()
        elapsed, self._at = now - self._at, now
        self._tokens = min(self._burst, self._tokens + elapsed * self._rate)
        self._rate = min(self._full_rate, self._rate + elapsed * RECOVERY_PER_SECOND * self._full_rate)
