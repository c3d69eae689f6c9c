"""Time that jumps, an API server in memory, and small objects for the machinery to move."""

import asyncio
import copy
import dataclasses
import datetime
import itertools
import selectors
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any, Final

import pytest

from citycloud.engine.applier import Applied, Applier, Step
from citycloud.engine.bucket import Bucket
from citycloud.engine.observed import ChildKey, Observed, child_key
from citycloud.engine.queue import Key
from citycloud.kube import errors
from citycloud.kube.client import MANAGER, Client, Manifest
from citycloud.kube.resources import BY_KIND, CHILDREN, NAMESPACE, Resource

EPOCH: Final = datetime.datetime(2026, 9, 1, tzinfo=datetime.UTC)
ATOMIC: Final = frozenset({"podSelector", "roleRef"})
"""Maps that the API server owns as a whole; lists are treated so too."""
NANOSECOND: Final = 1e-9
"""A real timer is never early, so neither is a virtual one."""


class _JumpingSelector(selectors.SelectSelector):
    """Wait for nothing: where no file is ready, the time of the next timer has come."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if not ready:
            assert timeout is not None, "every task waits for something that never comes"
            self.now += timeout + NANOSECOND if timeout > 0 else 0.0
        return ready


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop whose clock stands still while anything can run, and jumps to the next timer when nothing can."""

    def __init__(self) -> None:
        self._jumping = _JumpingSelector()
        super().__init__(self._jumping)

    def time(self) -> float:
        return self._jumping.now


InVirtualTime = Callable[[Callable[[], Coroutine[Any, Any, None]]], None]


@pytest.fixture(scope="session")
def in_virtual_time() -> InVirtualTime:
    """Run a scenario, hours of it in a moment; as a decorator it runs at once."""

    def run(scenario: Callable[[], Coroutine[Any, Any, None]]) -> None:
        with asyncio.Runner(loop_factory=VirtualLoop) as runner:
            runner.run(scenario())

    return run


class LoopClock:
    """The clock of the running loop."""

    def now(self) -> datetime.datetime:
        return EPOCH + datetime.timedelta(seconds=self.monotonic())

    def monotonic(self) -> float:
        return asyncio.get_running_loop().time()


