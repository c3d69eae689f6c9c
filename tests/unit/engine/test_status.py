"""The one status write of a reconcile: only where it says something new, and never to a successor of the same name."""

import asyncio
import random
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

import pytest

from citycloud.api import Environment, Kind, Organisation
from citycloud.engine.bucket import Bucket
from citycloud.engine.outcome import Outcome, Result
from citycloud.engine.queue import Key, WorkQueue
from citycloud.engine.status import StatusWriter
from citycloud.engine.workers import Workers
from citycloud.engine.world import World
from citycloud.kube import errors
from citycloud.kube.client import Manifest

if TYPE_CHECKING:
    from tests.unit.engine.conftest import FakeApi, InVirtualTime, LoopClock, ManualClock

KEY: Final = Key("Environment", "org-so-y-te", "ho-so-test")
STATUS: Final[dict[str, Any]] = {"observedGeneration": 1, "phase": "Provisioning"}


class Bench:
    """A writer, a world that was fed from the server, and the keys that were woken."""

    def __init__(self, *, api: "FakeApi", clock: "ManualClock | LoopClock") -> None:
        self.api = api
        self.woken: list[Key] = []
        self.told: list[tuple[str | None, str | None]] = []
        self.world = World(on_change=lambda key, _: self.woken.append(key))
        self.writer = StatusWriter(client=api, world=self.world, bucket=Bucket(rate=1e6, burst=1e6, clock=clock), tell=self._tell)
        self.api.store(self.manifest())
        self.deliver()
        self.woken.clear()

    def _tell(self, _: Key, model: Kind, status: Mapping[str, Any]) -> None:
        before = model.status.phase if isinstance(model, Environment) else None
        self.told.append((before, status.get("phase")))

    def manifest(self) -> Manifest:
        metadata = {"namespace": KEY.namespace, "name": KEY.name, "generation": 1}
        spec = {"system": "ho-so-hanh-nghe", "stage": "test", "size": "s"}
        return {"apiVersion": "citycloud.dev/v1alpha1", "kind": "Environment", "metadata": metadata, "spec": spec}

    def deliver(self) -> None:
        """Deliver the event of the object as it is stored."""
        (stored,) = self.api.objects.values()
        self.world.put(kind=Environment, body=stored)

    @property
    def model(self) -> Environment:
        found = self.world.environment(KEY)
        assert found is not None
        return found


@pytest.fixture
def bench(api: "FakeApi", clock: "ManualClock") -> Bench:
    return Bench(api=api, clock=clock)


async def test_a_new_status_is_written_once_and_known_at_once(bench: Bench) -> None:
    assert await bench.writer.write(key=KEY, model=bench.model, status=STATUS)
    assert not await bench.writer.write(key=KEY, model=bench.model, status=STATUS)

    assert len(bench.api.writes("status")) == 1
    assert bench.model.status.phase == "Provisioning"


async def test_the_event_of_our_own_write_wakes_nobody(bench: Bench) -> None:
    await bench.writer.write(key=KEY, model=bench.model, status=STATUS)
    bench.deliver()

    assert bench.woken == []


async def test_the_next_status_is_written_over_the_first(bench: Bench) -> None:
    await bench.writer.write(key=KEY, model=bench.model, status=STATUS)
    assert await bench.writer.write(key=KEY, model=bench.model, status={**STATUS, "phase": "Ready"})

    bench.deliver()
    assert (bench.model.status.phase, bench.woken) == ("Ready", [])
    assert bench.told == [(None, "Provisioning"), ("Provisioning", "Ready")]


async def test_a_successor_of_the_same_name_keeps_its_own_status(bench: Bench) -> None:
    old = bench.model
    (stored,) = bench.api.objects.values()
    stored["metadata"]["uid"] = "successor"

    with pytest.raises(errors.Conflict):
        await bench.writer.write(key=KEY, model=old, status=STATUS)
    assert "status" not in stored


def test_a_successor_gets_its_status_with_the_next_try(in_virtual_time: "InVirtualTime", loop_clock: "LoopClock", api: "FakeApi") -> None:
    """Meet a successor before its event has come: the write is refused with 409, and that is neither lost nor the end."""

    @in_virtual_time
    async def scenario() -> None:
        bench = Bench(api=api, clock=loop_clock)
        results: list[Result] = []

        async def reconcile(key: Key) -> Outcome:
            await bench.writer.write(key=key, model=bench.model, status=STATUS)
            return Outcome.settled()

        queue = WorkQueue(clock=loop_clock)
        workers = Workers(
            queue=queue,
            reconcilers={"Environment": reconcile},
            count=1,
            clock=loop_clock,
            chance=random.Random(1),
            on_run=lambda _, result, __: results.append(result),
        )
        (stored,) = api.objects.values()
        stored["metadata"]["uid"] = "successor"
        queue.put(KEY)
        task = asyncio.create_task(workers.run())
        await asyncio.sleep(0.1)
        assert results == [Result.RETRY]
        bench.deliver()
        await asyncio.sleep(60)
        task.cancel()
        await asyncio.wait([task])

        assert results == [Result.RETRY, Result.SETTLED]
        assert stored["status"] == STATUS
        assert bench.model.metadata.uid == "successor"


async def test_an_object_that_is_gone_needs_no_status(bench: Bench) -> None:
    bench.api.objects.clear()

    assert not await bench.writer.write(key=KEY, model=bench.model, status=STATUS)
    assert bench.told == []


async def test_a_failure_is_passed_on_and_the_status_is_written_next_time(bench: Bench) -> None:
    failure = errors.ServerError("trouble", code=500)
    bench.api.failures = {("status", "Environment", KEY.name): failure}
    with pytest.raises(errors.ServerError):
        await bench.writer.write(key=KEY, model=bench.model, status=STATUS)
    bench.api.failures = {}

    assert await bench.writer.write(key=KEY, model=bench.model, status=STATUS)


async def test_the_status_of_a_cluster_wide_object_is_written_without_a_namespace(bench: Bench) -> None:
    bench.api.objects.clear()
    spec = {
        "code": "H26.Z10",
        "names": {"vi": "Sở Y tế", "en": "Department of Health"},
        "kind": "department",
        "contacts": {"owner": "a@b.example"},
        "budget": {"environments": 1, "cpu": "1", "memory": "1Gi", "storage": "1Gi"},
    }
    stored = bench.api.store(
        {"apiVersion": "citycloud.dev/v1alpha1", "kind": "Organisation", "metadata": {"name": "so-y-te", "generation": 1}, "spec": spec}
    )
    bench.world.put(kind=Organisation, body=stored)
    organisation = bench.world.organisation("so-y-te")
    assert organisation is not None

    assert await bench.writer.write(key=Key("Organisation", "", "so-y-te"), model=organisation, status={"homeNamespace": "org-so-y-te"})
    assert [key.namespace for key in bench.api.writes("status")] == [""]
