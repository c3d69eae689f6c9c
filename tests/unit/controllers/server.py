"""An API server in memory that stores what controllers write, and prunes and completes a status as the real one does."""

import asyncio
import copy
import functools
import itertools
from typing import Any, Final

from citycloud.api import KINDS, Kind
from citycloud.api.crds import custom_resource_definition
from citycloud.engine.observed import ChildKey, child_key
from citycloud.engine.optional import OptionalKind
from citycloud.kube import errors
from citycloud.kube.client import MANAGER, Client, Manifest
from citycloud.kube.resources import Resource

BY_NAME: Final = {kind.definition.kind: kind for kind in KINDS}
Body = dict[str, Any]


def as_the_server_stores(*, kind: type[Kind], status: Body) -> Body:
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


class Server(Client):
    """Stores what is written; `log` says what that was."""

    def __init__(self) -> None:
        self.objects: dict[ChildKey, Manifest] = {}
        self.log: list[tuple[str, ChildKey]] = []
        self.failures: dict[str, errors.ApiError] = {}
        self.versions = itertools.count(2)

    async def apply(self, *, resource: Resource, manifest: Manifest) -> Manifest:
        return await self._store("apply", manifest)

    async def create_namespace(self, *, manifest: Manifest) -> Manifest:
        await asyncio.sleep(0)
        if child_key(manifest) in self.objects:
            raise errors.Conflict("it exists", code=409)
        return await self._store("create", manifest)

    async def create(self, *, resource: Resource, manifest: Manifest) -> Manifest:
        await asyncio.sleep(0)
        if child_key(manifest) in self.objects:
            raise errors.Conflict("it exists", code=409)
        return await self._store("create", manifest)

    async def get(self, *, resource: Resource, namespace: str = "", name: str) -> Manifest:
        return copy.deepcopy(self.objects[ChildKey(resource.kind, namespace, name)])

    async def delete(self, *, resource: Resource, namespace: str, name: str, uid: str) -> None:
        await asyncio.sleep(0)
        key = ChildKey(resource.kind, namespace, name)
        if key not in self.objects:
            raise errors.NotFound("it is gone", code=404)
        if uid != self.objects[key]["metadata"]["uid"]:
            raise errors.Conflict("it is another", code=409)
        self.log.append(("delete", key))
        del self.objects[key]

    async def apply_status(self, *, resource: Resource, manifest: Manifest) -> Manifest:
        await asyncio.sleep(0)
        if child_key(manifest) not in self.objects:
            raise errors.NotFound("it is gone", code=404)
        known = self.objects[child_key(manifest)]
        meant = manifest["metadata"]
        if any(meant[name] != known["metadata"][name] for name in ("uid", "resourceVersion") if name in meant):
            raise errors.Conflict("it has changed", code=409)
        self.log.append(("status", child_key(manifest)))
        known["status"] = as_the_server_stores(kind=BY_NAME[resource.kind], status=copy.deepcopy(manifest["status"]))
        known["metadata"]["resourceVersion"] = self.next_version()
        return copy.deepcopy(known)

    async def list_in(self, *, resource: Resource, namespace: str) -> list[Manifest]:
        await asyncio.sleep(0)
        found = [each for key, each in self.objects.items() if (key.kind, key.namespace) == (resource.kind, namespace)]
        return copy.deepcopy(found)

    async def merge(self, *, resource: Resource, namespace: str, name: str, patch: Manifest) -> None:
        await asyncio.sleep(0)
        key = ChildKey(resource.kind, namespace, name)
        self.log.append(("merge", key))
        self.objects[key] = _merged(self.objects[key], patch)

    def next_version(self) -> str:
        """Count one write."""
        return str(next(self.versions))

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


def _merged(value: Body, patch: Body) -> Body:
    """Merge as RFC 7386 says."""
    merged = {**value, **{key: _merged(value.get(key) or {}, new) if isinstance(new, dict) else new for key, new in patch.items()}}
    return {key: each for key, each in merged.items() if each is not None}


def _owned(value: Body) -> Body:
    return {f"f:{key}": _owned(inner) if isinstance(inner, dict) else {} for key, inner in value.items()}


def unserved(resource: Resource, *, client: Any) -> OptionalKind:
    """Give a kind that this cluster does not serve."""

    async def never(kind: Resource) -> None:
        raise AssertionError(f"{kind.kind} is not served here")

    return OptionalKind(client=client, resource=resource, follow=never, on_change=lambda: None)
