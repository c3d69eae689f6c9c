"""May this spec be enforced? The city's rules, the dossier, a human's decision and the budget, in that order. Pure over the world.

Production always needs a human, because no list of automatic stages can hold it without saying so in the City for all to see.
"""

import dataclasses
import datetime
from typing import Any, Final

from citycloud.api import Approval, City, Environment, SizeClass
from citycloud.api.common import DECIDED_BY
from citycloud.api.environment import ApprovedSpec, EnvironmentSpec
from citycloud.controllers.allocation import Demand
from citycloud.controllers.calendar import today
from citycloud.controllers.decidable import deciding, spec_content
from citycloud.controllers.life import ENDING_STAGES
from citycloud.controllers.refusal import Refusal
from citycloud.controllers.resolve import Resolved
from citycloud.controllers.texts import Texts
from citycloud.controllers.widening import LARGE_INCREASE, widened_fields
from citycloud.engine.queue import Key
from citycloud.engine.world import World
from citycloud.ledger.chain import digest_of

DOSSIER_IN_VIETNAMESE: Final = {
    "missing": "chưa có",
    "insufficient": "chưa đủ cấp độ",
    "expired": "quá hạn rà soát",
    "approved": "đã duyệt",
}


@dataclasses.dataclass(frozen=True)
class Grant:
    """Who let a spec through: the city's rules, or an Approval."""

    by: str
    approval: str | None = None


@dataclasses.dataclass(frozen=True)
class Reason:
    """One reason why a human has to decide."""

    key: str
    parameters: dict[str, Any]


def spec_digest(spec: EnvironmentSpec) -> str:
    """Digest a spec as it is decided upon; an Approval names it."""
    return digest_of(spec_content(spec))


def grant(*, environment: Environment, resolved: Resolved, digest: str, world: World, texts: Texts, now: datetime.datetime) -> Grant:
    """Let the spec through, or raise the Refusal that says what it waits for."""
    _refuse_closed(resolved=resolved, now=now)
    _refuse_past(resolved=resolved, now=now)
    if resolved.openings.lacking is not None:
        raise resolved.openings.lacking
    reasons = human_reasons(resolved=resolved, approved=environment.status.approved, world=world, now=now)
    approval = deciding_approval(environment=environment, digest=digest, world=world) if reasons else None
    if approval is not None and approval.spec.decision == "refuse":
        raise Refusal("RefusedByDecision", reason=approval.spec.reason, approval=approval.metadata.name)
    _refuse_without_dossier(resolved=resolved)
    if not reasons:
        return Grant(by="citycloud")
    if approval is None:
        raise _awaiting(reasons=reasons, digest=digest, city=resolved.city, texts=texts)
    decided_by = approval.metadata.annotations[DECIDED_BY]
    return Grant(by=decided_by, approval=approval.metadata.name)


def human_reasons(*, resolved: Resolved, approved: ApprovedSpec | None, world: World, now: datetime.datetime) -> tuple[Reason, ...]:
    """List why the city's automatic rules do not let a spec through; what asks for no more than is approved needs none."""
    if approved is None:
        return (*_first_reasons(resolved=resolved, world=world), *_too_long(resolved=resolved, now=now))
    held = _demand_of(approved=approved, world=world)
    if not held.covers(resolved.demand):
        large = not held.covers(resolved.demand, times=LARGE_INCREASE)
        parameters = {"before": approved.spec.size, "size": resolved.spec.size}
        growth = (Reason("LargeIncrease", parameters),) if large else ()
        return (*_first_reasons(resolved=resolved, world=world), *growth, *_too_long(resolved=resolved, now=now))
    fields = widened_fields(before=approved.spec, after=resolved.spec)
    if fields and resolved.spec.stage not in resolved.city.spec.approval.automatic.stages:
        stage = Reason("StageNeedsApproval", {"stage": resolved.spec.stage})
        return (stage, Reason("AsksForMore", {"fields": ", ".join(fields)}), *_too_long(resolved=resolved, now=now))
    return _too_long(resolved=resolved, now=now) if fields else ()


