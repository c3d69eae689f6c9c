"""Events come after the work, at their own rate, within a bound, and what cannot be written is counted and forgotten."""

import asyncio
import datetime
from typing import Any, Final

import pytest

from citycloud.api import Organisation
from citycloud.engine.bucket import Bucket
from citycloud.engine.clock import SystemClock
from citycloud.engine.queue import Key
from citycloud.kube import errors
from citycloud.kube.resources import EVENT, Resource
from citycloud.telemetry import events
from citycloud.telemetry.events import Announcement, EventRecorder

HOME: Final = Key("Environment", "org-so-y-te", "ho-so-test")
NEWS: Final = Announcement(reason="AwaitingApproval", action="Ready", note="chờ / waits", warning=False)


class Server:
    """An API server that takes Events, or refuses them."""

    def __init__(self) -> None:
        self.written: list[dict[str, Any]] = []
        self.failure: errors.ApiError | None = None

    async def create(self, *, resource: Resource, manifest: dict[str, Any]) -> dict[str, Any]:
        assert resource is EVENT
        if self.failure is not None:
            raise self.failure
        self.written.append(manifest)
        return manifest


class Desk:
    """A recorder between a server and a tally."""

    def __init__(self) -> None:
        self.server = Server()
        self.tally: list[str] = []
        self.busy = False
        self.recorder = EventRecorder(
            client=self.server,  # type: ignore[arg-type]  # the one call that a recorder makes
            bucket=Bucket(rate=1e6, burst=1, clock=SystemClock()),
            busy=lambda: self.busy,
            identity="operator-0",
            now=lambda: datetime.datetime(2026, 9, 1, 3, tzinfo=datetime.UTC),
            on_event=self.tally.append,
        )

    async def write(self) -> None:
        """Let the recorder write until nothing waits."""
        task = asyncio.create_task(self.recorder.run())
        async with asyncio.timeout(10):
            while self.recorder.waiting or not self.tally:
                await asyncio.sleep(0.001)
        task.cancel()
        await asyncio.wait([task])


@pytest.fixture
def about() -> Organisation:
    spec = {
        "code": "H26.Z10",
        "names": {"vi": "Sở Y tế", "en": "Department of Health"},
        "kind": "department",
        "contacts": {"owner": "a@b.example"},
        "budget": {"environments": 1, "cpu": "1", "memory": "1Gi", "storage": "1Gi"},
    }
    return Organisation.model_validate({"metadata": {"name": "so-y-te", "uid": "u-1"}, "spec": spec})


async def test_an_event_is_about_exactly_the_object_and_says_who_reports(about: Organisation) -> None:
    desk = Desk()
    desk.recorder.tell(key=HOME, model=about, news=[NEWS])
    await desk.write()

    (event,) = desk.server.written
    assert event["metadata"]["namespace"] == "org-so-y-te"
    assert event["involvedObject"]["uid"] == "u-1"
    assert (event["type"], event["reason"], event["message"], event["action"]) == ("Normal", "AwaitingApproval", "chờ / waits", "Ready")
    assert (event["reportingComponent"], event["reportingInstance"]) == ("citycloud", "operator-0")
    assert event["firstTimestamp"] == event["lastTimestamp"] == "2026-09-01T03:00:00Z"
    assert desk.tally == ["written"]


async def test_events_of_an_organisation_stand_where_those_of_cluster_wide_objects_do(about: Organisation) -> None:
    desk = Desk()
    desk.recorder.tell(key=Key("Organisation", "", "so-y-te"), model=about, news=[NEWS])
    await desk.write()

    assert desk.server.written[0]["metadata"]["namespace"] == "default"


@pytest.mark.parametrize(
    ("failure", "result"),
    [
        (errors.Conflict("there", code=409), "known"),
        (errors.TooManyRequests("slow", code=429), "failed"),
        (errors.Unreachable("gone"), "failed"),
    ],
)
async def test_what_cannot_be_written_is_counted_and_stops_nothing(about: Organisation, failure: errors.ApiError, result: str) -> None:
    desk = Desk()
    desk.server.failure = failure
    desk.recorder.tell(key=HOME, model=about, news=[NEWS])
    await desk.write()
    desk.server.failure = None
    desk.recorder.tell(key=HOME, model=about, news=[NEWS])
    await desk.write()

    assert desk.tally == [result, "written"]


async def test_news_lets_work_go_first_and_is_told_when_there_is_none(about: Organisation) -> None:
    desk = Desk()
    desk.busy = True
    desk.recorder.tell(key=HOME, model=about, news=[NEWS])
    task = asyncio.create_task(desk.recorder.run())
    await asyncio.sleep(2 * events.LOOK_SECONDS)
    assert desk.tally == []

    desk.busy = False
    await desk.write()
    assert desk.tally == ["written"]
    task.cancel()
    await asyncio.wait([task])


async def test_a_city_that_is_always_busy_is_told_too(about: Organisation, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "PATIENCE_SECONDS", 0.1)
    desk = Desk()
    desk.busy = True
    desk.recorder.tell(key=HOME, model=about, news=[of("A"), of("B")])
    await desk.write()
    assert desk.tally == ["written", "written"]


def of(action: str, reason: str = "R") -> Announcement:
    return Announcement(reason=reason, action=action, note="…")


async def test_news_makes_room_where_nobody_writes(about: Organisation, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "LONGEST_QUEUE", 2)
    desk = Desk()
    for number in range(3):
        desk.recorder.tell(key=HOME, model=about, news=[of(f"A{number}")])
    assert desk.recorder.waiting == 2
    await desk.write()

    assert [event["action"] for event in desk.server.written] == ["A1", "A2"]
    assert desk.tally == ["dropped", "written", "written"]


async def test_what_changed_back_before_it_was_told_is_told_as_it_is_now(about: Organisation) -> None:
    desk = Desk()
    for reason in ("CityMissing", "Ready"):
        desk.recorder.tell(key=HOME, model=about, news=[of("Ready", reason)])
    await desk.write()

    assert [event["reason"] for event in desk.server.written] == ["Ready"]
    assert desk.tally == ["overtaken", "written"]


async def test_a_department_does_not_wait_for_the_news_of_another(about: Organisation) -> None:
    desk = Desk()
    for number in range(100):
        desk.recorder.tell(key=HOME, model=about, news=[of(f"A{number}")])
    desk.recorder.tell(key=Key("Environment", "org-so-khac", "cua-toi"), model=about, news=[of("B0"), of("B1")])
    await desk.write()

    assert [event["action"] for event in desk.server.written[:5]] == ["A0", "B0", "A1", "B1", "A2"]
    assert len(desk.server.written) == 102
    assert desk.recorder.waiting == 0
