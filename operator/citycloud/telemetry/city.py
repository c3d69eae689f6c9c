"""The state of the city at the moment of a scrape, from the operator's memory: the API server is never asked for it.

Collected in the thread of the scrape, from copies. Only the leader tells of the city, so that two replicas never say the same twice.
"""

import collections
import datetime
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final

from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from citycloud.api import City, Environment, InformationSystem, Kind, LedgerEntry, Organisation, OrgChange, PolicyException, Site
from citycloud.engine.queue import Key
from citycloud.engine.world import World
from citycloud.plan import quantity
from citycloud.plan.names import organisation_of
from citycloud.telemetry.declarations import gauge_family

Objects = list[tuple[Key, dict[str, Any]]]
Samples = dict[tuple[str, ...], float]
AMOUNTS: Final = ("cpu", "memory", "storage")
THOUSANDTHS: Final = 1000
"""Amounts are kept in thousandths; metrics are in cores and bytes."""
CITY: Final = "city"
"""Stands where an organisation does for what concerns the whole city."""
GONE: Final = "Purged"
DOSSIER: Final = "AwaitingDossier"
"""The reason of a request that waits for its own department: nobody can decide about it yet."""
STATES: Final[Mapping[str, Mapping[str, str]]] = {
    "exception": {"AwaitingApproval": "pending", "Active": "approved", "Expired": "done", "Refused": "refused"},
    "org_change": {
        "Reported": "pending",
        "AwaitingApproval": "pending",
        "Scheduled": "approved",
        "Running": "approved",
        "Done": "done",
        "Failed": "refused",
    },
}


Holds = Callable[[Key], Mapping[str, int] | None]
"""What one environment holds by resource, in thousandths; None where it holds nothing."""


class CityCollector(Collector):
    """Tells of the city at each scrape."""

    def __init__(self, *, world: World, holds: Holds, leads: Callable[[], bool]) -> None:
        self._world = world
        self._holds = holds
        self._leads = leads

    def describe(self) -> Iterable[Metric]:
        """Name nothing in advance: a registration asks, and then nobody leads yet."""
        return ()

    def collect(self) -> Iterator[Metric]:
        """Tell of the city, where this process leads."""
        if not self._leads():
            return
        living = [(key, item) for key, item in self._of(Environment) if item.get("status", {}).get("phase") != GONE]
        yield from _cities(self._of(City))
        yield from _organisations(self._of(Organisation))
        yield from self._allocated(living)
        yield from _environments(living)
        yield from _requests(environments=living, exceptions=self._of(PolicyException), changes=self._of(OrgChange))
        yield from _exceptions(self._of(PolicyException))
        yield _sites(self._of(Site))
        yield _ledger(self._of(LedgerEntry))

    def _of(self, kind: type[Kind]) -> Objects:
        return self._world.contents(kind)

    def _allocated(self, environments: Objects) -> Iterator[Metric]:
        by_organisation: Samples = {}
        for key, _ in self._of(Organisation):
            by_organisation |= {(key.name, resource): 0.0 for resource in (*AMOUNTS, "environments")}
        by_system: Samples = {}
        for key, _ in self._of(InformationSystem):
            by_system |= {(_office(key), key.name, resource): 0.0 for resource in AMOUNTS}
        for key, item in environments:
            held, office = self._holds(key), _office(key)
            if held is None:
                continue
            _add(by_organisation, (office, "environments"), 1)
            for resource in AMOUNTS:
                amount = held[resource] / THOUSANDTHS
                _add(by_organisation, (office, resource), amount)
                _add(by_system, (office, item["spec"]["system"], resource), amount)
        yield _family("citycloud_organisation_quota_allocated", by_organisation)
        yield _family("citycloud_system_allocated", by_system)


def _cities(cities: Objects) -> Iterator[Metric]:
    prices: Samples = {
        (resource, city["spec"]["prices"].get("currency", "VND")): float(city["spec"]["prices"].get(field, 0))
        for _, city in cities
        for resource, field in (("cpu", "cpuMonth"), ("memory", "memoryGiBMonth"), ("storage", "storageGiBMonth"))
        if "prices" in city["spec"]
    }
    yield _family("citycloud_unit_price", prices)


