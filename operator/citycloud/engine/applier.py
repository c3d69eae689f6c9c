"""Bring the children of one owner to what is wanted: remove first, then wave by wave, and only what differs.

The order of waves is the caller's and is a promise: no write of a wave is sent before every write of the waves
before it has been answered. So a crash at any point leaves an owner more closed, never more open.
"""

import asyncio
import dataclasses
import hashlib
import itertools
import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Final

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
    """Manifests that hold or fail together; the name is for whoever asks how far it went."""

    name: str
    manifests: tuple[Manifest, ...]


Wave = Sequence[Step]
"""Steps that may be written in any order among themselves."""


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


OnWrite = Callable[[str, str], None]
"""Told of each write to a child: kind and operation (create, apply, delete)."""


class Applier:
    """Writes children, with the observed state to compare with and one bucket for all."""

    def __init__(self, *, client: Client, observed: Observed, bucket: Bucket, on_write: OnWrite) -> None:
        self._client = client
        self._observed = observed
        self._bucket = bucket
        self._on_write = on_write

    async def converge(self, *, owner: Key, waves: Sequence[Wave]) -> Applied:
        """Remove what is no longer wanted, then apply what differs, in the order of `waves`."""
        known = self._observed.children(owner)
        wanted = {child_key(manifest) for wave in waves for step in wave for manifest in step.manifests}
        writes = 0
        for key, child in _removals(known=known, wanted=wanted):
            failure = await self._remove(key=key, child=child)
            if failure:
                return Applied(completed=frozenset(), error=failure.error, failed=failure.child, writes=writes)
            writes += 1
        completed: set[str] = set()
        for wave in waves:
            different = {step.name: self._different(owner=owner, step=step) for step in wave}
            written, failure = await self._write_all(owner=owner, manifests=list(itertools.chain(*different.values())))
            writes += written
            if failure:
                completed |= {step.name for step in wave if not self._different(owner=owner, step=step)}
                return Applied(completed=frozenset(completed), error=failure.error, failed=failure.child, writes=writes)
            completed |= different.keys()
        return Applied(completed=frozenset(completed), writes=writes)

    def changing(self, *, owner: Key, kind: str, waves: Sequence[Wave]) -> list[Manifest]:
        """List the manifests of one kind that exist and are to become something else."""
        known = self._observed.children(owner)
        wanted = (manifest for wave in waves for step in wave for manifest in step.manifests if manifest["kind"] == kind)
        existing = map(_stamped, (manifest for manifest in wanted if child_key(manifest) in known))
        return [stamped for stamped in existing if self._differs(owner=owner, manifest=stamped)]

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

    def _different(self, *, owner: Key, step: Step) -> list[Manifest]:
        return [stamped for stamped in map(_stamped, step.manifests) if self._differs(owner=owner, manifest=stamped)]

    def _differs(self, *, owner: Key, manifest: Manifest) -> bool:
        child = self._observed.children(owner).get(child_key(manifest))
        digest = manifest["metadata"]["annotations"][DIGEST_ANNOTATION]
        return child is None or child.digest != digest or not owns_all(manifest=manifest, owned=child.owned)

    async def _write_all(self, *, owner: Key, manifests: list[Manifest]) -> tuple[int, _Failure | None]:
        """Write existing objects before new ones, so that shares of a quota never add up to more than the whole; count what succeeded."""
        written = 0
        known = self._observed.children(owner)
        existing = [manifest for manifest in manifests if child_key(manifest) in known]
        fresh = [manifest for manifest in manifests if child_key(manifest) not in known]
        for group in (existing, fresh):
            for start in range(0, len(group), FAN_OUT):
                batch = group[start : start + FAN_OUT]
                writes = [self._write(owner=owner, manifest=manifest) for manifest in batch]
                results = [await writes[0]] if len(writes) == 1 else await asyncio.gather(*writes)
                written += results.count(None)
                failure = next((result for result in results if result is not None), None)
                if failure:
                    return written, failure
        return written, None

    async def _write(self, *, owner: Key, manifest: Manifest) -> _Failure | None:
        key = child_key(manifest)
        resource = BY_KIND[key.kind]
        known = self._observed.children(owner).get(key)
        await self._bucket.take()
        self._observed.expect(key=key, digest=manifest["metadata"]["annotations"][DIGEST_ANNOTATION])
        try:
            if resource is NAMESPACE and known is None:
                answer = await self._create_namespace(manifest)
            elif resource is NAMESPACE and known is not None and not known.owned:
                raise NotOurs(key.name)
            else:
                answer = await self._client.apply(resource=resource, manifest=manifest)
        except (errors.ApiError, NotOurs) as error:
            self._observed.give_up(key)
            if resource in OPTIONAL_CHILDREN and isinstance(error, errors.NotFound):
                return None  # the kind has gone a moment ago: nothing waits for it
            self._note(key=key, error=error)
            return _Failure(child=key, error=error)
        self._observed.record(manifest=manifest, answer=answer)
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


def waves_of(*, steps: Mapping[str, Sequence[Manifest]], order: Sequence[Sequence[str]]) -> list[Wave]:
    """Put the manifests of a plan, by step, into the plan's order."""
    return [[Step(name=name, manifests=tuple(steps[name])) for name in names] for names in order]


def digest_of(manifest: Manifest) -> str:
    """Digest an intent: 64 bits tell any two manifests of one object apart."""
    return hashlib.sha256(orjson.dumps(manifest, option=orjson.OPT_SORT_KEYS)).hexdigest()[:16]


def _stamped(manifest: Manifest) -> Manifest:
    metadata = manifest["metadata"]
    annotations = {**metadata.get("annotations", {}), DIGEST_ANNOTATION: digest_of(manifest)}
    return {**manifest, "metadata": {**metadata, "annotations": annotations}}


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
