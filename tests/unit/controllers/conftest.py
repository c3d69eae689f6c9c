"""A small city in memory: its objects, an API server that stores what controllers write, and every controller at work."""

import asyncio
import copy
import datetime
import functools
import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from citycloud.api import KINDS, Environment, Kind
from citycloud.api.crds import custom_resource_definition
from citycloud.controllers.allocation import Allocations
from citycloud.controllers.approval import ApprovalController
from citycloud.controllers.environment import EnvironmentController
from citycloud.controllers.information_system import InformationSystemController
from citycloud.controllers.organisation import OrganisationController
from citycloud.controllers.texts import Texts
from citycloud.controllers.triggers import owner_of, trigger
from citycloud.engine.applier import Applier
from citycloud.engine.bucket import Bucket
from citycloud.engine.observed import ChildKey, Observed, child_key
from citycloud.engine.outcome import Outcome
from citycloud.engine.queue import Key, WorkQueue
from citycloud.engine.status import StatusWriter
from citycloud.engine.world import World
from citycloud.kube import errors
from citycloud.kube.client import MANAGER, Client, Manifest
from citycloud.kube.resources import Resource
from citycloud.telemetry.metrics import Metrics

ROOT: Final = Path(__file__).parents[3]
NOW: Final = datetime.datetime(2026, 9, 1, 3, tzinfo=datetime.UTC)
"""Ten in the morning in Hanoi."""
HOME: Final = "org-so-y-te"
BY_NAME: Final = {kind.definition.kind: kind for kind in KINDS}
Body = dict[str, Any]


def _read(path: Path) -> Body:
    content: Body = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    return content


class Sample:
    """Bodies of the shipped profiles and sizes and of the small example, each a copy of its own."""

    def __init__(self) -> None:
        shipped = [_read(path) for folder in ("profiles", "sizes") for path in sorted((ROOT / "policies" / folder).glob("*.yaml"))]
        small = [_read(ROOT / "examples" / "small" / f"{name}.yaml") for name in ("city", "organisation", "information-system")]
        for body in shipped:
            body["spec"].pop("controls", None)
        self._bodies = [*shipped, *small]
        self._environment = _read(ROOT / "examples" / "small" / "environment.yaml")

    def bodies(self) -> list[Body]:
        """Everything that an environment leans on."""
        return [self._framed(body) for body in self._bodies]

    def environment(self, name: str = "ho-so-test", *, status: Body | None = None, namespace: str = HOME, **spec: Any) -> Body:
        """The environment of the example, with fields of its spec replaced; None takes one out."""
        body = self._framed(self._environment)
        body["metadata"] |= {"name": name, "namespace": namespace, "uid": f"uid-{namespace}-{name}"}
        body["spec"] = {key: value for key, value in (body["spec"] | spec).items() if value is not None}
        return body | ({"status": status} if status is not None else {})

    def approval(self, name: str, *, digest: str, target: str = "ho-so-test", at: datetime.datetime = NOW, **spec: Any) -> Body:
        """A decision on an environment."""
        metadata = {"name": name, "namespace": HOME, "uid": f"uid-{name}", "creationTimestamp": at.isoformat()}
        wanted = {"target": {"kind": "Environment", "name": target}, "digest": digest, "decision": "approve", **spec}
        return self._framed({"kind": "Approval", "metadata": metadata, "spec": wanted})

    def _framed(self, body: Body) -> Body:
        framed = copy.deepcopy(body)
        frame = {"uid": f"uid-{body['kind']}-{body['metadata']['name']}", "generation": 1, "resourceVersion": "1"}
        framed["metadata"] = {**frame, "creationTimestamp": NOW.isoformat(), **framed["metadata"]}
        return framed


@pytest.fixture(scope="session")
def sample() -> Sample:
    """Hand out the sample."""
    return Sample()


@pytest.fixture(scope="session")
def texts() -> Texts:
    """Read the catalogue once."""
    return Texts.load()


def _as_stored(*, kind: type[Kind], status: Body) -> Body:
    """Prune and complete a status as the API server does from the schema of its kind."""
    stored: Body = _structural(status, _status_schema(kind))
    return stored


