"""Following one kind of child: list, follow, come back after every gap, and miss nothing."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any, Final

import orjson
import pytest

from citycloud.kube import errors, watch
from citycloud.kube.client import Client
from citycloud.kube.resources import CONFIG_MAP, CUSTOM, Resource
from citycloud.kube.session import Session, skip_nothing
from citycloud.kube.watch import Wanted

YIELDS: Final = 200
CHILDREN: Final = Wanted(CONFIG_MAP, watch.METADATA, "app.kubernetes.io/managed-by=citycloud")
ENVIRONMENTS: Final = Wanted(CUSTOM["Environment"], watch.WHOLE)
real_sleep = asyncio.sleep

Event = dict[str, Any]
Script = list[list[Event] | errors.ApiError]


def event(type_: str, version: int, **metadata: Any) -> Event:
    return {"type": type_, "object": {"metadata": {"name": f"n{version}", "resourceVersion": str(version), **metadata}}}


def listed(name: str, **metadata: str) -> dict[str, Any]:
    return {"metadata": {"name": name, **metadata}}


def failure(code: int) -> Event:
    return {"type": "ERROR", "object": {"kind": "Status", "code": code, "message": "too old"}}


class FakeSession(Session):
    """Answers watches from a script; when it has ended, a watch stays silent for ever."""

    def __init__(self, script: Script) -> None:
        self.script = script
        self.watched: list[dict[str, str]] = []
        self.headers: list[dict[str, str]] = []

    async def stream(
        self, path: str, *, params: Any, headers: Any, skip: Callable[[bytes], bool] = skip_nothing, **_: Any
    ) -> AsyncIterator[Any]:
        self.watched.append(dict(params))
        self.headers.append(dict(headers))
        if not self.script:
            await asyncio.Event().wait()
        part = self.script.pop(0)
        if isinstance(part, errors.ApiError):
            raise part
        for each in part:
            if not skip(orjson.dumps(each)):
                yield each


class FakeClient(Client):
    """Lists from a script of versions or errors, page by page; the last one stays."""

    def __init__(self, *, lists: list[int | errors.ApiError], script: Script) -> None:
        self.fake = FakeSession(script)
        super().__init__(session=self.fake)
        self.lists = lists
        self.listed = 0
        self.selectors: set[str] = set()
        self.pages_before_errors = 0

    async def list_pages(
        self, *, resource: Resource, headers: Mapping[str, str], label_selector: str = ""
    ) -> AsyncIterator[tuple[list[dict[str, Any]], str]]:
        """Answer with two pages; an error comes after the first where `pages_before_errors` is one."""
        answer = self.lists.pop(0) if len(self.lists) > 1 else self.lists[0]
        self.listed += 1
        self.selectors.add(label_selector)
        self.fake.headers.append(dict(headers))
        if isinstance(answer, errors.ApiError):
            if self.pages_before_errors:
                yield [listed("first-page", namespace="a")], "0"
            raise answer
        yield [listed(f"one-{answer}", namespace="a"), listed(f"one-{answer}", namespace="b")], "1"
        yield [listed(f"two-{answer}")], str(answer)


class Notes:
    """A sink that writes down what it was told."""

    def __init__(self) -> None:
        self.told: list[tuple[str, str]] = []
        self.echoes: set[str] = set()

    def is_echo(self, *, resource: Resource, version: str) -> bool:
        return version in self.echoes

    def keep_only(self, *, resource: Resource, listed: set[tuple[str, str]]) -> None:
        self.told.append(("only", " ".join(sorted("/".join(each) for each in listed))))

    def put(self, *, resource: Resource, body: dict[str, Any]) -> None:
        self.told.append(("put", body["metadata"]["name"]))

    def drop(self, *, resource: Resource, body: dict[str, Any]) -> None:
        self.told.append(("drop", body["metadata"]["name"]))


def told_list(version: int) -> list[tuple[str, str]]:
    """Write what a sink is told of a list: each object, and then that there are no others."""
    one, two = f"one-{version}", f"two-{version}"
    return [("put", one), ("put", one), ("put", two), ("only", f"/{two} a/{one} b/{one}")]


class Pauses:
    """Counts its pauses instead of sleeping."""

    def __init__(self, made: list[int]) -> None:
        self._made = made
        made.append(0)

    async def next(self) -> None:
        self._made[-1] += 1
        await real_sleep(0)


class Run:
    """One watch over a script, and what came of it."""

    def __init__(self, *, lists: list[int | errors.ApiError], script: Script, wanted: Wanted = CHILDREN) -> None:
        self.wanted = wanted
        self.client = FakeClient(lists=lists, script=script)
        self.notes = Notes()
        self.pauses: list[int] = []

    async def follow(self) -> "Run":
        """Follow until nothing moves any more."""
        task = asyncio.create_task(
            watch.follow(client=self.client, wanted=self.wanted, sink=self.notes, delays=lambda: Pauses(self.pauses))
        )
        for _ in range(YIELDS):
            await real_sleep(0)
        task.cancel()
        await asyncio.wait([task])
        return self

    @property
    def versions(self) -> list[str]:
        """Tell from which version each watch started."""
        return [params["resourceVersion"] for params in self.client.fake.watched]


@pytest.fixture(autouse=True)
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Write down how long the watch slept instead of sleeping."""
    moments: list[float] = []

    async def sleep(seconds: float) -> None:
        moments.append(seconds)
        await real_sleep(0)

    monkeypatch.setattr(asyncio, "sleep", sleep)
    return moments


