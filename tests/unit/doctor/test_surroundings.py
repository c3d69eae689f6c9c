"""What the doctor says of what citycloud stands on and does not bring: clocks, and whatever enforces network policies."""

import datetime
from typing import Any

import pytest
from tests.support.whole import NOW, daemon_set, whole
from tests.unit.doctor.test_judge import troubles

from citycloud.doctor.facts import MONITORING, NEEDED, Unseen

Objects = dict[str, list[dict[str, Any]]]
AGO = datetime.timedelta(minutes=2)


def only(*daemon_sets: dict[str, Any]) -> Any:
    def change(objects: Objects) -> None:
        objects["daemonsets"] = list(daemon_sets)

    return change


@pytest.mark.parametrize(
    "image",
    [
        "quay.example/cilium/cilium:v1.19@sha256:00",
        "registry.example/calico/node:v3.32",
        "registry.example/cloudnativelabs/kube-router:v2.11",
        "registry.example/antrea/antrea-agent-ubuntu:v2.7",
        "registry.example/ovn-kubernetes/ovn-kube-ubuntu:1",
        "registry.example/kindest/kindnetd:v2026",
    ],
)
def test_a_plugin_that_enforces_is_known_by_its_image(image: str) -> None:
    assert troubles(whole(only(daemon_set("cni", image)))) == []


def test_a_plugin_that_only_carries_packets_leaves_everything_open() -> None:
    flannel = daemon_set("kube-flannel-ds", "registry.example/flannel/flannel:v0.28")

    assert troubles(whole(only(flannel))) == [("failed", "PoliciesIgnored")]
    assert troubles(whole(only(flannel, daemon_set("router", "registry.example/kube-router:v2")))) == [], "beside it something may enforce"


def test_what_is_not_known_is_a_doubt_and_not_well() -> None:
    assert troubles(whole(only())) == [("warning", "PluginUnknown")]
    assert troubles(whole(only(daemon_set("node-exporter", "registry.example/node-exporter:v1")))) == [("warning", "PluginUnknown")]


def test_a_node_without_the_plugin_is_open() -> None:
    assert troubles(whole(only(daemon_set("cilium", "quay.example/cilium/cilium:v1", ready=2)))) == [("failed", "PluginLacking")]


@pytest.mark.parametrize("difference", [AGO, -AGO])
def test_a_clock_of_ones_own_that_is_off_is_noticed(difference: datetime.timedelta) -> None:
    assert troubles(whole(here=NOW + difference)) == [("warning", "ClockMineOff")]


def test_a_leader_that_lives_in_the_future_is_noticed() -> None:
    def ahead(objects: Objects) -> None:
        objects["leases"][0]["spec"]["renewTime"] = "2026-09-01T12:05:00.000000Z"

    assert troubles(whole(ahead)) == [("warning", "ClockLeadersOff")]


def test_expiry_that_is_held_up_is_said_until_somebody_confirms_the_clock() -> None:
    def jumped(objects: Objects) -> None:
        objects["environments"][0]["status"]["conditions"] = [{"type": "Accepted", "status": "True", "reason": "ClockJumped"}]

    assert troubles(whole(jumped)) == [("warning", "ExpiryHeldUp")]


APART = {
    "enforcedNamespaceLabel": "namespace",
    "overrideHonorLabels": True,
    "ignoreNamespaceSelectors": True,
    "arbitraryFSAccessThroughSMs": {"deny": True},
    "enforcedSampleLimit": 50_000,
}
SERVED = {**NEEDED, MONITORING: frozenset({"ServiceMonitor", "PodMonitor", "Prometheus"})}


def watched_by(**spec: Any) -> Any:
    def change(objects: Objects) -> None:
        objects["prometheuses"] = [{"metadata": {"namespace": "monitoring", "name": "k8s"}, "spec": spec}]

    return whole(change, served=SERVED)


def test_a_prometheus_of_many_namespaces_keeps_them_apart_by_every_one_of_its_fields() -> None:
    assert troubles(watched_by(podMonitorNamespaceSelector={}, **APART)) == []
    for field in APART:
        rest = {name: value for name, value in APART.items() if name != field}
        assert troubles(watched_by(ruleNamespaceSelector={}, **rest)) == [("warning", "PrometheusOpen")], field


def test_a_prometheus_of_its_own_namespace_has_nobody_to_keep_apart() -> None:
    assert troubles(watched_by()) == []


def test_where_the_kind_is_not_served_a_missing_right_to_it_is_no_matter() -> None:
    unseen = {**whole().objects, "prometheuses": Unseen("list prometheuses.monitoring.coreos.com")}
    assert troubles(whole(objects=unseen)) == []
    assert troubles(whole(objects=unseen, served=SERVED)) == [("undecided", "Undecided")]