def _organisations(organisations: Objects) -> Iterator[Metric]:
    info: Samples = {(key.name, item["spec"]["kind"]): 1.0 for key, item in organisations}
    yield _family("citycloud_organisation_info", info)
    limits: Samples = {}
    for key, item in organisations:
        budget = item["spec"]["budget"]
        limits[key.name, "environments"] = float(budget["environments"])
        limits |= {(key.name, resource): quantity.parse(budget[resource]) / THOUSANDTHS for resource in AMOUNTS}
    yield _family("citycloud_organisation_quota_limit", limits)


def _environments(environments: Objects) -> Iterator[Metric]:
    info: Samples = {}
    phase: Samples = {}
    condition: Samples = {}
    created: Samples = {}
    expiry: Samples = {}
    for key, item in environments:
        spec, status, name = item["spec"], item.get("status", {}), (key.name, _office(key))
        level = str(status.get("level", ""))
        for zone in status.get("namespaces", ()):
            info[key.name, zone["name"], _office(key), spec["system"], spec["stage"], level] = 1.0
        if "phase" in status:
            phase[(*name, status["phase"])] = 1.0
        condition |= {(*name, each["type"]): float(each["status"] == "True") for each in status.get("conditions", ())}
        created[name] = _seconds(item["metadata"].get("creationTimestamp"))
        ends = status.get("expiresAt") or spec.get("expiresAt")
        if ends is not None:
            expiry[name] = _seconds(ends)
    yield _family("citycloud_environment_info", info)
    yield _family("citycloud_environment_phase", phase)
    yield _family("citycloud_environment_condition", condition)
    yield _family("citycloud_environment_created_timestamp_seconds", created)
    yield _family("citycloud_environment_expiry_timestamp_seconds", expiry)


def _requests(*, environments: Objects, exceptions: Objects, changes: Objects) -> Iterator[Metric]:
    counts: Samples = collections.defaultdict(float)
    since: Samples = {}
    kinds = (("environment", environments), ("exception", exceptions), ("org_change", changes))
    for type_, key, item in ((type_, key, item) for type_, items in kinds for key, item in items):
        office, status = _office(key), item.get("status", {})
        counts[office, type_, _state(type_=type_, status=status)] += 1
        pending = status.get("pending")
        if pending is not None and DOSSIER not in pending.get("reasons", ()):
            moment = _seconds(pending["since"])
            since[office, type_] = min(moment, since.get((office, type_), moment))
    yield _family("citycloud_requests", counts)
    yield _family("citycloud_request_waiting_timestamp_seconds", since)


def _state(*, type_: str, status: Mapping[str, Any]) -> str:
    """Say where a request stands; an environment that is changed waits, whatever was granted before."""
    if "pending" in status:
        return "pending"
    phase = status.get("phase", "")
    if type_ in STATES:
        return STATES[type_].get(phase, "new")
    return "refused" if phase == "Refused" else "approved" if "approved" in status else "new"


def _exceptions(exceptions: Objects) -> Iterator[Metric]:
    counts: Samples = collections.defaultdict(float)
    ends: Samples = {}
    for key, item in exceptions:
        if item.get("status", {}).get("phase") == "Active":
            counts[_office(key), item["spec"]["policy"]] += 1
            moment = _seconds(item["spec"]["expiresAt"])
            ends[(_office(key),)] = min(moment, ends.get((_office(key),), moment))
    yield _family("citycloud_policy_exceptions", counts)
    yield _family("citycloud_policy_exception_next_expiry_timestamp_seconds", ends)


def _sites(sites: Objects) -> Metric:
    users: Samples = {(key.name,): float(item.get("status", {}).get("environments", 0)) for key, item in sites}
    return _family("citycloud_site_environments", users)


def _ledger(entries: Objects) -> Metric:
    counts = collections.Counter((item["spec"]["organisation"],) for _, item in entries)
    return _family("citycloud_ledger_entries", {labels: float(count) for labels, count in counts.items()})


def _family(name: str, samples: Mapping[tuple[str, ...], float]) -> GaugeMetricFamily:
    family = gauge_family(name)
    for labels, value in samples.items():
        family.add_metric(labels, value)
    return family


def _add(sums: Samples, labels: tuple[str, ...], amount: float) -> None:
    sums[labels] = sums.get(labels, 0.0) + amount


def _office(key: Key) -> str:
    return organisation_of(key.namespace) or CITY


def _seconds(moment: str | None) -> float:
    return datetime.datetime.fromisoformat(moment).timestamp() if moment else 0.0
