"""The time of tests, which moves when told."""

import datetime
from typing import Final

NOW: Final = datetime.datetime(2026, 9, 1, 3, tzinfo=datetime.UTC)
"""Ten in the morning in Hanoi."""


class Clock:
    """A clock that moves when told."""

    def __init__(self) -> None:
        self.moment = NOW
        self.jumped = datetime.timedelta()

    def jump(self, *, days: float) -> None:
        """Set the clock without any time passing."""
        self.jumped += datetime.timedelta(days=days)
        self.moment += datetime.timedelta(days=days)

    def now(self) -> datetime.datetime:
        return self.moment

    def monotonic(self) -> float:
        return (self.moment - self.jumped - NOW).total_seconds()
