"""How the event loop waits: while keys wait for a worker, it rests between two looks at its sockets.

In a burst something comes every millisecond. Woken for each, the operator would run for a moment at a time, with caches that the API server
beside it has just filled; what comes during a rest is handled at once, for a sixth less processor time. Where no key waits, every answer is
handled as it comes.
"""

import selectors
import time
from collections.abc import Callable
from typing import Final

REST_SECONDS: Final = 0.02
"""Some sixty requests are under way in a burst, and each takes a tenth of a second: the API server is not kept waiting."""

Found = list[tuple[selectors.SelectorKey, int]]


class RestingSelector(selectors.DefaultSelector):
    """The machine's own selector, which rests after it has found something, but never past the next timer (`timeout` of `select`)."""

    def __init__(self, *, sleep: Callable[[float], None] = time.sleep, monotonic: Callable[[], float] = time.monotonic) -> None:
        """Rest nowhere until `rest_while` says where."""
        super().__init__()
        self._sleep = sleep
        self._monotonic = monotonic
        self._is_behind: Callable[[], bool] = lambda: False

    def rest_while(self, is_behind: Callable[[], bool]) -> None:
        """Rest wherever `is_behind` holds."""
        self._is_behind = is_behind

    def select(self, timeout: float | None = None) -> Found:
        """Wait until something is ready or `timeout` seconds are over; a time-out of zero asks what is ready now."""
        if timeout == 0 or not self._is_behind():
            return super().select(timeout)
        due = None if timeout is None else self._monotonic() + timeout
        found = super().select(timeout)
        rest = REST_SECONDS if due is None else min(REST_SECONDS, due - self._monotonic())
        if not found or rest <= 0:
            return found
        self._sleep(rest)
        return super().select(0)
