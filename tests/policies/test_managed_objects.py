"""Attacks on what the platform laid down (T19, T21), and that those who keep it in order still can: quotas are counted, namespaces end."""

from collections.abc import Callable

import pytest
from tests.policies.conftest import Bracket, Callers
from tests.support.attack import refused_by, refused_by_rights
from tests.support.caller import Answer, Caller, Object
from tests.support.kube import User, eventually

NAMESPACE = "so-y-te--ho-so--app"
POLICIES = f"/apis/networking.k8s.io/v1/namespaces/{NAMESPACE}/networkpolicies"
CORE = f"/api/v1/namespaces/{NAMESPACE}"
QUOTA, LIMITS = f"{CORE}/resourcequotas/citycloud", f"{CORE}/limitranges/citycloud"
OURS = "labelSelector=app.kubernetes.io/managed-by%3Dcitycloud"
MANAGED = {"app.kubernetes.io/managed-by": "citycloud"}

OWN_POLICY: Object = {
    "apiVersion": "networking.k8s.io/v1",
    "kind": "NetworkPolicy",
    "metadata": {"name": "control", "namespace": NAMESPACE},
    "spec": {"podSelector": {}, "ingress": [{"from": [{"podSelector": {}}], "ports": [{"protocol": "TCP", "port": 8080}]}]},
}


IDLE: Object = {"podSelector": {"matchLabels": {"app": "nothing"}}, "policyTypes": ["Ingress"], "ingress": [], "egress": []}
"""A policy for no pod: where it takes the place of the closing one, everything is open. By itself it is in order (P14)."""


def config_map(name: str, *, namespace: str = NAMESPACE, labels: dict[str, str] | None = None) -> Object:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": namespace, "labels": labels or {}}}


def _replaced(caller: Caller, path: str) -> Answer:
    item = caller.call("GET", path).body
    item["spec"] = IDLE
    return caller.call("PUT", path, item)


