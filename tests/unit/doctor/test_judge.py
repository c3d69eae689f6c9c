"""What the doctor says of a cluster: nothing where it is whole, the right thing where one thing is the matter, and never "well" unseen."""

import datetime
from collections.abc import Callable
from typing import Any, Final

import pytest
from tests.support.whole import DEFINITIONS, ME, NAMESPACE, NOW, RULES, SHIPPED, VALUES, binding, named, whole

from citycloud.cli.doctor import next_of, text_of
from citycloud.cli.options import Language
from citycloud.cli.output import Screen
from citycloud.doctor.facts import MONITORING, NEEDED, WANTED, Facts, Probe, Unseen
from citycloud.doctor.findings import Finding, exit_status
from citycloud.doctor.judge import judge

Objects = dict[str, list[dict[str, Any]]]
POLICY: Final = "p29-cluster-objects.citycloud.dev"
ADMINS: Final = {"kind": "Group", "name": "quan-tri"}
STORED: Final = (
    "ValidatingAdmissionPolicy 'p29-cluster-objects.citycloud.dev' with binding 'p29-cluster-objects.citycloud.dev' denied request: P29 …"
)


def findings(facts: Facts) -> tuple[Finding, ...]:
    """Judge; whatever is said has words in both languages, and whatever is the matter a next step."""
    found = judge(facts=facts, shipped=SHIPPED, definitions=DEFINITIONS, rules=RULES)
    for language in Language:
        screen = Screen(language=language, output=None)
        for finding in found:
            assert text_of(screen, finding)
            assert next_of(screen, finding) or finding.state in ("well", "note"), finding.key
    return found


def troubles(facts: Facts) -> list[tuple[str, str]]:
    """List state and key of whatever is not well."""
    return [(each.state, each.key) for each in findings(facts) if each.state not in ("well", "note")]


def policy(objects: Objects) -> dict[str, Any]:
    return named(objects["validatingadmissionpolicies"], POLICY)


def bound(objects: Objects) -> dict[str, Any]:
    spec: dict[str, Any] = named(objects["validatingadmissionpolicybindings"], POLICY)["spec"]
    return spec


def without(plural: str, name: str) -> Callable[[Objects], None]:
    return lambda objects: objects[plural].remove(named(objects[plural], name))


def added(plural: str, item: dict[str, Any]) -> Callable[[Objects], None]:
    return lambda objects: objects[plural].append(item)


def lease(**changes: Any) -> Callable[[Objects], None]:
    return lambda objects: objects["leases"][0]["spec"].update(changes)


def deployment(*, replicas: int, ready: int) -> Callable[[Objects], None]:
    def change(objects: Objects) -> None:
        objects["deployments"][0] |= {"spec": {"replicas": replicas}, "status": {"readyReplicas": ready}}

    return change


def variable(name: str, expression: str) -> Callable[[Objects], None]:
    return lambda objects: next(each for each in policy(objects)["spec"]["variables"] if each["name"] == name).update(expression=expression)


def test_a_whole_cluster_is_well() -> None:
    assert troubles(whole()) == []
    assert exit_status(findings(whole())) == 0


