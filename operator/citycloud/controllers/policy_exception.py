"""One exception from one policy: awaited, active, expired or refused.

The environment's own controller leaves the policy out of its namespaces' list, by the same judgement; here it is said where the exception
stands, and the environment is woken when that changes.
"""

import dataclasses
import datetime
from typing import Any, Final

from citycloud.api import PolicyException
from citycloud.controllers.conditions import state, timestamp
from citycloud.controllers.exceptions import NEEDS_DECISION, Standing, judge_exception, officers
from citycloud.controllers.texts import Texts
from citycloud.engine.clock import Clock
from citycloud.engine.outcome import Outcome
from citycloud.engine.queue import Key, WorkQueue
from citycloud.engine.status import StatusWriter
from citycloud.engine.world import World

ENDING: Final = frozenset({"Active", "AwaitingApproval"})
"""Phases that the calendar ends."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class PolicyExceptionController:
    """Reconciles exceptions: nothing but their status."""

    world: World
    statuses: StatusWriter
    queue: WorkQueue
    clock: Clock
    texts: Texts
    loosenable: frozenset[str]

    async def reconcile(self, key: Key) -> Outcome:
        """Say where one exception stands, and wake its environment where that is news."""
        exception = self.world.get(PolicyException, namespace=key.namespace, name=key.name)
        if exception is None:
            return Outcome.settled()
        now = self.clock.now()
        standing = judge_exception(exception=exception, loosenable=self.loosenable, world=self.world, now=now)
        status = self._status(exception=exception, standing=standing, now=now)
        if await self.statuses.write(key=key, model=exception, status=status):
            self.queue.put(Key("Environment", key.namespace, exception.spec.environment))
        again_after = (exception.spec.expires_at - now).total_seconds() if standing.phase in ENDING else None
        return (
            Outcome.waiting(again_after=again_after) if standing.phase == "AwaitingApproval" else Outcome.settled(again_after=again_after)
        )

    def _status(self, *, exception: PolicyException, standing: Standing, now: datetime.datetime) -> dict[str, Any]:
        generation, before = exception.metadata.generation, exception.status
        status: dict[str, Any] = {
            "observedGeneration": generation,
            "phase": standing.phase,
            "conditions": state(aspects=[standing.aspect], previous=before.conditions, generation=generation, now=now, texts=self.texts),
        }
        if standing.approval is not None:
            status["approval"] = standing.approval
        if standing.phase == "AwaitingApproval":
            known = before.pending is not None and before.pending.digest == standing.digest
            since = before.pending.since if known and before.pending is not None else now
            status["pending"] = {
                "digest": standing.digest,
                "since": timestamp(since),
                "reasons": [NEEDS_DECISION],
                "waitingFor": list(officers(self.world)),
            }
        return status
