"""The list of everything that is watched for and shown, and of what each is proven by: `make monitoring-report`.

It closes the circle that no single check does: each alert has trials in which it fires, stays silent and ends, a page, somebody who is
called, and a panel that shows what it tells of; each panel is of a view that is tried with data. What is missing is named, and then the
exit status is 1.
"""

import dataclasses
import itertools
import pathlib
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, TextIO

import yaml

from citycloud.api.organisation import Contacts
from citycloud_monitoring.catalogue import ROOT, Alert, Catalogue, Trial, load
from citycloud_monitoring.outputs import constant_labels
from citycloud_monitoring.pages import VIEWS
from citycloud_monitoring.panels import Panel, View
from citycloud_monitoring.routing import NOBODY, Routing, reached, routing
from citycloud_monitoring.routing_settings import Settings

SOMEBODY: Final = "so-y-te"
CONTACTS: Final = Contacts(owner="lanh-dao@so-y-te.example", technical="cntt@so-y-te.example")
"""An organisation as every city has it, to ask who would be called about it."""


@dataclasses.dataclass(frozen=True)
class Line:
    """One alert: how it is proven and whom it reaches; what is missing of it is empty."""

    alert: Alert
    fires: int
    silent: int
    ends: int
    page: bool
    receivers: tuple[str, ...]
    panels: tuple[str, ...]

    @property
    def missing(self) -> tuple[str, ...]:
        """Name what it lacks; what always fires neither ends nor is silent, and is shown nowhere."""
        always = self.alert.severity == "none"
        wanted = {"a trial in which it fires": self.fires, "a page": self.page, "somebody who is called": self.receivers}
        if not always:
            wanted |= {"a trial in which it is silent": self.silent, "a trial in which it ends": self.ends, "a panel": self.panels}
        return tuple(name for name, there in wanted.items() if not there)


def lines(*, catalogue: Catalogue, views: Sequence[View], routes: Routing, pages: frozenset[str]) -> tuple[Line, ...]:
    """Gather what each alert is proven by; `pages` are the names of the runbooks that are there."""
    shown = _shown(views)
    return tuple(
        Line(
            alert=alert,
            fires=sum(any(moment.firing for moment in trial.expect) for trial in catalogue.trials[alert.name]),
            silent=sum(not any(moment.firing for moment in trial.expect) for trial in catalogue.trials[alert.name]),
            ends=sum(map(_ends, catalogue.trials[alert.name])),
            page=alert.name in pages,
            receivers=tuple(name for name in reached(routes, _labels(alert)) if name != NOBODY),
            panels=shown.get(alert.name, ()),
        )
        for alert in catalogue.alerts
    )


def _ends(trial: Trial) -> bool:
    """Tell whether something fires and later does not."""
    firing = [bool(moment.firing) for moment in trial.expect]
    return any(before and not after for before, after in itertools.pairwise(firing))


def _labels(alert: Alert) -> dict[str, str]:
    about = {"organisation": SOMEBODY} if "organisation" in alert.audience else {}
    return {"alertname": alert.name, **constant_labels(alert), **about}


def _shown(views: Sequence[View]) -> Mapping[str, tuple[str, ...]]:
    """Return by alert the panels that show what it tells of."""
    found: dict[str, tuple[str, ...]] = {}
    for view, panel in _panels(views):
        for name in panel.alerts:
            found[name] = (*found.get(name, ()), f"{view.name}/{panel.id}")
    return found


def _panels(views: Sequence[View]) -> Iterator[tuple[View, Panel]]:
    return ((view, panel) for view in views for panel in view.panels)


def write(*, alerts: Sequence[Line], views: Sequence[View], stream: TextIO) -> None:
    """Write both lists and the sums."""
    print("ALERT                          SEVERITY  FIRES SILENT ENDS PAGE  CALLS", file=stream)
    for line in alerts:
        called = ", ".join(line.receivers) or "–"
        page = "yes" if line.page else "no"
        name, severity = line.alert.name, line.alert.severity
        print(f"{name:30} {severity:9} {line.fires:5} {line.silent:6} {line.ends:4} {page:5} {called}", file=stream)
    print("\nPANEL                                              KIND        QUERIES WHEN ALL IS WELL  ALERTS", file=stream)
    for view, panel in _panels(views):
        well = "empty" if panel.healthy_is_empty else "shown"
        place = f"{view.name}/{panel.id}"
        print(f"{place:50} {panel.kind:11} {len(panel.queries):7} {well:17} {', '.join(panel.alerts)}".rstrip(), file=stream)
    for line in alerts:
        for missing in line.missing:
            print(f"{line.alert.name} lacks {missing}", file=stream)
    whole = sum(not line.missing for line in alerts)
    queries = sum(len(panel.queries) for _, panel in _panels(views))
    print(
        f"\n{whole} of {len(alerts)} alerts with trials, page, route and panel; {len(list(_panels(views)))} panels in {len(views)} views "
        f"with {queries} queries, each tried with data by tests/monitoring/eventful/test_panels.py",
        file=stream,
    )


def main(*, stream: TextIO) -> int:
    """Report, and return 1 where something is missing."""
    catalogue = load()
    settings = Settings.model_validate(yaml.safe_load((ROOT / "routing.yaml").read_text(encoding="utf-8")))
    routes = routing(settings=settings, organisations={SOMEBODY: CONTACTS}, inhibitions=catalogue.inhibitions)
    pages = frozenset(path.stem for path in pathlib.Path(ROOT.parent / "docs" / "runbooks").glob("*.md"))
    found = lines(catalogue=catalogue, views=VIEWS, routes=routes, pages=pages)
    write(alerts=found, views=VIEWS, stream=stream)
    return 1 if any(line.missing for line in found) else 0


if __name__ == "__main__":
    sys.exit(main(stream=sys.stdout))
