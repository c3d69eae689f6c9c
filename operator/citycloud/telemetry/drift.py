"""How long what somebody changed by hand stays changed: from the watch that tells of it to the reconcile that mended it."""

from citycloud.engine.clock import Clock
from citycloud.engine.outcome import Result
from citycloud.engine.queue import Key
from citycloud.telemetry.metrics import Metrics


class DriftLog:
    """The owners whose children somebody else changed, and since when."""

    def __init__(self, *, clock: Clock, metrics: Metrics) -> None:
        self._clock = clock
        self._metrics = metrics
        self._since: dict[Key, float] = {}

    def noticed(self, *, owner: Key, kind: str) -> None:
        """Take note of one child that changed."""
        self._metrics.drift(kind)
        self._since.setdefault(owner, self._clock.monotonic())
        self._metrics.drift_open.set(len(self._since))

    def ran(self, *, owner: Key, result: Result) -> None:
        """Take note of a reconcile; where it went well nothing differs any more."""
        if result in (Result.SETTLED, Result.WAITING) and owner in self._since:
            self._metrics.correction(self._clock.monotonic() - self._since.pop(owner))
            self._metrics.drift_open.set(len(self._since))
