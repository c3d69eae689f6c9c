"""What is read from manifests, and what is refused instead of guessed."""

import ipaddress
from typing import Any

import pytest

from citycloud.reach.manifests import UnreadablePolicy, read_pod, read_policy
from citycloud.reach.model import NamedPort

METADATA = {"namespace": "shop", "name": "p"}


def test_a_pod_has_addresses_labels_and_the_named_ports_of_what_runs_in_it() -> None:
    manifest = {
        "metadata": {"namespace": "shop", "name": "web", "labels": {"app": "web"}},
        "spec": {
            "containers": [{"ports": [{"name": "http", "containerPort": 8080}, {"containerPort": 1}]}, {}],
            "initContainers": [
                {"restartPolicy": "Always", "ports": [{"name": "dns", "containerPort": 53, "protocol": "UDP"}]},
                {"ports": [{"name": "gone", "containerPort": 2}]},
            ],
        },
        "status": {"podIPs": [{"ip": "10.0.0.1"}, {"ip": "fd00::1"}]},
    }
    pod = read_pod(manifest, namespace_labels={"team": "red"})
    assert (pod.full_name, pod.labels, pod.namespace_labels) == ("shop/web", {"app": "web"}, {"team": "red"})
    assert pod.ips == (ipaddress.ip_address("10.0.0.1"), ipaddress.ip_address("fd00::1"))
    assert pod.ports == (NamedPort(name="http", protocol="TCP", number=8080), NamedPort(name="dns", protocol="UDP", number=53))


def test_a_pod_that_has_not_started_has_no_addresses() -> None:
    pod = read_pod({"metadata": {"namespace": "shop", "name": "web"}, "spec": {"containers": [{}]}}, namespace_labels={})
    assert (pod.ips, pod.labels, pod.ports) == ((), {}, ())


def test_rules_are_counted_from_one() -> None:
    policy = read_policy({"metadata": METADATA, "spec": {"podSelector": {}, "ingress": [{}, {}]}})
    assert [rule.number for rule in policy.ingress or ()] == [1, 2]
    assert policy.egress is None


@pytest.mark.parametrize(
    "rule",
    [
        {"to": [{"podSelector": {}}]},
        {"from": [{}]},
        {"from": [{"ipBlock": {"cidr": "10.0.0.0/8"}, "podSelector": {}}]},
        {"from": [{"ipBlock": {"cidr": "10.0.0.0/33"}}]},
        {"from": [{"ipBlock": {"except": []}}]},
        {"from": [{"serviceSelector": {}}]},
        {"from": [{"podSelector": {"matchNames": ["x"]}}]},
        {"from": [{"podSelector": {"matchExpressions": [{"key": "a", "operator": "Near", "values": ["b"]}]}}]},
        {"from": [{"podSelector": {"matchExpressions": [{"key": "a", "operator": "In"}]}}]},
        {"from": [{"podSelector": {"matchExpressions": [{"key": "a", "operator": "Exists", "values": ["b"]}]}}]},
        {"ports": [{"protocol": "ICMP"}]},
        {"ports": [{"port": 0}]},
        {"ports": [{"port": 90, "endPort": 80}]},
        {"ports": [{"port": 90, "endPort": 0}]},
        {"ports": [{"port": "http", "endPort": 80}]},
        {"ports": [{"endPort": 80}]},
        {"ports": ["http"]},
    ],
    ids=str,
)
def test_what_the_api_server_would_refuse_is_never_guessed_at(rule: dict[str, Any]) -> None:
    with pytest.raises(UnreadablePolicy, match="NetworkPolicy shop/p"):
        read_policy({"metadata": METADATA, "spec": {"podSelector": {}, "ingress": [rule]}})


def test_a_field_from_the_future_is_an_error() -> None:
    with pytest.raises(UnreadablePolicy, match="action is not known here"):
        read_policy({"metadata": METADATA, "spec": {"podSelector": {}, "action": "Deny"}})
