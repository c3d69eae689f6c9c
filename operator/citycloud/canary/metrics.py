"""What the canary counts; declared with all others in telemetry/registry.yaml."""

import typing

from prometheus_client import CollectorRegistry
from prometheus_client.process_collector import ProcessCollector

from citycloud.canary.trial import Result
from citycloud.telemetry.declarations import counter, gauge, histogram


class CanaryMetrics:
    """Trials by result, and the last good one."""

    def __init__(self, *, started: float) -> None:
        """Take the moment of the start, in seconds since 1970: from then on a success is waited for."""
        self.registry = registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        self._runs = counter("citycloud_canary_runs_total", registry=registry)
        self._last = gauge("citycloud_canary_last_success_timestamp_seconds", registry=registry)
        self._seconds = histogram("citycloud_canary_seconds", registry=registry)
        self._last.set(started)
        for result in typing.get_args(Result):
            self._runs.labels(result)  # each is there from the start, so that the first failure is an increase

    def passed(self, *, at: float, seconds: float) -> None:
        """Count a trial in which everything held."""
        self._runs.labels("passed").inc()
        self._last.set(at)
        self._seconds.observe(seconds)

    def failed(self, result: Result) -> None:
        """Count a trial by what did not hold."""
        self._runs.labels(result).inc()
