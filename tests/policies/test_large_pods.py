"""The rules of all policies about pods share the budget that the API server gives one: a large pod must not use it up.

What runs out of budget is refused, so the harm would be a tenant's who did nothing wrong, with a text that names no remedy.
"""

import pytest
from tests.policies.conftest import Callers
from tests.support.caller import Object
from tests.support.faults import container, pod

CONTAINERS, INIT, VOLUMES, VARIABLES = 50, 20, 60, 100
PORT, LAST = 8080, "app-49"

pytestmark = pytest.mark.usefixtures("matrix_objects")


def large(namespace: str, **fault: object) -> Object:
    """Build a pod with more of everything than people write; the fault is in the last container."""
    rest = {
        "env": [{"name": f"BIEN_{number}", "value": "x" * 40} for number in range(VARIABLES)],
        "ports": [{"containerPort": PORT + number} for number in range(5)],
        "livenessProbe": {"httpGet": {"path": "/", "port": PORT}},
        "volumeMounts": [{"name": f"volume-{number}", "mountPath": f"/volume/{number}"} for number in range(VOLUMES)],
        "resources": {"limits": {"cpu": "1m", "memory": "1Mi", "ephemeral-storage": "1Mi"}},
    }
    containers = [container(f"app-{number}", **rest, **(fault if f"app-{number}" == LAST else {})) for number in range(CONTAINERS)]
    made = pod(
        namespace,
        "large",
        containers=containers,
        initContainers=[container(f"init-{number}", restartPolicy="Always", **rest) for number in range(INIT)],
    )
    made["spec"]["volumes"] = [{"name": f"volume-{number}", "configMap": {"name": "shared"}} for number in range(VOLUMES)]
    return made


def test_a_large_pod_is_admitted(place: str, callers: Callers) -> None:
    answer = callers("operator").call("POST", f"/api/v1/namespaces/{place}/pods", large(place), dry_run=True)
    assert answer.code == 201, answer.message


def test_one_fault_in_a_large_pod_is_found(place: str, callers: Callers) -> None:
    floating = large(place, image="registry.test.example/web:latest")
    answer = callers("operator").call("POST", f"/api/v1/namespaces/{place}/pods", floating, dry_run=True)

    assert answer.refused
    assert "P06 " in answer.message or "P05 " in answer.message, answer.message
    assert LAST in answer.message
