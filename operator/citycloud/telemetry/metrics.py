"""The operator's own counts, in a registry of its own: each is declared in registry.yaml."""

import functools
import itertools
from collections.abc import Callable
from typing import Final

from prometheus_client import CollectorRegistry
from prometheus_client.process_collector import ProcessCollector

from citycloud.api import WATCHED
from citycloud.engine.outcome import Result
from citycloud.engine.queue import Key
from citycloud.telemetry.declarations import counter, gauge, histogram

THROTTLED: Final = 429


class Metrics:
    """Everything that is counted; one instance a process, handed to whoever counts."""

    def __init__(self, *, version: str) -> None:
        self.registry = registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        gauge("citycloud_build_info", registry=registry).labels(version).set(1)
        self._runs = counter("citycloud_handler_runs_total", registry=registry)
        self._durations = histogram("citycloud_handler_duration_seconds", registry=registry)
        self._requests = counter("citycloud_kube_requests_total", registry=registry)
        self._request_seconds = histogram("citycloud_kube_request_duration_seconds", registry=registry)
        self._request_of = functools.cache(self._count_request_of)  # finding a series takes longer than counting in it
        self._applies = counter("citycloud_apply_operations_total", registry=registry)
        self._write_of = functools.cache(lambda kind, operation: self._applies.labels(kind, operation).inc)
        self._ready = histogram("citycloud_environment_ready_seconds", registry=registry)
        self._deadlines = counter("citycloud_environment_ready_deadline_total", registry=registry)
        self._decisions = histogram("citycloud_request_decision_seconds", registry=registry)
        self._events = counter("citycloud_events_total", registry=registry)
        self._drift = counter("citycloud_drift_detected_total", registry=registry)
        self._corrections = histogram("citycloud_drift_correction_seconds", registry=registry)
        self._orphans = gauge("citycloud_orphaned_namespaces", registry=registry)
        self._orphans_by_key: dict[Key, int] = {}
        self.drift_open = gauge("citycloud_drift_open", registry=registry)
        self.events_waiting = gauge("citycloud_events_waiting", registry=registry)
        self.queue_depth = gauge("citycloud_queue_depth", registry=registry)
        self.queue_oldest = gauge("citycloud_oldest_unhandled_seconds", registry=registry)
        self.leader = gauge("citycloud_leader", registry=registry)
        self.settled = gauge("citycloud_settled", registry=registry)
        self.clock_jumped = gauge("citycloud_clock_jumped", registry=registry)
        for result in ("met", "missed"):
            self._deadlines.labels(result)  # a share of nothing is no alert: both are there from the start
        for kind, failed in itertools.product(WATCHED, (Result.TERMINAL, Result.UNEXPECTED)):
            self._runs.labels(kind.definition.kind, failed.value)  # the first failure is an increase only where none was counted before
        self._events.labels("dropped")

    def run(self, key: Key, result: Result, seconds: float) -> None:
        """Count one reconcile."""
        self._runs.labels(key.kind, result.value).inc()
        self._durations.labels(key.kind).observe(seconds)

    def request(self, verb: str, resource: str, code: int, seconds: float) -> None:
        """Count one request to the API server."""
        count, observe = self._request_of(verb, resource, _class_of(code))
        count()
        observe(seconds)

    def _count_request_of(self, verb: str, resource: str, code_class: str) -> tuple[Callable[[], None], Callable[[float], None]]:
        return self._requests.labels(verb, resource, code_class).inc, self._request_seconds.labels(verb).observe

    def write(self, kind: str, operation: str) -> None:
        """Count one write to a child."""
        self._write_of(kind, operation)()

    def event(self, result: str) -> None:
        """Count one Event: written, known, failed or dropped."""
        self._events.labels(result).inc()

    def first_ready(self, *, stage: str, seconds: float) -> None:
        """Observe the first time an environment is Ready, once in its life."""
        self._ready.labels(stage).observe(seconds)

    def deadline(self, result: str) -> None:
        """Count one approved environment that was Ready in time (met), or not (missed)."""
        self._deadlines.labels(result).inc()

    def decision(self, *, type_: str, seconds: float) -> None:
        """Observe how long a request waited for its decision."""
        self._decisions.labels(type_).observe(seconds)

    def drift(self, kind: str) -> None:
        """Count one child that somebody else changed or deleted."""
        self._drift.labels(kind).inc()

    def correction(self, seconds: float) -> None:
        """Observe how long a difference lasted."""
        self._corrections.observe(seconds)

    def orphans(self, *, key: Key, count: int) -> None:
        """Tell how many namespaces an environment left behind."""
        if count:
            self._orphans_by_key[key] = count
        else:
            self._orphans_by_key.pop(key, None)
        self._orphans.set(sum(self._orphans_by_key.values()))


def _class_of(code: int) -> str:
    """Sort an answer; to be asked for patience is neither a mistake of ours nor trouble of the server's."""
    if code == THROTTLED:
        return str(code)
    return f"{code // 100}xx" if code else "none"