@functools.cache
def _status_schema(kind: type[Kind]) -> Body:
    (version,) = custom_resource_definition(kind)["spec"]["versions"]
    schema: Body = version["schema"]["openAPIV3Schema"]["properties"]["status"]
    return schema


def _structural(value: Any, schema: Body) -> Any:
    if isinstance(value, list):
        return [_structural(item, schema["items"]) for item in value]
    if not isinstance(value, dict) or "properties" not in schema:
        return value
    known = schema["properties"]
    missing = {name: inner["default"] for name, inner in known.items() if "default" in inner and name not in value}
    return {name: _structural(inner, known[name]) for name, inner in {**value, **missing}.items() if name in known}


@pytest.fixture(scope="session")
def as_stored() -> Callable[..., Body]:
    """Tell what the API server makes of a status."""
    return _as_stored


class Server(Client):
    """Stores what is written; `log` says what that was."""

    def __init__(self) -> None:
        self.objects: dict[ChildKey, Manifest] = {}
        self.log: list[tuple[str, ChildKey]] = []
        self.failures: dict[str, errors.ApiError] = {}
        self._versions = itertools.count(2)

    async def apply(self, *, resource: Resource, manifest: Manifest) -> Manifest:
        return await self._store("apply", manifest)

    async def create_namespace(self, *, manifest: Manifest) -> Manifest:
        await asyncio.sleep(0)
        if child_key(manifest) in self.objects:
            raise errors.Conflict("it exists", code=409)
        return await self._store("create", manifest)

    async def get(self, *, resource: Resource, namespace: str = "", name: str) -> Manifest:
        return copy.deepcopy(self.objects[ChildKey(resource.kind, namespace, name)])

    async def delete(self, *, resource: Resource, namespace: str, name: str, uid: str) -> None:
        await asyncio.sleep(0)
        self.log.append(("delete", ChildKey(resource.kind, namespace, name)))
        del self.objects[ChildKey(resource.kind, namespace, name)]

    async def apply_status(self, *, resource: Resource, manifest: Manifest) -> Manifest:
        await asyncio.sleep(0)
        self.log.append(("status", child_key(manifest)))
        known = self.objects[child_key(manifest)]
        known["status"] = _as_stored(kind=BY_NAME[resource.kind], status=copy.deepcopy(manifest["status"]))
        known["metadata"]["resourceVersion"] = self.next_version()
        return copy.deepcopy(known)

    def next_version(self) -> str:
        """Count one write."""
        return str(next(self._versions))

    def names(self, kind: str) -> set[str]:
        """List the objects of a kind as `namespace/name`."""
        return {f"{key.namespace}/{key.name}" if key.namespace else key.name for key in self.objects if key.kind == kind}

    async def _store(self, operation: str, manifest: Manifest) -> Manifest:
        await asyncio.sleep(0)
        if manifest["kind"] in self.failures:
            raise self.failures[manifest["kind"]]
        key = child_key(manifest)
        self.log.append((operation, key))
        fields = {name: value for name, value in manifest.items() if name not in ("apiVersion", "kind", "metadata")}
        fields["metadata"] = {name: value for name, value in manifest["metadata"].items() if name in ("labels", "annotations")}
        entry = {"manager": MANAGER, "operation": "Apply", "fieldsV1": _owned(fields)}
        frame = {"uid": f"uid-{'-'.join(key)}", "resourceVersion": self.next_version(), "managedFields": [entry]}
        self.objects[key] = {**copy.deepcopy(manifest), "metadata": {**manifest["metadata"], **frame}}
        return copy.deepcopy(self.objects[key])


def _owned(value: Body) -> Body:
    return {f"f:{key}": _owned(inner) if isinstance(inner, dict) else {} for key, inner in value.items()}


class Clock:
    """A clock that moves when told."""

    def __init__(self) -> None:
        self.moment = NOW

    def now(self) -> datetime.datetime:
        return self.moment

    def monotonic(self) -> float:
        return (self.moment - NOW).total_seconds()


