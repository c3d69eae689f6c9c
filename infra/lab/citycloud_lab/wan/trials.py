"""Every trial of a laboratory that is up, one after another, each with its figure and what has to hold: what `lab test` prints.

A goal that is named is judged, also one of time: whoever runs this by hand asks whether their own machine reaches it. The tests, which call
the same functions, judge no time.
"""

import dataclasses
import math
import statistics
from collections.abc import Callable, Sequence
from typing import Final

from citycloud_dev.processes import ProcessError
from citycloud_infra.render.view import Router
from citycloud_lab.wan.daemon_running import daemon_differences
from citycloud_lab.wan.isolation import Verdict, sweep_from_outside, sweep_inside
from citycloud_lab.wan.laboratory import Laboratory
from citycloud_lab.wan.outages import (
    Outage,
    Watch,
    at_home,
    hub_crash,
    hub_loss,
    line_flap,
    line_loss,
    loss_of_all_hubs,
    site_loss,
    watches,
)
from citycloud_lab.wan.packets import passes
from citycloud_lab.wan.refusals import Announced, announce, flood, foreign
from citycloud_lab.wan.running import kernel_differences
from citycloud_lab.wan.traffic import overload

ROUNDS: Final = 5
HUB_SECONDS: Final = 1.5
VOICE_MS: Final = 5


@dataclasses.dataclass(frozen=True, kw_only=True)
class Outcome:
    """What came of a trial: its figure, in words, and whether what has to hold did."""

    figure: str
    holds: bool


@dataclasses.dataclass(frozen=True, kw_only=True)
class Trial:
    """One trial, its name in two languages, and what its figure should be on two cores."""

    vi: str
    en: str
    goal: str
    run: Callable[[Laboratory], Outcome]


def inside(lab: Laboratory) -> Outcome:
    """Let every host speak to every address."""
    return _of_verdict(sweep_inside(lab))


def outside(lab: Laboratory) -> Outcome:
    """Let the carriers speak to everything behind their lines."""
    return _of_verdict(sweep_from_outside(lab))


def running(lab: Laboratory) -> Outcome:
    """Compare what runs with what was rendered."""
    found = kernel_differences(lab, lab.nodes()) + daemon_differences(lab, lab.nodes())
    return Outcome(figure="\n".join([f"{len(found)} differences", *found]), holds=not found)


def losing_the_hub(lab: Laboratory) -> Outcome:
    """Lose the preferred hub, several times."""
    watch = _watch(lab)
    seconds = [hub_loss(lab, watch).longest for _ in range(ROUNDS)]
    median = statistics.median(seconds)
    return Outcome(figure=f"{median:.2f} s, median of {' '.join(f'{each:.2f}' for each in seconds)}", holds=median <= HUB_SECONDS)


def crashing_the_hub(lab: Laboratory) -> Outcome:
    """Kill the preferred hub's daemons; whoever keeps the laboratory starts them again."""
    return _of_outage(hub_crash(lab, _watch(lab), revive=lambda: None))


def losing_a_line(lab: Laboratory) -> Outcome:
    """Lose the line that a site uses first."""
    return _of_outage(line_loss(lab, _watch(lab)))


def flapping(lab: Laboratory) -> Outcome:
    """Lose it again and again."""
    return _of_outage(line_flap(lab, _watch(lab)))


def losing_every_hub(lab: Laboratory) -> Outcome:
    """Lose every hub, and look at what needs none."""
    return _unmoved(loss_of_all_hubs(lab, list(at_home(lab))))


def losing_a_site(lab: Laboratory) -> Outcome:
    """Lose a site, and look at the others."""
    return _unmoved(site_loss(lab, next(iter(lab.plan.sites))))


def announcing_others(lab: Laboratory) -> Outcome:
    """Let a site announce what is somebody else's."""
    router = _rogue(lab)
    return _of_announced(announce(lab, router, foreign(lab, router)))


def flooding(lab: Laboratory) -> Outcome:
    """Let a site announce thousands of networks."""
    return _of_announced(announce(lab, _rogue(lab), flood()))


