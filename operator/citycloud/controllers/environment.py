"""Bring one environment to its approved spec, or say why not.

What is enforced is the last spec that was let through. A spec that cannot be granted changes nothing that runs; a part of the city that
went missing changes nothing either: what was provisioned stays, and the condition says what is missing.
"""

import dataclasses
import datetime
from collections.abc import Iterable
from typing import Any, Final

from citycloud.api import Environment, PolicyException
from citycloud.controllers.acceptance import Grant, dossier_refusal, grant, spec_digest
from citycloud.controllers.allocation import Allocations
from citycloud.controllers.calendar import end_of, iso_day
from citycloud.controllers.environment_status import environment_status, purged_status
from citycloud.controllers.exceptions import in_force
from citycloud.controllers.failure import outcome_of_failure
from citycloud.controllers.handover import Handover
from citycloud.controllers.life import PAUSED, Granted, Life, life_as_known, life_of
from citycloud.controllers.purge import Purger, is_over
from citycloud.controllers.refusal import Refusal
from citycloud.controllers.resolve import Resolved, prefix_of, resolve
from citycloud.controllers.site_uses import SiteUses
from citycloud.controllers.texts import Texts
from citycloud.controllers.verdict import Verdict
from citycloud.engine.applier import Applied, Applier, NotOurs, steps_of
from citycloud.engine.clock import Clock
from citycloud.engine.doorkeeper import Doorkeeper
from citycloud.engine.observed import ChildKey, Observed
from citycloud.engine.optional import OptionalKind
from citycloud.engine.outcome import Outcome
from citycloud.engine.queue import Key, WorkQueue
from citycloud.engine.status import StatusWriter
from citycloud.engine.timekeeper import CONFIRMED, Timekeeper
from citycloud.engine.workloads import Workloads
from citycloud.engine.world import World
from citycloud.kube import errors
from citycloud.kube.resources import NAMESPACE
from citycloud.plan.environment import NEEDS, plan_environment
from citycloud.plan.names import organisation_of
from citycloud.plan.subject import Subject
from citycloud.telemetry.metrics import Metrics

