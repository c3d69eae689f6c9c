"""Every construct of NetworkPolicy, one at a time: what it lets through, and which rule is named for it."""

import functools
import ipaddress
from typing import Any

import pytest

from citycloud.reach.evaluate import Kind, Reason, Verdict, may_connect, might_connect
from citycloud.reach.manifests import read_policy
from citycloud.reach.model import NamedPort, NetworkPolicy, Outside, Pod

NAME = "kubernetes.io/metadata.name"
NUMBERS = {1, 79, 80, 82, 83, 65535}
IN_SHOP = {"podSelector": {}, "policyTypes": ["Ingress"]}


def pod(name: str, namespace: str = "shop", **changes: Any) -> Pod:
    given: dict[str, Any] = {
        "labels": {"app": name},
        "namespace_labels": {NAME: namespace, "team": "red"},
        "ips": (ipaddress.ip_address("10.0.0.1"), ipaddress.ip_address("fd00::1")),
    }
    return Pod(namespace=namespace, name=name, **given | changes)


def policy(spec: dict[str, Any], name: str = "p", namespace: str = "shop") -> NetworkPolicy:
    return read_policy({"metadata": {"namespace": namespace, "name": name}, "spec": spec})


def ask(source: Pod | Outside, target: Pod | Outside, *policies: NetworkPolicy, port: int = 80, protocol: str = "TCP") -> Verdict:
    return may_connect(source=source, target=target, protocol=protocol, port=port, policies=policies)


def outside(address: str = "192.0.2.1") -> Outside:
    return Outside(ipaddress.ip_address(address))


def lets_in(rule: dict[str, Any], source: Pod | Outside, **question: Any) -> bool:
    """Tell whether a rule of the pod `web` in namespace `shop` lets somebody in."""
    target = question.pop("target", pod("web"))
    return ask(source, target, policy({**IN_SHOP, "ingress": [rule]}), **question).allowed


def test_without_policies_everything_passes() -> None:
    verdict = ask(pod("web"), pod("db"))
    assert verdict == Verdict(allowed=True, egress=Reason(kind=Kind.NOT_ISOLATED), ingress=Reason(kind=Kind.NOT_ISOLATED))


def test_the_rule_that_lets_through_is_named_at_each_end() -> None:
    out = policy(
        {"podSelector": {}, "policyTypes": ["Egress"], "egress": [{"to": [{"ipBlock": {"cidr": "192.0.2.0/24"}}]}, {}]}, name="out"
    )
    into = policy({**IN_SHOP, "ingress": [{"from": [{"podSelector": {}}]}]}, name="in")
    verdict = ask(pod("web"), pod("db"), out, into)
    assert (str(verdict.egress), str(verdict.ingress)) == ("shop/out, rule 2", "shop/in, rule 1")


def test_all_policies_that_isolate_are_named_where_none_lets_through() -> None:
    verdict = ask(pod("web"), pod("db"), policy(IN_SHOP, name="b"), policy(IN_SHOP, name="a"))
    assert not verdict.allowed
    assert str(verdict.ingress) == "isolated, and none of these policies lets it through: shop/a, shop/b"
    assert str(verdict.egress) == "not isolated"


def test_one_end_alone_can_refuse() -> None:
    closed_out = policy({"podSelector": {}, "policyTypes": ["Egress"]})
    assert not ask(pod("web"), pod("db", namespace="other"), closed_out).allowed
    assert ask(pod("db", namespace="other"), pod("web"), closed_out).allowed


@pytest.mark.parametrize(
    ("spec", "isolates_in", "isolates_out"),
    [
        ({}, True, False),
        ({"ingress": []}, True, False),
        ({"egress": []}, True, False),
        ({"egress": [{"to": [{"podSelector": {"matchLabels": {"a": "b"}}}]}]}, True, True),
        ({"policyTypes": []}, True, False),
        ({"policyTypes": ["Egress"]}, False, True),
        ({"policyTypes": ["Egress"], "ingress": [{}]}, False, True),
        ({"policyTypes": ["Ingress", "Egress"]}, True, True),
    ],
)
def test_policy_types_default_as_the_api_server_does(spec: dict[str, Any], isolates_in: bool, isolates_out: bool) -> None:
    given = policy({"podSelector": {}, **spec})
    assert ask(outside(), pod("web"), given).allowed != isolates_in
    assert ask(pod("web"), outside(), given).allowed != isolates_out


def test_a_policy_selects_pods_of_its_own_namespace_only() -> None:
    given = policy({"podSelector": {"matchLabels": {"app": "web"}}})
    assert not ask(outside(), pod("web"), given).allowed
    assert ask(outside(), pod("db"), given).allowed
    assert ask(outside(), pod("web", namespace="other"), given).allowed