def _demand_of(*, approved: ApprovedSpec, world: World) -> Demand:
    """Return what an approved spec holds; nothing where its size is gone, so that a human decides."""
    size = world.size(approved.spec.size)
    return Demand.of_size(size.spec) if size is not None else Demand(cpu=0, memory=0, storage=0)


def _too_long(*, resolved: Resolved, now: datetime.datetime) -> tuple[Reason, ...]:
    """A stage that always ends is extended by whole lives of it; more is a human's to give."""
    longest = resolved.city.spec.lifecycle.sandbox_days
    ends = resolved.spec.expires_at
    if resolved.spec.stage not in ENDING_STAGES or ends is None or ends <= now + datetime.timedelta(days=longest):
        return ()
    return (Reason("LongLife", {"stage": resolved.spec.stage, "days": longest}),)


def _first_reasons(*, resolved: Resolved, world: World) -> tuple[Reason, ...]:
    automatic = resolved.city.spec.approval.automatic
    reasons = []
    if resolved.spec.stage not in automatic.stages:
        reasons.append(Reason("StageNeedsApproval", {"stage": resolved.spec.stage}))
    limit = world.get(SizeClass, name=automatic.max_size) if automatic.max_size else None
    if limit is None or resolved.size.spec.order > limit.spec.order:
        reasons.append(Reason("OverAutomaticSize", {"size": resolved.spec.size, "limit": automatic.max_size or "–"}))
    if resolved.level > automatic.max_level:
        reasons.append(Reason("OverAutomaticLevel", {"level": resolved.level, "limit": automatic.max_level}))
    return tuple(reasons)


def deciding_approval(*, environment: Environment, digest: str, world: World) -> Approval | None:
    """Find the decision on exactly this spec, if one counts."""
    target = Key("Environment", environment.metadata.namespace, environment.metadata.name)
    return deciding(target=target, uid=environment.metadata.uid, digest=digest, world=world)


def _refuse_past(*, resolved: Resolved, now: datetime.datetime) -> None:
    ends = resolved.spec.expires_at
    if ends is not None and ends <= now:
        raise Refusal("ExpiryInThePast", date=ends.astimezone(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ"))


def _refuse_closed(*, resolved: Resolved, now: datetime.datetime) -> None:
    valid_to = resolved.organisation.spec.valid_to
    if valid_to is not None and today(now=now, time_zone=resolved.city.spec.time_zone) > valid_to:
        raise Refusal("OrganisationClosed", organisation=resolved.organisation.metadata.name, date=valid_to)


def _refuse_without_dossier(*, resolved: Resolved) -> None:
    refusal = dossier_refusal(resolved=resolved)
    if refusal is not None:
        raise refusal


def dossier_refusal(*, resolved: Resolved) -> Refusal | None:
    """Say that production lacks an approved dossier, or None where all is well."""
    needed = resolved.spec.stage == "production" and "approvedDossier" in resolved.profile.spec.requires
    if not needed or resolved.dossier == "approved":
        return None
    return Refusal(
        "AwaitingDossier",
        phase="AwaitingDossier",
        system=resolved.system.metadata.name,
        state_vi=DOSSIER_IN_VIETNAMESE[resolved.dossier],
        state_en=resolved.dossier,
        owner=resolved.system.spec.contacts.owner,
    )


def _awaiting(*, reasons: tuple[Reason, ...], digest: str, city: City, texts: Texts) -> Refusal:
    said = {language: "; ".join(texts.say_in(language, each.key, **each.parameters) for each in reasons) for language in ("vi", "en")}
    groups = ", ".join(city.spec.access.approvers) or "–"
    return Refusal(
        "AwaitingApproval",
        phase="AwaitingApproval",
        groups=groups,
        digest=digest,
        reasons_vi=said["vi"],
        reasons_en=said["en"],
        keys=[each.key for each in reasons],
    )