CHANGES: dict[str, tuple[Callable[[Objects], None], tuple[str, str]]] = {
    "a kind is gone": (without("customresourcedefinitions", "approvals.citycloud.dev"), ("failed", "DefinitionsMissing")),
    "a kind is not served": (
        lambda objects: objects["customresourcedefinitions"][0].update(status={}),
        ("failed", "DefinitionsNotEstablished"),
    ),
    "a kind has lost a rule": (
        lambda objects: objects["customresourcedefinitions"][0]["spec"]["versions"][0]["schema"].update(openAPIV3Schema={"type": "object"}),
        ("failed", "DefinitionsOther"),
    ),
    "a policy is gone": (without("validatingadmissionpolicies", POLICY), ("failed", "PolicyMissing")),
    "a policy lets failures pass": (lambda objects: policy(objects)["spec"].update(failurePolicy="Ignore"), ("failed", "PolicyFailsOpen")),
    "a policy says yes to everything": (
        lambda objects: policy(objects)["spec"].update(validations=[{"expression": "true"}]),
        ("failed", "PolicyChanged"),
    ),
    "a policy looks at some namespaces only": (
        lambda objects: policy(objects)["spec"]["matchConstraints"].update(namespaceSelector={"matchLabels": {"no": "where"}}),
        ("failed", "PolicyChanged"),
    ),
    "a policy lets anybody pass": (variable("isPlatform", "true"), ("failed", "PolicyChanged")),
    "a policy lets more than names pass": (
        variable("isPlatform", "request.userInfo.groups.exists(group, group in 'a'.split(',') || 'b' == 'b'.split(','))"),
        ("failed", "PolicyChanged"),
    ),
    "a binding is gone": (without("validatingadmissionpolicybindings", POLICY), ("failed", "PolicyUnbound")),
    "a binding audits only": (lambda objects: bound(objects).update(validationActions=["Audit"]), ("failed", "BindingNotDenying")),
    "a binding warns only": (lambda objects: bound(objects).update(validationActions=["Warn"]), ("failed", "BindingNotDenying")),
    "a binding looks elsewhere": (
        lambda objects: bound(objects).update(matchResources={"namespaceSelector": {"matchLabels": {"no": "where"}}}),
        ("failed", "BindingNarrowed"),
    ),
    "a mutating policy is not bound": (
        without("mutatingadmissionpolicybindings", "p02-safe-defaults.citycloud.dev"),
        ("failed", "PolicyUnbound"),
    ),
    "a policy's types are doubted": (
        lambda objects: policy(objects)["status"].update(
            typeChecking={"expressionWarnings": [{"fieldRef": "spec.variables[0]", "warning": "undefined field\n | x"}]}
        ),
        ("warning", "TypeWarnings"),
    ),
    "somebody else may write policies": (
        added("clusterrolebindings", binding("x", "cluster-admin", ADMINS)),
        ("warning", "WritersOthers"),
    ),
    "an account that poses as a controller may write policies": (
        added(
            "clusterrolebindings", binding("x", "cluster-admin", {"kind": "ServiceAccount", "namespace": "kube-system", "name": "addon"})
        ),
        ("warning", "WritersOthers"),
    ),
    "the lease is stale": (lease(renewTime="2026-09-01T11:59:40.000000Z"), ("failed", "LeaseStale")),
    "the lease was given back": (lease(holderIdentity=""), ("failed", "LeaseFree")),
    "a pod of the operator is not ready": (deployment(replicas=2, ready=1), ("warning", "DeploymentLacking")),
    "a request was never looked at": (lambda objects: objects["environments"][0].update(status={}), ("failed", "RequestsWaiting")),
    "a change was never looked at": (
        lambda objects: objects["organisations"][0]["metadata"].update(generation=3, managedFields=[{"time": "2026-09-01T11:58:59Z"}]),
        ("failed", "RequestsWaiting"),
    ),
    "the operator may do more": (
        lambda objects: named(objects["clusterroles"], ME["name"])["rules"].append({"verbs": ["get"], "resources": ["secrets"]}),
        ("failed", "RightsChanged"),
    ),
    "the operator's role is gone": (lambda objects: objects["roles"].clear(), ("failed", "RightsChanged")),
    "the operator lost its binding": (without("clusterrolebindings", ME["name"]), ("failed", "RightsLost")),
    "the operator is bound in some namespace": (
        added("rolebindings", binding("x", "admin", ME, namespace="so-y-te--ho-so--app")),
        ("failed", "RightsBeyond"),
    ),
    "every account of its namespace is bound": (
        added("clusterrolebindings", binding("x", "view", {"kind": "Group", "name": f"system:serviceaccounts:{NAMESPACE}"})),
        ("failed", "RightsBeyond"),
    ),
    "everybody is bound": (
        added("clusterrolebindings", binding("x", "view", {"kind": "Group", "name": "system:serviceaccounts"})),
        ("warning", "RightsOfAll"),
    ),
    "a flow is gone": (without("flowschemas", "citycloud-tenants"), ("warning", "FlowMissing")),
    "a priority level is gone": (without("prioritylevelconfigurations", "citycloud-tenants"), ("warning", "FlowMissing")),
    "a flow leads nowhere": (
        lambda objects: objects["flowschemas"][0].update(status={"conditions": [{"type": "Dangling", "status": "True"}]}),
        ("warning", "FlowDangling"),
    ),
    "a profile is gone": (without("securityprofiles", "vn-2026-l3"), ("warning", "ProfilesMissing")),
    "all profiles are gone": (lambda objects: objects["securityprofiles"].clear(), ("failed", "ProfilesNone")),
    "a size is gone": (without("sizeclasses", "s"), ("warning", "SizesMissing")),
    "all sizes are gone": (lambda objects: objects["sizeclasses"].clear(), ("failed", "SizesNone")),
    "there is no city": (lambda objects: objects["cities"].clear(), ("failed", "CityMissing")),
    "a priority class is gone": (without("priorityclasses", "citycloud-background"), ("warning", "PrioritiesMissing")),
    "a priority class pushes others out": (
        lambda objects: named(objects["priorityclasses"], "citycloud-production").pop("preemptionPolicy"),
        ("failed", "PrioritiesPushing"),
    ),
    "every pod gets a priority": (lambda objects: objects["priorityclasses"][0].update(globalDefault=True), ("failed", "PriorityDefault")),
}