def test_a_policy_without_pod_selector_selects_every_pod() -> None:
    assert not ask(outside(), pod("web"), policy({"policyTypes": ["Ingress"]})).allowed


@pytest.mark.parametrize("rule", [{}, {"from": []}, {"ports": []}, {"from": None, "ports": None}])
def test_a_rule_that_names_nobody_lets_everybody_through(rule: dict[str, Any]) -> None:
    assert lets_in(rule, outside())
    assert lets_in(rule, pod("x", namespace="other"), protocol="SCTP", port=9)


@pytest.mark.parametrize(
    ("peer", "own", "other"),
    [
        ({"podSelector": {}}, True, False),
        ({"podSelector": {"matchLabels": {"app": "db"}}}, True, False),
        ({"podSelector": {"matchLabels": {"app": "x"}}}, False, False),
        ({"namespaceSelector": {}}, True, True),
        ({"namespaceSelector": {"matchLabels": {NAME: "other"}}}, False, True),
        ({"namespaceSelector": {"matchLabels": {"team": "red"}}, "podSelector": {"matchLabels": {"app": "db"}}}, True, True),
        ({"namespaceSelector": {"matchLabels": {NAME: "other"}}, "podSelector": {"matchLabels": {"app": "x"}}}, False, False),
        ({"namespaceSelector": {"matchLabels": {NAME: "other"}}, "podSelector": {}}, False, True),
    ],
)
def test_selectors_of_pods_and_namespaces_combine(peer: dict[str, Any], own: bool, other: bool) -> None:
    assert lets_in({"from": [peer]}, pod("db")) == own
    assert lets_in({"from": [peer]}, pod("db", namespace="other")) == other
    assert not lets_in({"from": [peer]}, outside())


@pytest.mark.parametrize(
    ("expression", "red", "blue", "none"),
    [
        ({"operator": "In", "values": ["red", "green"]}, True, False, False),
        ({"operator": "NotIn", "values": ["red"]}, False, True, True),
        ({"operator": "Exists"}, True, True, False),
        ({"operator": "DoesNotExist"}, False, False, True),
        ({"operator": "In", "values": [""]}, False, False, False),
    ],
)
@pytest.mark.parametrize("where", ["podSelector", "namespaceSelector"])
def test_expressions_on_labels(where: str, expression: dict[str, Any], red: bool, blue: bool, none: bool) -> None:
    rule = {"from": [{where: {"matchExpressions": [{"key": "colour", **expression}]}}]}
    field = "labels" if where == "podSelector" else "namespace_labels"
    for labels, expected in (({"colour": "red"}, red), ({"colour": "blue"}, blue), ({}, none)):
        changes: dict[str, Any] = {field: labels}
        assert lets_in(rule, pod("x", **changes)) == expected


def test_all_requirements_of_a_selector_have_to_hold() -> None:
    rule = {"from": [{"podSelector": {"matchLabels": {"app": "x"}, "matchExpressions": [{"key": "old", "operator": "DoesNotExist"}]}}]}
    assert lets_in(rule, pod("x"))
    assert not lets_in(rule, pod("x", labels={"app": "x", "old": ""}))


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("192.0.2.1", True),
        ("192.0.2.130", False),
        ("192.0.3.1", False),
        ("2001:db8::1", True),
        ("2001:db8:0:1::1", False),
        ("fe80::1", False),
    ],
)
def test_blocks_with_exceptions_in_both_families(address: str, expected: bool) -> None:
    blocks = [
        {"ipBlock": {"cidr": "192.0.2.0/24", "except": ["192.0.2.128/25"]}},
        {"ipBlock": {"cidr": "2001:db8::/32", "except": ["2001:db8:0:1::/64"]}},
    ]
    assert lets_in({"from": blocks}, outside(address)) == expected
    leaving = policy({"podSelector": {}, "policyTypes": ["Egress"], "egress": [{"to": blocks}]})
    assert ask(pod("web"), outside(address), leaving).allowed == expected


def test_a_block_of_one_family_says_nothing_of_the_other() -> None:
    assert not lets_in({"from": [{"ipBlock": {"cidr": "0.0.0.0/0"}}]}, outside("2001:db8::1"))
    assert not lets_in({"from": [{"ipBlock": {"cidr": "::/0"}}]}, outside("192.0.2.1"))


def test_a_block_written_with_host_bits_means_its_network() -> None:
    assert lets_in({"from": [{"ipBlock": {"cidr": "192.0.2.77/24"}}]}, outside("192.0.2.1"))


def test_a_block_holds_for_pods_too() -> None:
    assert lets_in({"from": [{"ipBlock": {"cidr": "10.0.0.0/24"}}]}, pod("x", namespace="other"))
    assert not lets_in({"from": [{"ipBlock": {"cidr": "10.0.0.0/24"}}]}, pod("x", ips=()))


