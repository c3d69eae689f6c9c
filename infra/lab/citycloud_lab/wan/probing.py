"""What a host notices: how long nothing came back, how late and how much of it was lost.

A probe is an echo request every ten milliseconds (Debian's `ping`): the hubs' firewalls let it through to services, and the answer has the
code point that the question had. It belongs to no connection, so an outage ends with the first answer and not with somebody's timer.
"""

import contextlib
import dataclasses
import pathlib
import re
import signal
import statistics
from collections.abc import Iterator
from typing import Final

from citycloud_dev.packet_networks import Network
from citycloud_dev.processes import Process, wait_until

EVERY_MS: Final = 10
FIRST_SECONDS: Final = 30.0
REPLY: Final = re.compile(r"^\[(\d+\.\d+)\] .*icmp_seq=(\d+) .*time=([\d.]+) ms$", re.MULTILINE)


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Reply:
    """One answer: when it came (seconds of the clock), of which probe, after how many milliseconds."""

    at: float
    number: int
    ms: float


@dataclasses.dataclass(frozen=True, kw_only=True)
class Series:
    """What came back of a row of probes; `asked` is how many went out before the last answer."""

    replies: tuple[Reply, ...]
    asked: int

    @property
    def lost_percent(self) -> float:
        """Return the share of probes without answer."""
        return 100 * (1 - len(self.replies) / self.asked) if self.asked else 100.0

    @property
    def median_ms(self) -> float:
        """Return the median round trip."""
        return statistics.median(each.ms for each in self.replies)

    @property
    def worst_ms(self) -> float:
        """Return the longest round trip."""
        return max(each.ms for each in self.replies)

    def gap(self, *, since: float) -> float:
        """Return the longest time, in seconds, between two answers of which the second came after `since`."""
        pairs = zip(self.replies, self.replies[1:], strict=False)
        return max((later.at - earlier.at for earlier, later in pairs if later.at > since), default=float("inf"))


class Probing:
    """A row of probes that is going on."""

    def __init__(self, *, process: Process) -> None:
        self._process = process

    def replies(self) -> list[Reply]:
        """Return the answers until now."""
        found = REPLY.findall(self._process.log.read_text())
        return [Reply(at=float(at), number=int(number), ms=float(ms)) for at, number, ms in found]

    def wait_for_answer(self, *, since: float, seconds: float = FIRST_SECONDS) -> None:
        """Return when a probe is answered that was asked after `since`; raise ProcessError where none is."""
        wait_until(lambda: any(each.at - each.ms / 1000 > since for each in self.replies()), what="an answer", seconds=seconds, every=0.02)

    def end(self) -> Series:
        """End it and return what came back."""
        self._process.send(signal.SIGINT)
        self._process.stop()
        replies = self.replies()
        return Series(replies=tuple(replies), asked=max((each.number for each in replies), default=0))


@contextlib.contextmanager
def probing(*, network: Network, address: str, log: pathlib.Path, dscp: int = 0) -> Iterator[Probing]:
    """Probe an address for the length of a block, with a code point; the first answer is waited for."""
    log.unlink(missing_ok=True)
    command = ["ping", "-D", "-n", "-i", str(EVERY_MS / 1000), "-Q", str(dscp << 2), address]
    with network.entered():
        process = Process(name=f"ping {address}", command=command, log=log)
    row = Probing(process=process)
    try:
        row.wait_for_answer(since=0)
        yield row
    finally:
        process.stop()
