"""Environments come by a watch of our own: nothing is decided before its list is complete, and what a list lacks is gone."""

import pytest
from tests.unit.engine.environments import body

from citycloud.api import Environment, Kind
from citycloud.engine.feed import Feed
from citycloud.engine.queue import Key
from citycloud.engine.world import World
from citycloud.kube.resources import CUSTOM

ENVIRONMENT = CUSTOM["Environment"]


class Bench:
    """A feed into a world, and the names of what changed."""

    def __init__(self) -> None:
        self.changed: list[str] = []
        self.world = World(on_change=self._note)
        self.feed = Feed(kind=Environment, world=self.world)

    def _note(self, key: Key, _: Kind) -> None:
        self.changed.append(key.name)

    def lists(self, *names: str) -> None:
        """Bring a complete list, as `citycloud.kube.watch` does."""
        for name in names:
            self.feed.put(resource=ENVIRONMENT, body=body(name))
        self.feed.keep_only(resource=ENVIRONMENT, listed={("org-so-y-te", name) for name in names})

    @property
    def known(self) -> set[str]:
        return {key.name for key in self.world.keys(Environment)}


@pytest.fixture
def bench() -> Bench:
    return Bench()


def test_an_empty_list_is_a_complete_one(bench: Bench) -> None:
    assert not bench.feed.listed
    bench.lists()
    assert bench.feed.listed


def test_what_is_listed_is_known_and_told_once(bench: Bench) -> None:
    bench.lists("one", "two")
    bench.lists("one", "two")

    assert bench.known == {"one", "two"}
    assert bench.changed == ["one", "two"]


def test_what_vanished_in_a_gap_is_forgotten_and_told(bench: Bench) -> None:
    bench.lists("one", "two", "three")
    bench.changed.clear()
    bench.lists("two")

    assert bench.known == {"two"}
    assert bench.changed == ["one", "three"]


def test_the_same_name_elsewhere_does_not_keep_what_is_gone(bench: Bench) -> None:
    bench.lists("one")
    bench.feed.keep_only(resource=ENVIRONMENT, listed={("org-so-tai-chinh", "one")})

    assert bench.known == set()


def test_changes_and_deletions_are_told(bench: Bench) -> None:
    bench.lists("one")
    bench.changed.clear()
    bench.feed.put(resource=ENVIRONMENT, body=body("one", version=2, generation=2))
    bench.feed.drop(resource=ENVIRONMENT, body=body("one", version=3))

    assert bench.changed == ["one", "one"]
    assert bench.known == set()


def test_one_environment_that_cannot_be_read_does_not_stop_the_others(bench: Bench) -> None:
    bench.feed.put(resource=ENVIRONMENT, body=body("broken", size={"not": "text"}))
    bench.lists("one")

    assert bench.known == {"one"}
    assert bench.feed.listed
