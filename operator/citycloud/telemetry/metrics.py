"""The operator's metrics, in a registry of its own; labels are enumerations, never names that people choose."""

from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.process_collector import ProcessCollector

from citycloud.engine.outcome import Result
from citycloud.engine.queue import Key

RUN_BUCKETS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
READY_BUCKETS: Final = (0.1, 0.5, 1, 5, 10, 15, 30, 60, 120, 300, 600, 1800)


class Metrics:
    """Everything that is counted; one instance a process, handed to whoever counts."""

    def __init__(self, *, version: str) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self._build = Gauge("citycloud_build_info", "Version of the operator.", ["version"], registry=self.registry)
        self._build.labels(version).set(1)
        self._runs = Counter("citycloud_handler_runs", "Reconciles by kind and result.", ["resource", "result"], registry=self.registry)
        self._durations = Histogram(
            "citycloud_handler_duration_seconds", "Duration of a reconcile.", ["resource"], buckets=RUN_BUCKETS, registry=self.registry
        )
        self._requests = Counter(
            "citycloud_kube_requests", "Requests to the API server.", ["verb", "resource", "code_class"], registry=self.registry
        )
        self._request_seconds = Histogram(
            "citycloud_kube_request_duration_seconds", "Duration of a request.", ["verb"], buckets=RUN_BUCKETS, registry=self.registry
        )
        self._applies = Counter("citycloud_apply_operations", "Writes to children.", ["kind", "operation"], registry=self.registry)
        self._ready = Histogram(
            "citycloud_environment_ready_seconds", "From creation to first Ready.", ["stage"], buckets=READY_BUCKETS, registry=self.registry
        )
        self._orphans = Gauge("citycloud_orphaned_namespaces", "Namespaces whose environment vanished.", registry=self.registry)
        self._orphans_by_key: dict[Key, int] = {}
        self.queue_depth = Gauge("citycloud_queue_depth", "Keys that wait for a worker.", registry=self.registry)
        self.queue_oldest = Gauge("citycloud_oldest_unhandled_seconds", "Age of the longest-waiting key.", registry=self.registry)
        self.leader = Gauge("citycloud_leader", "Whether this process holds the lease.", registry=self.registry)
        self.settled = Gauge("citycloud_settled", "Whether everything that existed at the start was reconciled.", registry=self.registry)

    def run(self, key: Key, result: Result, seconds: float) -> None:
        """Count one reconcile."""
        self._runs.labels(key.kind, result.value).inc()
        self._durations.labels(key.kind).observe(seconds)

    def request(self, verb: str, resource: str, code: int, seconds: float) -> None:
        """Count one request to the API server."""
        self._requests.labels(verb, resource, f"{code // 100}xx" if code else "none").inc()
        self._request_seconds.labels(verb).observe(seconds)

    def write(self, kind: str, operation: str) -> None:
        """Count one write to a child."""
        self._applies.labels(kind, operation).inc()

    def first_ready(self, *, stage: str, seconds: float) -> None:
        """Observe the first time an environment is Ready, once in its life."""
        self._ready.labels(stage).observe(seconds)

    def orphans(self, *, key: Key, count: int) -> None:
        """Tell how many namespaces an environment left behind."""
        if count:
            self._orphans_by_key[key] = count
        else:
            self._orphans_by_key.pop(key, None)
        self._orphans.set(sum(self._orphans_by_key.values()))