def largest_packet(lab: Laboratory) -> Outcome:
    """Send what just fits and what just does not, in both families."""
    watch, mtu = _watch(lab), lab.plan.inventory.overlay.mtu
    network = lab.networks[watch.host.network]
    fits = [passes(network, address=each, size=mtu) for each in watch.addresses]
    too_large = [passes(network, address=each, size=mtu + 1) for each in watch.addresses]
    return Outcome(figure=f"{mtu} bytes pass: {all(fits)}; {mtu + 1} pass: {any(too_large)}", holds=all(fits) and not any(too_large))


def voice(lab: Laboratory) -> Outcome:
    """Overload a line and listen to voice."""
    load = overload(lab)
    figure = (
        f"voice {load.voice.median_ms:.2f} ms, at worst {load.voice.worst_ms:.2f}, {load.voice.lost_percent:.1f} % lost; "
        f"others {load.others.median_ms:.1f} ms, {load.others.lost_percent:.0f} % lost; "
        f"load {load.lost_percent[0]:.0f} % and {load.lost_percent[1]:.0f} % lost on {load.line_mbps} Mbit/s"
    )
    return Outcome(figure=figure, holds=load.voice_goes_first and load.voice.worst_ms <= VOICE_MS)


TRIALS: Final = (
    Trial(vi="mọi máy gửi tới mọi địa chỉ", en="every host to every address", goal="0 leaks", run=inside),
    Trial(vi="nhà mạng gửi vào trong", en="carriers to everything inside", goal="0 leaks", run=outside),
    Trial(vi="đang chạy so với văn bản", en="running against rendered", goal="0", run=running),
    Trial(vi="gói lớn nhất", en="largest packet", goal="", run=largest_packet),
    Trial(vi="quảng bá dải của nơi khác", en="another's ranges announced", goal="0 believed", run=announcing_others),
    Trial(vi="quảng bá hàng nghìn dải", en="thousands of ranges announced", goal="0 believed", run=flooding),
    Trial(vi="mất một đường truyền", en="loss of a line", goal="", run=losing_a_line),
    Trial(vi="đường truyền chập chờn", en="a line that flaps", goal="", run=flapping),
    Trial(vi="mất một điểm", en="loss of a site", goal="0 % lost", run=losing_a_site),
    Trial(vi="mất trung tâm chính", en="loss of the main hub", goal=f"≤ {HUB_SECONDS} s", run=losing_the_hub),
    Trial(vi="trình định tuyến của trung tâm chết", en="crash of the main hub's daemons", goal="", run=crashing_the_hub),
    Trial(vi="mất mọi trung tâm", en="loss of every hub", goal="0 % lost", run=losing_every_hub),
    Trial(vi="thoại khi quá tải", en="voice under overload", goal=f"≤ {VOICE_MS} ms, 0 %", run=voice),
)


def _watch(lab: Laboratory) -> Watch:
    found = next(watches(lab), None)
    if found is None:
        raise ProcessError("no site of this laboratory has a service to ask for")
    return found


def _rogue(lab: Laboratory) -> Router:
    found = next((each for each in lab.routers.values() if each.daemon == "bird"), None)
    if found is None or len(lab.plan.sites) == 1:
        raise ProcessError("this laboratory needs two sites, and BIRD at one of them")
    return found


def _of_verdict(verdict: Verdict) -> Outcome:
    rows = [f"{verdict.said} packets, {verdict.allowed} may arrive; {len(verdict.leaks)} leaks, {len(verdict.missing)} did not arrive"]
    rows += [f"leak: {each.said.source} to {each.said.address} {each.said.port}, heard at {each.at}" for each in verdict.leaks]
    rows += [f"did not arrive: {each.said.source} to {each.said.address} {each.said.port}" for each in verdict.missing]
    return Outcome(figure="\n".join(rows), holds=verdict.holds)


def _of_outage(outage: Outage) -> Outcome:
    return Outcome(figure=f"{outage.seconds[0]:.2f} s over IPv4, {outage.seconds[1]:.2f} s over IPv6", holds=outage.longest < math.inf)


def _unmoved(outages: Sequence[Outage]) -> Outcome:
    worst = max((max(each.lost_percent) for each in outages), default=0.0)
    return Outcome(figure=f"{len(outages)} hosts watched, {worst:.1f} % lost", holds=worst == 0)


def _of_announced(announced: Announced) -> Outcome:
    figure = f"{announced.networks} networks in {announced.updates} updates, {len(announced.believed)} believed"
    return Outcome(figure=figure, holds=announced.refused)