async def test_what_changes_after_the_list_is_told() -> None:
    run = await Run(lists=[5], script=[[event("ADDED", 6), event("MODIFIED", 7), event("DELETED", 8)]]).follow()

    assert run.notes.told == [*told_list(5), ("put", "n6"), ("put", "n7"), ("drop", "n8")]
    assert run.versions[0] == "5"


async def test_only_our_own_children_are_watched_and_the_server_says_how_far_it_is() -> None:
    run = await Run(lists=[5], script=[]).follow()

    (params,) = run.client.fake.watched
    assert params["labelSelector"] == "app.kubernetes.io/managed-by=citycloud"
    assert run.client.selectors == {params["labelSelector"]}
    assert (params["watch"], params["allowWatchBookmarks"]) == ("true", "true")
    assert all("PartialObjectMetadata" in headers["Accept"] for headers in run.client.fake.headers)


async def test_environments_are_watched_whole_whoever_made_them() -> None:
    run = await Run(lists=[5], script=[[event("ADDED", 6)]], wanted=ENVIRONMENTS).follow()

    assert run.notes.told == [*told_list(5), ("put", "n6")]
    assert run.client.selectors == {""}
    assert all("labelSelector" not in params for params in run.client.fake.watched)
    assert not any(run.client.fake.headers)


def own(version: int, **metadata: Any) -> Event:
    """Write the metadata of a child as the API server does: name, namespace, uid and version come first."""
    identity = {"name": f"n{version}", "namespace": "a", "uid": "u", "resourceVersion": str(version)}
    return {"type": "MODIFIED", "object": {"kind": "PartialObjectMetadata", "metadata": {**identity, **metadata}}}


async def test_the_echo_of_an_own_write_is_not_even_read() -> None:
    run = Run(lists=[5], script=[[own(6), own(7), own(8)]])
    run.notes.echoes = {"7"}
    await run.follow()

    assert run.notes.told == [*told_list(5), ("put", "n6"), ("put", "n8")]


@pytest.mark.parametrize("place", ["annotations", "labels"])
async def test_nobody_makes_an_event_look_like_an_echo(place: str) -> None:
    said = '"metadata":{"name":"n6","uid":"u","resourceVersion":"7"'
    run = Run(lists=[5], script=[[own(6, **{place: {"resourceVersion": "7", "x": said}})]])
    run.notes.echoes = {"7"}
    await run.follow()

    assert run.notes.told == [*told_list(5), ("put", "n6")]


async def test_a_watch_that_ends_goes_on_where_it_was_without_a_list(slept: list[float]) -> None:
    """Pause after every end, so that a server that hangs up at once is not asked without a break."""
    run = await Run(lists=[5], script=[[event("ADDED", 6)], [], [event("ADDED", 9)]]).follow()

    assert run.versions == ["5", "6", "6", "9"]
    assert run.client.listed == 1
    assert slept == [watch.RECONNECT_SECONDS] * 3
    assert watch.RECONNECT_SECONDS == 0.2


async def test_a_bookmark_tells_nobody_and_saves_the_place() -> None:
    run = await Run(lists=[5], script=[[event("BOOKMARK", 50)]]).follow()

    assert run.notes.told == told_list(5)
    assert run.versions == ["5", "50"]


@pytest.mark.parametrize("gone", [[failure(410)], errors.Gone("too old", code=410)], ids=["event", "answer"])
async def test_a_place_that_is_too_old_is_left_for_a_new_list(gone: list[Event] | errors.ApiError, slept: list[float]) -> None:
    run = await Run(lists=[5, 70], script=[gone]).follow()

    assert run.notes.told == [*told_list(5), *told_list(70)]
    assert run.versions == ["5", "70"]
    assert sum(run.pauses) == 0
    assert slept == [watch.RECONNECT_SECONDS]


@pytest.mark.parametrize("trouble", [[failure(500)], errors.Forbidden("no", code=403)], ids=["event", "answer"])
async def test_a_refused_watch_pauses_and_lists_again(trouble: list[Event] | errors.ApiError) -> None:
    run = await Run(lists=[5, 70], script=[trouble]).follow()

    assert run.notes.told == [*told_list(5), *told_list(70)]
    assert sum(run.pauses) == 1


async def test_a_list_that_fails_is_paced_and_a_success_starts_the_pace_anew() -> None:
    down = errors.Unreachable("no answer")
    run = await Run(lists=[down, down, down, 5, down, 6], script=[[failure(500)]]).follow()

    assert run.pauses == [3, 2, 0]
    assert run.notes.told == [*told_list(5), *told_list(6)]


async def test_a_list_that_breaks_between_two_pages_makes_nobody_forget_the_rest() -> None:
    run = Run(lists=[errors.Unreachable("reset"), 5], script=[])
    run.client.pages_before_errors = 1
    await run.follow()

    assert run.notes.told == [("put", "first-page"), *told_list(5)]
    assert (run.versions, sum(run.pauses)) == (["5"], 1)


async def test_a_broken_stream_goes_on_where_it_was_after_a_moment(slept: list[float]) -> None:
    run = await Run(lists=[5], script=[[event("ADDED", 6)], errors.Unreachable("reset"), [event("ADDED", 7)]]).follow()

    assert run.notes.told == [*told_list(5), ("put", "n6"), ("put", "n7")]
    assert run.versions == ["5", "6", "6", "7"]
    assert slept == [watch.RECONNECT_SECONDS] * 3
