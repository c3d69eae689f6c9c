"""The one queue between what happens and what is done about it: de-duplicating, delaying, in order of priority.

A key that is put ten times is worked on once; a key that is put while it is being worked on comes again afterwards. So intermediate
states may be skipped, the last never.
"""

import asyncio
import collections
import enum
import heapq
from typing import Final, NamedTuple

from citycloud.engine.clock import Clock

SHORTEST_TIMER_SECONDS: Final = 0.001


class Key(NamedTuple):
    """What is reconciled: one object of one kind."""

    kind: str
    namespace: str
    name: str


class Priority(enum.IntEnum):
    """What goes first: what people do, then what follows from it, then what merely might have changed."""

    USER = 0
    DEPENDENT = 1
    RESYNC = 2


class _Waiting(NamedTuple):
    priority: Priority
    since: float


class WorkQueue:
    """Keys that need work. Not thread-safe: it belongs to one event loop."""

    def __init__(self, *, clock: Clock) -> None:
        self._clock = clock
        self._order = 0
        self._ready: list[tuple[Priority, int, Key]] = []
        self._waiting: dict[Key, _Waiting] = {}
        self._later: list[tuple[float, int, Key]] = []
        self._due: dict[Key, tuple[float, Priority]] = {}
        self._active: set[Key] = set()
        self._again: dict[Key, Priority] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._idle_workers: collections.deque[asyncio.Future[None]] = collections.deque()
        self._behind = asyncio.Event()

    def put(self, key: Key, *, priority: Priority = Priority.USER) -> None:
        """Ask for `key` to be worked on now; the more urgent of two wishes counts."""
        if key in self._active:
            self._again[key] = min(priority, self._again.get(key, priority))
            return
        waiting = self._waiting.get(key)
        if waiting is None or priority < waiting.priority:
            self._order += 1
            since = waiting.since if waiting else self._clock.monotonic()
            self._waiting[key] = _Waiting(priority, since)
            heapq.heappush(self._ready, (priority, self._order, key))
            self._wake_one()

    def put_later(self, key: Key, *, seconds: float, priority: Priority = Priority.RESYNC) -> None:
        """Ask for `key` to be worked on in `seconds`; the earlier of two wishes counts."""
        due = self._clock.monotonic() + max(0.0, seconds)
        known = self._due.get(key)
        if known is None or due < known[0]:
            self._order += 1
            self._due[key] = (due, priority)
            heapq.heappush(self._later, (due, self._order, key))
            self._arm()

    async def get(self) -> Key:
        """Wait for the next key; hand it back with `done`."""
        while True:
            self._promote_due()
            while self._ready:
                priority, _, key = heapq.heappop(self._ready)
                waiting = self._waiting.get(key)
                if waiting is not None and waiting.priority == priority:
                    del self._waiting[key]
                    self._due.pop(key, None)
                    self._active.add(key)
                    return key
            await self._sleep()

    def done(self, key: Key) -> None:
        """Say that the work on `key` has ended; it comes again where it was asked for meanwhile."""
        self._active.discard(key)
        priority = self._again.pop(key, None)
        if priority is not None:
            self.put(key, priority=priority)

    async def backlog(self) -> None:
        """Wait until a key has come for which no worker was idle; it may have found one since."""
        await self._behind.wait()
        self._behind.clear()

    @property
    def depth(self) -> int:
        """Count the keys that wait for a worker now."""
        return len(self._waiting)

    @property
    def idle(self) -> bool:
        """Tell whether nothing waits and nothing is being worked on; what is due later does not count."""
        return not self._waiting and not self._active

    def oldest_seconds(self) -> float:
        """Return how long the longest-waiting key has waited, in seconds."""
        if not self._waiting:
            return 0.0
        return self._clock.monotonic() - min(waiting.since for waiting in self._waiting.values())

    def _promote_due(self) -> None:
        now = self._clock.monotonic()
        while self._later and self._later[0][0] <= now:
            due, _, key = heapq.heappop(self._later)
            known = self._due.get(key)
            if known is not None and known[0] == due:
                del self._due[key]
                self.put(key, priority=known[1])

    def _arm(self) -> None:
        """Set the timer for the earliest due key; a timer may ring a moment early, so it is set again until the key is due."""
        if self._timer is not None:
            self._timer.cancel()
        if self._later:
            seconds = max(SHORTEST_TIMER_SECONDS, self._later[0][0] - self._clock.monotonic())
            self._timer = asyncio.get_running_loop().call_later(seconds, self._ring)

    def _ring(self) -> None:
        self._timer = None
        self._promote_due()
        self._arm()

    async def _sleep(self) -> None:
        worker = asyncio.get_running_loop().create_future()
        self._idle_workers.append(worker)
        try:
            await worker
        except asyncio.CancelledError:
            if worker.done() and not worker.cancelled():
                self._wake_one()  # this worker was woken for a key that somebody else has to take now
            raise

    def _wake_one(self) -> None:
        """Wake one worker only, where one is idle: waking them all for one key would cost more than the key."""
        while self._idle_workers:
            worker = self._idle_workers.popleft()
            if not worker.done():
                worker.set_result(None)
                return
        self._behind.set()
