"""Voice under load: a line filled twice over in both directions, and what becomes of two kinds of packets meanwhile.

The load is iperf3's (Debian's): datagrams of no class between two sites of one segment, at twice the rate of the slower line, each way.
Probes of the class of voice and of no class run beside it, between the same hosts over the same tunnels.
"""

import contextlib
import dataclasses
import json
from typing import Any, Final

from citycloud_dev.packet_networks import Network
from citycloud_dev.processes import Process, ProcessError, run_tool, wait_until
from citycloud_lab.wan.hosts import Host
from citycloud_lab.wan.laboratory import Laboratory
from citycloud_lab.wan.probing import Series, probing

VOICE: Final = 46
"""The code point EF (RFC 3246)."""
TIMES: Final = 2
SECONDS: Final = 5
PORT: Final = 5201
PAYLOAD: Final = 1200
"""Bytes of a datagram: with all headers it fits every tunnel."""
BITS: Final = 1_000_000
START_SECONDS: Final = 20.0


@dataclasses.dataclass(frozen=True, kw_only=True)
class Load:
    """What became of the probes while a line was overfull; `lost_percent` is what of the load was thrown away, there and back."""

    line_mbps: int
    lost_percent: tuple[float, float]
    voice: Series
    others: Series

    @property
    def voice_goes_first(self) -> bool:
        """Tell whether the line was overfull both ways, and voice lost nothing and was earlier than the rest."""
        return min(self.lost_percent) > 0 and self.voice.lost_percent == 0 and self.voice.median_ms < self.others.median_ms


def overload(lab: Laboratory) -> Load:
    """Fill the tunnels between two sites of a segment in which sites may talk to each other; raise ProcessError where there are no two."""
    one, other = _pair(lab)
    rate = min(_rate(lab, one), _rate(lab, other))
    logs = lab.folder / "logs"
    near, far = lab.networks[one.network], lab.networks[other.network]
    with far.entered():
        server = Process(name="iperf3", command=["iperf3", "-s", "-1", "-p", str(PORT)], log=logs / "iperf3.log")
    try:
        wait_until(lambda: f":{PORT}" in far.run("ss", "-Hltn"), what="iperf3", seconds=START_SECONDS)
        with contextlib.ExitStack() as stack:
            rows = [
                stack.enter_context(probing(network=near, address=other.addresses[0], log=logs / f"load-{dscp}.log", dscp=dscp))
                for dscp in (VOICE, 0)
            ]
            report = _fill(near, address=other.addresses[0], mbps=TIMES * rate)
            voice, others = (row.end() for row in rows)
    finally:
        server.stop()
    return Load(line_mbps=rate, lost_percent=_lost(report), voice=voice, others=others)


def _pair(lab: Laboratory) -> tuple[Host, Host]:
    """Return the hosts of the two slowest sites of one segment."""
    for segment in lab.plan.inventory.segments:
        here = [each for each in lab.hosts.values() if each.segment == segment.name and each.node in lab.plan.sites]
        if segment.between_sites and len(here) > 1:
            one, other, *_ = sorted(here, key=lambda each: _rate(lab, each))
            return one, other
    raise ProcessError("no two sites of this laboratory may talk to each other")


def _rate(lab: Laboratory, host: Host) -> int:
    """Return the rate of the tunnel that a host's site uses first, in Mbit/s."""
    router = lab.router(node=host.node, segment=host.segment)
    return min(router.peers, key=lambda each: each.tunnel.rank).rate_mbps


def _fill(network: Network, *, address: str, mbps: int) -> dict[str, Any]:
    command = ["iperf3", "-c", address, "-p", str(PORT), "-u", "-b", f"{mbps}M", "-l", str(PAYLOAD), "-t", str(SECONDS), "--bidir", "-J"]
    with network.entered():
        report: dict[str, Any] = json.loads(run_tool(command, name="iperf3", seconds=SECONDS + START_SECONDS))
    if "error" in report:
        raise ProcessError(f"iperf3: {report['error']}")
    return report


def _lost(report: dict[str, Any]) -> tuple[float, float]:
    end = report["end"]
    return float(end["sum"]["lost_percent"]), float(end["sum_bidir_reverse"]["lost_percent"])