class Office:
    """Every controller over one world and one server; `settle` works until nothing waits."""

    def __init__(self, *, sample: Sample, texts: Texts) -> None:
        self.sample = sample
        self.clock = Clock()
        self.server = Server()
        self.queue = WorkQueue(clock=self.clock)
        self.world = World(on_change=lambda *change: self._on_change(*change))
        self._on_change = trigger(queue=self.queue, world=self.world, is_settled=lambda: True)
        self.observed = Observed(owner_of=owner_of, on_change=self.queue.put)
        self.allocations = Allocations()
        self.outcomes: dict[Key, Outcome] = {}
        self.metrics = Metrics(version="test")
        bucket = Bucket(rate=1e6, burst=1e6, clock=self.clock)
        applier = Applier(client=self.server, observed=self.observed, bucket=bucket, on_write=self.metrics.write)
        statuses = StatusWriter(client=self.server, world=self.world, bucket=bucket)
        shared: dict[str, Any] = {"world": self.world, "statuses": statuses, "texts": texts}
        owning = {**shared, "applier": applier, "allocations": self.allocations, "clock": self.clock}
        environments = EnvironmentController(**owning, observed=self.observed, queue=self.queue, metrics=self.metrics)
        self.reconcilers = {
            "Environment": environments.reconcile,
            "Organisation": OrganisationController(**owning).reconcile,
            "InformationSystem": InformationSystemController(**shared, clock=self.clock).reconcile,
            "Approval": ApprovalController(**shared).reconcile,
        }
        for body in sample.bodies():
            self.put(body)

    def put(self, body: Body) -> None:
        """Create an object, or change its spec."""
        key = child_key(body)
        body = {**body, "metadata": {**body["metadata"], "resourceVersion": self.server.next_version()}}
        known = self.server.objects.get(key)
        if known is not None:
            changed = {"generation": known["metadata"]["generation"] + 1, "resourceVersion": body["metadata"]["resourceVersion"]}
            body = {**known, "spec": body["spec"], "metadata": {**known["metadata"], **changed}}
        self.server.objects[key] = copy.deepcopy(body)
        self.world.put(kind=BY_NAME[body["kind"]], body=body)

    def ask(self, name: str = "ho-so-test", **spec: Any) -> None:
        """Write an environment as a department does."""
        self.put(self.sample.environment(name, **spec))

    def change(self, kind: str, name: str, **spec: Any) -> None:
        """Change fields of the spec of an object that exists."""
        body = next(each for key, each in self.server.objects.items() if (key.kind, key.name) == (kind, name))
        self.put({**body, "spec": {**body["spec"], **spec}})

    def remove(self, kind: str, name: str) -> None:
        """Delete a custom resource."""
        key = next(key for key in self.server.objects if (key.kind, key.name) == (kind, name))
        self.world.drop(kind=BY_NAME[kind], metadata=self.server.objects.pop(key)["metadata"])

    async def settle(self) -> list[tuple[str, ChildKey]]:
        """Work until nothing waits, several keys at once; return what was written."""
        self.server.log.clear()
        while self.queue.depth:
            keys = [await self.queue.get() for _ in range(self.queue.depth)]
            for key, outcome in zip(keys, await asyncio.gather(*(self.reconcilers[key.kind](key) for key in keys)), strict=True):
                self.queue.done(key)
                self.outcomes[key] = outcome
        return list(self.server.log)

    async def settle_within(self, *, seconds: float) -> None:
        """Work, let time pass, and work on what fell due meanwhile, however that was asked for."""
        await self.settle()
        self.clock.moment += datetime.timedelta(seconds=seconds)
        self.queue._promote_due()
        for key, outcome in self.outcomes.items():
            if outcome.again_after is not None and outcome.again_after <= seconds:
                self.queue.put(key)
        await self.settle()

    def environment(self, name: str = "ho-so-test") -> Environment:
        """Read an environment as the world knows it."""
        found = self.world.environment(self.key(name))
        assert found is not None
        return found

    def key(self, name: str = "ho-so-test") -> Key:
        return Key("Environment", HOME, name)

    def again(self, name: str = "ho-so-test") -> None:
        """Look at an environment again although nothing happened."""
        self.queue.put(self.key(name))

    def reason(self, name: str = "ho-so-test") -> str:
        """Tell why an environment is, or is not, Ready."""
        return next(condition.reason for condition in self.environment(name).status.conditions if condition.type == "Ready")


@pytest.fixture
def office(sample: Sample, texts: Texts) -> Office:
    """Open an office whose city is declared and asks for nothing yet."""
    return Office(sample=sample, texts=texts)