TALLY_SECONDS: Final = 1.0
"""How long an organisation's total may lag behind: one status write for a burst of environments."""
PURGE_RECHECK_SECONDS: Final = 60.0
"""The end of a namespace is told by the watch; this is for a finalizer that was in the way."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class EnvironmentController:
    """Reconciles environments."""

    world: World
    observed: Observed
    allocations: Allocations
    applier: Applier
    statuses: StatusWriter
    queue: WorkQueue
    clock: Clock
    texts: Texts
    metrics: Metrics
    doorkeeper: Doorkeeper
    workloads: Workloads
    purger: Purger
    timekeeper: Timekeeper
    handover: Handover
    monitors: OptionalKind
    site_uses: SiteUses

    async def reconcile(self, key: Key) -> Outcome:
        """Reconcile one environment; one that moves with its organisation is nobody's to judge until it has arrived."""
        environment = self.world.environment(key)
        if environment is None:
            return self._gone(key)
        moving = await self.handover.give(key=key, environment=environment)
        if moving is not None:
            return moving
        outcome = await self._settle(key=key, environment=environment)
        await self.handover.take(key=key, environment=environment)
        return outcome

    async def _settle(self, *, key: Key, environment: Environment) -> Outcome:
        self.metrics.orphans(key=key, count=0)
        now = self.clock.now()
        if is_over(environment, has_children=bool(self.observed.children(key))):
            return await self._end(key=key, environment=environment, now=now)
        verdict = self._judge(key=key, environment=environment, now=now)
        if verdict.life.mode == "Purging":
            return await self._purge(key=key, environment=environment, verdict=verdict, now=now)
        applied = await self._bring_about(key=key, environment=environment, verdict=verdict, now=now)
        status = self._status(environment=environment, verdict=verdict, applied=applied, now=now)
        await self.statuses.write(key=key, model=environment, status=status)
        self.site_uses.note(key=key, sites=verdict.sites(environment))
        if environment.status.first_ready_at is None and "firstReadyAt" in status:
            self.metrics.first_ready(stage=environment.spec.stage, seconds=_age(environment=environment, now=self.clock.now()))
        return self._outcome(verdict=verdict, applied=applied, now=now)

    def _judge(self, *, key: Key, environment: Environment, now: datetime.datetime) -> Verdict:
        """Decide what is enforced; from the check of the budget to the hold there is no await, so no two can take one place."""
        digest = spec_digest(environment.spec)
        approved = environment.status.approved
        try:
            self.handover.refuse_taken_name(key=key, environment=environment)
            resolved = resolve(environment=environment, spec=environment.spec, world=self.world, now=now)
            if approved is not None and approved.digest == digest:
                granted = Grant(by=approved.by, approval=approved.approval)
            else:
                granted = grant(environment=environment, resolved=resolved, digest=digest, world=self.world, texts=self.texts, now=now)
            self._hold(key=key, resolved=resolved)
            verdict = Verdict(digest=digest, enforced=resolved, granted=granted, problem=dossier_refusal(resolved=resolved))
        except Refusal as refusal:
            still = self._still(key=key, environment=environment, digest=digest, now=now)
            verdict = Verdict(digest=digest, enforced=still, granted=None, problem=refusal)
        exceptions = in_force(environment=environment, world=self.world, now=now)
        return dataclasses.replace(verdict, exceptions=exceptions, life=self._life(environment=environment, verdict=verdict, now=now))

    def _life(self, *, environment: Environment, verdict: Verdict, now: datetime.datetime) -> Life:
        city, approved = self.world.city(), environment.status.approved
        if city is None:
            return life_as_known(environment)
        granted = Granted(spec=approved.spec, since=approved.at) if approved is not None else None
        if verdict.granted is not None and (approved is None or approved.digest != verdict.digest):
            granted = Granted(spec=environment.spec, since=now)
        trusted = self.timekeeper.trusted(
            confirmed=city.metadata.annotations.get(CONFIRMED), day=iso_day(now=now, time_zone=city.spec.time_zone)
        )
        return life_of(environment=environment, granted=granted, lifecycle=city.spec.lifecycle, now=now, trusted=trusted)

    def _still(self, *, key: Key, environment: Environment, digest: str, now: datetime.datetime) -> Resolved | None:
        """Resolve the spec that stays enforced beside one that was not granted; None where there is none or a part of it is missing."""
        approved = environment.status.approved
        if approved is None or approved.digest == digest:
            return None
        try:
            resolved = resolve(environment=environment, spec=approved.spec, world=self.world, now=now)
            self._hold(key=key, resolved=resolved)
        except Refusal:
            return None
        return resolved

    def _hold(self, *, key: Key, resolved: Resolved) -> None:
        taken = self.allocations.host_holder(key=key, hosts=resolved.hosts)
        if taken is not None:
            self.allocations.wait(key)
            raise Refusal("HostTaken", host=taken[0], holder=taken[1].name)
        organisation = resolved.organisation
        shortage = self.allocations.try_hold(key=key, demand=resolved.demand, budget=organisation.spec.budget)
        if shortage is not None:
            self.allocations.wait(key)
            raise Refusal(
                "OverBudget",
                organisation=organisation.metadata.name,
                wanted=shortage.wanted,
                left=shortage.left,
                resource=shortage.resource,
            )
        if self.allocations.claim_hosts(key=key, hosts=resolved.hosts):
            self._wake_waiting(key)

    async def _bring_about(self, *, key: Key, environment: Environment, verdict: Verdict, now: datetime.datetime) -> Applied:
        """Apply what is enforced, and let workloads rest or run; where nothing can be resolved whoever has to leave still leaves."""
        life = verdict.life
        if verdict.enforced is None:
            return await self.doorkeeper.close(owner=key) if life.closed or verdict.is_ownerless else Applied(completed=frozenset())
        applied = await self._apply(key=key, environment=environment, verdict=verdict, resolved=verdict.enforced, now=now)
        if applied.error is not None or not (life.paused or environment.status.phase in PAUSED):
            return applied
        for namespace in sorted(child.name for child in self.observed.children(key) if child.kind == NAMESPACE.kind):
            try:
                await (self.workloads.pause if life.paused else self.workloads.resume)(namespace=namespace)
            except errors.ApiError as error:
                return dataclasses.replace(applied, error=error, failed=ChildKey("workloads", namespace, "*"))
        return applied

    def _status(self, *, environment: Environment, verdict: Verdict, applied: Applied, now: datetime.datetime) -> dict[str, Any]:
        monitored = self.monitors.served
        return environment_status(environment=environment, verdict=verdict, applied=applied, now=now, texts=self.texts, monitored=monitored)

    async def _purge(self, *, key: Key, environment: Environment, verdict: Verdict, now: datetime.datetime) -> Outcome:
        over, applied = await self.purger.purge(key)
        if over:
            return await self._end(key=key, environment=environment, now=now)
        status = self._status(environment=environment, verdict=verdict, applied=applied, now=now)
        await self.statuses.write(key=key, model=environment, status=status)
        return outcome_of_failure(applied) or Outcome.waiting(again_after=PURGE_RECHECK_SECONDS)

    async def _end(self, *, key: Key, environment: Environment, now: datetime.datetime) -> Outcome:
        """Give everything back; what was enforced is no more, so that the same name asked for again is a new request."""
        status = purged_status(environment=environment, now=now, texts=self.texts)
        await self.statuses.write(key=key, model=environment, status=status)
        self.site_uses.note(key=key, sites=frozenset())
        if self.allocations.release(key):
            self._tally(key)
            self._wake_waiting(key)
        return Outcome.settled()

    async def _apply(self, *, key: Key, environment: Environment, verdict: Verdict, resolved: Resolved, now: datetime.datetime) -> Applied:
        held = self.allocations.holds(key) or resolved.demand
        approved = environment.status.approved
        digest = verdict.digest if verdict.granted or approved is None else approved.digest
        holds, exceptions = resolved.demand.show(), verdict.exceptions
        subject = build_subject(environment=environment, resolved=resolved, digest=digest, holds=holds, exceptions=exceptions, now=now)
        life, monitored = verdict.life, self.monitors.served
        subject = dataclasses.replace(subject, paused=life.paused, closed=life.closed, monitored=monitored)
        steps = steps_of(manifests=plan_environment(subject=subject), needs=NEEDS)
        applied = await self.doorkeeper.converge(owner=key, steps=steps)
        if applied.error is None:
            self.allocations.settle(key=key, demand=resolved.demand)
            if held != resolved.demand:
                self._wake_waiting(key)
        elif isinstance(applied.error, NotOurs) and not self.observed.children(key):
            self.allocations.release(key)
            self._wake_waiting(key)
        if applied.writes or held != resolved.demand or approved is None:
            self._tally(key)
        return applied

    def _gone(self, key: Key) -> Outcome:
        """Report what an environment left behind that vanished another way than by being purged; nothing of it is deleted."""
        self.site_uses.note(key=key, sites=frozenset())
        orphans = sorted(child.name for child in self.observed.children(key) if child.kind == "Namespace")
        self.metrics.orphans(key=key, count=len(orphans))
        if not orphans and self.allocations.release(key):
            self._tally(key)
            self._wake_waiting(key)
        return Outcome.settled()

    def _wake_waiting(self, key: Key) -> None:
        """Wake those of the same home who wait for what was given back, who asked first, first."""
        waiting = self.allocations.take_waiting(key.namespace)
        found = [environment for environment in map(self.world.environment, waiting) if environment is not None]
        for environment in sorted(found, key=lambda each: (str(each.metadata.creation_timestamp), each.metadata.name)):
            self.queue.put(Key("Environment", key.namespace, environment.metadata.name))

    def _tally(self, key: Key) -> None:
        organisation = organisation_of(key.namespace)
        if organisation is not None:
            self.queue.put_later(Key("Organisation", "", organisation), seconds=TALLY_SECONDS)

    def _outcome(self, *, verdict: Verdict, applied: Applied, now: datetime.datetime) -> Outcome:
        failure = outcome_of_failure(applied)
        if failure is not None:
            return failure
        again_after = verdict.seconds_left(now=now)
        return Outcome.waiting(again_after=again_after) if verdict.problem else Outcome.settled(again_after=again_after)


