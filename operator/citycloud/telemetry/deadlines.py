"""Counts each approved environment once: Ready in time, or not.

A histogram of the time to Ready never counts what never becomes Ready. Here the deadline itself counts. Whatever was due while an earlier
leader still worked was counted by that one; what came due in between is counted by the next.
"""

import datetime
from collections.abc import Callable, Mapping
from typing import Any, Final

from citycloud.engine.queue import Key

PROMISED: Final = datetime.timedelta(seconds=120)
"""The service level objective: Ready within two minutes of the approval."""


class Deadlines:
    """The environments that were approved and are not Ready yet."""

    def __init__(self, *, count: Callable[[str], None]) -> None:
        self._count = count
        self._due: dict[Key, datetime.datetime] = {}
        self._counted: set[Key] = set()

    def look(self, *, key: Key, status: Mapping[str, Any], was_ready: bool = True) -> None:
        """Take an environment's status as it is stored; what was not Ready before it may be approved and Ready in one step."""
        approved, ready = status.get("approved"), status.get("firstReadyAt")
        if approved is None:
            self.forget(key)
        elif ready is None:
            if key not in self._counted:
                self._due.setdefault(key, _moment(approved["at"]) + PROMISED)
        elif self._due.pop(key, None) is not None or not (was_ready or key in self._counted):
            self._count("met" if _moment(ready) - _moment(approved["at"]) <= PROMISED else "missed")

    def restore(self, *, key: Key, status: Mapping[str, Any], since: datetime.datetime | None) -> None:
        """Take what was there at the start; due before `since`, an earlier leader counted it."""
        self.look(key=key, status=status)
        if since is not None and key in self._due and self._due[key] <= since:
            del self._due[key]
            self._counted.add(key)

    def forget(self, key: Key) -> None:
        """Take note that nothing is promised any more."""
        self._due.pop(key, None)
        self._counted.discard(key)

    def check(self, now: datetime.datetime) -> None:
        """Count what has come due."""
        for key in [key for key, due in self._due.items() if due < now]:
            del self._due[key]
            self._counted.add(key)
            self._count("missed")


def _moment(text: str) -> datetime.datetime:
    return datetime.datetime.fromisoformat(text)
