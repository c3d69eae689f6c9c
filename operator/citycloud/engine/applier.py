"""Bring the children of one owner to what is wanted: remove first, then step by step, and only what differs.

What a step needs is the caller's to say, and is a promise: no write of a step is sent before every write of the steps
that it needs has been answered. So a crash at any point leaves an owner more closed, never more open. Steps that do not
need each other are written side by side.
"""

import asyncio
import dataclasses
import hashlib
import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Final, NamedTuple

import orjson

from citycloud.engine.bucket import Bucket
from citycloud.engine.observed import DIGEST_ANNOTATION, Child, ChildKey, Observed, child_key, owns_all
from citycloud.engine.queue import Key
from citycloud.kube import errors
from citycloud.kube.client import Client, Manifest
from citycloud.kube.resources import BY_KIND, NAMESPACE, OPTIONAL_CHILDREN, ROLE_BINDING

logger = logging.getLogger(__name__)

FAN_OUT: Final = 8
"""Writes of one owner at a time: one environment must not take every connection."""


@dataclasses.dataclass(frozen=True)
class Step:
    """Manifests that hold or fail together; the name is for whoever asks how far it went, `needs` are names of steps before it."""

    name: str
    manifests: tuple[Manifest, ...]
    needs: tuple[str, ...] = ()


class NotOurs(Exception):
    """A namespace of the wanted name exists and somebody else made it; it is never touched."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


@dataclasses.dataclass(frozen=True)
class Applied:
    """How far it went: the steps that hold, and what stopped the next one."""

    completed: frozenset[str]
    error: errors.ApiError | NotOurs | None = None
    failed: ChildKey | None = None
    writes: int = 0


@dataclasses.dataclass(frozen=True)
class _Failure:
    child: ChildKey
    error: errors.ApiError | NotOurs


class _Wanted(NamedTuple):
    """A manifest that carries its own digest, and what it is known by."""

    key: ChildKey
    digest: str
    manifest: Manifest


@dataclasses.dataclass
class _Round:
    """The writes of one owner: how many at a time, how many so far, and the first failure of each step that has one."""

    places: asyncio.Semaphore = dataclasses.field(default_factory=lambda: asyncio.Semaphore(FAN_OUT))
    writes: int = 0
    failures: dict[str, _Failure] = dataclasses.field(default_factory=dict)


OnWrite = Callable[[str, str], None]
"""Told of each write to a child: kind and operation (create, apply, delete)."""


class Applier:
    """Writes children, with the observed state to compare with and one bucket for all."""

    def __init__(self, *, client: Client, observed: Observed, bucket: Bucket, on_write: OnWrite) -> None:
        self._client = client
        self._observed = observed
        self._bucket = bucket
        self._on_write = on_write

    async def converge(self, *, owner: Key, steps: Sequence[Step]) -> Applied:
        """Remove what is no longer wanted, then apply what differs: each step, as soon as the steps that it needs hold."""
        round_ = _Round()
        known = self._observed.children(owner)
        if known:  # who has nothing yet has nothing to lose, and differs in everything
            failure = await self._remove_surplus(known=known, steps=steps, round_=round_)
            if failure:
                return Applied(completed=frozenset(), error=failure.error, failed=failure.child, writes=round_.writes)
            # Most often nothing differs, and then no task is worth beginning.
            if not any(_differs(known=known, wanted=_stamped(manifest)) for step in steps for manifest in step.manifests):
                return Applied(completed=frozenset(step.name for step in steps), writes=round_.writes)
        return await self._write_steps(owner=owner, steps=steps, round_=round_)

    def changing(self, *, owner: Key, kind: str, steps: Sequence[Step]) -> list[Manifest]:
        """List the manifests of one kind that exist and are to become something else."""
        known = self._observed.children(owner)
        wanted = (_stamped(manifest) for step in steps for manifest in step.manifests if manifest["kind"] == kind)
        return [each.manifest for each in wanted if each.key in known and _differs(known=known, wanted=each)]

    async def end_namespaces(self, *, owner: Key) -> Applied:
        """Ask for the end of every namespace of one owner; that it is over, the watch tells."""
        for key, child in list(self._observed.children(owner).items()):
            if key.kind != NAMESPACE.kind or child.going:
                continue
            await self._bucket.take()
            try:
                await self._client.delete(resource=NAMESPACE, namespace="", name=key.name, uid=child.uid)
            except (errors.NotFound, errors.Conflict):
                continue  # it is gone, or going already
            except errors.ApiError as error:
                self._note(key=key, error=error)
                return Applied(completed=frozenset(), error=error, failed=key)
            self._observed.ending(key)
            self._on_write(key.kind, "delete")
        return Applied(completed=frozenset())

    async def _remove_surplus(self, *, known: dict[ChildKey, Child], steps: Sequence[Step], round_: _Round) -> _Failure | None:
        wanted = {child_key(manifest) for step in steps for manifest in step.manifests}
        for key, child in _removals(known=known, wanted=wanted):
            failure = await self._remove(key=key, child=child)
            if failure:
                return failure
            round_.writes += 1
        return None

    async def _write_steps(self, *, owner: Key, steps: Sequence[Step], round_: _Round) -> Applied:
        begun: dict[str, asyncio.Task[bool]] = {}
        async with asyncio.TaskGroup() as group:
            for step in steps:
                needs = [begun[name] for name in step.needs]
                begun[step.name] = group.create_task(self._write_step(owner=owner, step=step, needs=needs, round_=round_))
        completed = frozenset(name for name, task in begun.items() if task.result())
        first = next(iter(round_.failures.values()), None)
        if first is None:
            return Applied(completed=completed, writes=round_.writes)
        return Applied(completed=completed, error=first.error, failed=first.child, writes=round_.writes)

    async def _write_step(self, *, owner: Key, step: Step, needs: Sequence[asyncio.Task[bool]], round_: _Round) -> bool:
        """Tell whether the step holds at the end.

        Existing objects are written before new ones, so that shares of a quota never add up to more than the whole.
        """
        stamped = [_stamped(manifest) for manifest in step.manifests]  # what it needs is under way meanwhile
        for need in needs:
            if not await need:
                return False
        known = self._observed.children(owner)
        differing = [each for each in stamped if _differs(known=known, wanted=each)]
        for group in ([each for each in differing if each.key in known], [each for each in differing if each.key not in known]):
            writes = [self._take_turn(owner=owner, step=step.name, wanted=each, round_=round_) for each in group]
            await (writes[0] if len(writes) == 1 else asyncio.gather(*writes))
        return step.name not in round_.failures

    async def _take_turn(self, *, owner: Key, step: str, wanted: _Wanted, round_: _Round) -> None:
        async with round_.places:
            if step in round_.failures:
                return
            failure = await self._write(owner=owner, wanted=wanted)
        if failure is None:
            round_.writes += 1
        else:
            round_.failures.setdefault(step, failure)

    async def _write(self, *, owner: Key, wanted: _Wanted) -> _Failure | None:
        key = wanted.key
        resource = BY_KIND[key.kind]
        known = self._observed.children(owner).get(key)
        await self._bucket.take()
        self._observed.expect(key=key, digest=wanted.digest)
        try:
            if resource is NAMESPACE and known is None:
                answer = await self._create_namespace(wanted.manifest)
            elif resource is NAMESPACE and known is not None and not known.owned:
                raise NotOurs(key.name)
            else:
                answer = await self._client.apply(resource=resource, manifest=wanted.manifest)
        except (errors.ApiError, NotOurs) as error:
            self._observed.give_up(key)
            if resource in OPTIONAL_CHILDREN and isinstance(error, errors.NotFound):
                return None  # the kind has gone a moment ago: nothing waits for it
            self._note(key=key, error=error)
            return _Failure(child=key, error=error)
        self._observed.record(key=key, answer=answer)
        self._on_write(key.kind, "apply" if known else "create")
        return None

    async def _create_namespace(self, manifest: Manifest) -> Manifest:
        try:
            return await self._client.create_namespace(manifest=manifest)
        except errors.Conflict as conflict:
            name = manifest["metadata"]["name"]
            existing = await self._client.get(resource=NAMESPACE, name=name)
            ours = manifest["metadata"]["labels"].items() <= existing["metadata"].get("labels", {}).items()
            if not ours or DIGEST_ANNOTATION not in existing["metadata"].get("annotations", {}):
                raise NotOurs(name) from conflict
            return await self._client.apply(resource=NAMESPACE, manifest=manifest)

    async def _remove(self, *, key: ChildKey, child: Child) -> _Failure | None:
        await self._bucket.take()
        try:
            await self._client.delete(resource=BY_KIND[key.kind], namespace=key.namespace, name=key.name, uid=child.uid)
        except (errors.NotFound, errors.Conflict):
            pass  # it is gone, or another object of that name took its place: the watch tells
        except errors.ApiError as error:
            self._note(key=key, error=error)
            return _Failure(child=key, error=error)
        self._observed.forget(key)
        self._on_write(key.kind, "delete")
        return None

    def _note(self, *, key: ChildKey, error: errors.ApiError | NotOurs) -> None:
        logger.warning("write_failed", extra={"child": "/".join(key), "error": str(error)})
        if isinstance(error, errors.TooManyRequests):
            self._bucket.slow_down()


def steps_of(*, manifests: Mapping[str, Sequence[Manifest]], needs: Mapping[str, tuple[str, ...]]) -> list[Step]:
    """Put the manifests of a plan, by step, into the plan's order, in which what a step needs comes before it."""
    return [Step(name=name, manifests=tuple(manifests[name]), needs=needed) for name, needed in needs.items()]


