"""Who may talk to whom: nobody, and then exactly what the profile lets through, from both ends."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from citycloud.plan.manifest import Manifest
from citycloud.plan.subject import SiteOpening, Subject

if TYPE_CHECKING:
    from tests.unit.plan.conftest import Find, Make, Plan

ZONES: Final = ("dmz", "app", "data", "management")
NAMESPACE_NAME: Final = "kubernetes.io/metadata.name"
zone_choices = st.lists(st.sampled_from(ZONES), min_size=1, max_size=4, unique=True).map(tuple)
ports = st.lists(st.integers(1, 65535), min_size=1, max_size=3)
random_flows = st.lists(
    st.fixed_dictionaries({"from": st.sampled_from((*ZONES, "ingress", "wireless")), "to": st.sampled_from(ZONES), "ports": ports}),
    max_size=8,
)


def policies(manifests: list[Manifest]) -> list[Manifest]:
    return [each for each in manifests if each["kind"] == "NetworkPolicy"]


def rules(policy: Manifest) -> Iterator[tuple[str, dict[str, Any]]]:
    """List the rules of a policy with the word that their peers stand under."""
    for rule in policy["spec"].get("ingress", ()):
        yield "from", rule
    for rule in policy["spec"].get("egress", ()):
        yield "to", rule


def opened(policy: Manifest) -> set[tuple[str, int]]:
    """List the namespaces and ports that a policy of flows opens."""
    return {
        (peer["namespaceSelector"]["matchLabels"][NAMESPACE_NAME], port["port"])
        for word, rule in rules(policy)
        for peer in rule[word]
        for port in rule["ports"]
    }


def subject_with(make: "Make", *, zones: tuple[str, ...], flows: list[dict[str, Any]], hosts: tuple[str, ...]) -> Subject:
    return make.subject(zones=zones, hosts=hosts, profile=make.with_profile(flows=flows).profile)


@given(zones=zone_choices, flows=random_flows, has_host=st.booleans())
@settings(max_examples=60, deadline=None)
def test_every_zone_is_closed_in_both_directions(
    make: "Make", plan: "Plan", find: "Find", zones: tuple[str, ...], flows: list[dict[str, Any]], has_host: bool
) -> None:
    subject = subject_with(make, zones=zones, flows=flows, hosts=("a.example",) if has_host else ())
    for zone in zones:
        policy = find(plan(subject), "NetworkPolicy", subject.namespace(zone), "default-deny")
        assert policy["apiVersion"] == "networking.k8s.io/v1"
        assert (policy["spec"]["podSelector"], policy["spec"]["policyTypes"]) == ({}, ["Ingress", "Egress"])
        assert list(rules(policy)) == []


@given(zones=zone_choices, flows=random_flows, has_host=st.booleans())
@settings(max_examples=60, deadline=None)
def test_no_policy_opens_to_an_address_or_to_everybody(
    make: "Make", plan: "Plan", zones: tuple[str, ...], flows: list[dict[str, Any]], has_host: bool
) -> None:
    """Hold every peer to a name that nobody can forge; only the pods of the own zone are meant without one."""
    for policy in policies(plan(subject_with(make, zones=zones, flows=flows, hosts=("a.example",) if has_host else ()))):
        for word, rule in rules(policy):
            assert rule[word], policy["metadata"]["name"]
            for peer in rule[word]:
                assert "ipBlock" not in peer
                if peer != {"podSelector": {}}:
                    assert list(peer["namespaceSelector"]["matchLabels"]) == [NAMESPACE_NAME]
                    assert rule["ports"]
                else:
                    assert policy["metadata"]["name"] == "allow-own-zone"


@given(zones=zone_choices, flows=random_flows, has_host=st.booleans())
@settings(max_examples=60, deadline=None)
def test_a_policy_lists_every_direction_that_it_speaks_of(
    make: "Make", plan: "Plan", zones: tuple[str, ...], flows: list[dict[str, Any]], has_host: bool
) -> None:
    for policy in policies(plan(subject_with(make, zones=zones, flows=flows, hosts=("a.example",) if has_host else ()))):
        spoken = {word for key, word in (("ingress", "Ingress"), ("egress", "Egress")) if policy["spec"].get(key)}
        assert spoken <= set(policy["spec"]["policyTypes"])
        assert policy["spec"]["podSelector"] == {}


@given(zones=zone_choices, flows=random_flows, has_host=st.booleans())
@settings(max_examples=100, deadline=None)
def test_exactly_the_flows_of_the_profile_are_open_at_both_ends(
    make: "Make", plan: "Plan", zones: tuple[str, ...], flows: list[dict[str, Any]], has_host: bool
) -> None:
    subject = subject_with(make, zones=zones, flows=flows, hosts=("a.example",) if has_host else ())
    built = {
        (each["metadata"]["namespace"], each["metadata"]["name"]): opened(each)
        for each in policies(plan(subject))
        if "flows" in each["metadata"]["name"]
    }
    for zone in zones:
        arriving, leaving = set(), set()
        for flow in flows:
            if flow["to"] == zone and flow["from"] in zones:
                arriving |= {(subject.namespace(flow["from"]), port) for port in flow["ports"]}
            if flow["to"] == zone and flow["from"] == "ingress" and has_host:
                arriving |= {("ingress", port) for port in flow["ports"]}
            if flow["from"] == zone and flow["to"] in zones:
                leaving |= {(subject.namespace(flow["to"]), port) for port in flow["ports"]}
        assert built.get((subject.namespace(zone), "allow-flows-in"), set()) == arriving
        assert built.get((subject.namespace(zone), "allow-flows-out"), set()) == leaving


def test_the_gateway_is_let_in_only_where_there_is_a_public_host(make: "Make", plan: "Plan", find: "Find") -> None:
    dmz = make.subject().namespace("dmz")
    open_ = find(plan(make.subject()), "NetworkPolicy", dmz, "allow-flows-in")

    assert open_["spec"]["ingress"] == [
        {"from": [{"namespaceSelector": {"matchLabels": {NAMESPACE_NAME: "ingress"}}}], "ports": [{"protocol": "TCP", "port": 8443}]}
    ]
    assert ("allow-flows-in", dmz) not in {
        (each["metadata"]["name"], each["metadata"]["namespace"]) for each in policies(plan(make.subject(hosts=())))
    }


def test_pods_ask_the_clusters_own_dns_and_no_other(make: "Make", plan: "Plan", find: "Find") -> None:
    policy = find(plan(make.subject()), "NetworkPolicy", make.subject().namespace("app"), "allow-dns")
    peer = {"namespaceSelector": {"matchLabels": {NAMESPACE_NAME: "kube-system"}}, "podSelector": {"matchLabels": {"k8s-app": "kube-dns"}}}

    assert policy["spec"]["policyTypes"] == ["Egress"]
    assert policy["spec"]["egress"] == [{"to": [peer], "ports": [{"protocol": "UDP", "port": 53}, {"protocol": "TCP", "port": 53}]}]


def test_only_monitoring_may_scrape(make: "Make", plan: "Plan", find: "Find") -> None:
    policy = find(plan(make.subject()), "NetworkPolicy", make.subject().namespace("data"), "allow-monitoring")

    assert policy["spec"]["policyTypes"] == ["Ingress"]
    assert opened(policy) == {("monitoring", 9090), ("monitoring", 8080)}


def test_the_pods_of_one_zone_talk_to_each_other(make: "Make", plan: "Plan", find: "Find") -> None:
    policy = find(plan(make.subject()), "NetworkPolicy", make.subject().namespace("app"), "allow-own-zone")

    assert policy["spec"] == {
        "podSelector": {},
        "policyTypes": ["Ingress", "Egress"],
        "ingress": [{"from": [{"podSelector": {}}]}],
        "egress": [{"to": [{"podSelector": {}}]}],
    }


@pytest.mark.parametrize("zones", [("app",), ("data",), ("management",)])
def test_a_zone_alone_has_no_way_out_but_dns(make: "Make", plan: "Plan", zones: tuple[str, ...]) -> None:
    leaving = {each["metadata"]["name"] for each in policies(plan(make.subject(zones=zones))) if each["spec"].get("egress")}

    assert leaving == {"allow-dns", "allow-own-zone"}


openings = st.lists(
    st.builds(
        SiteOpening,
        zone=st.sampled_from(ZONES),
        ranges=st.integers(0, 255).map(lambda number: (f"10.16.{number}.0/24", f"2001:db8:{number:x}::/48")),
        ports=ports.map(tuple),
    ),
    max_size=6,
)


@given(zones=zone_choices, openings=openings)
@settings(max_examples=100, deadline=None)
def test_places_of_the_network_come_into_the_zone_they_were_named_for_and_nothing_goes_out_to_them(
    make: "Make", plan: "Plan", zones: tuple[str, ...], openings: list[SiteOpening]
) -> None:
    subject = make.subject(zones=zones, openings=tuple(openings))
    with_addresses = {each["metadata"]["namespace"]: each for each in policies(plan(subject)) if "ipBlock" in str(each["spec"])}

    assert with_addresses.keys() == {subject.namespace(each.zone) for each in openings if each.zone in zones}
    for zone in zones:
        policy = with_addresses.get(subject.namespace(zone))
        wanted = [each for each in openings if each.zone == zone]
        assert bool(wanted) == (policy is not None)
        if policy is not None:
            assert (policy["metadata"]["name"], policy["spec"]["policyTypes"], policy["spec"]["egress"]) == ("allow-sites", ["Ingress"], [])
            assert [
                (tuple(peer["ipBlock"]["cidr"] for peer in rule["from"]), tuple(port["port"] for port in rule["ports"]))
                for rule in policy["spec"]["ingress"]
            ] == [(each.ranges, each.ports) for each in wanted]
