"""A cluster gets the kinds of Prometheus' and Perses' operators, and loses one again: environments are Ready all the time."""

from collections.abc import Callable, Iterator

import pytest
from tests.conftest import Office
from tests.support import monitoring_kinds, objects
from tests.support.kube import User, condition, eventually

DASHBOARDS = "persesdashboards.perses.dev"
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
    definitions = [monitoring_kinds.definition(name) for name in monitoring_kinds.KINDS]
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

    admin.run("delete", "crd", "podmonitors.monitoring.coreos.com")
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
        "apiVersion": "monitoring.coreos.com/v1",
        "kind": "PrometheusRule",
        "metadata": {"name": "a", "namespace": namespace},
        "spec": rule,
    }
    eventually(lambda: admin.run("get", "prometheusrules", "-A") is not None, what="the kind to be served")

    assert "forbidden" in chief.refused(body)


def test_who_may_read_a_home_may_read_its_dashboard_and_nobody_elses(
    place: tuple[str, str, str], office: Office, kinds: None, member: Callable[..., User], admin: User
) -> None:
    home, _, _ = place
    organisation, other = home.removeprefix("org-"), office()
    eventually(lambda: admin.find(DASHBOARDS, "citycloud-department-vi", home), what="its dashboard", seconds=PATIENCE)
    eventually(lambda: admin.find(DASHBOARDS, "citycloud-department-vi", f"org-{other}"), what="the other's", seconds=PATIENCE)
    viewer = member("bich", f"{organisation}-viewers")

    found = viewer.list(DASHBOARDS, home)
    assert {each["metadata"]["name"] for each in found} == {"citycloud-department-vi", "citycloud-department-en"}
    assert {each["spec"]["config"]["variables"][0]["spec"]["value"] for each in found} == {organisation}
    viewer.forbidden("get", DASHBOARDS, "-n", f"org-{other}")
    viewer.forbidden("get", DASHBOARDS, "-A")