def build_subject(
    *,
    environment: Environment,
    resolved: Resolved,
    digest: str,
    holds: str,
    now: datetime.datetime,
    exceptions: Iterable[PolicyException] = (),
) -> Subject:
    """Put together what the builders need; a member whose last day is over is no member."""
    city, organisation = resolved.city.spec, resolved.organisation
    members = tuple(
        member for member in resolved.spec.members if member.until is None or end_of(day=member.until, time_zone=city.time_zone) > now
    )
    return Subject(
        organisation=organisation.metadata.name,
        environment=environment.metadata.name,
        namespace_prefix=prefix_of(environment),
        system=resolved.spec.system,
        stage=resolved.spec.stage,
        level=resolved.level,
        profile_name=resolved.profile.metadata.name,
        profile=resolved.profile.spec,
        size_name=resolved.size.metadata.name,
        size=resolved.size.spec,
        holds=holds,
        zones=resolved.zones,
        location=resolved.location,
        platform=city.platform,
        registries=city.registries,
        storage_classes=city.storage_classes,
        priority_classes=tuple(each.name for each in city.priority_classes if resolved.spec.stage in each.stages),
        hosts=resolved.hosts,
        groups=organisation.spec.groups,
        members=members,
        openings=resolved.openings.found,
        approved_digest=digest,
        owner=organisation.spec.contacts.owner,
        excepted=frozenset(exception.spec.policy for exception in exceptions),
    )


def _age(*, environment: Environment, now: datetime.datetime) -> float:
    created = environment.metadata.creation_timestamp
    return (now - created).total_seconds() if created else 0.0
