"""Whether a decision counts: it names what it decides, exactly as it was looked at, and production by its number."""

import dataclasses
from typing import Any

from citycloud.api import Approval, Environment
from citycloud.controllers.acceptance import lacks_number, spec_digest
from citycloud.controllers.texts import Texts
from citycloud.engine.outcome import Outcome
from citycloud.engine.queue import Key
from citycloud.engine.status import StatusWriter
from citycloud.engine.world import World


@dataclasses.dataclass(frozen=True, kw_only=True)
class ApprovalController:
    """Reconciles approvals: nothing but their status. Once valid, always valid; the decision was made."""

    world: World
    statuses: StatusWriter
    texts: Texts

    async def reconcile(self, key: Key) -> Outcome:
        """Judge one decision."""
        approval = self.world.get(Approval, namespace=key.namespace, name=key.name)
        if approval is None or approval.status.valid:
            return Outcome.settled()
        await self.statuses.write(key=key, model=approval, status=self._status(approval))
        return Outcome.settled()

    def _status(self, approval: Approval) -> dict[str, Any]:
        target = approval.spec.target
        environment = self.world.get(Environment, namespace=approval.metadata.namespace, name=target.name)
        if target.kind != "Environment" or environment is None:
            return {"valid": False, "reason": self.texts.say("ApprovalTargetMissing", kind=target.kind, name=target.name)}
        approved = environment.status.approved
        known = {spec_digest(environment.spec)} | ({approved.digest} if approved else set())
        if approval.spec.digest not in known:
            return {"valid": False, "reason": self.texts.say("ApprovalStale")}
        if lacks_number(approval=approval, stage=environment.spec.stage):
            return {"valid": False, "reason": self.texts.say("ApprovalNeedsNumber")}
        return {"valid": True, "reason": self.texts.say("ApprovalValid")}
