"""Does this API server have what citycloud builds on, and is there everything that its charts bring."""

import re
from collections.abc import Iterable, Sequence
from typing import Any, Final

from citycloud.api import GROUP, VERSION
from citycloud.doctor.facts import NEEDED, Facts, Manifest, Unseen
from citycloud.doctor.findings import Finding, by_name, gathered, lacking, seen, undecided
from citycloud.doctor.shipped import Shipped

OLDEST: Final = (1, 36)
"""The first with mutating admission policies in v1."""
FLOW_SCHEMAS: Final = frozenset({"citycloud-tenants", "citycloud-operator"})
PRIORITY_LEVELS: Final = frozenset({"citycloud-tenants"})
PRIORITY_CLASSES: Final = frozenset({"citycloud-production", "citycloud-background"})
NOT_CONVERTED: Final = {"strategy": "None"}


def judge_server(facts: Facts) -> list[Finding]:
    """Judge the API server's version and the kinds that it serves."""
    match = re.match(r"v(\d+)\.(\d+)", facts.version)
    new = match is not None and (int(match[1]), int(match[2])) >= OLDEST
    said = {"version": facts.version, "oldest": ".".join(map(str, OLDEST))}
    findings = [Finding(check="server", state="well" if new else "failed", key="ServerNew" if new else "ServerOld", said=said)]
    served = {place: facts.served[place] for place in NEEDED}
    findings += [undecided(check="server", unseen=each) for each in served.values() if isinstance(each, Unseen)]
    absent = [
        f"{place}/{kind}" for place, kinds in served.items() if not isinstance(kinds, Unseen) for kind in sorted(NEEDED[place] - kinds)
    ]
    findings += gathered(check="server", state="failed", key="KindsMissing", objects=absent)
    return findings if len(findings) > 1 else [*findings, Finding(check="server", state="well", key="KindsServed")]


def judge_definitions(*, facts: Facts, definitions: Sequence[Manifest]) -> list[Finding]:
    """Judge our own kinds: there, established, and with the schema that this version of citycloud has."""
    blind = lacking(check="definitions", listings=(facts.objects["customresourcedefinitions"],))
    if blind:
        return blind
    found = by_name(facts.objects["customresourcedefinitions"])
    states: dict[str, list[str]] = {}
    for definition in definitions:
        name = definition["metadata"]["name"]
        states.setdefault(_definition_state(shipped=definition, found=found.get(name)), []).append(name)
    good = states.pop("DefinitionsWhole", [])
    findings = [each for key, names in states.items() for each in gathered(check="definitions", state="failed", key=key, objects=names)]
    said = {"count": len(good), "all": len(definitions), "version": f"{GROUP}/{VERSION}"}
    return [Finding(check="definitions", state="note" if findings else "well", key="DefinitionsWhole", said=said), *findings]


def _definition_state(*, shipped: Manifest, found: Manifest | None) -> str:
    if found is None:
        return "DefinitionsMissing"
    conditions = found.get("status", {}).get("conditions") or ()
    if not any(each["type"] == "Established" and each["status"] == "True" for each in conditions):
        return "DefinitionsNotEstablished"
    spec: dict[str, Any] = {name: value for name, value in found["spec"].items() if (name, value) != ("conversion", NOT_CONVERTED)}
    return "DefinitionsWhole" if spec == shipped["spec"] else "DefinitionsOther"


def judge_catalogue(*, facts: Facts, shipped: Shipped) -> list[Finding]:
    """Judge what the operator decides by: legal profiles, sizes and the City. Where there are none at all nothing is provisioned."""
    findings = []
    for plural, names, word in (("securityprofiles", shipped.profiles, "Profiles"), ("sizeclasses", shipped.sizes, "Sizes")):
        listing = facts.objects[plural]
        if isinstance(listing, Unseen):
            findings.append(undecided(check="catalogue", unseen=listing))
        elif not listing:
            findings.append(Finding(check="catalogue", state="failed", key=f"{word}None"))
        else:
            absent = set(names) - set(by_name(listing))
            findings += gathered(check="catalogue", state="warning", key=f"{word}Missing", objects=absent)
            findings += [] if absent else [Finding(check="catalogue", state="well", key=f"{word}There", said={"count": len(listing)})]
    return [*findings, _city(facts)]


def _city(facts: Facts) -> Finding:
    cities = facts.objects["cities"]
    if isinstance(cities, Unseen):
        return undecided(check="catalogue", unseen=cities)
    names = [each["spec"]["names"]["vi"] for each in cities]
    return Finding(
        check="catalogue", state="well" if cities else "failed", key="CityThere" if cities else "CityMissing", objects=tuple(names)
    )


def judge_flow(facts: Facts) -> list[Finding]:
    """Judge API Priority and Fairness, which keeps one tenant's flood from everybody else's requests."""
    schemas, levels = facts.objects["flowschemas"], facts.objects["prioritylevelconfigurations"]
    blind = lacking(check="flow", listings=(schemas, levels))
    if blind:
        return blind
    absent = [
        *(f"FlowSchema {name}" for name in FLOW_SCHEMAS - set(by_name(schemas))),
        *(f"PriorityLevelConfiguration {name}" for name in PRIORITY_LEVELS - set(by_name(levels))),
    ]
    dangling = [
        each["metadata"]["name"]
        for each in seen(schemas)
        if each["metadata"]["name"] in FLOW_SCHEMAS and _is_true(each.get("status", {}).get("conditions") or (), "Dangling")
    ]
    findings = [
        *gathered(check="flow", state="warning", key="FlowMissing", objects=absent),
        *gathered(check="flow", state="warning", key="FlowDangling", objects=dangling),
    ]
    return findings or [Finding(check="flow", state="well", key="FlowThere")]


def _is_true(conditions: Iterable[Manifest], type_: str) -> bool:
    return any(each["type"] == type_ and each["status"] == "True" for each in conditions)


def judge_priorities(facts: Facts) -> list[Finding]:
    """Judge the priority classes: ours are there and push nobody's pods out, and none is the default of all.

    The default of all lands on every pod, and P18 refuses each that did not get leave for it.
    """
    classes = facts.objects["priorityclasses"]
    if isinstance(classes, Unseen):
        return [undecided(check="priorities", unseen=classes)]
    default = [each["metadata"]["name"] for each in classes if each.get("globalDefault")]
    names = sorted(each["metadata"]["name"] for each in classes)
    found = by_name(classes)
    pushing = [name for name in PRIORITY_CLASSES & set(found) if found[name].get("preemptionPolicy") != "Never"]
    return [
        *gathered(check="priorities", state="failed", key="PriorityDefault", objects=default),
        *gathered(check="priorities", state="failed", key="PrioritiesPushing", objects=pushing),
        *gathered(check="priorities", state="warning", key="PrioritiesMissing", objects=PRIORITY_CLASSES - set(found)),
    ] or [Finding(check="priorities", state="well", key="PrioritiesHarmless", objects=tuple(names))]