def digest_of(manifest: Manifest) -> str:
    """Digest an intent: 64 bits tell any two manifests of one object apart."""
    return hashlib.sha256(orjson.dumps(manifest, option=orjson.OPT_SORT_KEYS)).hexdigest()[:16]


def _stamped(manifest: Manifest) -> _Wanted:
    metadata, digest = manifest["metadata"], digest_of(manifest)
    annotations = {**metadata.get("annotations", {}), DIGEST_ANNOTATION: digest}
    stamped = {**manifest, "metadata": {**metadata, "annotations": annotations}}
    return _Wanted(key=child_key(manifest), digest=digest, manifest=stamped)


def _differs(*, known: Mapping[ChildKey, Child], wanted: _Wanted) -> bool:
    child = known.get(wanted.key)
    return child is None or child.digest != wanted.digest or not owns_all(manifest=wanted.manifest, owned=child.owned)


def _removals(*, known: dict[ChildKey, Child], wanted: set[ChildKey]) -> list[tuple[ChildKey, Child]]:
    """List what has to go, access first.

    A namespace holds data and is never removed by a difference; one that is no longer wanted loses its access and stays as closed as it is.
    """
    kept = {key.name for key in wanted if key.kind == NAMESPACE.kind}
    surplus = [
        (key, child)
        for key, child in known.items()
        if key not in wanted and key.kind != NAMESPACE.kind and (key.namespace in kept or key.kind == ROLE_BINDING.kind)
    ]
    return sorted(surplus, key=lambda item: (item[0].kind != ROLE_BINDING.kind, item[0]))
