"""Bring one environment to its approved spec, or say why not.

What is enforced is the last spec that was let through. A spec that cannot be granted changes nothing that runs; a part of the city that
went missing changes nothing either: what was provisioned stays, and the condition says what is missing.
"""

import dataclasses
import datetime
from typing import Final

from citycloud.api import Environment
from citycloud.controllers.acceptance import Grant, dossier_refusal, grant, spec_digest
from citycloud.controllers.allocation import Allocations
from citycloud.controllers.calendar import end_of
from citycloud.controllers.environment_status import environment_status
from citycloud.controllers.failure import outcome_of_failure
from citycloud.controllers.refusal import Refusal
from citycloud.controllers.resolve import Resolved, resolve
from citycloud.controllers.texts import Texts
from citycloud.controllers.verdict import Verdict
from citycloud.engine.applier import Applied, Applier, NotOurs, Step
from citycloud.engine.clock import Clock
from citycloud.engine.observed import Observed
from citycloud.engine.outcome import Outcome
from citycloud.engine.queue import Key, WorkQueue
from citycloud.engine.status import StatusWriter
from citycloud.engine.world import World
from citycloud.plan.environment import plan_environment
from citycloud.plan.names import organisation_of
from citycloud.plan.subject import Subject
from citycloud.telemetry.metrics import Metrics

TALLY_SECONDS: Final = 1.0
"""How long an organisation's total may lag behind: one status write for a burst of environments."""


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

    async def reconcile(self, key: Key) -> Outcome:
        """Reconcile one environment."""
        environment = self.world.environment(key)
        if environment is None:
            return self._gone(key)
        self.metrics.orphans(key=key, count=0)
        now = self.clock.now()
        verdict = self._judge(key=key, environment=environment, now=now)
        applied = Applied(completed=frozenset())
        if verdict.enforced is not None:
            applied = await self._apply(key=key, environment=environment, verdict=verdict, resolved=verdict.enforced, now=now)
        status = environment_status(environment=environment, verdict=verdict, applied=applied, now=now, texts=self.texts)
        await self.statuses.write(key=key, model=environment, status=status)
        if environment.status.first_ready_at is None and "firstReadyAt" in status:
            self.metrics.first_ready(stage=environment.spec.stage, seconds=_age(environment=environment, now=self.clock.now()))
        return self._outcome(verdict=verdict, applied=applied, now=now)

    def _judge(self, *, key: Key, environment: Environment, now: datetime.datetime) -> Verdict:
        """Decide what is enforced; from the check of the budget to the hold there is no await, so no two can take one place."""
        digest = spec_digest(environment.spec)
        approved = environment.status.approved
        try:
            resolved = resolve(environment=environment, spec=environment.spec, world=self.world, now=now)
            if approved is not None and approved.digest == digest:
                granted = Grant(by=approved.by, approval=approved.approval)
            else:
                granted = grant(environment=environment, resolved=resolved, digest=digest, world=self.world, texts=self.texts, now=now)
            self._hold(key=key, resolved=resolved)
            return Verdict(digest=digest, enforced=resolved, granted=granted, problem=dossier_refusal(resolved=resolved))
        except Refusal as refusal:
            return Verdict(
                digest=digest, enforced=self._still(key=key, environment=environment, digest=digest, now=now), granted=None, problem=refusal
            )

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

    async def _apply(self, *, key: Key, environment: Environment, verdict: Verdict, resolved: Resolved, now: datetime.datetime) -> Applied:
        held = self.allocations.holds(key) or resolved.demand
        approved = environment.status.approved
        digest = verdict.digest if verdict.granted or approved is None else approved.digest
        subject = build_subject(environment=environment, resolved=resolved, digest=digest, holds=resolved.demand.show(), now=now)
        steps = [Step(name=name, manifests=tuple(manifests)) for name, manifests in plan_environment(subject=subject).items()]
        applied = await self.applier.converge(owner=key, steps=steps)
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
        again_after = _next_deadline(resolved=verdict.enforced, now=now) if verdict.enforced else None
        return Outcome.waiting(again_after=again_after) if verdict.problem else Outcome.settled(again_after=again_after)


def build_subject(*, environment: Environment, resolved: Resolved, digest: str, holds: str, now: datetime.datetime) -> Subject:
    """Put together what the builders need; a member whose last day is over is no member."""
    city, organisation = resolved.city.spec, resolved.organisation
    members = tuple(
        member for member in resolved.spec.members if member.until is None or end_of(day=member.until, time_zone=city.time_zone) > now
    )
    return Subject(
        organisation=organisation.metadata.name,
        environment=environment.metadata.name,
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
        hosts=resolved.hosts,
        groups=organisation.spec.groups,
        members=members,
        approved_digest=digest,
        owner=organisation.spec.contacts.owner,
    )


def _next_deadline(*, resolved: Resolved, now: datetime.datetime) -> float | None:
    """Return the seconds until a date changes what should be: a member's last day, a dossier's review."""
    days = [member.until for member in resolved.spec.members if member.until is not None]
    dossier = resolved.system.spec.dossier
    if dossier is not None and dossier.review_due is not None:
        days.append(dossier.review_due)
    moments = [end_of(day=day, time_zone=resolved.city.spec.time_zone) for day in days]
    return min(((moment - now).total_seconds() for moment in moments if moment > now), default=None)


def _age(*, environment: Environment, now: datetime.datetime) -> float:
    created = environment.metadata.creation_timestamp
    return (now - created).total_seconds() if created else 0.0
