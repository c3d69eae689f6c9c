"""What Prometheus sees of the operator: stable names, labels that are enumerations, and counts that are right."""

from typing import Final

import pytest
from prometheus_client import CollectorRegistry, generate_latest

from citycloud.engine.outcome import Result
from citycloud.engine.queue import Key
from citycloud.telemetry.declarations import Declaration, declarations, gauge
from citycloud.telemetry.metrics import Metrics

KEY: Final = Key("Environment", "org-so-y-te", "ho-so-test")
OTHER: Final = Key("Environment", "org-so-y-te", "other")
OPERATOR: Final = {name: each for name, each in declarations().items() if each.of == "operator" or name == "citycloud_orphaned_namespaces"}
"""What the operator counts itself; the rest is collected from its memory."""
FREE: Final = {"organisation", "environment", "target_namespace", "system", "policy"}
"""Labels that name our own objects, which are slugs."""


@pytest.fixture
def metrics() -> Metrics:
    return Metrics(version="1.2.3")


def value(metrics: Metrics, name: str, **labels: str) -> float | None:
    return metrics.registry.get_sample_value(name, labels)


def fill(metrics: Metrics) -> None:
    """Count one of everything."""
    metrics.run(KEY, Result.SETTLED, 0.1)
    metrics.request("GET", "namespaces", 200, 0.1)
    metrics.write("Namespace", "create")
    metrics.first_ready(stage="test", seconds=3)
    metrics.orphans(key=KEY, count=1)
    metrics.event("written")
    metrics.drift("RoleBinding")
    metrics.correction(0.2)
    metrics.decision(type_="environment", seconds=60)


def test_what_is_counted_is_what_is_declared(metrics: Metrics) -> None:
    fill(metrics)
    found = {family.name: family for family in metrics.registry.collect() if family.name.startswith("citycloud_")}

    assert {name.removesuffix("_total") for name in OPERATOR} == set(found)
    for name, declared in OPERATOR.items():
        family = found[name.removesuffix("_total")]
        assert (family.type, family.documentation) == (declared.type, declared.help["en"]), name
        labels = {label for sample in family.samples for label in sample.labels} - {"le"}
        assert labels == set(declared.labels), name


@pytest.mark.parametrize("declared", declarations().values(), ids=declarations())
def test_a_declaration_is_complete(declared: Declaration) -> None:
    """Base units, an ending that says the type, both languages, and no label that holds what people choose freely."""
    assert declared.name.startswith("citycloud_")
    assert (declared.type == "counter") == declared.name.endswith("_total")
    assert bool(declared.buckets) == (declared.type == "histogram")
    assert declared.type != "histogram" or declared.name.endswith("_seconds")
    assert list(declared.buckets) == sorted(set(declared.buckets))
    assert all(declared.help[language].endswith(".") for language in ("vi", "en"))
    assert "namespace" not in declared.labels, "Prometheus would call it exported_namespace"
    assert declared.of == "city" or not FREE & set(declared.labels)


def test_what_is_not_declared_cannot_be_counted() -> None:
    with pytest.raises(KeyError):
        gauge("citycloud_made_up", registry=CollectorRegistry())
    with pytest.raises(TypeError):
        gauge("citycloud_events_total", registry=CollectorRegistry())


def test_no_label_holds_a_name_that_people_choose(metrics: Metrics) -> None:
    fill(metrics)
    samples = [sample for family in metrics.registry.collect() for sample in family.samples]

    assert not [sample for sample in samples if {KEY.name, KEY.namespace} & set(sample.labels.values())]


def test_two_operators_in_one_process_count_apart(metrics: Metrics) -> None:
    fill(metrics)

    assert value(Metrics(version="x"), "citycloud_apply_operations_total", kind="Namespace", operation="create") is None


def test_the_text_of_a_scrape_can_be_written(metrics: Metrics) -> None:
    fill(metrics)
    text = generate_latest(metrics.registry).decode()

    assert 'citycloud_build_info{version="1.2.3"} 1.0' in text
    assert 'citycloud_handler_runs_total{resource="Environment",result="settled"} 1.0' in text
    assert "process_resident_memory_bytes" in text


@pytest.mark.parametrize("result", Result)
def test_each_run_is_counted_by_kind_and_result(metrics: Metrics, result: Result) -> None:
    for seconds in (0.5, 1.5):
        metrics.run(KEY, result, seconds)

    assert value(metrics, "citycloud_handler_runs_total", resource="Environment", result=result.value) == 2
    assert value(metrics, "citycloud_handler_duration_seconds_sum", resource="Environment") == 2.0


@pytest.mark.parametrize("result", [Result.TERMINAL, Result.UNEXPECTED])
def test_the_first_failure_of_a_process_is_an_increase(metrics: Metrics, result: Result) -> None:
    """A counter that appears at one has not risen, as Prometheus sees it: nobody would be called."""
    runs, events = "citycloud_handler_runs_total", "citycloud_events_total"
    before = value(metrics, runs, resource=KEY.kind, result=result.value), value(metrics, events, result="dropped")
    metrics.run(KEY, result, 0.1)
    metrics.event("dropped")

    assert before == (0, 0)
    assert value(metrics, runs, resource=KEY.kind, result=result.value) == 1
    assert value(metrics, events, result="dropped") == 1


@pytest.mark.parametrize(("code", "code_class"), [(200, "2xx"), (201, "2xx"), (404, "4xx"), (429, "429"), (503, "5xx"), (0, "none")])
def test_requests_are_counted_by_class_and_no_answer_has_its_own(metrics: Metrics, code: int, code_class: str) -> None:
    metrics.request("PATCH", "environments/status", code, 0.25)

    labels = {"verb": "PATCH", "resource": "environments/status", "code_class": code_class}
    assert value(metrics, "citycloud_kube_requests_total", **labels) == 1
    assert value(metrics, "citycloud_kube_request_duration_seconds_sum", verb="PATCH") == 0.25


def test_orphans_are_counted_over_all_environments_and_go_when_they_are_taken_up_again(metrics: Metrics) -> None:
    counts = []
    for key, count in ((KEY, 3), (OTHER, 2), (KEY, 3), (KEY, 1), (OTHER, 0), (KEY, 0), (KEY, 0)):
        metrics.orphans(key=key, count=count)
        counts.append(value(metrics, "citycloud_orphaned_namespaces"))

    assert counts == [3, 5, 5, 3, 1, 0, 0]
