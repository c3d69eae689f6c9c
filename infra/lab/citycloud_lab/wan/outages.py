"""Failures made on purpose, and what a host notices of each, in both families at once.

Whatever fails is mended afterwards and waited for, so that each trial begins in a city in which all is well.
"""

import contextlib
import dataclasses
import itertools
import pathlib
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from citycloud_infra.render.view import Router

from citycloud_lab.wan.hosts import Host
from citycloud_lab.wan.laboratory import Laboratory
from citycloud_lab.wan.probing import Probing, Series, probing

LATER: Final = 2
"""A failure is watched for this many times what BFD needs to notice it."""
FLAPS: Final = 5
SECOND_MS: Final = 1000
_NUMBERS: Final = itertools.count(1)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Outage:
    """What a host noticed of a failure: the longest silence in seconds and the share of probes without answer, IPv4's first."""

    seconds: tuple[float, ...]
    lost_percent: tuple[float, ...]

    @property
    def longest(self) -> float:
        """Return the longest of the silences."""
        return max(self.seconds)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Watch:
    """A host that asks for something."""

    host: Host
    addresses: tuple[str, ...]


def notice_seconds(lab: Laboratory) -> float:
    """Return after how long the two ends of a tunnel take it for dead."""
    overlay = lab.plan.inventory.overlay
    return overlay.bfd_interval_ms * overlay.bfd_multiplier / SECOND_MS


def preferred_hub(lab: Laboratory) -> str:
    """Name the hub that everybody uses while it lives."""
    return max(lab.plan.inventory.hubs, key=lambda each: each.preference).name


def watches(lab: Laboratory) -> Iterator[Watch]:
    """Return every site's host that has a service in its segment, with that service's addresses."""
    for host in lab.hosts.values():
        for service in lab.plan.inventory.services:
            if host.node in lab.plan.sites and service.segment == host.segment:
                pair = lab.plan.addresses.service(service.id)
                yield Watch(host=host, addresses=(str(pair.ipv4.network_address), str(pair.ipv6.network_address)))
                break


def hub_loss(lab: Laboratory, watch: Watch) -> Outage:
    """Cut every line of the preferred hub at its carriers."""
    hub = preferred_hub(lab)
    try:
        return watched(lab, watch, failure=lambda: lab.cut(hub))
    finally:
        lab.mend(hub)
        lab.wait_until_settled()


def hub_crash(lab: Laboratory, watch: Watch, *, revive: Callable[[], object]) -> Outage:
    """Kill every routing daemon of the preferred hub; `revive` has them started again."""
    routers = [each for each in lab.hubs() if each.node == preferred_hub(lab)]
    try:
        return watched(lab, watch, failure=lambda: _crash(lab, routers))
    finally:
        revive()
        lab.wait_until_settled()


def line_loss(lab: Laboratory, watch: Watch) -> Outage:
    """Cut the line that a site uses first."""
    site = lab.plan.sites[watch.host.node]
    carrier = next(each.carrier for each in site.uplinks if each.role == "primary")
    try:
        return watched(lab, watch, failure=lambda: lab.cut(site.name, carrier=carrier))
    finally:
        lab.mend(site.name, carrier=carrier)
        lab.wait_until_settled()


def watched(lab: Laboratory, watch: Watch, *, failure: Callable[[], None]) -> Outage:
    """Probe from a host while something fails, until answers have come for a while after the failure had to be noticed."""
    with probings(lab, watch) as rows:
        since = time.time()
        failure()
        for row in rows:
            row.wait_for_answer(since=since + LATER * notice_seconds(lab))
        return outage([row.end() for row in rows], since=since)


@contextlib.contextmanager
def probings(lab: Laboratory, watch: Watch) -> Iterator[list[Probing]]:
    """Probe all addresses of a watch for the length of a block."""
    network = lab.networks[watch.host.network]
    with contextlib.ExitStack() as stack:
        yield [stack.enter_context(probing(network=network, address=each, log=_log(lab))) for each in watch.addresses]


def outage(rows: Sequence[Series], *, since: float) -> Outage:
    """Say what these rows of probes noticed since a moment (seconds of the clock)."""
    return Outage(seconds=tuple(each.gap(since=since) for each in rows), lost_percent=tuple(each.lost_percent for each in rows))


def _crash(lab: Laboratory, routers: Sequence[Router]) -> None:
    for router in routers:
        lab.control.crash(router)


def _log(lab: Laboratory) -> pathlib.Path:
    return lab.folder / "logs" / f"ping-{next(_NUMBERS)}.log"
