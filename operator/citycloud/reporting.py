"""What one operator tells of itself and of the city: metrics, probes, Events. It listens to the other parts and changes nothing."""

import asyncio
import datetime
from collections.abc import Callable, Mapping
from typing import Any, Final

from citycloud.api import Environment, Kind
from citycloud.controllers.announcements import announcements
from citycloud.controllers.texts import Texts
from citycloud.engine.bucket import Bucket
from citycloud.engine.clock import Clock
from citycloud.engine.outcome import Result
from citycloud.engine.queue import Key, WorkQueue
from citycloud.engine.timekeeper import Timekeeper
from citycloud.engine.world import World
from citycloud.kube.client import Client
from citycloud.telemetry import events
from citycloud.telemetry.deadlines import Deadlines
from citycloud.telemetry.drift import DriftLog
from citycloud.telemetry.metrics import Metrics
from citycloud.telemetry.server import Health

BEAT_SECONDS: Final = 1.0


class Reporting:
    """Everything that is told, in one place."""

    def __init__(self, *, metrics: Metrics, client: Client, queue: WorkQueue, clock: Clock, identity: str, texts: Texts) -> None:
        self.health = Health()
        self.events = events.EventRecorder(
            client=client,
            bucket=Bucket(rate=events.PER_SECOND, burst=events.BURST, clock=clock),
            busy=lambda: queue.depth > 0,
            identity=identity,
            now=clock.now,
            on_event=metrics.event,
        )
        self.drift = DriftLog(clock=clock, metrics=metrics)
        self.deadlines = Deadlines(count=metrics.deadline)
        self._metrics = metrics
        self._queue = queue
        self._clock = clock
        self._texts = texts

    def restore(self, *, world: World, since: datetime.datetime | None) -> None:
        """Take over what an earlier leader, who worked until `since`, left to be counted."""
        for key, item in world.contents(Environment):
            self.deadlines.restore(key=key, status=item.get("status", {}), since=since)

    def wrote(self, key: Key, model: Kind, status: Mapping[str, Any]) -> None:
        """Take a status that was written over what `model` says."""
        if isinstance(model, Environment):
            self.deadlines.look(key=key, status=status, was_ready=model.status.first_ready_at is not None)
        self._decided(model=model, status=status)
        self.events.tell(key=key, model=model, news=announcements(model=model, status=status, texts=self._texts))

    def _decided(self, *, model: Kind, status: Mapping[str, Any]) -> None:
        """Observe how long a request has waited, where a human's decision has just ended that."""
        pending = getattr(getattr(model, "status", None), "pending", None)
        reasons = {each["reason"] for each in status.get("conditions", ())}
        if pending is not None and "pending" not in status and reasons & {"ApprovedByDecision", "RefusedByDecision", "ExceptionActive"}:
            seconds = (self._clock.now() - pending.since).total_seconds()
            self._metrics.decision(type_=TYPES[model.definition.kind], seconds=seconds)

    def ran(self, key: Key, result: Result, seconds: float) -> None:
        """Take the end of a reconcile."""
        self._metrics.run(key, result, seconds)
        self.drift.ran(owner=key, result=result)

    async def beat(self, *, timekeeper: Timekeeper, leads: Callable[[], bool]) -> None:
        """Write down once a second what is otherwise known only from inside; runs until cancelled."""
        metrics = self._metrics
        while True:
            self.health.beat()
            metrics.queue_depth.set(self._queue.depth)
            metrics.queue_oldest.set(self._queue.oldest_seconds())
            metrics.events_waiting.set(self.events.waiting)
            metrics.clock_jumped.set(timekeeper.jump is not None)
            if leads():
                self.deadlines.check(self._clock.now())
            await asyncio.sleep(BEAT_SECONDS)


TYPES: Final[Mapping[str, str]] = {"Environment": "environment", "PolicyException": "exception", "OrgChange": "org_change"}
"""How metrics call what is asked for."""
