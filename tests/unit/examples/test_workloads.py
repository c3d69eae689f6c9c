"""The sample workloads stand where the sample city has a place for them, and show what a department's own workloads may look like."""

from typing import Any, Final

import pytest
import yaml

from citycloud_dev.workloads import EXAMPLES, OF_ADMINS, Workload, workloads

HANOI: Final = EXAMPLES / "hanoi-2026"
WORKLOADS: Final = workloads(HANOI)


def environments() -> dict[tuple[str, str], dict[str, Any]]:
    """Read the environments of the city, by organisation and name."""
    found = yaml.safe_load_all((HANOI / "environments.yaml").read_text("utf-8"))
    return {(each["metadata"]["namespace"].removeprefix("org-"), each["metadata"]["name"]): each["spec"] for each in found}


def test_every_file_below_examples_that_holds_a_pod_is_a_workload() -> None:
    texts = [path for path in EXAMPLES.rglob("*.yaml") if "containers:" in path.read_text("utf-8")]

    assert {workload.title for workload in workloads(EXAMPLES)} == {str(path.relative_to(EXAMPLES)) for path in texts}


@pytest.mark.parametrize("workload", WORKLOADS, ids=lambda workload: workload.title)
def test_every_workload_stays_in_the_zones_of_one_environment_of_the_city(workload: Workload) -> None:
    organisation, name = workload.environment
    spec = environments()[organisation, name]

    namespaces = {item["metadata"]["namespace"] for item in workload.items}
    assert namespaces <= {f"{organisation}--{name}--{zone}" for zone in spec["zones"]}
    hosts = {rule["host"] for item in workload.items if item["kind"] == "Ingress" for rule in item["spec"]["rules"]}
    assert hosts <= {f"{host}.{organisation}.hanoi.example" for host in spec.get("hosts", ())}


def test_they_show_stages_places_and_every_kind_that_a_department_needs() -> None:
    specs = [environments()[workload.environment] for workload in WORKLOADS]

    assert {spec["stage"] for spec in specs} == {"test", "staging"}
    assert {spec.get("location", "") for spec in specs} == {"", "data-centre"}
    kinds = {item["kind"] for workload in WORKLOADS for item in workload.items}
    wanted = {"Deployment", "StatefulSet", "Job", "CronJob", "Service", "Ingress", "ConfigMap", "PersistentVolumeClaim"}
    assert kinds == wanted | OF_ADMINS | {"HorizontalPodAutoscaler", "PodDisruptionBudget"}
