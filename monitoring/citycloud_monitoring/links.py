"""Where a reader goes from a panel: to what to do where its alerts fire, and to the view below."""

import dataclasses
from collections.abc import Mapping
from typing import Final

from citycloud_monitoring.catalogue import Alert, Words
from citycloud_monitoring.panels import Language, Panel, address

RUNBOOKS: Final = "@RUNBOOKS@"
DASHBOARDS: Final = "@DASHBOARDS@"
"""Where the chart puts the addresses of a city's own pages."""
BELOW: Final = Words(vi="Xem chi tiết", en="Look closer")


@dataclasses.dataclass(frozen=True)
class Link:
    """One way out of a panel."""

    title: Words
    address: str


def links(panel: Panel, *, language: Language, alerts: Mapping[str, Alert]) -> list[Link]:
    """List the ways out of a panel; an alert that is not there has no page to go to."""
    pages = [
        Link(title=Words(vi=f"Hướng dẫn {name}", en=f"Runbook {name}"), address=f"{RUNBOOKS}/{name}.md")
        for name in panel.alerts
        if name in alerts
    ]
    below = [Link(title=BELOW, address=f"{DASHBOARDS}/{address(panel.below, language)}")] if panel.below else []
    return pages + below
