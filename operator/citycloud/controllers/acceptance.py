"""May this spec be enforced? The city's rules, the dossier, a human's decision and the budget, in that order. Pure over the world.

Production always needs a human, because no list of automatic stages can hold it without saying so in the City for all to see.
"""

import dataclasses
import datetime
import hashlib
from typing import Any, Final

import orjson

from citycloud.api import Approval, City, Environment, SizeClass
from citycloud.api.environment import EnvironmentSpec
from citycloud.controllers.calendar import today
from citycloud.controllers.refusal import Refusal
from citycloud.controllers.resolve import Resolved
from citycloud.controllers.texts import Texts
from citycloud.engine.world import World

DOSSIER_IN_VIETNAMESE: Final = {
    "missing": "chưa có",
    "insufficient": "chưa đủ cấp độ",
    "expired": "quá hạn rà soát",
    "approved": "đã duyệt",
}
NEEDS_NUMBER: Final = "production"
"""The stage whose approval has to name an administrative decision."""


@dataclasses.dataclass(frozen=True)
class Grant:
    """Who let a spec through: the city's rules, or an Approval."""

    by: str
    approval: str | None = None
    decision_no: str = ""


@dataclasses.dataclass(frozen=True)
class Reason:
    """One reason why a human has to decide."""

    key: str
    parameters: dict[str, Any]


def spec_digest(spec: EnvironmentSpec) -> str:
    """Digest a spec: canonical JSON without defaults and empty texts, so that a new optional field changes no digest."""
    content = {key: value for key, value in spec.model_dump(mode="json", by_alias=True, exclude_defaults=True).items() if value != ""}
    return "sha256:" + hashlib.sha256(orjson.dumps(content, option=orjson.OPT_SORT_KEYS)).hexdigest()


def grant(*, environment: Environment, resolved: Resolved, digest: str, world: World, texts: Texts, now: datetime.datetime) -> Grant:
    """Let the spec through, or raise the Refusal that says what it waits for."""
    _refuse_closed(resolved=resolved, now=now)
    _refuse_without_dossier(resolved=resolved)
    reasons = human_reasons(resolved=resolved, world=world)
    if not reasons:
        return Grant(by="citycloud")
    approval = deciding_approval(environment=environment, digest=digest, world=world)
    if approval is None:
        raise _awaiting(reasons=reasons, digest=digest, city=resolved.city, texts=texts)
    if approval.spec.decision == "refuse":
        raise Refusal("RefusedByDecision", reason=approval.spec.reason, approval=approval.metadata.name)
    decided_by = approval.metadata.annotations.get("citycloud.dev/decided-by", "")
    return Grant(by=decided_by or approval.metadata.name, approval=approval.metadata.name, decision_no=approval.spec.decision_no)


def human_reasons(*, resolved: Resolved, world: World) -> tuple[Reason, ...]:
    """List why the city's automatic rules do not let a spec through."""
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
    """Find the decision on exactly this spec: the latest that is complete; of two in one second the refusal."""
    decisions = [
        approval
        for approval in world.within(Approval, namespace=environment.metadata.namespace)
        if approval.spec.target.kind == "Environment"
        and approval.spec.target.name == environment.metadata.name
        and approval.spec.digest == digest
        and not lacks_number(approval=approval, stage=environment.spec.stage)
    ]
    return max(
        decisions,
        key=lambda each: (str(each.metadata.creation_timestamp), each.spec.decision == "refuse", each.metadata.name),
        default=None,
    )


def lacks_number(*, approval: Approval, stage: str) -> bool:
    """Tell whether an approval of production forgot the number of the administrative decision."""
    return approval.spec.decision == "approve" and stage == NEEDS_NUMBER and not approval.spec.decision_no


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
