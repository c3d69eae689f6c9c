"""A backlog is worked through in gulps; where nothing waits for a worker, every answer is taken as it comes."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

import pytest

from citycloud.engine.queue import Key, WorkQueue
from citycloud.engine.rests import PASSES, REST_SECONDS, rest_between_gulps

if TYPE_CHECKING:
    from tests.unit.engine.conftest import ManualClock

FIRST, SECOND = (Key("Environment", "org-a", name) for name in ("first", "second"))


class Office:
    """One worker, its queue, and the rests between its gulps: each is told with the turns of the event loop since the one before."""

    def __init__(self, clock: "ManualClock") -> None:
        self.queue = WorkQueue(clock=clock)
        self.turns = 0
        self.rests: list[int] = []

    def rest(self, seconds: float) -> None:
        """Take note of a rest."""
        assert seconds == REST_SECONDS
        self.rests.append(self.turns)
        self.turns = 0

    async def turn(self, times: int) -> None:
        """Let everything run that can, so many times."""
        for _ in range(times):
            await asyncio.sleep(0)
            self.turns += 1


@pytest.fixture
async def office(clock: "ManualClock") -> AsyncIterator[Office]:
    made = Office(clock)
    task = asyncio.create_task(rest_between_gulps(queue=made.queue, sleep=made.rest))
    yield made
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


async def test_where_a_worker_is_idle_an_answer_is_taken_as_it_comes(office: Office) -> None:
    worker = asyncio.create_task(office.queue.get())
    await office.turn(1)
    office.queue.put(FIRST)
    await office.turn(10 * PASSES)
    assert await worker == FIRST
    assert office.rests == []


async def test_while_a_key_waits_each_rest_leaves_time_for_what_came_to_be_answered(office: Office) -> None:
    office.queue.put(FIRST)
    await office.turn(4 * PASSES)
    assert len(office.rests) >= 3
    assert min(office.rests[1:]) >= PASSES - 1


async def test_nobody_rests_any_more_once_every_key_has_its_worker(office: Office) -> None:
    office.queue.put(FIRST)
    await office.turn(2 * PASSES)
    assert await office.queue.get() == FIRST
    await office.turn(2 * PASSES)
    before = len(office.rests)
    await office.turn(4 * PASSES)
    assert len(office.rests) == before


async def test_the_next_backlog_has_its_rests_again(office: Office) -> None:
    office.queue.put(FIRST)
    await office.queue.get()
    await office.turn(4 * PASSES)
    before = len(office.rests)
    office.queue.put(SECOND)
    await office.turn(4 * PASSES)
    assert len(office.rests) > before
