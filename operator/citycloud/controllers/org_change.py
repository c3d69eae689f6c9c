"""A re-organisation: reported first, decided by somebody else, then carried out write by write.

What is to be done is planned anew from the objects each time, so nothing is remembered but that it has begun, and the report in the status
is no more than a report. Environments move in their own turn (`handover`); here is what concerns organisations and systems.
"""

import dataclasses
import datetime
from typing import Final

from citycloud.api import City, InformationSystem, OrgChange
from citycloud.api.common import API_VERSION
from citycloud.api.org_change import OrgChangeSpec
from citycloud.controllers.allocation import Allocations
from citycloud.controllers.calendar import UnknownTimeZone, end_of, iso_day
from citycloud.controllers.decidable import deciding, spec_content
from citycloud.controllers.handover import copied
from citycloud.controllers.org_facts import facts_of
from citycloud.controllers.org_report import Stand, report
from citycloud.controllers.texts import Texts
from citycloud.engine.bucket import Bucket
from citycloud.engine.clock import Clock
from citycloud.engine.outcome import Outcome
from citycloud.engine.queue import Key, WorkQueue
from citycloud.engine.status import StatusWriter
from citycloud.engine.timekeeper import CONFIRMED, Timekeeper
from citycloud.engine.world import World
from citycloud.kube import errors
from citycloud.kube.client import Client
from citycloud.kube.resources import CUSTOM
from citycloud.ledger.chain import digest_of
from citycloud.plan.names import home_namespace
from citycloud.reorganisation.plan import last_day, make_plan, ready_to_remove
from citycloud.reorganisation.steps import Plan, Step