@pytest.mark.parametrize("what", CHANGES)
def test_one_thing_that_is_the_matter_is_the_one_that_is_said(what: str) -> None:
    change, said = CHANGES[what]

    assert troubles(whole(change)) == [said]


def test_the_operator_bound_to_cluster_admin_is_broken_and_may_write_policies() -> None:
    facts = whole(added("clusterrolebindings", binding("x", "cluster-admin", {"kind": "User", "name": VALUES["@OPERATOR@"]})))

    assert troubles(facts) == [("warning", "WritersOthers"), ("failed", "RightsBeyond")]


def test_a_second_binding_takes_nothing_away() -> None:
    weak = {"metadata": {"name": "x"}, "spec": {"policyName": POLICY, "validationActions": ["Warn"]}}

    assert troubles(whole(added("validatingadmissionpolicybindings", weak))) == []


def test_whom_the_policies_let_pass_is_said_and_they_have_to_agree() -> None:
    def divide(objects: Objects) -> None:
        spec = named(objects["validatingadmissionpolicies"], "p30-deletion.citycloud.dev")["spec"]
        for each in spec["variables"]:
            each["expression"] = each["expression"].replace("'citycloud-break-glass'", "'citycloud-break-glass,ban-be'")

    facts = whole(divide)
    (said,) = [each.said for each in findings(facts) if each.key == "Identities"]
    assert said == {"platform": "citycloud-platform, system:masters", "break_glass": "ban-be, citycloud-break-glass"}
    assert troubles(facts) == [("warning", "IdentitiesDivided")]


def test_policies_that_trust_another_operator_are_broken() -> None:
    assert ("failed", "OperatorForeign") in troubles(whole(namespace="elsewhere"))


@pytest.mark.parametrize(
    ("version", "good"), [("v1.36.0", True), ("v1.37.1+k3s1", True), ("v2.0.0", True), ("v1.35.9", False), ("?", False)]
)
def test_a_server_has_to_be_new_enough(version: str, good: bool) -> None:
    assert troubles(whole(version=version)) == ([] if good else [("failed", "ServerOld")])


def test_a_kind_that_is_not_served_is_named() -> None:
    served = {**whole().served, "admissionregistration.k8s.io/v1": NEEDED["admissionregistration.k8s.io/v1"] - {"MutatingAdmissionPolicy"}}

    (found,) = [each for each in findings(whole(served=served)) if each.key == "KindsMissing"]
    assert (found.state, found.objects) == ("failed", ("admissionregistration.k8s.io/v1/MutatingAdmissionPolicy",))


