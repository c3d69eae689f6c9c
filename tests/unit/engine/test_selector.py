"""A burst is handled in gulps; where nothing waits for a worker, every answer as it comes."""

import selectors
import socket
from collections.abc import Callable, Iterator

import pytest

from citycloud.engine.selector import REST_SECONDS, RestingSelector


class Wire:
    """Two connections of which both ends are here, and a clock that only rests move."""

    def __init__(self) -> None:
        self.now = 0.0
        self.rests: list[float] = []
        self.meanwhile: Callable[[], None] = lambda: None
        self.pairs = [socket.socketpair(), socket.socketpair()]
        self.selector = RestingSelector(sleep=self._rest, monotonic=lambda: self.now)
        for number, (_, near) in enumerate(self.pairs):
            self.selector.register(near, selectors.EVENT_READ, number)

    def _rest(self, seconds: float) -> None:
        self.rests.append(seconds)
        self.now += seconds
        self.meanwhile()

    def come(self, number: int) -> None:
        """Let something come over one connection."""
        self.pairs[number][0].send(b"answer")

    def look(self, timeout: float | None) -> set[int]:
        """Tell which connections have something."""
        return {key.data for key, _ in self.selector.select(timeout)}

    def close(self) -> None:
        """Close everything."""
        self.selector.close()
        for pair in self.pairs:
            for end in pair:
                end.close()


@pytest.fixture
def wire() -> Iterator[Wire]:
    made = Wire()
    yield made
    made.close()


def test_what_comes_during_a_rest_is_taken_at_once(wire: Wire) -> None:
    wire.selector.rest_while(lambda: True)
    wire.come(0)
    wire.meanwhile = lambda: wire.come(1)
    assert wire.look(None) == {0, 1}
    assert wire.rests == [REST_SECONDS]


def test_where_nothing_waits_an_answer_is_taken_as_it_comes(wire: Wire) -> None:
    wire.come(0)
    assert wire.look(None) == {0}
    wire.selector.rest_while(lambda: False)
    assert wire.look(1.0) == {0}
    assert wire.rests == []


def test_a_rest_ends_with_the_next_timer(wire: Wire) -> None:
    wire.selector.rest_while(lambda: True)
    wire.come(0)
    assert wire.look(REST_SECONDS / 4) == {0}
    assert wire.rests == [REST_SECONDS / 4]


@pytest.mark.parametrize("timeout", [0, 0.001])
def test_nothing_to_take_is_no_reason_to_rest(wire: Wire, timeout: float) -> None:
    wire.selector.rest_while(lambda: True)
    assert wire.look(timeout) == set()
    assert wire.rests == []


def test_what_can_run_now_is_not_kept_waiting(wire: Wire) -> None:
    wire.selector.rest_while(lambda: True)
    wire.come(0)
    assert wire.look(0) == {0}
    assert wire.rests == []
