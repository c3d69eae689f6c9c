"""How long the operator waits after failures: longer each time, never too long, and never for the last time."""

import itertools
import random
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from citycloud.engine.backoff import LONGEST_RECONNECT_SECONDS, LONGEST_SECONDS, EndlessDelays, Pauses, delay_after

if TYPE_CHECKING:
    from tests.unit.engine.conftest import InVirtualTime, LoopClock


class Fixed(random.Random):
    """Chance that always falls the same way."""

    def __init__(self, value: float) -> None:
        super().__init__()
        self._value = value

    def random(self) -> float:
        return self._value


@given(failures=st.integers(1, 10**9), seed=st.integers())
@settings(max_examples=100, deadline=None)
def test_a_pause_is_between_half_and_all_of_what_the_failures_ask_for(failures: int, seed: int) -> None:
    ceiling = min(LONGEST_SECONDS, 2.0 ** min(failures - 1, 60))

    assert ceiling / 2 <= delay_after(failures=failures, chance=random.Random(seed)) <= ceiling


@pytest.mark.parametrize(("failures", "seconds"), [(1, 1), (2, 2), (3, 4), (8, 128), (9, 256), (10, 300), (1000, 300)])
def test_pauses_double_until_five_minutes(failures: int, seconds: float) -> None:
    assert delay_after(failures=failures, chance=Fixed(1.0)) == seconds
    assert delay_after(failures=failures, chance=Fixed(0.0)) == seconds / 2


@given(seed=st.integers())
@settings(max_examples=20, deadline=None)
def test_a_connection_is_tried_again_at_least_every_ten_seconds_for_ever(seed: int) -> None:
    delays = list(itertools.islice(EndlessDelays(chance=random.Random(seed)), 2000))

    assert max(delays) <= LONGEST_RECONNECT_SECONDS
    assert all(delay >= LONGEST_RECONNECT_SECONDS / 2 for delay in delays[4:])


def test_each_request_starts_with_a_short_delay_again() -> None:
    delays = EndlessDelays(chance=Fixed(1.0))

    assert [list(itertools.islice(delays, 6)) for _ in range(2)] == [[1, 2, 4, 8, 10, 10]] * 2


def test_pauses_are_slept_through_one_by_one(in_virtual_time: "InVirtualTime", loop_clock: "LoopClock") -> None:
    @in_virtual_time
    async def scenario() -> None:
        pauses = Pauses(chance=Fixed(1.0))
        moments = []
        for _ in range(5):
            await pauses.next()
            moments.append(loop_clock.monotonic())

        assert moments == pytest.approx([1, 3, 7, 15, 25])
