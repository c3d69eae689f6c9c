"""What a scrape says of the city: every declared series from what the operator has in memory, within the budget, and of the leader only."""

import itertools
from pathlib import Path
from typing import Any, Final

import pytest
import yaml
from prometheus_client import CollectorRegistry, generate_latest

from citycloud.api import KINDS, Environment, Kind, Organisation, PolicyException, Site
from citycloud.engine.queue import Key
from citycloud.engine.world import World
from citycloud.telemetry.city import CityCollector
from citycloud.telemetry.declarations import declarations

ROOT: Final = Path(__file__).parents[3]
BY_KIND: Final = {kind.definition.kind: kind for kind in KINDS}
ORGANISATIONS, ENVIRONMENTS = 150, 2_000
BUDGET: Final = 32_000
"""Samples that one scrape of a full city may have."""
CONDITIONS: Final = (
    "Accepted",
    "Approved",
    "NamespacesReady",
    "QuotaApplied",
    "NetworkIsolated",
    "MonitoringReady",
    "AccessGranted",
    "SitesFound",
    "Ready",
)
HELD: Final = {"cpu": 2_000, "memory": 4 * 1024**3 * 1000, "storage": 1024**3 * 1000}
SPEC: Final = {"system": "he-thong", "stage": "test", "size": "s", "zones": ["app"]}


class Here:
    """A city in memory and its scrape."""

    def __init__(self) -> None:
        self.world = World(on_change=lambda key, model: None)
        self.registry = CollectorRegistry()
        self.leads = True
        self.holding: set[Key] = set()
        self._numbers = itertools.count(1)
        holds = lambda key: HELD if key in self.holding else None  # noqa: E731
        self.registry.register(CityCollector(world=self.world, holds=holds, leads=lambda: self.leads))

    def put(self, kind: type[Kind], *, name: str, namespace: str = "", spec: dict[str, Any], status: dict[str, Any] | None = None) -> Key:
        number = next(self._numbers)
        metadata = {"name": name, "uid": f"u-{number}", "resourceVersion": str(number), "generation": 1}
        metadata |= {"creationTimestamp": "2026-09-01T03:00:00Z"} | ({"namespace": namespace} if namespace else {})
        self.world.put(kind=kind, body={"metadata": metadata, "spec": spec} | ({"status": status} if status else {}))
        return Key(kind.definition.kind, namespace, name)

    def environment(self, name: str = "ho-so", *, office: str = "so-y-te", status: dict[str, Any] | None = None, **spec: Any) -> Key:
        key = self.put(Environment, name=name, namespace=f"org-{office}", spec=SPEC | spec, status=status)
        self.holding.add(key)
        return key

    def value(self, name: str, **labels: str) -> float | None:
        return self.registry.get_sample_value(name, labels)


@pytest.fixture
def here() -> Here:
    """A city with one department, as examples/small has it."""
    here = Here()
    for path in sorted((ROOT / "examples" / "small").glob("*.yaml")):
        for body in yaml.safe_load_all(path.read_text(encoding="utf-8")):
            if body["kind"] in ("City", "Organisation", "InformationSystem"):
                metadata = body["metadata"]
                here.put(BY_KIND[body["kind"]], name=metadata["name"], namespace=metadata.get("namespace", ""), spec=body["spec"])
    return here


def ready(*, level: int = 3, phase: str = "Ready", **more: Any) -> dict[str, Any]:
    moment = "2026-09-01T03:00:02Z"
    conditions = [
        {"type": each, "status": "True", "reason": "Applied", "message": "x / y", "lastTransitionTime": moment, "observedGeneration": 1}
        for each in CONDITIONS
    ]
    approved = {"digest": "sha256:" + "0" * 64, "at": moment, "by": "citycloud", "spec": SPEC}
    places = [{"zone": "app", "name": "so-y-te--ho-so--app", "ready": True}]
    return {
        "observedGeneration": 1,
        "phase": phase,
        "level": level,
        "approved": approved,
        "namespaces": places,
        "conditions": conditions,
        **more,
    }


def test_an_environment_is_told_with_its_place_level_and_conditions(here: Here) -> None:
    here.environment(status=ready(expiresAt="2026-12-31T17:00:00Z"))
    name = {"environment": "ho-so", "organisation": "so-y-te"}
    place = {"target_namespace": "so-y-te--ho-so--app", "system": "he-thong", "stage": "test", "security_level": "3"}

    assert here.value("citycloud_environment_info", **name, **place) == 1
    assert here.value("citycloud_environment_phase", **name, phase="Ready") == 1
    assert here.value("citycloud_environment_condition", **name, condition="NetworkIsolated") == 1
    assert here.value("citycloud_environment_created_timestamp_seconds", **name) == 1788231600
    assert here.value("citycloud_environment_expiry_timestamp_seconds", **name) == 1798736400


