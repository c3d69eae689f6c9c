"""The workers: take a key, reconcile it, and decide from the outcome when it comes again.

This is one of the two task boundaries that catch every exception: a fault in one object's code path must not stop the other objects.
"""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from citycloud.engine.backoff import delay_after
from citycloud.engine.clock import Clock
from citycloud.engine.outcome import Outcome, Result
from citycloud.engine.queue import Key, Priority, WorkQueue
from citycloud.kube import errors

TERMINAL_RECHECK_SECONDS: Final = 1800.0

logger = logging.getLogger(__name__)

Reconcile = Callable[[Key], Awaitable[Outcome]]
OnRun = Callable[[Key, Result, float], None]
"""Told of each run: the key, how it ended, seconds."""


class Workers:
    """A fixed number of workers over one queue."""

    def __init__(
        self,
        *,
        queue: WorkQueue,
        reconcilers: Mapping[str, Reconcile],
        count: int,
        clock: Clock,
        chance: random.Random,
        on_run: OnRun,
    ) -> None:
        self._queue = queue
        self._reconcilers = reconcilers
        self._count = count
        self._clock = clock
        self._chance = chance
        self._on_run = on_run
        self._failures: dict[Key, int] = {}

    async def run(self) -> None:
        """Work until cancelled; a worker that is cancelled hands its key back."""
        async with asyncio.TaskGroup() as group:
            for number in range(self._count):
                group.create_task(self._work(), name=f"worker-{number}")

    async def _work(self) -> None:
        while True:
            key = await self._queue.get()
            started = self._clock.monotonic()
            try:
                outcome = await self._reconcile(key)
            finally:
                self._queue.done(key)
            self._on_run(key, outcome.result, self._clock.monotonic() - started)
            self._schedule(key=key, outcome=outcome)

    async def _reconcile(self, key: Key) -> Outcome:
        try:
            return await self._reconcilers[key.kind](key)
        except errors.Invalid as error:
            logger.error("reconcile_refused", extra={"key": "/".join(key), "error": error.message})
            return Outcome.terminal()
        except errors.ApiError as error:
            logger.warning("reconcile_failed", extra={"key": "/".join(key), "code": error.code, "error": error.message})
            return Outcome.retry(after=error.retry_after)
        except Exception:
            logger.exception("reconcile_crashed", extra={"key": "/".join(key)})
            return Outcome(Result.UNEXPECTED)

    def _schedule(self, *, key: Key, outcome: Outcome) -> None:
        if outcome.result in (Result.SETTLED, Result.WAITING):
            self._failures.pop(key, None)
            if outcome.again_after is not None:
                self._queue.put_later(key, seconds=outcome.again_after)
        elif outcome.result is Result.TERMINAL:
            self._queue.put_later(key, seconds=TERMINAL_RECHECK_SECONDS)
        else:
            failures = self._failures[key] = 1 if outcome.progressed else self._failures.get(key, 0) + 1
            seconds = outcome.again_after or delay_after(failures=failures, chance=self._chance)
            self._queue.put_later(key, seconds=seconds, priority=Priority.DEPENDENT)
