"""The queue: ten wishes are one piece of work, the urgent goes first, and the last wish is never lost."""

import asyncio
import dataclasses
import itertools
from typing import TYPE_CHECKING, Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from citycloud.engine.queue import Key, Priority, WorkQueue

if TYPE_CHECKING:
    from tests.unit.engine.conftest import InVirtualTime, LoopClock, ManualClock

A, B, C = (Key("Environment", "org-abc", name) for name in "abc")
WORK_SECONDS: Final = 2.0
SLACK: Final = 1e-3


async def taken(queue: WorkQueue) -> list[Key]:
    """Take every key that is ready and hand it back at once."""
    keys = []
    while queue.depth:
        key = await queue.get()
        queue.done(key)
        keys.append(key)
    return keys


async def test_a_key_that_is_put_ten_times_is_worked_on_once(clock: "ManualClock") -> None:
    queue = WorkQueue(clock=clock)
    for _ in range(10):
        queue.put(A)

    assert queue.depth == 1
    assert await taken(queue) == [A]


async def test_what_people_do_goes_before_what_follows_and_that_before_what_might_have_changed(clock: "ManualClock") -> None:
    queue = WorkQueue(clock=clock)
    queue.put(A, priority=Priority.RESYNC)
    queue.put(B, priority=Priority.DEPENDENT)
    queue.put(C, priority=Priority.USER)

    assert await taken(queue) == [C, B, A]


async def test_among_equals_the_first_goes_first(clock: "ManualClock") -> None:
    queue = WorkQueue(clock=clock)
    for key in (B, A, C, B):
        queue.put(key)

    assert await taken(queue) == [B, A, C]


@pytest.mark.parametrize("order", [(Priority.RESYNC, Priority.USER), (Priority.USER, Priority.RESYNC)])
async def test_the_more_urgent_of_two_wishes_counts(clock: "ManualClock", order: tuple[Priority, Priority]) -> None:
    queue = WorkQueue(clock=clock)
    queue.put(B, priority=Priority.DEPENDENT)
    for priority in order:
        queue.put(A, priority=priority)

    assert await taken(queue) == [A, B]


async def test_a_key_that_is_put_while_it_is_worked_on_comes_again_once(clock: "ManualClock") -> None:
    queue = WorkQueue(clock=clock)
    queue.put(A)
    key = await queue.get()
    for priority in (Priority.RESYNC, Priority.USER, Priority.DEPENDENT):
        queue.put(A, priority=priority)
    queue.put(B, priority=Priority.DEPENDENT)

    assert queue.depth == 1
    queue.done(key)
    assert await taken(queue) == [A, B]


async def test_a_key_that_nobody_asked_for_again_does_not_come_again(clock: "ManualClock") -> None:
    queue = WorkQueue(clock=clock)
    queue.put(A)
    queue.done(await queue.get())

    assert queue.idle


def test_a_delayed_key_comes_when_it_is_due_and_not_before(in_virtual_time: "InVirtualTime", loop_clock: "LoopClock") -> None:
    @in_virtual_time
    async def scenario() -> None:
        queue = WorkQueue(clock=loop_clock)
        queue.put_later(A, seconds=90)

        assert await queue.get() == A
        assert loop_clock.monotonic() == pytest.approx(90)


class LateClock:
    """A clock that is slower than the event loop, so that every timer rings early by it."""

    def __init__(self, clock: "LoopClock") -> None:
        self.now = clock.now
        self._clock = clock

    def monotonic(self) -> float:
        return 0.9 * self._clock.monotonic()


def test_a_timer_that_rings_early_is_set_again_and_no_key_is_lost(in_virtual_time: "InVirtualTime", loop_clock: "LoopClock") -> None:
    @in_virtual_time
    async def scenario() -> None:
        clock = LateClock(loop_clock)
        queue = WorkQueue(clock=clock)
        for key, seconds in ((A, 90), (B, 60), (C, 90)):
            queue.put_later(key, seconds=seconds)

        assert await queue.get() == B
        assert clock.monotonic() == pytest.approx(60, abs=0.01)
        assert [await queue.get(), await queue.get()] == [A, C]
        assert clock.monotonic() == pytest.approx(90, abs=0.01)


@pytest.mark.parametrize("delays", [(5, 60), (60, 5)])
def test_the_earlier_of_two_delays_counts_and_the_other_is_forgotten(
    in_virtual_time: "InVirtualTime", loop_clock: "LoopClock", delays: tuple[float, float]
) -> None:
    @in_virtual_time
    async def scenario() -> None:
        queue = WorkQueue(clock=loop_clock)
        for seconds in delays:
            queue.put_later(A, seconds=seconds)
        queue.done(await queue.get())

        assert loop_clock.monotonic() == pytest.approx(5)
        await asyncio.sleep(600)
        assert queue.idle


def test_work_that_was_done_meanwhile_is_not_done_again_when_it_was_due(in_virtual_time: "InVirtualTime", loop_clock: "LoopClock") -> None:
    @in_virtual_time
    async def scenario() -> None:
        queue = WorkQueue(clock=loop_clock)
        queue.put_later(A, seconds=60)
        queue.put(A)
        queue.done(await queue.get())
        await asyncio.sleep(600)

        assert queue.idle


