"""Real Prometheus over the real operator: it is up, every rule is healthy, and every declared series of the city is there."""

from typing import Any

import pytest
from tests.support import recorded
from tests.support.kube import eventually
from tests.support.watched import OFFICE

from citycloud.cli.metered import paid
from citycloud.telemetry.declarations import declarations
from citycloud_dev.prometheus import Prometheus
from citycloud_monitoring.catalogue import Alert, Recording, load
from citycloud_monitoring.expressions import selections

CATALOGUE = load()
RARE = {
    "citycloud_policy_exceptions",
    "citycloud_policy_exception_next_expiry_timestamp_seconds",
    "citycloud_ledger_entries",
    "citycloud_drift_detected_total",
    "citycloud_request_decision_seconds",
    "citycloud_site_environments",
}
"""What has a series only once something has happened that has not happened here."""


def vector(prometheus: Prometheus, query: str) -> list[dict[str, Any]]:
    """Ask once; the value of each series is a finite number."""
    found: list[dict[str, Any]] = prometheus.ask("query", query=query)["result"]
    assert all(float(each["value"][1]) == float(each["value"][1]) for each in found), query
    return found


def tells_of_now(recording: Recording) -> bool:
    """Tell whether a rule says how things are; what counts over time has nothing to say so soon."""
    return not any(each.metric.endswith(("_total", "_bucket")) for each in selections(recording.expression))


def test_the_operator_is_scraped(prometheus: Prometheus) -> None:
    eventually(lambda: vector(prometheus, 'up{job="citycloud-operator"} == 1'), what="a scrape")


def test_every_rule_is_healthy(prometheus: Prometheus) -> None:
    def evaluated() -> list[dict[str, Any]] | None:
        rules = [rule for group in prometheus.ask("rules")["groups"] for rule in group["rules"]]
        return rules if all(rule["health"] != "unknown" for rule in rules) else None

    rules = eventually(evaluated, what="every rule to be evaluated")
    assert len(rules) == len(CATALOGUE.alerts) + len(CATALOGUE.recordings)
    assert [rule["name"] for rule in rules if rule["health"] != "ok"] == []


@pytest.mark.parametrize("name", sorted({name for name, each in declarations().items() if each.of != "canary"} - RARE))
def test_what_is_declared_is_exported_with_its_labels(prometheus: Prometheus, name: str) -> None:
    declared = declarations()[name]
    series = f"{name}_count" if declared.type == "histogram" else name
    found = eventually(lambda: vector(prometheus, series), what=f"series of {name}")

    assert {label for each in found for label in each["metric"]} - {"__name__", "instance", "job"} == set(declared.labels)


@pytest.mark.parametrize("recording", [pytest.param(each, id=each.record) for each in CATALOGUE.recordings if tells_of_now(each)])
def test_what_is_recorded_of_the_city_is_there_with_its_labels(prometheus: Prometheus, recording: Recording) -> None:
    found = eventually(lambda: vector(prometheus, recording.record), what=f"series of {recording.record}")

    assert {frozenset(each["metric"]) - {"__name__"} for each in found} == {frozenset(recording.labels)}


@pytest.mark.parametrize("alert", [pytest.param(alert, id=alert.name) for alert in CATALOGUE.alerts if alert.severity != "none"])
def test_a_city_that_is_well_calls_nobody(prometheus: Prometheus, alert: Alert) -> None:
    """Evaluate the expression itself: it is silent here without having to wait."""
    eventually(lambda: vector(prometheus, 'up{job="citycloud-operator"} == 1'), what="a scrape")

    assert vector(prometheus, alert.expression) == []


def test_requests_are_seen_by_where_they_stand(prometheus: Prometheus) -> None:
    def states() -> dict[str, str]:
        found = vector(prometheus, f'citycloud_requests{{organisation="{OFFICE}"}}')
        return {each["metric"]["state"]: each["value"][1] for each in found}

    eventually(lambda: states() == {"approved": "1", "pending": "1", "refused": "1"}, what="all three requests")


def test_what_is_allocated_has_its_price(prometheus: Prometheus) -> None:
    """A bill multiplies the two; here by the labels and the units that the operator really exports."""

    def paid_for() -> dict[str, float]:
        found = vector(prometheus, paid(OFFICE))
        assert all(set(each["metric"]) == {"organisation", "system", "resource", "currency"} for each in found)
        return {each["metric"]["resource"]: float(each["value"][1]) for each in found}

    amounts = recorded.amounts("s")
    wanted = {
        "cpu": int(amounts["cpu"]) * 250_000,
        "memory": int(amounts["memory"].removesuffix("Gi")) * 2**30 * 50_000,
        "storage": int(amounts["storage"].removesuffix("Gi")) * 2**30 * 3_000,
    }
    eventually(lambda: paid_for() == wanted, what="the price of what the one environment holds")
