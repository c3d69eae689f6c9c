"""One line a control: who enforces it, and the live proof of it or what is missing.

A control is proven only where every one of its proofs was seen. What nobody could look at is said so and proves nothing: an auditor would
not take it either. A policy that is left out by an exception is no proof, and nothing is missing: somebody answers for it. A canary is
proof on top of a policy that is bound: whoever may not send one sees that it was not tried. Evidence of people counts by its date; the
profile says how old it may be.
"""

import dataclasses
import datetime
from collections.abc import Callable, Mapping
from typing import Final, Literal

from citycloud.api.common import POLICIES_ANNOTATION
from citycloud.api.environment import TENANT_ROLES
from citycloud.api.security_profile import Control, SecurityProfileSpec
from citycloud.evidence.facts import AcceptedRisk, Canary, Facts, ZoneFacts
from citycloud.evidence.shipped import ShippedPolicy

State = Literal["proven", "missing", "excepted", "unseen", "manual", "untried"]
WORST_FIRST: Final[tuple[State, ...]] = ("missing", "excepted", "unseen", "manual")
"""Of several proofs the worst decides; a canary that was not tried takes nothing away."""
CANARIES: Final[Mapping[Canary, tuple[State, str]]] = {
    "refused": ("proven", "CanaryRefused"),
    "admitted": ("missing", "CanaryAdmitted"),
    "not tried": ("untried", "CanaryNotTried"),
}
POD_SECURITY: Final = "pod-security.kubernetes.io/enforce"
QUOTA: Final = frozenset({("ResourceQuota", "citycloud")})
LIMITS: Final = frozenset({("LimitRange", "citycloud")})
NETWORK: Final = frozenset({("NetworkPolicy", "default-deny"), ("NetworkPolicy", "allow-dns")})


@dataclasses.dataclass(frozen=True)
class Proof:
    """One thing that was looked at; `key` and `parameters` are its text."""

    state: State
    key: str
    parameters: Mapping[str, str] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True)
class Line:
    """One control and its proofs."""

    control: Control
    state: State
    proofs: tuple[Proof, ...]


def judge(*, profile: SecurityProfileSpec, policies: Mapping[str, ShippedPolicy], facts: Facts, today: datetime.date) -> tuple[Line, ...]:
    """Judge every control of a profile, in its order."""
    oldest = today - datetime.timedelta(days=profile.access_review_days)
    return tuple(
        _line(control=control, policies=policies, facts=facts, oldest=oldest, pod_security=profile.pod_security)
        for control in profile.controls
    )


def _line(*, control: Control, policies: Mapping[str, ShippedPolicy], facts: Facts, oldest: datetime.date, pod_security: str) -> Line:
    proofs = [proof for id_ in control.policies for proof in _policy(id_=id_, policies=policies, facts=facts, pod_security=pod_security)]
    if not control.policies or control.by == "evidence" or control.id in facts.records:
        proofs.append(_record(control=control, facts=facts, oldest=oldest))
    states = {proof.state for proof in proofs}
    state: State = next((each for each in WORST_FIRST if each in states), "proven")
    return Line(control=control, state=state, proofs=tuple(proofs))


def _record(*, control: Control, facts: Facts, oldest: datetime.date) -> Proof:
    record = facts.records.get(control.id)
    if record is None:
        return Proof("manual" if control.by == "manual" else "missing", "RecordMissing", {"control": control.id})
    said = {"date": record.date.isoformat(), "reference": record.reference}
    return Proof("proven", "Recorded", said) if record.date >= oldest else Proof("missing", "RecordTooOld", said)


def _policy(*, id_: str, policies: Mapping[str, ShippedPolicy], facts: Facts, pod_security: str) -> list[Proof]:
    policy = policies.get(id_)
    if policy is None:
        return [Proof("missing", "PolicyUnknown", {"policy": id_})]
    proofs = [_bound(policy=policy, name=name, facts=facts) for name in policy.admission]
    if id_ in facts.excepted:
        proofs.append(_excepted(policy=policy, risk=facts.excepted[id_]))
    elif policy.tenants_only and policy.admission:
        proofs.append(_everywhere(policy=policy, facts=facts, key="Demanded", holds=lambda zone: id_ in _demanded(zone)))
    if policy.canary is not None and id_ not in facts.excepted:
        proofs.append(_canary(policy=policy, facts=facts))
    return proofs + [
        _mechanism(policy=policy, mechanism=mechanism, facts=facts, pod_security=pod_security)
        for mechanism in policy.enforced_by
        if not mechanism.endswith("AdmissionPolicy")
    ]


def _excepted(*, policy: ShippedPolicy, risk: AcceptedRisk) -> Proof:
    """Say whose word stands in for the policy: it is not demanded for now, so nothing would refuse what is against it."""
    said = {"policy": policy.id, "name": risk.name, "decision": risk.decision, "date": risk.ends.isoformat(), "measure": risk.measure}
    return Proof("excepted", "Excepted", said)


def _demanded(zone: ZoneFacts) -> list[str]:
    return zone.annotations.get(POLICIES_ANNOTATION, "").split(",")


def _bound(*, policy: ShippedPolicy, name: str, facts: Facts) -> Proof:
    said = {"policy": policy.id, "name": name}
    if facts.bound is None:
        return Proof("unseen", "PoliciesNotReadable", said)
    return Proof("proven", "Bound", said) if (name, policy.id) in facts.bound else Proof("missing", "NotBound", said)


def _canary(*, policy: ShippedPolicy, facts: Facts) -> Proof:
    state, key = CANARIES[facts.canaries.get(policy.id, "not tried")]
    return Proof(state, key, {"policy": policy.id})


def _mechanism(*, policy: ShippedPolicy, mechanism: str, facts: Facts, pod_security: str) -> Proof:
    """Look at what enforces a policy beside admission."""
    if mechanism == "PodSecurity":
        return _everywhere(policy=policy, facts=facts, key="PodSecurity", holds=lambda zone: zone.labels.get(POD_SECURITY) == pod_security)
    wanted = {"ResourceQuota": QUOTA, "LimitRange": LIMITS, "Operator": NETWORK}.get(mechanism)
    if wanted is not None:
        if any(zone.objects is None for zone in facts.zones):
            return Proof("unseen", "ObjectsNotReadable", {"policy": policy.id})
        return _everywhere(policy=policy, facts=facts, key=mechanism, holds=lambda zone: wanted <= (zone.objects or frozenset()))
    known = {
        "RBAC": (facts.roles, frozenset(TENANT_ROLES.values())),
        "CRD": (facts.definitions, frozenset({"Environment", "InformationSystem"})),
    }
    if mechanism not in known:
        return Proof("unseen", "OutsideTheApi", {"policy": policy.id, "where": policy.enforced_in or mechanism})
    seen, needed = known[mechanism]
    if seen is None:
        return Proof("unseen", f"{mechanism}NotReadable", {"policy": policy.id})
    missing = needed - seen
    return (
        Proof("missing", f"{mechanism}Missing", {"policy": policy.id, "names": ", ".join(sorted(missing))})
        if missing
        else Proof("proven", mechanism, {"policy": policy.id})
    )


def _everywhere(*, policy: ShippedPolicy, facts: Facts, key: str, holds: Callable[[ZoneFacts], bool]) -> Proof:
    """Prove what has to hold in every namespace of the environment; an environment without one proves nothing."""
    failing = [zone.name for zone in facts.zones if not holds(zone)]
    if failing or not facts.zones:
        return Proof("missing", f"{key}Missing", {"policy": policy.id, "names": ", ".join(failing) or "–"})
    return Proof("proven", key, {"policy": policy.id})
