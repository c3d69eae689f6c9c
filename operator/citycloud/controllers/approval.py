"""Judges decisions, each once and for good, and keeps those that count.

The order of writes is the promise: first the ledger, then the Approval's status, and only what stands in both grants anything. A crash in
between is mended by finding the entry by the Approval's uid. One ledger is written by one task at a time.
"""

import asyncio
import collections
import dataclasses
import datetime
from typing import Any, Final

from citycloud.api import Approval
from citycloud.api.common import DECIDED_BY
from citycloud.api.ledger_entry import LedgerApproval, LedgerSubject
from citycloud.controllers.decidable import Decidable, counting_decisions, decisions_on, find_decidable, ledger_of, target_key
from citycloud.controllers.judgement import judge, judging_order
from citycloud.controllers.ledger_writer import LedgerWriter
from citycloud.controllers.texts import Texts
from citycloud.controllers.triggers import RECONCILED
from citycloud.engine.clock import Clock
from citycloud.engine.outcome import Outcome
from citycloud.engine.queue import Key, WorkQueue
from citycloud.engine.status import StatusWriter
from citycloud.engine.world import World
from citycloud.ledger.chain import Decision

OPPOSITION_SECONDS: Final = 1.5
"""How old a decision is before it is judged: times are kept in whole seconds, and of two opposite ones in one second the refusal counts."""

LOOK_AGAIN_SECONDS: Final = 1.0
"""When to look again at what was changed a moment ago: our own status writes wake nobody."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class ApprovalController:
    """Reconciles approvals: nothing but their status and the ledger. Once judged, never judged again."""

    world: World
    statuses: StatusWriter
    ledger: LedgerWriter
    queue: WorkQueue
    clock: Clock
    texts: Texts
    namespace: str
    locks: dict[str | None, asyncio.Lock] = dataclasses.field(default_factory=lambda: collections.defaultdict(asyncio.Lock))

    async def reconcile(self, key: Key) -> Outcome:
        """Judge one decision, after those on the same object that come before it, and wake what it grants or refuses."""
        async with self.locks[self._ledger_of(key)]:
            approval = self.world.get(Approval, namespace=key.namespace, name=key.name)
            if approval is None:
                return Outcome.settled()
            seconds = await self._judge_up_to(approval) if approval.status.valid is None else 0.0
        if seconds > 0:
            return Outcome.waiting(again_after=seconds)
        target = target_key(approval)
        if target.kind in RECONCILED:
            self.queue.put(target)
        return Outcome.settled()

    def _ledger_of(self, key: Key) -> str | None:
        approval = self.world.get(Approval, namespace=key.namespace, name=key.name)
        return ledger_of(approval) if approval is not None else None

    async def _judge_up_to(self, last: Approval) -> float:
        """Judge what was not judged yet up to `last`; return in how many seconds to look again where that is not possible now."""
        open_decisions = (each for each in decisions_on(target=target_key(last), world=self.world) if each.status.valid is None)
        for approval in sorted(open_decisions, key=judging_order):
            if judging_order(approval) > judging_order(last):
                break
            seconds = await self._judge(approval)
            if seconds > 0:
                return seconds
        return 0.0

    async def _judge(self, approval: Approval) -> float:
        """Judge one decision and keep it where it counts; one that stands in the ledger counted, whatever has changed since."""
        organisation = ledger_of(approval)
        entry = self.ledger.entry_of(organisation=organisation, approval_uid=approval.metadata.uid) if organisation else None
        if entry is None:
            target = find_decidable(approval=approval, world=self.world, city_namespace=self.namespace)
            now = self.clock.now()
            seconds = max(_too_young(approval=approval, now=now), LOOK_AGAIN_SECONDS if target is not None and not target.is_seen else 0.0)
            if seconds > 0:
                return seconds
            judgement = judge(approval=approval, target=target, earlier=self._earlier(approval=approval, target=target))
            if target is None or not judgement.valid:
                await self._write(
                    approval=approval, status={"valid": False, "reason": self.texts.say(judgement.key, **judgement.parameters)}
                )
                return 0.0
            entry = await self.ledger.append(_decision(approval=approval, target=target, now=now))
        place = {"index": entry.index, "previous": entry.previous, "hash": entry.hash}
        await self._write(approval=approval, status={"valid": True, "reason": self.texts.say("ApprovalValid"), "ledger": place})
        return 0.0

    async def _write(self, *, approval: Approval, status: dict[str, Any]) -> None:
        key = Key("Approval", approval.metadata.namespace, approval.metadata.name)
        await self.statuses.write(key=key, model=approval, status=status)

    def _earlier(self, *, approval: Approval, target: Decidable | None) -> tuple[Approval, ...]:
        if target is None:
            return ()
        key, digest = target_key(approval), approval.spec.digest
        return tuple(counting_decisions(target=key, uid=target.uid, digest=digest, world=self.world))


def _too_young(*, approval: Approval, now: datetime.datetime) -> float:
    """Return how many seconds are left to wait for opposite decisions; clocks that differ cost no more than that."""
    age = (now - (approval.metadata.creation_timestamp or now)).total_seconds()
    return OPPOSITION_SECONDS - age if 0 <= age < OPPOSITION_SECONDS else 0.0


def _decision(*, approval: Approval, target: Decidable, now: datetime.datetime) -> Decision:
    metadata, spec = approval.metadata, approval.spec
    return Decision(
        organisation=target.organisation,
        subject=LedgerSubject(kind=spec.target.kind, namespace=target.namespace, name=target.name, uid=target.uid),
        approval=LedgerApproval(namespace=metadata.namespace, name=metadata.name, uid=metadata.uid),
        decision=spec.decision,
        decided_by=metadata.annotations[DECIDED_BY],
        decided_at=metadata.creation_timestamp or now,
        requested_by=target.requested_by,
        reason=spec.reason,
        decision_no=spec.decision_no,
        content=target.content,
    )
