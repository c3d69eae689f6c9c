"""What the chart makes for the operators of Prometheus and Perses: everything where their kinds are served, and nothing where not."""

import collections
import subprocess
from typing import Any

import pytest
import yaml

from citycloud_dev.assets import find_assets
from citycloud_dev.install import CHARTS
from citycloud_monitoring.catalogue import load
from citycloud_monitoring.pages import VIEWS
from citycloud_monitoring.panels import LANGUAGES

KINDS = ("monitoring.coreos.com/v1/ServiceMonitor", "monitoring.coreos.com/v1/PrometheusRule", "perses.dev/v1alpha2/PersesDashboard")
SECONDS = 60.0


def rendered(*arguments: str, served: tuple[str, ...] = ()) -> list[dict[str, Any]]:
    kinds = [f"--api-versions={kind}" for kind in served]
    command = [str(find_assets()["helm"]), "template", "citycloud", str(CHARTS / "citycloud"), "--namespace=citycloud-system"]
    result = subprocess.run([*command, *kinds, *arguments], capture_output=True, text=True, timeout=SECONDS, check=True)
    return [each for each in yaml.safe_load_all(result.stdout) if each]


def kinds_of(objects: list[dict[str, Any]]) -> collections.Counter[str]:
    return collections.Counter(each["kind"] for each in objects)


def test_nothing_is_made_of_a_kind_that_is_not_served() -> None:
    assert not kinds_of(rendered()).keys() & {"ServiceMonitor", "PrometheusRule", "PersesDashboard", "Service"}


def test_where_the_kinds_are_served_everything_is_there_with_the_citys_own_addresses() -> None:
    objects = rendered("--set=monitoring.runbooks=https://pages.test.example/runbooks", served=KINDS)
    kinds = kinds_of(objects)

    assert (kinds["ServiceMonitor"], kinds["PrometheusRule"], kinds["PersesDashboard"]) == (1, 1, len(VIEWS) * len(LANGUAGES))
    rule = next(each for each in objects if each["kind"] == "PrometheusRule")
    alerts = [each for group in rule["spec"]["groups"] for each in group["rules"] if "alert" in each]
    assert {each["alert"] for each in alerts} == {alert.name for alert in load().alerts}
    assert {each["annotations"]["runbook_url"] for each in alerts} == {
        f"https://pages.test.example/runbooks/{alert.name}.md" for alert in load().alerts
    }
    assert "@RUNBOOKS@" not in str(objects)
    assert "@DASHBOARDS@" not in str(objects)


def test_the_monitor_finds_the_operator_and_the_canary() -> None:
    objects = rendered(served=KINDS)
    (monitor,) = [each for each in objects if each["kind"] == "ServiceMonitor"]
    wanted = monitor["spec"]["selector"]["matchLabels"].items()
    services = [each for each in objects if each["kind"] == "Service" and wanted <= each["metadata"]["labels"].items()]

    assert {each["metadata"]["name"] for each in services} == {"citycloud-operator", "citycloud-canary"}
    for service in services:
        (deployment,) = [
            each for each in objects if each["kind"] == "Deployment" and each["metadata"]["name"] == service["metadata"]["name"]
        ]
        assert service["spec"]["selector"].items() <= deployment["spec"]["template"]["metadata"]["labels"].items()


def test_grafana_finds_each_view_in_each_language() -> None:
    maps = [each for each in rendered() if each["kind"] == "ConfigMap" and each["metadata"]["labels"].get("grafana_dashboard") == "1"]

    assert len(maps) == len(VIEWS) * len(LANGUAGES)


@pytest.mark.parametrize("served", [(), KINDS])
def test_without_a_canary_nothing_of_it_is_there(served: tuple[str, ...]) -> None:
    objects = rendered("--set=canary.enabled=false", served=served)

    assert "citycloud-canary" not in {each["metadata"]["name"] for each in objects}
    assert "Organisation" not in kinds_of(objects)
