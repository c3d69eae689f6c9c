"""What Prometheus is told of a zone: whose it is, in words that no pod can choose, and no more than it can bear."""

import dataclasses
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.unit.plan.conftest import Find, Make, Plan


def test_each_zone_is_scraped_where_the_kind_is_served(make: "Make", plan: "Plan", find: "Find") -> None:
    subject = dataclasses.replace(make.subject(zones=("dmz", "app")), monitored=True)

    for zone in subject.zones:
        spec = find(plan(subject), "PodMonitor", subject.namespace(zone), "citycloud")["spec"]
        (endpoint,) = spec["podMetricsEndpoints"]
        told = {each["targetLabel"]: each["replacement"] for each in endpoint["relabelings"]}
        assert told == {"organisation": subject.organisation, "environment": subject.environment, "system": subject.system}
        assert endpoint["honorLabels"] is False
        assert "namespaceSelector" not in spec
        assert spec["sampleLimit"] > 0


def test_nothing_is_written_of_a_kind_that_is_not_served(make: "Make", plan: "Plan") -> None:
    assert "PodMonitor" not in {manifest["kind"] for manifest in plan(make.subject())}
