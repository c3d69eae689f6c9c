"""Is the operator at work, and does it hold what it is shipped with and nothing more.

The lease says who leads, wherever that process runs; the Deployment says how many stand by. A lease is judged by the API server's clock,
which may differ a little from that of the holder: up to its whole duration counts as held. Whoever holds a lease may still do nothing: so
requests that were written a while ago and never looked at count, too.
"""

import dataclasses
import datetime
from collections.abc import Iterator, Sequence
from typing import Final

from citycloud.doctor.facts import OPERATOR, Facts, Manifest, Unseen
from citycloud.doctor.findings import Finding, by_name, gathered, lacking, seen, undecided

CHECK: Final = "operator"
RIGHTS: Final = "rights"
EVERYBODYS: Final = frozenset(
    {"system:basic-user", "system:discovery", "system:public-info-viewer", "system:service-account-issuer-discovery", "citycloud-catalogue"}
)
"""The roles that Kubernetes and the chart give to everybody."""
PATIENCE: Final = datetime.timedelta(minutes=1)
"""How long a request may wait to be looked at, which takes seconds; an operator that tries again and again says why in its log."""
ANSWERED: Final = ("organisations", "informationsystems", "environments")
CROWDS: Final = frozenset({"system:serviceaccounts", "system:authenticated"})


@dataclasses.dataclass(frozen=True, kw_only=True)
class OperatorRules:
    """What the operator may do as shipped: in the whole cluster, and in its own namespace."""

    cluster: Sequence[Manifest]
    own: Sequence[Manifest]


def judge_operator(facts: Facts) -> list[Finding]:
    """Judge lease, Deployment, and whether requests are looked at."""
    lease, deployment = facts.objects["leases"], facts.objects["deployments"]
    led = undecided(check=CHECK, unseen=lease) if isinstance(lease, Unseen) else _lease(lease=lease, facts=facts)
    placed = undecided(check=CHECK, unseen=deployment) if isinstance(deployment, Unseen) else _deployment(deployment=deployment, led=led)
    return [led, placed, *_requests(facts)]


def _lease(*, lease: tuple[Manifest, ...], facts: Facts) -> Finding:
    spec = lease[0]["spec"] if lease else {}
    holder, renewed = spec.get("holderIdentity"), spec.get("renewTime")
    if not holder or not renewed:
        return Finding(check=CHECK, state="failed", key="LeaseFree" if lease else "LeaseMissing", said={"namespace": facts.namespace})
    seconds = round((facts.now - datetime.datetime.fromisoformat(renewed)).total_seconds())
    fresh = seconds <= spec["leaseDurationSeconds"]
    return Finding(
        check=CHECK,
        state="well" if fresh else "failed",
        key="LeaseHeld" if fresh else "LeaseStale",
        said={"holder": holder, "seconds": max(0, seconds)},
    )


def _deployment(*, deployment: tuple[Manifest, ...], led: Finding) -> Finding:
    if not deployment:
        return Finding(check=CHECK, state="note" if led.state == "well" else "failed", key="DeploymentMissing")
    wanted, ready = deployment[0]["spec"].get("replicas", 1), deployment[0].get("status", {}).get("readyReplicas", 0)
    said = {"ready": ready, "wanted": wanted}
    if not wanted:
        return Finding(check=CHECK, state="note" if led.state == "well" else "failed", key="DeploymentEmpty")
    if ready < wanted:
        return Finding(check=CHECK, state="warning", key="DeploymentLacking", said=said)
    return Finding(
        check=CHECK, state="well" if wanted > 1 else "note", key="DeploymentWhole" if wanted > 1 else "DeploymentAlone", said=said
    )


def _requests(facts: Facts) -> list[Finding]:
    listings = [facts.objects[plural] for plural in ANSWERED]
    blind = lacking(check=CHECK, listings=listings)
    if blind:
        return blind
    requests = [(plural, each) for plural in ANSWERED for each in seen(facts.objects[plural])]
    waiting = [_title(plural, each) for plural, each in requests if _waits(request=each, now=facts.now)]
    return gathered(check=CHECK, state="failed", key="RequestsWaiting", objects=waiting) or [
        Finding(check=CHECK, state="well", key="RequestsSeen", said={"count": len(requests)})
    ]


