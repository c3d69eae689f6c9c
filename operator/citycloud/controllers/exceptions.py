"""May one policy be left out in one environment for now? The environment, the time, the policy and a human's decision, in that order. Pure.

What is in force is told from the decisions and the time, never from a status: what was changed a moment ago was decided by nobody. It ends
by the calendar even where the clock jumped: an exception that ends closes something, and takes nothing from anybody.
"""

import dataclasses
import datetime
from collections.abc import Iterable
from typing import Final, Literal

from citycloud.api import Approval, Environment, PolicyException, SecurityProfile
from citycloud.api.policy_exception import LONGEST_DAYS
from citycloud.controllers.conditions import Aspect, timestamp
from citycloud.controllers.decidable import deciding, spec_content
from citycloud.controllers.refusal import Refusal
from citycloud.controllers.resolve import resolve
from citycloud.engine.queue import Key
from citycloud.engine.world import World
from citycloud.evidence.shipped import ShippedPolicy
from citycloud.ledger.chain import digest_of

LONGEST: Final = datetime.timedelta(days=LONGEST_DAYS)
NEEDS_DECISION: Final = "ExceptionNeedsDecision"

Phase = Literal["AwaitingApproval", "Active", "Expired", "Refused"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Standing:
    """Where an exception stands: what waits under `digest`, the Approval that let it through if one did, and what people read."""

    phase: Phase
    digest: str
    approval: str | None
    aspect: Aspect


def loosenable_among(policies: Iterable[ShippedPolicy]) -> frozenset[str]:
    """Pick the policies that admission holds only where a namespace's list names them; no list loosens any other."""
    return frozenset(policy.id for policy in policies if policy.tenants_only and policy.admission)


def exceptions_of(*, environment: Key, world: World) -> list[PolicyException]:
    """Find every exception that speaks of one environment, whether it holds or not."""
    return [each for each in world.within(PolicyException, namespace=environment.namespace) if each.spec.environment == environment.name]


def in_force(*, environment: Environment, world: World, now: datetime.datetime) -> tuple[PolicyException, ...]:
    """Find the exceptions that loosen something in one environment now."""
    key = Key("Environment", environment.metadata.namespace, environment.metadata.name)
    found = exceptions_of(environment=key, world=world)
    current = [each for each in found if not _is_too_long(each) and not _is_over(each, now=now)]
    return tuple(each for each in current if _is_granted(each, environment=environment, world=world))


def judge_exception(*, exception: PolicyException, loosenable: frozenset[str], world: World, now: datetime.datetime) -> Standing:
    """Say where one exception stands, and why."""
    spec = exception.spec
    digest = _digest(exception)
    decision = _decision(exception, world=world)
    granted = decision.metadata.name if decision is not None and decision.spec.decision == "approve" else None
    said = {"policy": spec.policy, "environment": spec.environment, "expires": timestamp(spec.expires_at), "decision": granted or "–"}
    if granted is not None and _is_over(exception, now=now):
        return Standing(phase="Expired", digest=digest, approval=granted, aspect=Aspect("Active", False, "ExceptionExpired", said))
    try:
        environment = _environment_of(exception=exception, world=world)
        if decision is not None and granted is not None and _is_younger(environment, decision=decision):
            raise Refusal("ExceptionOfEarlierEnvironment", environment=spec.environment, decision=granted)
        _refuse_unfit(exception=exception, environment=environment, loosenable=loosenable, world=world, now=now)
        if decision is not None and granted is None:
            raise Refusal("RefusedByDecision", reason=decision.spec.reason, approval=decision.metadata.name)
    except Refusal as refusal:
        return Standing(phase="Refused", digest=digest, approval=granted, aspect=Aspect("Active", False, refusal.key, refusal.parameters))
    if granted is None:
        waiting = {"groups": ", ".join(officers(world)) or "–", "digest": digest}
        return Standing(phase="AwaitingApproval", digest=digest, approval=None, aspect=Aspect("Active", False, NEEDS_DECISION, waiting))
    return Standing(phase="Active", digest=digest, approval=granted, aspect=Aspect("Active", True, "ExceptionActive", said))


def officers(world: World) -> tuple[str, ...]:
    """Name the groups that decide about exceptions."""
    city = world.city()
    return city.spec.access.security_officers if city is not None else ()


def _environment_of(*, exception: PolicyException, world: World) -> Environment:
    name, home = exception.spec.environment, exception.metadata.namespace
    environment = world.get(Environment, namespace=home, name=name)
    if environment is None:
        raise Refusal("ExceptionEnvironmentMissing", environment=name, namespace=home)
    return environment


def _refuse_unfit(
    *, exception: PolicyException, environment: Environment, loosenable: frozenset[str], world: World, now: datetime.datetime
) -> None:
    """Raise Refusal where nobody could grant this."""
    spec = exception.spec
    if _is_over(exception, now=now):
        raise Refusal("ExpiryInThePast", date=timestamp(spec.expires_at))
    if _is_too_long(exception):
        raise Refusal("ExceptionTooLong", days=LONGEST_DAYS, latest=timestamp(_latest_end(exception)))
    if spec.policy not in loosenable:
        raise Refusal("PolicyNotLoosenable", policy=spec.policy)
    profile = _profile_of(environment=environment, world=world, now=now)
    if not any(spec.policy in control.policies for control in profile.spec.controls):
        raise Refusal("PolicyNotDemanded", policy=spec.policy, profile=profile.metadata.name, environment=spec.environment)


def _profile_of(*, environment: Environment, world: World, now: datetime.datetime) -> SecurityProfile:
    """Find the profile that is enforced, or that will be; what is known stands while a part of the city is missing."""
    approved, known = environment.status.approved, environment.status.profile
    try:
        return resolve(environment=environment, spec=approved.spec if approved else environment.spec, world=world, now=now).profile
    except Refusal:
        profile = world.profile(known) if known is not None else None
        if profile is None:
            raise
        return profile


def _is_over(exception: PolicyException, *, now: datetime.datetime) -> bool:
    """Tell whether it has ended; what has, stays ended, also where the clock goes back."""
    status = exception.status
    ended = status.phase == "Expired" and status.observed_generation == exception.metadata.generation
    return ended or now >= exception.spec.expires_at


def _is_too_long(exception: PolicyException) -> bool:
    return exception.spec.expires_at > _latest_end(exception)


def _latest_end(exception: PolicyException) -> datetime.datetime:
    """Return the last moment that may be asked for; of what nobody knows when it was asked for, there is none."""
    created = exception.metadata.creation_timestamp
    return created + LONGEST if created is not None else datetime.datetime.min.replace(tzinfo=datetime.UTC)


def _is_granted(exception: PolicyException, *, environment: Environment, world: World) -> bool:
    decision = _decision(exception, world=world)
    return decision is not None and decision.spec.decision == "approve" and not _is_younger(environment, decision=decision)


def _is_younger(environment: Environment, *, decision: Approval) -> bool:
    """Tell whether an environment was made after a decision: who decided looked at another one of its name."""
    made, decided = environment.metadata.creation_timestamp, decision.metadata.creation_timestamp
    return made is None or decided is None or made > decided


def _decision(exception: PolicyException, *, world: World) -> Approval | None:
    target = Key("PolicyException", exception.metadata.namespace, exception.metadata.name)
    return deciding(target=target, uid=exception.metadata.uid, digest=_digest(exception), world=world)


def _digest(exception: PolicyException) -> str:
    return digest_of(spec_content(exception.spec))
