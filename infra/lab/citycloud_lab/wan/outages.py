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

from citycloud_infra.render.view import Router, first
from citycloud_lab.wan.carriers import ABROAD
from citycloud_lab.wan.hosts import Host
from citycloud_lab.wan.laboratory import Laboratory
from citycloud_lab.wan.probing import Probing, Series, probing

LATER: Final = 2
"""A failure is watched for this many times what BFD needs to notice it."""
FLAPS: Final = 3
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


def line_flap(lab: Laboratory, watch: Watch) -> Outage:
    """Cut and mend the line that a site uses first, again and again, each time for as long as BFD needs to notice."""
    site = lab.plan.sites[watch.host.node]
    carrier = next(each.carrier for each in site.uplinks if each.role == "primary")

    def flap() -> None:
        for _ in range(FLAPS):
            lab.cut(site.name, carrier=carrier)
            time.sleep(notice_seconds(lab))
            lab.mend(site.name, carrier=carrier)
            time.sleep(notice_seconds(lab))

    try:
        return watched(lab, watch, failure=flap)
    finally:
        lab.wait_until_settled()


def loss_of_all_hubs(lab: Laboratory, watches_: Sequence[Watch]) -> list[Outage]:
    """Cut every line of every hub, and say what these hosts notice of it who ask for what is not at a hub."""
    try:
        return _beside(lab, watches_, failure=lambda: _cut_all(lab))
    finally:
        for each in lab.plan.hubs:
            lab.mend(each)
        lab.wait_until_settled()


def site_loss(lab: Laboratory, site: str) -> list[Outage]:
    """Cut every line of a site, and say what all other sites notice of it."""
    others = [each for each in watches(lab) if each.host.node != site]
    try:
        return _beside(lab, others, failure=lambda: lab.cut(site))
    finally:
        lab.mend(site)
        lab.wait_until_settled()


def at_home(lab: Laboratory) -> Iterator[Watch]:
    """Return what needs no hub: every site's host that asks its own router, and guests that ask the Internet."""
    for host in lab.hosts.values():
        if host.node in lab.plan.sites:
            yield Watch(host=host, addresses=tuple(first(each.network) for each in (host.ipv4, host.ipv6)))
            if lab.plan.segments[host.segment].transport == "local":
                yield Watch(host=host, addresses=tuple(str(each.network_address) for each in (ABROAD.ipv4, ABROAD.ipv6)))


def _beside(lab: Laboratory, watches_: Sequence[Watch], *, failure: Callable[[], None]) -> list[Outage]:
    """Probe from many hosts at once while something fails that is none of their business."""
    with contextlib.ExitStack() as stack:
        rows = [stack.enter_context(probings(lab, each)) for each in watches_]
        since = time.time()
        failure()
        for row in itertools.chain(*rows):
            row.wait_for_answer(since=since + LATER * notice_seconds(lab))
        return [outage([each.end() for each in row], since=since) for row in rows]


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


def _cut_all(lab: Laboratory) -> None:
    for hub in lab.plan.hubs:
        lab.cut(hub)


def _crash(lab: Laboratory, routers: Sequence[Router]) -> None:
    for router in routers:
        lab.control.crash(router)


def _log(lab: Laboratory) -> pathlib.Path:
    return lab.folder / "logs" / f"ping-{next(_NUMBERS)}.log"
