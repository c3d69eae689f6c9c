"""Are the admission policies in force: each there as shipped, failing closed, bound to deny everywhere; and what the API server finds odd.

A binding of somebody else's beside ours takes nothing away, for what one binding denies no other lets through. So a policy is in force
where one binding of it is whole, and the weakness of a binding counts where none is.
"""

from collections.abc import Iterable, Sequence
from typing import Final

from citycloud.doctor.facts import OPERATOR, Facts, Manifest
from citycloud.doctor.findings import Finding, by_name, gathered, lacking, seen
from citycloud.doctor.shipped import Shipped, ShippedPolicy, recognised

CHECK: Final = "policies"
SORTS: Final = ("validating", "mutating")
WEAKNESSES: Final = ("PolicyUnbound", "BindingNotDenying", "BindingNarrowed")
ANY_OBJECT: Final[tuple[Manifest, ...]] = ({}, {"matchPolicy": "Equivalent", "namespaceSelector": {}, "objectSelector": {}})
"""What a binding says that matches whatever its policy does; the second is what the API server makes of the first."""


def judge_policies(*, facts: Facts, shipped: Shipped) -> list[Finding]:
    """Judge every policy that is shipped."""
    listings = [facts.objects[f"{sort}admissionpolic{part}"] for sort in SORTS for part in ("ies", "ybindings")]
    blind = lacking(check=CHECK, listings=listings)
    if blind:
        return blind
    found: dict[str, list[str]] = {}
    for policy in shipped.policies:
        found.setdefault(_state(policy=policy, facts=facts), []).append(policy.name)
    findings = [
        each
        for key, names in found.items()
        if key != "PolicyHolds"
        for each in gathered(check=CHECK, state="failed", key=key, objects=names)
    ]
    in_force = Finding(
        check=CHECK,
        state="note" if findings else "well",
        key="PoliciesInForce",
        said={"count": len(found.get("PolicyHolds", ())), "all": len(shipped.policies)},
    )
    return [in_force, *findings, *_identities(facts=facts, shipped=shipped), *_oddities(facts)]


def identities(*, facts: Facts, shipped: Shipped) -> dict[str, frozenset[str]]:
    """Read out of the policies whom they let pass, by placeholder of the chart: each text that was found, as it stands."""
    found: dict[str, set[str]] = {}
    for policy in shipped.policies:
        manifest = _policies(policy, facts).get(policy.name)
        for placeholder, value in (recognised(policy=policy, spec=manifest["spec"]) or {}).items() if manifest else ():
            found.setdefault(placeholder, set()).add(value)
    return {placeholder: frozenset(values) for placeholder, values in found.items()}


def _policies(policy: ShippedPolicy, facts: Facts) -> dict[str, Manifest]:
    return by_name(facts.objects["mutatingadmissionpolicies" if policy.kind.startswith("Mutating") else "validatingadmissionpolicies"])


def _state(*, policy: ShippedPolicy, facts: Facts) -> str:
    manifest = _policies(policy, facts).get(policy.name)
    if manifest is None:
        return "PolicyMissing"
    if manifest["spec"].get("failurePolicy", "Fail") != "Fail":
        return "PolicyFailsOpen"
    if recognised(policy=policy, spec=manifest["spec"]) is None:
        return "PolicyChanged"
    mutating = policy.kind.startswith("Mutating")
    bindings = seen(facts.objects[f"{SORTS[mutating]}admissionpolicybindings"])
    mine = [each["spec"] for each in bindings if each["spec"].get("policyName") == policy.name]
    weaknesses = [_weakness(spec=spec, mutating=mutating) for spec in mine] or ["PolicyUnbound"]
    return "PolicyHolds" if "" in weaknesses else max(weaknesses, key=WEAKNESSES.index)


def _weakness(*, spec: Manifest, mutating: bool) -> str:
    if not mutating and "Deny" not in spec.get("validationActions", ()):
        return "BindingNotDenying"
    return "" if spec.get("matchResources", {}) in ANY_OBJECT and "paramRef" not in spec else "BindingNarrowed"


def _identities(*, facts: Facts, shipped: Shipped) -> list[Finding]:
    """Say whom the policies let pass; an operator that is not ours would pass as ours."""
    found = identities(facts=facts, shipped=shipped)
    ours = f"system:serviceaccount:{facts.namespace}:{OPERATOR}"
    foreign = found.get("OPERATOR", frozenset()) - {ours}
    divided = [f"{name}: {' | '.join(sorted(values))}" for name, values in found.items() if len(values) > 1]
    said = {name.lower(): ", ".join(sorted(named(found.get(name, ())))) or "–" for name in ("PLATFORM", "BREAK_GLASS")}
    return [
        *gathered(check=CHECK, state="failed", key="OperatorForeign", objects=foreign, ours=ours),
        *gathered(check=CHECK, state="warning", key="IdentitiesDivided", objects=divided),
        Finding(check=CHECK, state="note", key="Identities", said=said),
    ]


def named(values: Iterable[str]) -> frozenset[str]:
    """Take the texts apart into the names that stand in them, separated by commas."""
    return frozenset(name for value in values for name in value.split(",") if name)


def _oddities(facts: Facts) -> list[Finding]:
    """Gather what the API server's type check says of policies of ours, shipped or not yet; CEL that fails a check may fail a request."""
    warned, unchecked = [], []
    for policy in seen(facts.objects["validatingadmissionpolicies"]):
        name, status = policy["metadata"]["name"], policy.get("status", {})
        if not name.endswith(".citycloud.dev"):
            continue
        warnings: Sequence[Manifest] = status.get("typeChecking", {}).get("expressionWarnings", ())
        warned += [f"{name}: {each['fieldRef']}: {' '.join(each['warning'].split())}" for each in warnings]
        if status.get("observedGeneration") != policy["metadata"].get("generation"):
            unchecked.append(name)
    return [
        *gathered(check=CHECK, state="warning", key="TypeWarnings", objects=warned),
        *gathered(check=CHECK, state="note", key="Unchecked", objects=unchecked),
    ]