def test_both_ends_have_to_agree_on_one_address_family() -> None:
    """The sender may send over IPv4 only and the receiver receive over IPv6 only: no packet ever passes."""
    only_v4 = policy(
        {"podSelector": {}, "policyTypes": ["Egress"], "egress": [{"to": [{"ipBlock": {"cidr": "0.0.0.0/0"}}]}]}, namespace="a"
    )
    only_v6 = policy({"policyTypes": ["Ingress"], "ingress": [{"from": [{"ipBlock": {"cidr": "::/0"}}]}]}, namespace="b")
    source, target = pod("x", namespace="a"), pod("y", namespace="b")
    assert ask(source, target, only_v4).allowed
    assert ask(source, target, only_v6).allowed
    assert not ask(source, target, only_v4, only_v6).allowed


@pytest.mark.parametrize(
    ("port", "protocol", "passing"),
    [
        ({}, "TCP", NUMBERS),
        ({"protocol": "UDP"}, "UDP", NUMBERS),
        ({"port": 80}, "TCP", {80}),
        ({"protocol": "SCTP", "port": 80}, "SCTP", {80}),
        ({"port": 80, "endPort": 82}, "TCP", {80, 82}),
        ({"port": 1, "endPort": 65535}, "TCP", NUMBERS),
    ],
)
def test_ports_ranges_and_protocols(port: dict[str, Any], protocol: str, passing: set[int]) -> None:
    for each in ("TCP", "UDP", "SCTP"):
        found = {number for number in NUMBERS if lets_in({"ports": [port]}, outside(), protocol=each, port=number)}
        assert found == (passing if each == protocol else set())


def test_a_named_port_is_looked_up_on_the_receiver_with_its_protocol() -> None:
    named = (NamedPort(name="http", protocol="TCP", number=8080), NamedPort(name="http", protocol="UDP", number=9090))
    target, rule = pod("web", ports=named), {"ports": [{"port": "http"}, {"protocol": "UDP", "port": "http"}]}
    assert lets_in(rule, outside(), target=target, port=8080)
    assert not lets_in(rule, outside(), target=target, port=9090)
    assert lets_in(rule, outside(), target=target, port=9090, protocol="UDP")
    assert not lets_in(rule, pod("x", ports=named), port=8080)


def test_a_named_port_of_an_egress_rule_means_the_receivers_and_nobodys_outside() -> None:
    leaving = policy({"podSelector": {}, "policyTypes": ["Egress"], "egress": [{"ports": [{"port": "http"}]}]})
    named = (NamedPort(name="http", protocol="TCP", number=80),)
    assert ask(pod("web"), pod("x", namespace="other", ports=named), leaving).allowed
    assert not ask(pod("web", ports=named), pod("x", namespace="other"), leaving).allowed
    assert not ask(pod("web", ports=named), outside(), leaving).allowed


def test_a_pod_always_reaches_itself() -> None:
    verdict = ask(pod("web"), pod("web"), policy({"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}))
    assert verdict.allowed
    assert (verdict.egress.kind, verdict.ingress.kind) == (Kind.ITSELF, Kind.ITSELF)


def test_a_pod_of_the_same_name_elsewhere_is_another_one() -> None:
    assert not ask(pod("web", namespace="other"), pod("web"), policy(IN_SHOP)).allowed


def test_nobody_outside_is_isolated() -> None:
    assert ask(pod("web"), outside()).ingress.kind is Kind.OUTSIDE
    assert ask(outside(), pod("web")).egress.kind is Kind.OUTSIDE


@pytest.mark.parametrize(("protocol", "port"), [("tcp", 80), ("ICMP", 80), ("TCP", 0), ("TCP", 65536)])
def test_what_is_no_connection_is_an_error(protocol: str, port: int) -> None:
    with pytest.raises(ValueError, match="a protocol is one of"):
        ask(pod("web"), pod("db"), protocol=protocol, port=port)


def test_labels_that_may_not_be_read_select_nothing_but_might() -> None:
    unknown = pod("x", namespace="other", namespace_labels={NAME: "other"}, namespace_labels_complete=False)
    no_team = {"namespaceSelector": {"matchExpressions": [{"key": "team", "operator": "DoesNotExist"}]}}
    by_team = policy({**IN_SHOP, "ingress": [{"from": [no_team]}]})
    by_name = policy({**IN_SHOP, "ingress": [{"from": [{"namespaceSelector": {"matchLabels": {NAME: "other"}}}]}]}, name="q")
    might = functools.partial(might_connect, source=unknown, target=pod("web"), protocol="TCP", port=80)
    assert not ask(unknown, pod("web"), by_team).allowed
    assert might(policies=[by_team]).allowed
    assert ask(unknown, pod("web"), by_team, by_name).allowed
    assert not might(policies=[policy(IN_SHOP)]).allowed