ORGANISATION: Final = CUSTOM["Organisation"]
SYSTEM: Final = CUSTOM["InformationSystem"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class OrgChangeController:
    """Reconciles re-organisations."""

    world: World
    allocations: Allocations
    client: Client
    bucket: Bucket
    statuses: StatusWriter
    queue: WorkQueue
    clock: Clock
    texts: Texts
    timekeeper: Timekeeper
    namespace: str

    async def reconcile(self, key: Key) -> Outcome:
        """Report one re-organisation, and take the steps that can be taken once it is decided and its day has come."""
        change = self.world.get(OrgChange, name=key.name)
        if change is None or change.status.phase == "Done":
            return Outcome.settled()
        plan = make_plan(
            spec=change.spec,
            facts=facts_of(change=change, world=self.world, allocations=self.allocations),
            running=change.status.phase == "Running",
        )
        now = self.clock.now()
        stand = self._stand(change=change, plan=plan, now=now)
        await self.statuses.write(key=key, model=change, status=report(change=change, plan=plan, stand=stand, now=now, texts=self.texts))
        if stand.phase == "Running":
            await self._carry_out(change=change, plan=plan)
        if stand.phase == "Done":
            self._wake_others()
            return Outcome.settled()
        return Outcome.waiting(again_after=stand.again_after)

    def _wake_others(self) -> None:
        """Wake every other change that is not over: it may have waited for this one's organisations."""
        for other in self.world.all(OrgChange):
            if other.status.phase != "Done":
                self.queue.put(Key("OrgChange", "", other.metadata.name))

    def _stand(self, *, change: OrgChange, plan: Plan, now: datetime.datetime) -> Stand:
        """Decide where it stands; once begun it goes on to its end."""
        begun = change.status.phase == "Running"
        if not begun and (change.spec.dry_run or plan.blocked):
            return Stand(phase="Reported", reason="OrgChangeBlocked" if plan.blocked else "OrgChangeReported")
        digest = digest_of(spec_content(change.spec))
        target = Key("OrgChange", "", change.metadata.name)
        decided = deciding(target=target, uid=change.metadata.uid, digest=digest, world=self.world)
        name = decided.metadata.name if decided is not None else change.status.approval
        if begun or (decided is not None and decided.spec.decision == "approve"):
            return self._under_way(change=change, plan=plan, approval=name, now=now)
        if decided is not None:
            return Stand(phase="Failed", reason="RefusedByDecision", parameters={"reason": decided.spec.reason, "approval": name})
        city = self.world.city()
        groups = city.spec.access.approvers if city is not None else ()
        parameters = {"groups": ", ".join(groups) or "–", "digest": digest, "namespace": self.namespace}
        return Stand(phase="AwaitingApproval", reason="OrgChangeAwaitingApproval", parameters=parameters, digest=digest, waiting_for=groups)

    def _under_way(self, *, change: OrgChange, plan: Plan, approval: str | None, now: datetime.datetime) -> Stand:
        if change.status.phase != "Running":
            waits = self._waits(change=change, approval=approval, now=now)
            if waits is not None:
                return waits
        if plan.is_done:
            return Stand(phase="Done", reason="OrgChangeDone", approval=approval)
        return Stand(phase="Running", reason="OrgChangeStuck" if plan.blocked else "OrgChangeRunning", approval=approval)

    def _waits(self, *, change: OrgChange, approval: str | None, now: datetime.datetime) -> Stand | None:
        """Say why what is decided does not begin yet; None where its day has come."""
        city = self.world.city()
        if city is None:
            return Stand(phase="Scheduled", reason="CityMissing", approval=approval)
        begins = _begins(spec=change.spec, city=city)
        if begins > now:
            parameters = {"date": change.spec.effective_date}
            seconds = (begins - now).total_seconds()
            return Stand(phase="Scheduled", reason="OrgChangeScheduled", parameters=parameters, approval=approval, again_after=seconds)
        return None if self._can_be_trusted(city=city, now=now) else Stand(phase="Scheduled", reason="ClockJumped", approval=approval)

    def _can_be_trusted(self, *, city: City, now: datetime.datetime) -> bool:
        """Look at the clock: one that jumped brings no day about."""
        day = iso_day(now=now, time_zone=city.spec.time_zone)
        return self.timekeeper.trusted(confirmed=city.metadata.annotations.get(CONFIRMED), day=day)

    async def _carry_out(self, *, change: OrgChange, plan: Plan) -> None:
        """Take every step that can be taken now; what each of them changes brings this change back here."""
        for step in plan.left:
            if step.what == "CloseOrganisation":
                await self._close(name=step.origin.organisation, spec=change.spec)
            elif step.what == "CopySystem":
                await self._copy(step)
            elif step.what == "MoveEnvironment":
                self.queue.put(Key("Environment", home_namespace(step.origin.organisation), step.origin.name))
            elif step.what == "RemoveSystem" and ready_to_remove(plan=plan, step=step):
                await self._remove(step)

    async def _close(self, *, name: str, spec: OrgChangeSpec) -> None:
        """Write the last day and the successors; a last day that was known before stays."""
        organisation = self.world.organisation(name)
        if organisation is None:
            return
        wanted = {
            "validTo": (organisation.spec.valid_to or last_day(spec)).isoformat(),
            "successors": sorted({*organisation.spec.successors, *spec.to}),
        }
        metadata = {"name": name, "uid": organisation.metadata.uid}
        await self.bucket.take()
        await self.client.apply(
            resource=ORGANISATION,
            manifest={"apiVersion": API_VERSION, "kind": "Organisation", "metadata": metadata, "spec": wanted},
        )

    async def _copy(self, step: Step) -> None:
        system = self.world.system(namespace=home_namespace(step.origin.organisation), name=step.origin.name)
        if system is None or step.target is None:
            return
        await self.bucket.take()
        try:
            body = await self.client.create(
                resource=SYSTEM, manifest=copied(original=system, home=home_namespace(step.target.organisation))
            )
        except errors.Conflict:
            return  # it is there already: the watch tells whose it is
        self.world.put(kind=InformationSystem, body=body)

    async def _remove(self, step: Step) -> None:
        namespace = home_namespace(step.origin.organisation)
        system = self.world.system(namespace=namespace, name=step.origin.name)
        if system is None:
            return
        await self.bucket.take()
        try:
            await self.client.delete(resource=SYSTEM, namespace=namespace, name=step.origin.name, uid=system.metadata.uid)
        except (errors.NotFound, errors.Conflict):
            return  # it is gone already: the watch tells


def _begins(*, spec: OrgChangeSpec, city: City) -> datetime.datetime:
    """Return the first moment of the new order in the city; where its time zone is unknown, in UTC."""
    try:
        return end_of(day=last_day(spec), time_zone=city.spec.time_zone)
    except UnknownTimeZone:
        return end_of(day=last_day(spec), time_zone="UTC")