def test_a_key_that_falls_due_while_it_is_worked_on_comes_again(in_virtual_time: "InVirtualTime", loop_clock: "LoopClock") -> None:
    @in_virtual_time
    async def scenario() -> None:
        queue = WorkQueue(clock=loop_clock)
        queue.put(A)
        key = await queue.get()
        queue.put_later(A, seconds=5)
        await asyncio.sleep(60)
        assert queue.depth == 0
        queue.done(key)

        assert await taken(queue) == [A]


def test_a_delayed_key_keeps_its_priority(in_virtual_time: "InVirtualTime", loop_clock: "LoopClock") -> None:
    @in_virtual_time
    async def scenario() -> None:
        queue = WorkQueue(clock=loop_clock)
        queue.put_later(A, seconds=1)
        queue.put_later(B, seconds=1, priority=Priority.DEPENDENT)
        await asyncio.sleep(2)

        assert await taken(queue) == [B, A]


@pytest.mark.parametrize("seconds", [0.0, -5.0])
async def test_a_delay_of_nothing_is_now(clock: "ManualClock", seconds: float) -> None:
    queue = WorkQueue(clock=clock)
    queue.put_later(A, seconds=seconds)

    assert await queue.get() == A


def test_a_worker_that_is_cancelled_when_it_is_woken_passes_the_key_on(in_virtual_time: "InVirtualTime", loop_clock: "LoopClock") -> None:
    @in_virtual_time
    async def scenario() -> None:
        queue = WorkQueue(clock=loop_clock)
        first, second = (asyncio.create_task(queue.get()) for _ in range(2))
        await asyncio.sleep(0)
        queue.put(A)
        first.cancel()

        assert await asyncio.wait_for(second, timeout=1) == A
        assert first.cancelled()


def test_a_worker_that_was_cancelled_before_is_not_waited_for(in_virtual_time: "InVirtualTime", loop_clock: "LoopClock") -> None:
    @in_virtual_time
    async def scenario() -> None:
        queue = WorkQueue(clock=loop_clock)
        first, second = (asyncio.create_task(queue.get()) for _ in range(2))
        await asyncio.sleep(0)
        first.cancel()
        await asyncio.sleep(1)
        queue.put(A)

        assert await asyncio.wait_for(second, timeout=1) == A


def test_every_idle_worker_gets_a_key_when_there_are_enough(in_virtual_time: "InVirtualTime", loop_clock: "LoopClock") -> None:
    @in_virtual_time
    async def scenario() -> None:
        queue = WorkQueue(clock=loop_clock)
        workers = [asyncio.create_task(queue.get()) for _ in range(3)]
        await asyncio.sleep(0)
        for key in (A, B, C):
            queue.put(key)

        assert set(await asyncio.wait_for(asyncio.gather(*workers), timeout=1)) == {A, B, C}


async def test_the_backlog_and_its_age_can_be_watched(clock: "ManualClock") -> None:
    queue = WorkQueue(clock=clock)
    assert queue.oldest_seconds() == 0.0
    queue.put(A, priority=Priority.RESYNC)
    clock.seconds = 7
    queue.put(B)
    queue.put(A)
    clock.seconds = 9

    assert (queue.depth, queue.oldest_seconds(), queue.idle) == (2, 9, False)
    key = await queue.get()
    await taken(queue)
    assert (queue.depth, queue.idle) == (0, False)
    queue.done(key)
    assert queue.idle


@dataclasses.dataclass(frozen=True)
class Wish:
    """A key that is asked for at a moment, at once or later."""

    at: float
    key: Key
    delay: float


wishes = st.lists(
    st.builds(Wish, at=st.integers(0, 20).map(float), key=st.sampled_from((A, B, C)), delay=st.sampled_from((0.0, 0.0, 1.0, 7.0))),
    max_size=25,
)


@given(wished=wishes, workers=st.integers(1, 3))
@settings(max_examples=60, deadline=None)
def test_every_wish_is_followed_by_work_and_no_key_has_two_workers(
    in_virtual_time: "InVirtualTime", loop_clock: "LoopClock", wished: list[Wish], workers: int
) -> None:
    runs: list[tuple[Key, float, float]] = []

    @in_virtual_time
    async def scenario() -> None:
        queue = WorkQueue(clock=loop_clock)

        async def work() -> None:
            while True:
                key = await queue.get()
                started = loop_clock.monotonic()
                await asyncio.sleep(WORK_SECONDS)
                runs.append((key, started, loop_clock.monotonic()))
                queue.done(key)

        async def ask(wish: Wish) -> None:
            await asyncio.sleep(wish.at)
            if wish.delay:
                queue.put_later(wish.key, seconds=wish.delay)
            else:
                queue.put(wish.key)

        tasks: list[asyncio.Task[Any]] = [asyncio.create_task(work()) for _ in range(workers)]
        await asyncio.gather(*(ask(wish) for wish in wished))
        await asyncio.sleep(1000)
        assert queue.idle
        for task in tasks:
            task.cancel()

    for wish in wished:
        assert any(key == wish.key and started >= wish.at - SLACK for key, started, _ in runs)
    for key in (A, B, C):
        own = sorted((started, ended) for each, started, ended in runs if each == key)
        assert all(earlier[1] <= later[0] + SLACK for earlier, later in itertools.pairwise(own))
