"""How an environment stands, for people and for `kubectl wait`: phase, conditions, what is approved and what waits."""

import dataclasses
import datetime
from typing import Any, Final

from citycloud.api import Environment
from citycloud.api.environment import ApprovedSpec, EnvironmentSpec
from citycloud.controllers.conditions import Aspect, state, timestamp, with_ready
from citycloud.controllers.life import Life
from citycloud.controllers.refusal import Refusal
from citycloud.controllers.resolve import prefix_of
from citycloud.controllers.texts import Texts
from citycloud.controllers.verdict import Verdict
from citycloud.engine.applier import Applied, NotOurs
from citycloud.plan import environment as plan
from citycloud.plan.names import prefixed_namespace

STEPS_OF_CONDITION: Final = (
    ("NamespacesReady", {plan.NAMESPACES}),
    ("QuotaApplied", {plan.LIMITS, plan.WORKSPACE, plan.QUOTA}),
    ("NetworkIsolated", {plan.ISOLATION, plan.FLOWS}),
    ("MonitoringReady", {plan.MONITORING}),
    ("AccessGranted", {plan.ACCESS}),
)


def environment_status(
    *, environment: Environment, verdict: Verdict, applied: Applied, now: datetime.datetime, texts: Texts, monitored: bool
) -> dict[str, Any]:
    """Build the status as it is stored; nothing in it changes while nothing happens.

    `monitored` tells whether the cluster has the kinds of Prometheus' operator; without them nothing is missing, but somebody should know.
    """
    before = environment.status
    generation = environment.metadata.generation
    aspects = with_ready(
        _aspects(environment=environment, verdict=verdict, applied=applied, monitored=monitored), rests=_rest(verdict.life)
    )
    ready = aspects[-1].holds
    status: dict[str, Any] = {
        "observedGeneration": generation,
        "phase": _phase(environment=environment, verdict=verdict, applied=applied, ready=ready),
        "approved": _approved(environment=environment, verdict=verdict, applied=applied, now=now),
        "pending": _pending(environment=environment, verdict=verdict, now=now),
        "conditions": state(aspects=aspects, previous=before.conditions, generation=generation, now=now, texts=texts),
        "namespacePrefix": before.namespace_prefix,
    }
    first_ready = before.first_ready_at or (now if ready else None)
    if first_ready is not None:
        status["firstReadyAt"] = timestamp(first_ready)
    status |= _life_fields(verdict.life)
    status |= _resolved_fields(environment=environment, verdict=verdict, applied=applied)
    return {key: value for key, value in status.items() if value is not None}


def purged_status(*, environment: Environment, now: datetime.datetime, texts: Texts) -> dict[str, Any]:
    """Build the status of a name without a place; what was enforced stands in the ledger, not here."""
    before, generation = environment.status, environment.metadata.generation
    retired_at = before.retired_at or now
    aspects = [Aspect("Accepted", True, "Accepted"), Aspect("Ready", False, "Purged")]
    return {
        "observedGeneration": generation,
        "phase": "Purged",
        "retiredAt": timestamp(retired_at),
        "purgeAt": timestamp(before.purge_at or retired_at),
        "conditions": state(aspects=aspects, previous=before.conditions, generation=generation, now=now, texts=texts),
    }


def _life_fields(life: Life) -> dict[str, Any]:
    moments = {"expiresAt": life.expires_at, "retiredAt": life.retired_at, "purgeAt": life.purge_at}
    fields: dict[str, Any] = {name: timestamp(moment) for name, moment in moments.items() if moment is not None}
    return fields | ({"notices": list(life.notices)} if life.notices else {})


def _rest(life: Life) -> Aspect | None:
    """Say why an environment that is all in place is not Ready: it rests."""
    moments = {"expires": life.expires_at, "purge": life.purge_at}
    parameters = {name: timestamp(moment) if moment is not None else "–" for name, moment in moments.items()}
    return Aspect("Ready", False, life.mode, parameters) if life.paused else None


def _aspects(*, environment: Environment, verdict: Verdict, applied: Applied, monitored: bool) -> list[Aspect]:
    problem = verdict.problem
    waits = problem is not None and problem.phase != "Refused" and verdict.granted is None
    accepted = Aspect("Accepted", True, "ClockJumped" if verdict.life.held_up else "Accepted")
    aspects = [_failed("Accepted", problem) if problem and not waits else accepted]
    if verdict.granted is not None:
        aspects.append(_approved_aspect(verdict))
    elif waits and problem is not None:
        aspects.append(_failed("Approved", problem))
    else:
        aspects.append(Aspect("Approved", False, "NotYet"))
    error = _error_aspect(applied)
    known = {condition.type: condition.status for condition in environment.status.conditions}
    rest = _rest(verdict.life)
    for name, steps in STEPS_OF_CONDITION:
        if rest is not None and verdict.life.closed and name == "AccessGranted":
            aspects.append(dataclasses.replace(rest, type=name))
        elif verdict.is_ownerless and problem is not None and name == "AccessGranted":
            aspects.append(_failed(name, problem))
        elif steps <= applied.completed or (verdict.enforced is None and known.get(name) == "True"):
            aspects.append(Aspect(name, True, "MonitorsAbsent" if steps == {plan.MONITORING} and not monitored else "Applied"))
        elif error is not None:
            aspects.append(Aspect(name, False, error.reason, error.parameters))
        else:
            aspects.append(Aspect(name, False, "NotYet"))
    return [*aspects, *_sites_aspect(verdict)]