def _applied(caller: Caller, path: str) -> Answer:
    """Take the policy over by server-side apply, with other content."""
    metadata = {"name": path.rsplit("/", maxsplit=1)[1], "namespace": NAMESPACE}
    return caller.call("APPLY", path, {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": metadata, "spec": IDLE})


REMOVALS: dict[str, Callable[[Caller, str], Answer]] = {
    "delete": lambda caller, path: caller.call("DELETE", path),
    "delete with its dependents": lambda caller, path: caller.call("DELETE", path, query="propagationPolicy=Foreground"),
    "patch": lambda caller, path: caller.call("PATCH", path, {"spec": IDLE}),
    "replace": _replaced,
    "take over": _applied,
    "relabel": lambda caller, path: caller.call("PATCH", path, {"metadata": {"labels": {"app.kubernetes.io/managed-by": None}}}),
    "relabel as another's": lambda caller, path: caller.call(
        "JSONPATCH", path, [{"op": "replace", "path": "/metadata/labels/app.kubernetes.io~1managed-by", "value": "helm"}]
    ),
    "give to an owner": lambda caller, path: caller.call("PATCH", path, {"metadata": {"ownerReferences": [_owner(caller)]}}),
}


def _owner(caller: Caller) -> Object:
    account = caller.call("GET", f"{CORE}/serviceaccounts/default").body
    return {"apiVersion": "v1", "kind": "ServiceAccount", "name": "default", "uid": account["metadata"]["uid"]}


@pytest.mark.attack("T19")
@pytest.mark.parametrize("case", REMOVALS)
def test_nobody_removes_the_isolation_of_a_namespace(bracket: Bracket, callers: Callers, case: str) -> None:
    """Not one of the platform's policies, neither the tenant nor an administrator."""
    with bracket("admin", OWN_POLICY) as admin:
        items = admin.call("GET", POLICIES, query=OURS).body["items"]
        assert len(items) >= 4
        for item in items:
            path = f"{POLICIES}/{item['metadata']['name']}"
            refused_by(REMOVALS[case](admin, path), "P13")
            refused_by(REMOVALS[case](callers("platform"), path), "P13")


@pytest.mark.attack("T19")
def test_nobody_removes_it_all_at_once(bracket: Bracket, callers: Callers) -> None:
    with bracket("admin", OWN_POLICY) as admin:
        refused_by_rights(admin.call("DELETE", POLICIES))
        refused_by(callers("platform").call("DELETE", POLICIES, query=OURS), "P13")


def _status(used: str) -> Object:
    return {"status": {"used": {"pods": used}}}


TAMPERING: dict[str, Callable[[Caller], Answer]] = {
    "raise it": lambda caller: caller.call("PATCH", QUOTA, {"spec": {"hard": {"pods": "5000"}}}),
    "delete it": lambda caller: caller.call("DELETE", QUOTA),
    "delete all": lambda caller: caller.call("DELETE", f"{CORE}/resourcequotas"),
    "count anew": lambda caller: caller.call("PATCH", f"{QUOTA}/status", _status("7")),
    "loosen the limits": lambda caller: caller.call("PATCH", LIMITS, {"spec": {"limits": []}}),
    "delete the limits": lambda caller: caller.call("DELETE", LIMITS),
}


@pytest.mark.attack("T21")
@pytest.mark.parametrize("case", TAMPERING)
def test_nobody_raises_a_quota(bracket: Bracket, callers: Callers, case: str) -> None:
    """The tenant has no right to, and the policies hold for those who have."""
    with bracket("operator", config_map("control")):
        for role in ("operator", "admin"):
            refused_by_rights(TAMPERING[case](callers(role)))
        refused_by(TAMPERING[case](callers("platform")), "P13")


@pytest.mark.attack("T21")
@pytest.mark.parametrize("kind", ["ResourceQuota", "LimitRange"])
def test_nobody_puts_a_second_quota_beside_it(bracket: Bracket, callers: Callers, kind: str) -> None:
    """And none that looks like the platform's."""
    path = f"{CORE}/{kind.lower()}s"
    spec: Object = {"hard": {"pods": "5000"}} if kind == "ResourceQuota" else {"limits": []}
    mine: Object = {"apiVersion": "v1", "kind": kind, "metadata": {"name": "mine", "namespace": NAMESPACE}, "spec": spec}
    posing = mine | {"metadata": mine["metadata"] | {"labels": MANAGED}}
    with bracket("operator", config_map("control")):
        for role in ("operator", "admin"):
            refused_by_rights(callers(role).call("POST", path, mine))
        refused_by(callers("platform").call("POST", path, posing), "P13")


def test_a_quota_goes_on_counting(place: str, callers: Callers, admin: User) -> None:
    operator = callers("operator")

    def used() -> int:
        return int(admin.get("resourcequota", "citycloud", place)["status"]["used"]["configmaps"])

    def made_and_deleted() -> tuple[int, int]:
        """Return what is counted with one object more, and what is there and counted without it."""
        assert operator.call("POST", f"{CORE}/configmaps", config_map("counted")).code == 201
        made = used()
        assert operator.call("DELETE", f"{CORE}/configmaps/counted").code == 200
        there = len(admin.list("configmaps", place))
        eventually(lambda: used() == there, what="the quota to count one less")
        return made, there

    made_and_deleted()  # a quota that was counted while its namespace came to be may have missed one; a deletion has it counted anew
    made, there = made_and_deleted()
    assert made == there + 1


def test_what_lies_in_a_namespace_ends_with_it(place: str, callers: Callers, admin: User) -> None:
    """Managed objects, and services with endpoints, hold up no purge."""
    glass, platform = callers("break-glass"), callers("platform")
    namespace = "thu--sap-het--app"
    root = f"/api/v1/namespaces/{namespace}"
    assert glass.call("POST", "/api/v1/namespaces", {"metadata": {"name": namespace}}).code == 201
    service = {"metadata": {"name": "web"}, "spec": {"selector": {"app": "web"}, "ports": [{"port": 80}]}}
    assert glass.call("POST", f"{root}/configmaps", config_map("managed", namespace=namespace, labels=MANAGED)).code == 201
    assert platform.call("POST", f"{root}/services", service).code == 201
    eventually(lambda: admin.find("endpoints", "web", namespace), what="the endpoints of the service")
    refused_by(platform.call("DELETE", f"{root}/configmaps/managed"), "P13")
    assert glass.call("DELETE", root).code in (200, 202)
    eventually(lambda: admin.find("namespace", namespace) is None, what="the namespace to end", seconds=60)


def test_an_object_that_waits_for_its_dependents_is_let_go(scratch: str, callers: Callers, admin: User) -> None:
    glass = callers("break-glass")
    root = f"/api/v1/namespaces/{scratch}/configmaps"
    assert glass.call("POST", root, config_map("managed", namespace=scratch, labels=MANAGED)).code == 201
    assert glass.call("DELETE", f"{root}/managed", query="propagationPolicy=Foreground").code == 200
    eventually(lambda: admin.find("configmap", "managed", scratch) is None, what="the object to go")
