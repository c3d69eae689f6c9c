"""The workers: what failed comes again, later each time; what one object breaks, the others do not feel."""

import asyncio
import itertools
import logging
import random
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

import pytest

from citycloud.engine.outcome import Outcome, Result
from citycloud.engine.queue import Key, WorkQueue
from citycloud.engine.workers import TERMINAL_RECHECK_SECONDS, Reconcile, Workers
from citycloud.kube import errors

if TYPE_CHECKING:
    from tests.unit.engine.conftest import InVirtualTime, LoopClock

A, B = (Key("Environment", "org-abc", name) for name in "ab")
WORKERS: Final = 2


class Run:
    """Workers over a queue, and when each run of a key started and how it ended."""

    def __init__(self, *, reconcile: Reconcile, clock: "LoopClock") -> None:
        self.clock = clock
        self.queue = WorkQueue(clock=clock)
        self.started: dict[Key, list[float]] = {A: [], B: []}
        self.results: dict[Key, list[Result]] = {A: [], B: []}
        self._reconcile_one = reconcile
        self._workers = Workers(
            queue=self.queue,
            reconcilers={"Environment": self._reconcile},
            count=WORKERS,
            clock=clock,
            chance=random.Random(1),
            on_run=lambda key, result, _: self.results.setdefault(key, []).append(result),
        )

    async def _reconcile(self, key: Key) -> Outcome:
        self.started[key].append(self.clock.monotonic())
        return await self._reconcile_one(key)

    async def during(self, *, seconds: float, keys: tuple[Key, ...] = (A,), then: Callable[[], None] = lambda: None) -> "Run":
        """Work for some time, then do something and work on for as long again."""
        task = asyncio.create_task(self._workers.run())
        for key in keys:
            self.queue.put(key)
        await asyncio.sleep(seconds)
        then()
        await asyncio.sleep(seconds)
        task.cancel()
        await asyncio.wait([task])
        return self


def gaps(moments: list[float]) -> list[float]:
    """Tell the seconds between one run and the next."""
    return [later - earlier for earlier, later in itertools.pairwise(moments)]


async def settled(_: Key) -> Outcome:
    return Outcome.settled()


def test_what_is_settled_is_left_alone(in_virtual_time: "InVirtualTime", loop_clock: "LoopClock") -> None:
    @in_virtual_time
    async def scenario() -> None:
        run = await Run(reconcile=settled, clock=loop_clock).during(seconds=100_000)

        assert run.results[A] == [Result.SETTLED]


@pytest.mark.parametrize("outcome", [Outcome.settled(again_after=600), Outcome.waiting(again_after=600)])
def test_a_deadline_brings_the_key_back(in_virtual_time: "InVirtualTime", loop_clock: "LoopClock", outcome: Outcome) -> None:
    async def reconcile(_: Key) -> Outcome:
        return outcome

    @in_virtual_time
    async def scenario() -> None:
        run = await Run(reconcile=reconcile, clock=loop_clock).during(seconds=800)

        assert run.started[A] == pytest.approx([0, 600, 1200])


def test_failures_are_repeated_at_growing_intervals_up_to_five_minutes(in_virtual_time: "InVirtualTime", loop_clock: "LoopClock") -> None:
    async def reconcile(_: Key) -> Outcome:
        raise errors.ServerError("trouble", code=500)

    @in_virtual_time
    async def scenario() -> None:
        run = await Run(reconcile=reconcile, clock=loop_clock).during(seconds=3000)

        waits = gaps(run.started[A])
        assert all(2**number / 2 <= wait <= 2**number + 0.01 for number, wait in enumerate(waits[:8]))
        assert all(150 <= wait <= 301 for wait in waits[9:])
        assert len(waits) > 20
        assert set(run.results[A]) == {Result.RETRY}


def test_a_success_makes_the_next_failure_the_first_again(in_virtual_time: "InVirtualTime", loop_clock: "LoopClock") -> None:
    answers = iter([False, False, False, True, False, True])

    async def reconcile(_: Key) -> Outcome:
        return Outcome.settled(again_after=1000) if next(answers, True) else Outcome.retry()

    @in_virtual_time
    async def scenario() -> None:
        run = await Run(reconcile=reconcile, clock=loop_clock).during(seconds=800)

        assert gaps(run.started[A])[4] <= 1.01


def test_a_failure_after_some_progress_is_the_first_again(in_virtual_time: "InVirtualTime", loop_clock: "LoopClock") -> None:
    progress = iter([False, False, False, False, True, False, False])

    async def reconcile(_: Key) -> Outcome:
        return Outcome.retry(progressed=next(progress, False))

    @in_virtual_time
    async def scenario() -> None:
        run = await Run(reconcile=reconcile, clock=loop_clock).during(seconds=60)

        waits = gaps(run.started[A])[:7]
        expected = [1, 2, 4, 8, 1, 2, 4]
        assert all(longest / 2 <= wait <= longest + 0.01 for wait, longest in zip(waits, expected, strict=True))


