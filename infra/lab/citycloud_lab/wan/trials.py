"""Every trial of a laboratory that is up, one after another, each with its figure and what has to hold: what `lab test` prints.

What has to hold is never how long something took: the goals are for whoever reads the figures, on their own machine.
"""

import dataclasses
import statistics
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

from citycloud_infra.render.view import Router

from citycloud_lab.wan.daemon_running import daemon_differences
from citycloud_lab.wan.isolation import Verdict, sweep_from_outside, sweep_inside
from citycloud_lab.wan.laboratory import Laboratory
from citycloud_lab.wan.outages import Outage, Watch, at_home, hub_crash, hub_loss, line_flap, line_loss, loss_of_all_hubs, site_loss, watches
from citycloud_lab.wan.packets import passes
from citycloud_lab.wan.refusals import Announced, flood, foreign
from citycloud_lab.wan.running import kernel_differences
from citycloud_lab.wan.traffic import overload

ROUNDS: Final = 5
MS: Final = 1000


@dataclasses.dataclass(frozen=True, kw_only=True)
class Outcome:
    """What came of a trial: its figure, in words, and whether what has to hold did."""

    figure: str
    holds: bool


def inside(lab: Laboratory) -> Outcome:
    """Let every host speak to every address."""
    return _of_verdict(sweep_inside(lab))


def outside(lab: Laboratory) -> Outcome:
    """Let the carriers speak to everything behind their lines."""
    return _of_verdict(sweep_from_outside(lab))


def running(lab: Laboratory) -> Outcome:
    """Compare what runs with what was rendered."""
    found = [*kernel_differences(lab), *daemon_differences(lab)]
    return Outcome(figure="\n".join([f"{len(found)} differences", *found]), holds=not found)


def losing_the_hub(lab: Laboratory) -> Outcome:
    """Lose the preferred hub, several times."""
    watch = next(watches(lab))
    found = [hub_loss(lab, watch) for _ in range(ROUNDS)]
    all_ = " ".join(f"{each.longest:.2f}" for each in found)
    return Outcome(figure=f"median {statistics.median(each.longest for each in found):.2f} s of {all_}", holds=True)


def crashing_the_hub(lab: Laboratory) -> Outcome:
    """Kill the preferred hub's daemons; whoever keeps the laboratory starts them again."""
    return _of_outage(hub_crash(lab, next(watches(lab)), revive=lambda: None))


def losing_a_line(lab: Laboratory) -> Outcome:
    """Lose the line that a site uses first."""
    return _of_outage(line_loss(lab, next(watches(lab))))


def flapping(lab: Laboratory) -> Outcome:
    """Lose it again and again."""
    return _of_outage(line_flap(lab, next(watches(lab))))


def losing_every_hub(lab: Laboratory) -> Outcome:
    """Lose every hub, and look at what needs none."""
    return _unmoved(loss_of_all_hubs(lab, list(at_home(lab))))


def losing_a_site(lab: Laboratory) -> Outcome:
    """Lose a site, and look at the others."""
    return _unmoved(site_loss(lab, next(iter(lab.plan.sites))))
