"""The brake on writes: bursts pass, floods do not, and the server's wish for patience is heard."""

import asyncio
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from citycloud.engine.bucket import SMALLEST_RATE, Bucket

if TYPE_CHECKING:
    from tests.unit.engine.conftest import InVirtualTime, LoopClock


async def seconds_for(bucket: Bucket, clock: "LoopClock", writes: int) -> float:
    """Take turns one after the other and tell how long that took."""
    started = clock.monotonic()
    for _ in range(writes):
        await bucket.take()
    return clock.monotonic() - started


def test_a_burst_goes_at_once_and_the_rest_at_the_rate(in_virtual_time: "InVirtualTime", loop_clock: "LoopClock") -> None:
    @in_virtual_time
    async def scenario() -> None:
        bucket = Bucket(rate=10, burst=20, clock=loop_clock)

        assert await seconds_for(bucket, loop_clock, 20) == 0
        assert await seconds_for(bucket, loop_clock, 30) == pytest.approx(3)


@given(rate=st.integers(5, 50), burst=st.integers(1, 50), writes=st.integers(1, 200), together=st.booleans())
@settings(max_examples=40, deadline=None)
def test_no_flood_passes_faster_than_the_rate(
    in_virtual_time: "InVirtualTime", loop_clock: "LoopClock", rate: int, burst: int, writes: int, together: bool
) -> None:
    @in_virtual_time
    async def scenario() -> None:
        bucket = Bucket(rate=rate, burst=burst, clock=loop_clock)
        if together:
            await asyncio.gather(*(bucket.take() for _ in range(writes)))
        else:
            await seconds_for(bucket, loop_clock, writes)

        assert loop_clock.monotonic() == pytest.approx(max(0, writes - burst) / rate, abs=1e-3)


def test_a_rest_fills_the_burst_and_no_more(in_virtual_time: "InVirtualTime", loop_clock: "LoopClock") -> None:
    @in_virtual_time
    async def scenario() -> None:
        bucket = Bucket(rate=10, burst=20, clock=loop_clock)
        await seconds_for(bucket, loop_clock, 20)
        await asyncio.sleep(3600)

        assert await seconds_for(bucket, loop_clock, 20) == 0
        assert await seconds_for(bucket, loop_clock, 10) == pytest.approx(1)


def test_a_wish_for_patience_halves_the_rate(in_virtual_time: "InVirtualTime", loop_clock: "LoopClock") -> None:
    @in_virtual_time
    async def scenario() -> None:
        bucket = Bucket(rate=100, burst=1, clock=loop_clock)
        await bucket.take()
        bucket.slow_down()

        assert await seconds_for(bucket, loop_clock, 1) == pytest.approx(1 / 50)


def test_a_second_of_wishes_is_one_call_for_patience(in_virtual_time: "InVirtualTime", loop_clock: "LoopClock") -> None:
    """Let many requests be refused at once, as they are when many are under way: the rate halves once."""

    @in_virtual_time
    async def scenario() -> None:
        bucket = Bucket(rate=100, burst=1, clock=loop_clock)
        await bucket.take()
        for _ in range(50):
            bucket.slow_down()
            await asyncio.sleep(0.01)
        await bucket.take()
        assert await seconds_for(bucket, loop_clock, 1) == pytest.approx(1 / 52.5, rel=0.01)
        await asyncio.sleep(0.5)
        bucket.slow_down()
        await bucket.take()

        assert await seconds_for(bucket, loop_clock, 1) == pytest.approx(2 / 55, rel=0.01)


def test_many_wishes_never_stop_it(in_virtual_time: "InVirtualTime", loop_clock: "LoopClock") -> None:
    @in_virtual_time
    async def scenario() -> None:
        bucket = Bucket(rate=100, burst=1, clock=loop_clock)
        await bucket.take()
        for _ in range(50):
            await asyncio.sleep(1)
            bucket.slow_down()
        await bucket.take()

        assert await seconds_for(bucket, loop_clock, 1) == pytest.approx(1 / SMALLEST_RATE)


def test_a_wish_never_makes_a_slow_bucket_faster(in_virtual_time: "InVirtualTime", loop_clock: "LoopClock") -> None:
    @in_virtual_time
    async def scenario() -> None:
        bucket = Bucket(rate=2, burst=1, clock=loop_clock)
        await bucket.take()
        bucket.slow_down()

        assert await seconds_for(bucket, loop_clock, 1) >= 1 / 2


def test_half_the_rate_is_back_to_all_of_it_after_ten_seconds(in_virtual_time: "InVirtualTime", loop_clock: "LoopClock") -> None:
    @in_virtual_time
    async def scenario() -> None:
        bucket = Bucket(rate=100, burst=1, clock=loop_clock)
        bucket.slow_down()
        await asyncio.sleep(5)
        await bucket.take()
        assert await seconds_for(bucket, loop_clock, 1) == pytest.approx(1 / 75, rel=0.01)
        await asyncio.sleep(60)
        await bucket.take()
        assert await seconds_for(bucket, loop_clock, 1) == pytest.approx(1 / 100)


def test_who_gives_up_waiting_stops_nobody_else(in_virtual_time: "InVirtualTime", loop_clock: "LoopClock") -> None:
    @in_virtual_time
    async def scenario() -> None:
        bucket = Bucket(rate=10, burst=1, clock=loop_clock)
        tasks = [asyncio.create_task(bucket.take()) for _ in range(5)]
        await asyncio.sleep(0)
        tasks[1].cancel()
        await asyncio.wait(tasks)

        assert loop_clock.monotonic() <= 0.5
