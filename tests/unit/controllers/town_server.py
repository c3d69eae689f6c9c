"""An API server in memory whose operator can die at its n-th write, before the server hears it or after."""

import copy
import itertools
from collections.abc import Callable
from typing import Final

from tests.unit.controllers.server import Body, Server

from citycloud.engine.observed import child_key
from citycloud.kube import errors
from citycloud.kube.client import Manifest
from citycloud.kube.resources import CHILDREN, Resource

CHILD_KINDS: Final = frozenset(resource.kind for resource in CHILDREN)


class Died(Exception):
    """The process is gone."""


class TownServer(Server):
    """Gives what the operator creates an identity, merges what it applies, and can let the operator die at its n-th write."""

    def __init__(self) -> None:
        super().__init__()
        self.dies_at: int | None = None
        self.hears_it = False
        self.after_write: Callable[[], None] = lambda: None
        self.writes = itertools.count(1)
        self.identities = itertools.count(1)

    async def create(self, *, resource: Resource, manifest: Manifest) -> Manifest:
        if resource.kind == "LedgerEntry":
            return await super().create(resource=resource, manifest=manifest)
        with self._write() as heard:
            key = child_key(manifest)
            if key in self.objects:
                raise errors.Conflict("it exists", code=409)
            if heard:
                self.log.append(("create", key))
                self.objects[key] = self.born(manifest)
        return copy.deepcopy(self.objects[key])

    async def apply(self, *, resource: Resource, manifest: Manifest) -> Manifest:
        with self._write() as heard:
            if not heard:
                raise Died
            if resource.kind in CHILD_KINDS:
                return await super().apply(resource=resource, manifest=manifest)
            known = self.objects[child_key(manifest)]
            self.log.append(("apply", child_key(manifest)))
            known["spec"] = {**known["spec"], **manifest["spec"]}
            known["metadata"] |= {"generation": known["metadata"]["generation"] + 1, "resourceVersion": self.next_version()}
            return copy.deepcopy(known)

    async def create_namespace(self, *, manifest: Manifest) -> Manifest:
        with self._write() as heard:
            if not heard:
                raise Died
            return await super().create_namespace(manifest=manifest)

    async def delete(self, *, resource: Resource, namespace: str, name: str, uid: str) -> None:
        with self._write() as heard:
            if not heard:
                raise Died
            await super().delete(resource=resource, namespace=namespace, name=name, uid=uid)

    async def apply_status(self, *, resource: Resource, manifest: Manifest) -> Manifest:
        with self._write() as heard:
            if not heard:
                raise Died
            return await super().apply_status(resource=resource, manifest=manifest)

    def restored(self) -> "TownServer":
        """Return a server that holds the same, as after a restart from a backup."""
        other = TownServer()
        other.objects = copy.deepcopy(self.objects)
        other.identities, other.versions = itertools.count(next(self.identities)), itertools.count(next(self.versions))
        return other

    def born(self, manifest: Manifest) -> Body:
        """Give a new object what the API server gives it; a status is not taken with it."""
        frame = {"uid": f"uid-{next(self.identities)}", "generation": 1, "resourceVersion": self.next_version()}
        body = {key: value for key, value in copy.deepcopy(manifest).items() if key != "status"}
        return {**body, "metadata": {**body["metadata"], **frame, "creationTimestamp": "2026-09-01T02:00:00Z"}}

    def _write(self) -> "_Write":
        return _Write(self)


class _Write:
    """One write: heard by the server or not, and after it the operator may be dead."""

    def __init__(self, server: TownServer) -> None:
        self._server = server
        self._dies = next(server.writes) == server.dies_at
        self._heard = server.hears_it or not self._dies

    def __enter__(self) -> bool:
        return self._heard

    def __exit__(self, *failure: object) -> None:
        self._server.after_write()
        if self._dies and failure[0] is None:
            raise Died
