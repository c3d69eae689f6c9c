"""Runs the operator as it would run some days from now: `python tests/support/later.py <days>`; all else is as always."""

import datetime
import os
import sys

from citycloud.__main__ import main
from citycloud.engine.clock import SystemClock


class LaterClock(SystemClock):
    """The machine's clock, some days ahead."""

    def __init__(self, *, days: float) -> None:
        self._ahead = datetime.timedelta(days=days)

    def now(self) -> datetime.datetime:
        return super().now() + self._ahead


if __name__ == "__main__":
    os._exit(main(clock=LaterClock(days=float(sys.argv[1]))))
