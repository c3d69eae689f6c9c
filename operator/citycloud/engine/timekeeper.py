"""May the calendar end anything today? A clock that jumps must not expire a city.

A clock that runs is compared with one that never goes backwards; one that was started anew with the last moment that a leader wrote into
the lease. After a jump of more than a day nothing expires until somebody has looked: the platform team writes today's date on the City. An
operator that was down for more than a day looks the same, and is treated the same: nobody could have been told in time.
"""

import datetime
import logging
from typing import Final

from citycloud.engine.clock import Clock

CONFIRMED: Final = "citycloud.dev/clock-confirmed"
"""On the City: the date on which somebody found the clock to be right."""
TOLERATED: Final = datetime.timedelta(days=1)

logger = logging.getLogger(__name__)


class Timekeeper:
    """Watches one clock."""

    def __init__(self, *, clock: Clock) -> None:
        self._clock = clock
        self._start = (clock.now(), clock.monotonic())
        self._jump: datetime.timedelta | None = None

    @property
    def jump(self) -> datetime.timedelta | None:
        """Return how far the clock jumped; None while it can be trusted."""
        return self._jump

    def compare_with(self, earlier: datetime.datetime | None) -> None:
        """Compare with the last moment that an earlier leader saw."""
        if earlier is not None:
            self._judge(self._clock.now() - earlier)

    def trusted(self, *, confirmed: str | None, day: str) -> bool:
        """Look at the clock once more, and at the City's annotation, which names today (`day`) where somebody has looked."""
        now, monotonic = self._clock.now(), self._clock.monotonic()
        passed = datetime.timedelta(seconds=monotonic - self._start[1])
        self._judge(now - self._start[0] - passed)
        self._start = (now, monotonic)
        if self._jump is not None and confirmed == day:
            logger.warning("clock_confirmed", extra={"date": confirmed})
            self._jump = None
        return self._jump is None

    def _judge(self, difference: datetime.timedelta) -> None:
        if abs(difference) > TOLERATED:
            logger.error("clock_jumped", extra={"seconds": difference.total_seconds()})
            self._jump = difference
