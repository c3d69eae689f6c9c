"""Who guards the guards: are the policies on the API server's own disk active, and who may write the others by RBAC.

Static policies (KEP-5793) cannot be listed; whether they are there shows where one of them refuses. Its name ends in a way that nobody can
write through the API, so that a refusal that names one was the server's own disk's.
"""

from typing import Final

from citycloud.doctor.facts import Facts, Manifest, Probe
from citycloud.doctor.findings import Finding, gathered, lacking, seen
from citycloud.doctor.policies import identities, named
from citycloud.doctor.shipped import Shipped

CHECK: Final = "guards"
STATIC: Final = ".static.k8s.io"
MASTERS: Final = "system:masters"
PLATFORM: Final = "citycloud-platform"
"""As the static policies name it."""
WRITING: Final = frozenset({"create", "update", "patch", "delete", "deletecollection", "*"})
GUARDED: Final = {
    "admissionregistration.k8s.io": frozenset(
        {
            "validatingadmissionpolicies",
            "validatingadmissionpolicybindings",
            "mutatingadmissionpolicies",
            "mutatingadmissionpolicybindings",
        }
    ),
    "apiextensions.k8s.io": frozenset({"customresourcedefinitions"}),
}
CONTROLLERS: Final = ("kube-system", "system:controller:")
"""Namespace of Kubernetes' own controllers, and how their roles begin: some delete whatever there is."""


def judge_guards(*, facts: Facts, shipped: Shipped) -> list[Finding]:
    """Judge the static policies, and list who else may write what they guard."""
    return [*(_probed(what=what, probe=probe) for what, probe in facts.probes.items()), *_writers(facts=facts, shipped=shipped)]


def _probed(*, what: str, probe: Probe) -> Finding:
    said = {"what": what, "asked_as": probe.asked_as, "message": probe.message}
    if probe.outcome == "admitted":
        return Finding(check=CHECK, state="warning", key="StaticMissing", said=said)
    if probe.outcome == "refused" and STATIC in probe.message:
        return Finding(check=CHECK, state="well", key="StaticActive", said=said)
    key = {"refused": "StaticHidden", "not allowed": "StaticUntried", "no answer": "StaticUnanswered"}[probe.outcome]
    return Finding(check=CHECK, state="undecided", key=key, said=said)


def _writers(*, facts: Facts, shipped: Shipped) -> list[Finding]:
    roles, bindings = facts.objects["clusterroles"], facts.objects["clusterrolebindings"]
    blind = lacking(check=CHECK, listings=(roles, bindings))
    if blind:
        return blind
    writing = {each["metadata"]["name"] for each in seen(roles) if any(_writes(rule) for rule in each.get("rules") or ())}
    writers = {
        (_subject(subject), binding["roleRef"]["name"])
        for binding in seen(bindings)
        if binding["roleRef"]["name"] in writing
        for subject in binding.get("subjects") or ()
        if not _is_controller(subject=subject, role=binding["roleRef"]["name"])
    }
    passing = identities(facts=facts, shipped=shipped)
    meant = {f"Group {name}" for name in named(passing.get("PLATFORM", ())) | named(passing.get("BREAK_GLASS", ())) | {MASTERS, PLATFORM}}
    others = [f"{who} ({role})" for who, role in writers if who not in meant]
    known = {who for who, _ in writers if who in meant}
    well = Finding(check=CHECK, state="note" if others else "well", key="WritersMeant", objects=tuple(sorted(known)))
    return [well, *gathered(check=CHECK, state="warning", key="WritersOthers", objects=others)]


def _writes(rule: Manifest) -> bool:
    """Tell whether a rule lets somebody write what is guarded; one that names objects counts where one of them is ours."""
    names = rule.get("resourceNames") or ()
    return (
        not WRITING.isdisjoint(rule.get("verbs", ()))
        and any(
            {group, "*"} & set(rule.get("apiGroups", ())) and (resources | {"*"}) & set(rule.get("resources", ()))
            for group, resources in GUARDED.items()
        )
        and (not names or any(name.endswith(".citycloud.dev") for name in names))
    )


def _is_controller(*, subject: Manifest, role: str) -> bool:
    namespace, prefix = CONTROLLERS
    return (
        subject["kind"] == "ServiceAccount"
        and subject.get("namespace") == namespace
        and role.startswith(prefix)
        and role.removeprefix(prefix) == subject["name"]
    )


def _subject(subject: Manifest) -> str:
    name = f"{subject['namespace']}/{subject['name']}" if subject.get("namespace") else subject["name"]
    return f"{subject['kind']} {name}"