def test_the_servers_own_wish_for_a_pause_is_followed(in_virtual_time: "InVirtualTime", loop_clock: "LoopClock") -> None:
    async def reconcile(_: Key) -> Outcome:
        raise errors.TooManyRequests("patience", code=429, retry_after=7.0)

    @in_virtual_time
    async def scenario() -> None:
        run = await Run(reconcile=reconcile, clock=loop_clock).during(seconds=20)

        assert gaps(run.started[A]) == pytest.approx([7.0] * 5)


def test_a_pause_of_zero_seconds_does_not_turn_into_a_storm(in_virtual_time: "InVirtualTime", loop_clock: "LoopClock") -> None:
    async def reconcile(_: Key) -> Outcome:
        raise errors.TooManyRequests("patience", code=429, retry_after=0.0)

    @in_virtual_time
    async def scenario() -> None:
        run = await Run(reconcile=reconcile, clock=loop_clock).during(seconds=30)

        assert len(run.started[A]) < 12


def test_what_is_wrong_itself_is_looked_at_again_after_half_an_hour_or_a_change(
    in_virtual_time: "InVirtualTime", loop_clock: "LoopClock"
) -> None:
    async def reconcile(_: Key) -> Outcome:
        raise errors.Invalid("no such field", code=422)

    @in_virtual_time
    async def scenario() -> None:
        run = Run(reconcile=reconcile, clock=loop_clock)
        await run.during(seconds=1000, then=lambda: run.queue.put(A))

        assert run.started[A] == pytest.approx([0, 1000])
        assert set(run.results[A]) == {Result.TERMINAL}
        assert TERMINAL_RECHECK_SECONDS == 1800


def test_a_fault_in_one_object_stops_no_other(
    in_virtual_time: "InVirtualTime", loop_clock: "LoopClock", caplog: pytest.LogCaptureFixture
) -> None:
    async def reconcile(key: Key) -> Outcome:
        if key == A:
            raise KeyError("a fault")
        return Outcome.settled(again_after=10)

    @in_virtual_time
    async def scenario() -> None:
        with caplog.at_level(logging.ERROR):
            run = await Run(reconcile=reconcile, clock=loop_clock).during(seconds=50, keys=(A, B))

        assert set(run.results[A]) == {Result.UNEXPECTED}
        assert len(run.results[A]) > 3
        assert len(run.results[B]) == 10

    crashed = [record for record in caplog.records if record.message == "reconcile_crashed"]
    assert crashed[0].exc_info
    assert vars(crashed[0])["key"] == "Environment/org-abc/a"


def test_a_kind_that_nobody_reconciles_is_a_fault_and_not_the_end(in_virtual_time: "InVirtualTime", loop_clock: "LoopClock") -> None:
    stranger = Key("Site", "", "x")

    @in_virtual_time
    async def scenario() -> None:
        run = await Run(reconcile=settled, clock=loop_clock).during(seconds=1, keys=(stranger, A))

        assert run.results[stranger][0] is Result.UNEXPECTED
        assert run.results[A] == [Result.SETTLED]


def test_a_slow_object_does_not_hold_up_the_others(in_virtual_time: "InVirtualTime", loop_clock: "LoopClock") -> None:
    async def reconcile(key: Key) -> Outcome:
        await asyncio.sleep(1000 if key == A else 1)
        return Outcome.settled(again_after=10)

    @in_virtual_time
    async def scenario() -> None:
        run = await Run(reconcile=reconcile, clock=loop_clock).during(seconds=110, keys=(A, B))

        assert len(run.results[B]) == 20
        assert run.results[A] == []


def test_a_change_during_the_work_brings_the_key_back_at_once(in_virtual_time: "InVirtualTime", loop_clock: "LoopClock") -> None:
    async def reconcile(_: Key) -> Outcome:
        await asyncio.sleep(15)
        return Outcome.settled()

    @in_virtual_time
    async def scenario() -> None:
        run = Run(reconcile=reconcile, clock=loop_clock)
        await run.during(seconds=10, then=lambda: run.queue.put(A))

        assert run.started[A] == pytest.approx([0, 15])


def test_workers_that_are_stopped_hold_no_key(in_virtual_time: "InVirtualTime", loop_clock: "LoopClock") -> None:
    async def reconcile(_: Key) -> Outcome:
        await asyncio.sleep(1000)
        return Outcome.settled()

    @in_virtual_time
    async def scenario() -> None:
        run = await Run(reconcile=reconcile, clock=loop_clock).during(seconds=1)

        assert run.queue.idle


@pytest.mark.parametrize(
    ("outcome", "result", "again"),
    [
        (Outcome.settled(), "settled", None),
        (Outcome.waiting(again_after=30), "waiting", 30),
        (Outcome.retry(after=5), "retry", 5),
        (Outcome.retry(progressed=True), "retry", None),
        (Outcome.terminal(), "terminal", None),
    ],
)
def test_outcomes_are_counted_by_these_names(outcome: Outcome, result: str, again: float | None) -> None:
    assert (outcome.result.value, outcome.again_after) == (result, again)