def test_allocation_is_in_cores_and_bytes_by_organisation_and_system(here: Here) -> None:
    for name in ("mot", "hai"):
        here.environment(name, status=ready())

    assert here.value("citycloud_organisation_quota_allocated", organisation="so-y-te", resource="cpu") == 4
    assert here.value("citycloud_organisation_quota_allocated", organisation="so-y-te", resource="memory") == 8 * 1024**3
    assert here.value("citycloud_organisation_quota_allocated", organisation="so-y-te", resource="environments") == 2
    assert here.value("citycloud_system_allocated", organisation="so-y-te", system="he-thong", resource="cpu") == 4
    limit = here.value("citycloud_organisation_quota_limit", organisation="so-y-te", resource="cpu")
    assert limit is not None
    assert limit > 4


def test_what_was_purged_is_no_more(here: Here) -> None:
    here.holding.discard(here.environment(status=ready(phase="Purged")))

    assert "environment=" not in generate_latest(here.registry).decode()


def test_requests_are_counted_by_where_they_stand(here: Here) -> None:
    here.environment("xong", status=ready())
    pending = {"digest": "sha256:" + "1" * 64, "since": "2026-09-01T04:00:00Z", "reasons": ["LevelNeedsApproval"], "waitingFor": []}
    here.environment("cho", status={"observedGeneration": 1, "phase": "AwaitingApproval", "pending": pending})
    here.environment("cho-lau", status={"phase": "AwaitingApproval", "pending": pending | {"since": "2026-09-01T03:30:00Z"}})
    here.environment("khong", status={"observedGeneration": 1, "phase": "Refused"})
    counts = {state: here.value("citycloud_requests", organisation="so-y-te", type="environment", state=state) for state in STATES}

    assert counts == {"approved": 1, "pending": 2, "refused": 1, "new": None}
    assert here.value("citycloud_request_waiting_timestamp_seconds", organisation="so-y-te", type="environment") == 1788233400


STATES: Final = ("approved", "pending", "refused", "new")


def test_who_waits_for_a_dossier_of_their_own_waits_for_nobodys_decision(here: Here) -> None:
    pending = {"digest": "sha256:" + "1" * 64, "since": "2026-09-01T04:00:00Z", "reasons": ["AwaitingDossier"], "waitingFor": []}
    here.environment("cho-ho-so", status={"observedGeneration": 1, "phase": "AwaitingDossier", "pending": pending})

    assert here.value("citycloud_requests", organisation="so-y-te", type="environment", state="pending") == 1
    assert here.value("citycloud_request_waiting_timestamp_seconds", organisation="so-y-te", type="environment") is None


def test_exceptions_in_force_are_told_by_policy_with_the_next_end(here: Here) -> None:
    for name, expires, phase in (
        ("mot", "2027-01-02", "Active"),
        ("hai", "2027-01-01", "Active"),
        ("ba", "2026-10-01", "AwaitingApproval"),
    ):
        spec = {"environment": "ho-so", "policy": "P06", "reason": "x", "compensatingMeasure": "y", "expiresAt": f"{expires}T00:00:00Z"}
        here.put(PolicyException, name=name, namespace="org-so-y-te", spec=spec, status={"observedGeneration": 1, "phase": phase})

    assert here.value("citycloud_policy_exceptions", organisation="so-y-te", policy="P06") == 2
    assert here.value("citycloud_policy_exception_next_expiry_timestamp_seconds", organisation="so-y-te") == 1798761600


def test_a_place_of_the_network_is_told_with_how_many_let_it_in(here: Here) -> None:
    segments = [{"name": "office", "ipv4": "10.22.128.0/20", "ipv6": "2001:db8:1068:1000::/52"}]
    spec = {"serial": 1, "kind": "ward", "names": {"vi": "Phường Hoàn Kiếm", "en": "Hoan Kiem Ward"}, "hubs": ["dc"], "segments": segments}
    here.put(Site, name="phuong-hoan-kiem", spec=spec, status={"environments": 3})

    assert here.value("citycloud_site_environments", site="phuong-hoan-kiem") == 3


def test_only_the_leader_tells_of_the_city(here: Here) -> None:
    here.environment(status=ready())
    here.leads = False

    assert generate_latest(here.registry) == b""


def test_every_series_is_declared_with_these_labels(here: Here) -> None:
    here.environment(status=ready(expiresAt="2026-12-31T17:00:00Z"))
    families = {family.name: family for family in here.registry.collect()}

    assert set(families) == {name for name, each in declarations().items() if each.of == "city" and name != "citycloud_orphaned_namespaces"}
    for name, family in families.items():
        for sample in family.samples:
            assert tuple(sample.labels) == declarations()[name].labels


def test_a_full_city_keeps_to_the_budget(here: Here) -> None:
    """150 organisations and 2,000 environments of one zone, each with all its conditions, an end and a system of its own."""
    spec = here.world.contents(Organisation)[0][1]["spec"]
    for number in range(ORGANISATIONS - 1):
        here.put(Organisation, name=f"co-quan-{number}", spec=spec)
    for number in range(ENVIRONMENTS):
        office = f"co-quan-{number % (ORGANISATIONS - 1)}"
        here.environment(f"moi-truong-{number}", office=office, status=ready(expiresAt="2026-12-31T17:00:00Z"))
    text = generate_latest(here.registry).decode()
    samples = [line for line in text.splitlines() if not line.startswith("#")]

    assert ENVIRONMENTS * len(CONDITIONS) < len(samples) <= BUDGET
