"""Can one department see, or raise alarms about, another's environments through the platform's Prometheus?

Nobody of a department may write monitors or rules with the roles of citycloud. A city may give that right, and then it is Prometheus'
operator that keeps them apart, by fields of its Prometheus object that are off unless somebody sets them.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from citycloud.doctor.facts import MONITORING, MONITORS, Facts, Manifest, Unseen
from citycloud.doctor.findings import Finding, gathered, undecided

CHECK: Final = "monitoring"
KIND: Final = "Prometheus"
SELECTORS: Final = (
    "serviceMonitorNamespaceSelector",
    "podMonitorNamespaceSelector",
    "probeNamespaceSelector",
    "scrapeConfigNamespaceSelector",
    "ruleNamespaceSelector",
)
"""Each that is absent means: of its own namespace only."""


def judge_monitoring(facts: Facts) -> list[Finding]:
    """Tell whether the kinds of Prometheus' operator are there, without which citycloud is whole, and judge what they keep apart."""
    kinds = facts.served[MONITORING]
    if isinstance(kinds, Unseen):
        return [undecided(check=CHECK, unseen=kinds)]
    found = MONITORS & kinds
    there = Finding(check=CHECK, state="note", key="MonitorsThere" if found else "MonitorsMissing", objects=tuple(sorted(found)))
    listing = facts.objects["prometheuses"]
    if KIND not in kinds:
        return [there]
    if isinstance(listing, Unseen):
        return [there, undecided(check=CHECK, unseen=listing)]
    lacking = [f"{_title(each)} ({field})" for each in listing for field in _lacking(each["spec"])]
    opened = gathered(check=CHECK, state="warning", key="PrometheusOpen", objects=lacking)
    return [there, *(opened or [Finding(check=CHECK, state="well", key="PrometheusApart", objects=tuple(map(_title, listing)))])]


def _title(prometheus: Manifest) -> str:
    return f"{prometheus['metadata']['namespace']}/{prometheus['metadata']['name']}"


def _lacking(spec: Mapping[str, Any]) -> Iterator[str]:
    """Name what is not set of a Prometheus that reads from more namespaces than its own."""
    if not any(spec.get(selector) is not None for selector in SELECTORS):
        return
    if not spec.get("enforcedNamespaceLabel"):
        yield "enforcedNamespaceLabel"
    if not spec.get("overrideHonorLabels"):
        yield "overrideHonorLabels"
    if not spec.get("ignoreNamespaceSelectors"):
        yield "ignoreNamespaceSelectors"
    if not spec.get("arbitraryFSAccessThroughSMs", {}).get("deny"):
        yield "arbitraryFSAccessThroughSMs.deny"
    if not spec.get("enforcedSampleLimit"):
        yield "enforcedSampleLimit"