class ManualClock:
    """A clock that moves when told."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def now(self) -> datetime.datetime:
        return EPOCH + datetime.timedelta(seconds=self.seconds)

    def monotonic(self) -> float:
        return self.seconds


@pytest.fixture
def clock() -> ManualClock:
    """Hand out a clock that stands still."""
    return ManualClock()


@pytest.fixture(scope="session")
def loop_clock() -> LoopClock:
    """Hand out the clock of whichever loop runs."""
    return LoopClock()


class FakeApi(Client):
    """The part of the API server that a client sees: objects, versions, field ownership, and failures when asked for."""

    def __init__(self) -> None:
        self.objects: dict[ChildKey, Manifest] = {}
        self.log: list[tuple[str, ChildKey]] = []
        self.failures: dict[tuple[str, str, str], errors.ApiError] = {}
        self.listed: dict[str, list[list[Manifest] | errors.ApiError]] = {}
        self.moments: list[tuple[str, ChildKey]] = []
        self.most_at_once = 0
        self._at_once = 0
        self._numbers = itertools.count(1)

    async def apply(self, *, resource: Resource, manifest: Manifest) -> Manifest:
        return await self._write(operation="apply", manifest=manifest)

    async def apply_status(self, *, resource: Resource, manifest: Manifest) -> Manifest:
        key = child_key(manifest)
        known = self.objects.get(key)
        await self._begin(operation="status", key=key)
        if known is None:
            raise errors.NotFound("there is none", code=404)
        if known["metadata"]["uid"] != manifest["metadata"]["uid"]:
            raise errors.Conflict("the uid is another", code=409)
        known["status"] = manifest["status"]
        known["metadata"]["resourceVersion"] = str(next(self._numbers))
        return copy.deepcopy(known)

    async def create_namespace(self, *, manifest: Manifest) -> Manifest:
        if child_key(manifest) in self.objects:
            await self._begin(operation="refused", key=child_key(manifest))
            raise errors.Conflict("it exists", code=409)
        return await self._write(operation="create", manifest=manifest)

    async def get(self, *, resource: Resource, namespace: str = "", name: str) -> Manifest:
        return copy.deepcopy(self.objects[ChildKey(resource.kind, namespace, name)])

    async def delete(self, *, resource: Resource, namespace: str, name: str, uid: str) -> None:
        key = ChildKey(resource.kind, namespace, name)
        await self._begin(operation="delete", key=key)
        if key not in self.objects:
            raise errors.NotFound("it is gone", code=404)
        if self.objects[key]["metadata"]["uid"] != uid:
            raise errors.Conflict("the uid is another", code=409)
        del self.objects[key]

    async def list_pages(self, *, resource: Resource, **_: Any) -> AsyncIterator[tuple[list[Manifest], str]]:
        """Answer with the next of the prepared lists of a kind, the metadata of an object a page; the last list stays."""
        answers = self.listed.get(resource.kind, [[]])
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        if isinstance(answer, errors.ApiError):
            raise answer
        for item in answer:
            yield [{"metadata": copy.deepcopy(item)}], "1"
        if not answer:
            yield [], "1"

    def writes(self, operation: str = "") -> list[ChildKey]:
        """List what was written, in order; with `operation`, only that one."""
        return [key for each, key in self.log if operation in ("", each)]

    def store(self, manifest: Manifest, *, manager: str = MANAGER, operation: str = "Apply") -> Manifest:
        """Store an object as somebody wrote it, and return it."""
        known = self.objects.get(child_key(manifest))
        number = str(next(self._numbers))
        fields = {key: value for key, value in manifest.items() if key not in ("apiVersion", "kind", "metadata")}
        fields["metadata"] = {key: value for key, value in manifest["metadata"].items() if key in ("labels", "annotations")}
        entry = {"manager": manager, "operation": operation, "fieldsType": "FieldsV1", "fieldsV1": _owned(fields)}
        metadata = {**manifest["metadata"], "resourceVersion": number, "managedFields": [entry]}
        metadata["uid"] = known["metadata"]["uid"] if known else f"uid-{number}"
        self.objects[child_key(manifest)] = {**manifest, "metadata": metadata}
        return copy.deepcopy(self.objects[child_key(manifest)])

    def feed(self, observed: Observed) -> None:
        """List every kind of child into `observed`, as the first watch does."""
        for resource in CHILDREN:
            items = [copy.deepcopy(each["metadata"]) for key, each in self.objects.items() if key.kind == resource.kind]
            for metadata in items:
                observed.put(resource=resource, body={"metadata": metadata})
            observed.keep_only(resource=resource, listed={(each.get("namespace", ""), each["name"]) for each in items})

    async def _write(self, *, operation: str, manifest: Manifest) -> Manifest:
        await self._begin(operation=operation, key=child_key(manifest))
        return self.store(copy.deepcopy(manifest))

    async def _begin(self, *, operation: str, key: ChildKey) -> None:
        self._at_once += 1
        self.moments.append(("begun", key))
        self.most_at_once = max(self.most_at_once, self._at_once)
        for _ in range(3):
            await asyncio.sleep(0)
        self._at_once -= 1
        self.moments.append(("answered", key))
        self.log.append((operation, key))
        failure = self.failures.get((operation, key.kind, key.name))
        if failure is not None:
            raise failure


def _owned(value: dict[str, Any]) -> dict[str, Any]:
    """Write `managedFields` as the API server does: lists and some maps as a whole, other maps key by key."""
    return {
        f"f:{key}": {".": {}, **_owned(inner)} if isinstance(inner, dict) and inner and key not in ATOMIC else {}
        for key, inner in value.items()
    }


@pytest.fixture
def api() -> FakeApi:
    """Hand out an empty API server."""
    return FakeApi()


class Make:
    """Small objects: children of `Key("Environment", "org-abc", "env")` unless said otherwise."""

    owner: Final = Key("Environment", "org-abc", "env")
    other: Final = Key("Environment", "org-abc", "other")

    @staticmethod
    def owner_of(labels: dict[str, str]) -> Key | None:
        """Read the owner from a label."""
        return Key("Environment", "org-abc", labels["owner"]) if "owner" in labels else None

    def child(self, kind: str, name: str, *, namespace: str = "abc--env--app", owner: str = "env", **body: Any) -> Manifest:
        """Make the manifest of one child."""
        labels = {"owner": owner, "app.kubernetes.io/managed-by": "citycloud"}
        metadata = {"name": name, "labels": labels} | ({} if kind == NAMESPACE.kind else {"namespace": namespace})
        return {"apiVersion": BY_KIND[kind].api_version, "kind": kind, "metadata": metadata, **body}

    def namespace(self, name: str = "abc--env--app", **annotations: str) -> Manifest:
        """Make a namespace."""
        manifest = self.child(NAMESPACE.kind, name)
        manifest["metadata"]["annotations"] = {"citycloud.dev/profile": "p", **annotations}
        return manifest


@pytest.fixture(scope="session")
def make() -> Make:
    """Hand out the builders."""
    return Make()


class ApplierBench:
    """An applier over a server in memory; `restart` forgets everything but what the server holds."""

    def __init__(self, *, api: FakeApi, make: Make, clock: ManualClock) -> None:
        self.api = api
        self.make = make
        self.bucket = Bucket(rate=1e6, burst=1e6, clock=clock)
        self.told: list[tuple[str, str]] = []
        self.restart()

    def restart(self) -> None:
        self.observed = Observed(owner_of=self.make.owner_of, on_change=lambda _: None)
        self.api.feed(self.observed)
        self.applier = Applier(
            client=self.api,
            observed=self.observed,
            bucket=self.bucket,
            on_write=lambda kind, operation: self.told.append((kind, operation)),
        )
        self.api.log.clear()

    async def converge(self, steps: list[Step]) -> Applied:
        """Converge one step after the other."""
        before = ((), *((step.name,) for step in steps))
        return await self.converge_as_needed([dataclasses.replace(step, needs=needs) for step, needs in zip(steps, before, strict=False)])

    async def converge_as_needed(self, steps: list[Step]) -> Applied:
        self.api.log.clear()
        return await self.applier.converge(owner=self.make.owner, steps=steps)

    def fail(self, operation: str, manifest: Manifest, error: errors.ApiError) -> None:
        self.api.failures = {(operation, manifest["kind"], manifest["metadata"]["name"]): error}

    def steps(self) -> list[Step]:
        """Want a small environment: a namespace, its quota, its isolation, then access."""
        make = self.make
        return [
            Step("namespaces", (make.namespace(),)),
            Step("quota", (make.child("ResourceQuota", "citycloud", spec={"hard": {"pods": "8"}}), make.child("LimitRange", "citycloud"))),
            Step(
                "isolation", (make.child("NetworkPolicy", "default-deny", spec={"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}),)
            ),
            Step("access", (make.child("RoleBinding", "citycloud-admins"), make.child("RoleBinding", "citycloud-viewers"))),
        ]


@pytest.fixture
def bench(api: FakeApi, make: Make, clock: ManualClock) -> ApplierBench:
    """Hand out an applier over an empty server."""
    return ApplierBench(api=api, make=make, clock=clock)
