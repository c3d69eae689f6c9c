"""Time as an argument, so that expiry, backoff and leases are tested without sleeping."""

import datetime
import time
from typing import Protocol


class Clock(Protocol):
    """Tell the time of day and the time that never goes backwards."""

    def now(self) -> datetime.datetime:
        """Return the time of day, in UTC."""

    def monotonic(self) -> float:
        """Return seconds that never go backwards."""


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime.datetime:
        """Return the time of day, in UTC."""
        return datetime.datetime.now(datetime.UTC)

    def monotonic(self) -> float:
        """Return seconds that never go backwards."""
        return time.monotonic()