def _sites_aspect(verdict: Verdict) -> list[Aspect]:
    """Say of an environment that lets places of the network in whether all of them are there; a range that is gone lets nobody in."""
    if verdict.enforced is None or not verdict.enforced.spec.allow_from:
        return []
    return [_failed("SitesFound", verdict.lacking) if verdict.lacking is not None else Aspect("SitesFound", True, "Applied")]


def _failed(name: str, problem: Refusal) -> Aspect:
    return Aspect(name, False, problem.key, problem.parameters)


def _approved_aspect(verdict: Verdict) -> Aspect:
    granted = verdict.granted
    if granted is None or granted.approval is None:
        return Aspect("Approved", True, "AutomaticallyApproved")
    return Aspect("Approved", True, "ApprovedByDecision", {"decision": granted.approval})


def _error_aspect(applied: Applied) -> Aspect | None:
    if isinstance(applied.error, NotOurs):
        return Aspect("", False, "NamespaceTaken", {"namespace": applied.error.name})
    if applied.error is None or applied.failed is None:
        return None
    child = f"{applied.failed.kind} {applied.failed.namespace}/{applied.failed.name}".replace(" /", " ")
    return Aspect("", False, "ApplyFailed", {"child": child, "code": applied.error.code})


def _phase(*, environment: Environment, verdict: Verdict, applied: Applied, ready: bool) -> str:
    if ready:
        return "Ready"
    if isinstance(applied.error, NotOurs):
        return "Refused"
    if verdict.life.paused and (environment.status.approved is not None or verdict.granted is not None):
        return "Retired" if verdict.life.closed else verdict.life.mode
    if applied.error is not None:
        return "Degraded" if environment.status.first_ready_at else "Provisioning"
    if verdict.problem is None:
        return "Degraded" if verdict.lacking is not None else "Provisioning"
    if verdict.granted is not None or (environment.status.approved is not None and verdict.problem.phase == "Refused"):
        return "Degraded"
    return verdict.problem.phase


def _approved(*, environment: Environment, verdict: Verdict, applied: Applied, now: datetime.datetime) -> dict[str, Any] | None:
    """Return what is enforced; a spec counts as approved from the moment it was granted."""
    before = environment.status.approved
    granted = verdict.granted
    if granted is None or isinstance(applied.error, NotOurs):
        return _as_stored(before) if before else None
    if before is not None and before.digest == verdict.digest:
        return _as_stored(before)
    approved = {
        "digest": verdict.digest,
        "by": granted.by,
        "at": timestamp(now),
        "spec": _spec_as_stored(environment.spec),
    }
    return approved | ({"approval": granted.approval} if granted.approval else {})


def _as_stored(approved: ApprovedSpec) -> dict[str, Any]:
    dumped = approved.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    return dumped | {"at": timestamp(approved.at), "spec": _spec_as_stored(approved.spec)}


def _spec_as_stored(spec: EnvironmentSpec) -> dict[str, Any]:
    """Write a spec as the API server completes it; `state` is not what was approved, and has a default."""
    return {"state": "active", **spec.model_dump(mode="json", by_alias=True, exclude_defaults=True, exclude={"state"})}


def _pending(*, environment: Environment, verdict: Verdict, now: datetime.datetime) -> dict[str, Any] | None:
    problem = verdict.problem
    if problem is None or verdict.granted is not None or problem.phase == "Refused":
        return None
    before = environment.status.pending
    since = before.since if before is not None and before.digest == verdict.digest else now
    waiting_for = problem.parameters.get("groups") or problem.parameters.get("owner") or ""
    return {
        "digest": verdict.digest,
        "since": timestamp(since),
        "reasons": problem.parameters.get("keys", [problem.key]),
        "waitingFor": [each for each in waiting_for.split(", ") if each],
    }


def _resolved_fields(*, environment: Environment, verdict: Verdict, applied: Applied) -> dict[str, Any]:
    """Return level, profile, place, namespaces and hosts of what is enforced; while nothing can be resolved, what was known stays."""
    before = environment.status
    resolved = verdict.enforced
    if resolved is None or isinstance(applied.error, NotOurs):
        kept = {"level", "profile", "location", "namespaces", "hosts"}
        return before.model_dump(mode="json", by_alias=True, exclude_none=True, include=kept)
    whole = all(steps <= applied.completed for _, steps in STEPS_OF_CONDITION)
    prefix = prefix_of(environment)
    names = {zone: prefixed_namespace(prefix=prefix, zone=zone) for zone in resolved.zones}
    return {
        "level": resolved.level,
        "profile": resolved.profile.metadata.name,
        "location": resolved.location.name,
        "namespaces": [{"zone": zone, "name": name, "ready": whole} for zone, name in names.items()],
        "hosts": list(resolved.hosts),
    }