@pytest.mark.parametrize(
    ("probe", "said"),
    [
        (Probe(outcome="admitted", asked_as="lan"), ("warning", "StaticMissing")),
        (Probe(outcome="refused", message=STORED), ("undecided", "StaticHidden")),
        (Probe(outcome="not allowed", message='User "lan" cannot create resource'), ("undecided", "StaticUntried")),
        (Probe(outcome="no answer", message="etcd is away"), ("undecided", "StaticUnanswered")),
    ],
)
def test_only_a_refusal_that_names_a_static_policy_shows_one(probe: Probe, said: tuple[str, str]) -> None:
    assert troubles(whole(probes={"customresourcedefinitions": probe})) == [said]


@pytest.mark.parametrize("replicas", [0, 1])
def test_an_operator_that_leads_may_run_alone_or_outside_of_the_cluster(replicas: int) -> None:
    assert troubles(whole(deployment(replicas=replicas, ready=replicas))) == []


@pytest.mark.parametrize(
    ("change", "key"),
    [(deployment(replicas=0, ready=0), "DeploymentEmpty"), (lambda objects: objects["deployments"].clear(), "DeploymentMissing")],
)
def test_an_operator_that_never_ran_and_has_no_pods_is_broken(change: Callable[[Objects], None], key: str) -> None:
    def both(objects: Objects) -> None:
        change(objects)
        objects["leases"].clear()

    assert troubles(whole(both)) == [("failed", "LeaseMissing"), ("failed", key)]


def test_a_request_of_just_now_may_wait() -> None:
    def change(objects: Objects) -> None:
        status = {"subresource": "status", "time": "2026-09-01T08:00:01Z"}
        objects["environments"][0]["metadata"] |= {"generation": 3, "managedFields": [{"time": "2026-09-01T11:59:30Z"}, status]}

    assert troubles(whole(change)) == []


def test_a_lease_is_held_to_the_end_of_its_time_and_no_longer() -> None:
    assert troubles(whole(now=NOW + datetime.timedelta(seconds=12))) == []
    assert troubles(whole(now=NOW + datetime.timedelta(seconds=14))) == [("failed", "LeaseStale")]


@pytest.mark.parametrize("wanted", WANTED, ids=lambda wanted: wanted.plural)
def test_what_could_not_be_seen_is_never_well_and_names_the_right_that_it_takes(wanted: Any) -> None:
    right = wanted.right(namespace=NAMESPACE)
    served = {**whole().served, MONITORING: frozenset({"Prometheus"})}
    facts = whole(served=served)
    blind = whole(objects={**facts.objects, wanted.plural: Unseen(right)}, served=served)

    said = [each for each in findings(blind) if each.key == "Undecided"]
    assert said
    assert {each.said["right"] for each in said} == {right}
    assert exit_status(findings(blind)) == 2
    before = {(each.check, each.key) for each in findings(facts) if each.state == "well"}
    after = {(each.check, each.key) for each in findings(blind) if each.state == "well"}
    assert after < before


def test_who_sees_nothing_is_told_nothing_is_well_but_what_was_probed() -> None:
    blind = whole(
        objects={wanted.plural: Unseen(wanted.right(namespace=NAMESPACE)) for wanted in WANTED},
        served={place: Unseen(f"get {place}") for place in whole().served},
        probes={"validatingadmissionpolicies": Probe(outcome="not allowed")},
    )

    assert [each.key for each in findings(blind) if each.state == "well"] == ["ServerNew"]


@pytest.mark.parametrize(
    ("states", "status"),
    [(["well", "note"], 0), (["warning", "well"], 3), (["undecided", "warning"], 2), (["undecided", "failed", "warning"], 1)],
)
def test_the_worst_finding_is_what_scripts_see(states: list[Any], status: int) -> None:
    assert exit_status(Finding(check="x", state=state, key="x") for state in states) == status