def _waits(*, request: Manifest, now: datetime.datetime) -> bool:
    """Tell whether the operator has not looked at a request as it is, and has had the time to."""
    metadata = request["metadata"]
    if request.get("status", {}).get("observedGeneration", 0) >= metadata["generation"]:
        return False
    written = [each["time"] for each in metadata.get("managedFields", ()) if not each.get("subresource")]
    return now - datetime.datetime.fromisoformat(max([metadata["creationTimestamp"], *written])) > PATIENCE


def _title(plural: str, request: Manifest) -> str:
    metadata = request["metadata"]
    return "/".join(filter(None, (plural, metadata.get("namespace"), metadata["name"])))


def judge_rights(*, facts: Facts, rules: OperatorRules) -> list[Finding]:
    """Judge whether the operator's account holds its own two roles and nothing beyond, and whether these are as shipped."""
    cluster_roles, own_roles = facts.objects["clusterroles"], facts.objects["roles"]
    listings = (cluster_roles, own_roles, facts.objects["clusterrolebindings"], facts.objects["rolebindings"])
    blind = lacking(check=RIGHTS, listings=listings)
    if blind:
        return blind
    found = {
        f"ClusterRole {OPERATOR}": (by_name(cluster_roles).get(OPERATOR), rules.cluster),
        f"Role {facts.namespace}/{OPERATOR}": (by_name(own_roles).get(OPERATOR), rules.own),
    }
    changed = [name for name, (role, shipped) in found.items() if role is None or role.get("rules") != list(shipped)]
    mine, everybodys = _granted(facts)
    wanted = {(f"ClusterRole {OPERATOR}", ""), (f"Role {OPERATOR}", facts.namespace)}
    beyond = [f"{role} ({namespace or 'cluster'})" for role, namespace in mine - wanted]
    lost = [f"{role} ({namespace or 'cluster'})" for role, namespace in wanted - mine]
    findings = [
        *gathered(check=RIGHTS, state="failed", key="RightsChanged", objects=changed),
        *gathered(check=RIGHTS, state="failed", key="RightsBeyond", objects=beyond),
        *gathered(check=RIGHTS, state="failed", key="RightsLost", objects=lost),
        *gathered(check=RIGHTS, state="warning", key="RightsOfAll", objects=everybodys),
    ]
    return findings or [Finding(check=RIGHTS, state="well", key="RightsShipped")]


def _granted(facts: Facts) -> tuple[set[tuple[str, str]], set[str]]:
    """Gather the roles that the operator's account holds as (role, namespace), and those that it holds because everybody does."""
    mine, everybodys = set(), set()
    for binding, namespace in _bindings(facts):
        role = f"{binding['roleRef']['kind']} {binding['roleRef']['name']}"
        for subject in binding.get("subjects") or ():
            if _is_operator(subject=subject, namespace=facts.namespace):
                mine.add((role, namespace))
            elif (
                subject["kind"] == "Group" and subject["name"] in CROWDS and not namespace and binding["roleRef"]["name"] not in EVERYBODYS
            ):
                everybodys.add(f"{role} ({subject['name']})")
    return mine, everybodys


def _bindings(facts: Facts) -> Iterator[tuple[Manifest, str]]:
    for plural in ("clusterrolebindings", "rolebindings"):
        for binding in seen(facts.objects[plural]):
            yield binding, binding["metadata"].get("namespace", "")


def _is_operator(*, subject: Manifest, namespace: str) -> bool:
    """Tell whether a subject is the operator's account: itself, its user name, or the group of its namespace's accounts."""
    return (subject["kind"], subject.get("namespace", ""), subject["name"]) in {
        ("ServiceAccount", namespace, OPERATOR),
        ("User", "", f"system:serviceaccount:{namespace}:{OPERATOR}"),
        ("Group", "", f"system:serviceaccounts:{namespace}"),
    }
