"""A cluster gets the kinds of Prometheus' operator and loses them again: environments are monitored meanwhile, and Ready all the time."""

from collections.abc import Callable, Iterator

import pytest
from tests.conftest import Office
from tests.support import monitoring_kinds, objects
from tests.support.kube import User, condition, eventually

PATIENCE = 90.0
"""Seconds: the operator looks twice a minute."""


@pytest.fixture
def place(office: Office, admin: User) -> tuple[str, str, str]:
    """An environment that is Ready before the kinds are there: its home, its name and its namespace."""
    organisation = office()
    home, name = f"org-{organisation}", "theo-doi"
    admin.apply(objects.environment(organisation, name))
    eventually(lambda: _reason(admin, home, name, "Ready") == "Ready", what="it to be Ready")
    return home, name, f"{organisation}--{name}--app"


@pytest.fixture
def kinds(admin: User) -> Iterator[None]:
    """Serve the kinds; take them away at the end whatever happens."""
    definitions = [monitoring_kinds.definition(plural) for plural in ("podmonitors", "prometheusrules")]
    admin.apply(*definitions)
    yield
    for each in definitions:
        admin.run("delete", "crd", each["metadata"]["name"], "--ignore-not-found")


def _reason(user: User, home: str, name: str, type_: str) -> str:
    return str(condition(user.get("environment", name, home), type_).get("reason", ""))


def test_a_department_is_scraped_where_it_can_be(
    place: tuple[str, str, str], admin: User, break_glass: User, request: pytest.FixtureRequest
) -> None:
    home, name, namespace = place
    assert _reason(admin, home, name, "MonitoringReady") == "MonitorsAbsent"

    request.getfixturevalue("kinds")
    eventually(lambda: _reason(admin, home, name, "MonitoringReady") == "Applied", what="a monitor", seconds=PATIENCE)
    monitor = admin.get("podmonitor", "citycloud", namespace)
    assert monitor["spec"]["podMetricsEndpoints"][0]["port"] == "metrics"

    assert "P13" in admin.forbidden("delete", "podmonitor", "citycloud", "-n", namespace)
    break_glass.delete("podmonitor", "citycloud", namespace)
    eventually(lambda: admin.find("podmonitor", "citycloud", namespace), what="the monitor to come back")

    admin.run("delete", "crd", f"podmonitors.{monitoring_kinds.GROUP}")
    eventually(lambda: _reason(admin, home, name, "MonitoringReady") == "MonitorsAbsent", what="its absence", seconds=PATIENCE)
    assert _reason(admin, home, name, "Ready") == "Ready"


def test_nobody_of_a_department_writes_rules_or_monitors(
    place: tuple[str, str, str], kinds: None, member: Callable[..., User], admin: User
) -> None:
    home, _, namespace = place
    organisation = home.removeprefix("org-")
    chief = member("chi", f"{organisation}-admins")
    rule = {"groups": [{"name": "a", "rules": [{"alert": "Foreign", "expr": 'up{namespace="so-y-te--ho-so--app"} == 0'}]}]}
    body = {
        "apiVersion": f"{monitoring_kinds.GROUP}/v1",
        "kind": "PrometheusRule",
        "metadata": {"name": "a", "namespace": namespace},
        "spec": rule,
    }
    eventually(lambda: admin.run("get", "prometheusrules", "-A") is not None, what="the kind to be served")

    assert "forbidden" in chief.refused(body)
