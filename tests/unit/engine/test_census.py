"""Nothing is decided before everything that exists was seen, and what is gone is forgotten."""

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from typing import TYPE_CHECKING, Any, Final

import pytest
from tests.unit.engine.environments import body

from citycloud.api import Environment, Kind, SizeClass
from citycloud.engine.census import AFTER_RELIST_SECONDS, SWEEP_SECONDS, Census
from citycloud.engine.queue import Key
from citycloud.engine.world import World
from citycloud.kube import errors

if TYPE_CHECKING:
    from tests.unit.engine.conftest import FakeApi, InVirtualTime, LoopClock

HOUR: Final = 3600.0


class Bench:
    """A census between a server and a world; what the server lists is prepared, what the world sees is put."""

    def __init__(self, *, api: "FakeApi") -> None:
        self.api = api
        self.gone: list[str] = []
        self.world = World(on_change=self._note)
        self.census = Census(kinds=(Environment, SizeClass), client=api, world=self.world, chance=random.Random(1))

    def _note(self, key: Key, _: Kind) -> None:
        if self.world.environment(key) is None:
            self.gone.append(key.name)

    def lists(self, *names: str) -> None:
        """Let the server list these environments from now on."""
        self.api.listed["Environment"] = [[body(name)["metadata"] for name in names]]

    def sees(self, *names: str) -> None:
        for name in names:
            self.world.put(kind=Environment, body=body(name))

    async def while_running(self, *, seconds: float, first: Callable[[], None]) -> None:
        """Run in the background, do something, and let time pass."""
        task = asyncio.create_task(self.census.run())
        await asyncio.sleep(0)
        first()
        await asyncio.sleep(seconds)
        task.cancel()
        await asyncio.wait([task])


@pytest.fixture
def bench(api: "FakeApi") -> Bench:
    return Bench(api=api)


def test_an_empty_cluster_is_complete_at_once(in_virtual_time: "InVirtualTime", loop_clock: "LoopClock", bench: Bench) -> None:
    @in_virtual_time
    async def scenario() -> None:
        await bench.census.complete()

        assert loop_clock.monotonic() == 0


def test_it_waits_until_the_last_object_was_seen(in_virtual_time: "InVirtualTime", loop_clock: "LoopClock", bench: Bench) -> None:
    @in_virtual_time
    async def scenario() -> None:
        bench.lists("one", "two")
        bench.sees("one")
        asyncio.get_running_loop().call_later(60, bench.sees, "two")
        await bench.census.complete()

        assert 60 <= loop_clock.monotonic() <= 61


def test_an_object_that_vanished_meanwhile_is_not_waited_for_for_ever(
    in_virtual_time: "InVirtualTime", loop_clock: "LoopClock", bench: Bench
) -> None:
    @in_virtual_time
    async def scenario() -> None:
        bench.lists("one", "gone")
        bench.sees("one")
        asyncio.get_running_loop().call_later(10, bench.lists, "one")
        await bench.census.complete()

        assert loop_clock.monotonic() <= 20


def test_one_object_that_cannot_be_read_does_not_stop_the_whole_city(
    in_virtual_time: "InVirtualTime", loop_clock: "LoopClock", bench: Bench
) -> None:
    @in_virtual_time
    async def scenario() -> None:
        bench.lists("one", "broken")
        bench.sees("one")
        bench.world.put(kind=Environment, body=body("broken", size={"not": "text"}))
        async with asyncio.timeout(HOUR):
            await bench.census.complete()


def test_a_list_that_fails_is_asked_for_again(in_virtual_time: "InVirtualTime", loop_clock: "LoopClock", bench: Bench) -> None:
    @in_virtual_time
    async def scenario() -> None:
        bench.api.listed["Environment"] = [*(errors.Unreachable("no answer") for _ in range(20)), [body("one")["metadata"]]]
        bench.sees("one")
        await bench.census.complete()

        assert 20 <= loop_clock.monotonic() <= 200


def test_what_vanished_in_a_gap_is_forgotten_soon_after(in_virtual_time: "InVirtualTime", bench: Bench) -> None:
    @in_virtual_time
    async def scenario() -> None:
        bench.sees("one", "two")
        bench.lists("two")
        await bench.while_running(seconds=AFTER_RELIST_SECONDS + 1, first=lambda: bench.census.relisted(Environment))

        assert bench.gone == ["one"]


def test_only_the_kind_that_had_a_gap_is_listed(in_virtual_time: "InVirtualTime", bench: Bench) -> None:
    @in_virtual_time
    async def scenario() -> None:
        bench.sees("one")
        bench.lists()
        await bench.while_running(seconds=60, first=lambda: bench.census.relisted(SizeClass))

        assert bench.gone == []


def test_many_gaps_at_once_are_one_look(in_virtual_time: "InVirtualTime", bench: Bench) -> None:
    @in_virtual_time
    async def scenario() -> None:
        metadata = [body("one")["metadata"]]
        bench.sees("one")
        bench.api.listed["Environment"] = [metadata] * 10

        def storm() -> None:
            for _ in range(1000):
                bench.census.relisted(Environment)

        await bench.while_running(seconds=60, first=storm)

        assert len(bench.api.listed["Environment"]) == 9


def test_twice_a_day_everything_is_compared(in_virtual_time: "InVirtualTime", bench: Bench) -> None:
    @in_virtual_time
    async def scenario() -> None:
        bench.sees("one", "two")
        bench.lists("two")
        await bench.while_running(seconds=1.2 * SWEEP_SECONDS, first=lambda: None)

        assert bench.gone == ["one"]


def test_an_object_that_is_made_during_the_list_is_kept(in_virtual_time: "InVirtualTime", bench: Bench) -> None:
    """Compare only what was known before the list was asked for."""

    class Late(Bench):
        async def list_slowly(self, **_: Any) -> AsyncIterator[tuple[list[dict[str, Any]], str]]:
            await asyncio.sleep(1)
            self.sees("new")
            yield [], "1"

    @in_virtual_time
    async def scenario() -> None:
        late = Late(api=bench.api)
        late.sees("old")
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(late.api, "list_pages", late.list_slowly)
            await late.census.complete()

        assert late.gone == ["old"]
        assert late.world.environment(Key("Environment", "org-so-y-te", "new")) is not None
