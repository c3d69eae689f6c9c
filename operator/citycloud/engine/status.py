"""The one status write of a reconcile: sent only if it says something new, and never to an object of the same name that came later."""

from collections.abc import Callable, Mapping
from typing import Any

from citycloud.api import Kind
from citycloud.engine.bucket import Bucket
from citycloud.engine.queue import Key
from citycloud.engine.world import World
from citycloud.kube import errors
from citycloud.kube.client import Client
from citycloud.kube.resources import CUSTOM

Tell = Callable[[Key, Kind, Mapping[str, Any]], None]
"""Takes the object as it was read and the status that is now stored."""


class StatusWriter:
    """Writes the status of our own kinds, and passes on what it wrote."""

    def __init__(self, *, client: Client, world: World, bucket: Bucket, tell: Tell) -> None:
        self._client = client
        self._world = world
        self._bucket = bucket
        self._tell = tell

    async def write(self, *, key: Key, model: Kind, status: Mapping[str, Any]) -> bool:
        """Apply `status` where it differs from what is stored; tell whether it was sent.

        Raises Conflict where a later object has the name by now: the next try reads that one.
        """
        body = dict(status)
        if not self._world.status_differs(key=key, status=body):
            return False
        resource = CUSTOM[key.kind]
        metadata = {"name": key.name, "uid": model.metadata.uid} | ({"namespace": key.namespace} if key.namespace else {})
        manifest = {"apiVersion": resource.api_version, "kind": key.kind, "metadata": metadata, "status": body}
        await self._bucket.take()
        self._world.intend_status(key=key, status=body)
        try:
            answer = await self._client.apply_status(resource=resource, manifest=manifest)
        except errors.NotFound:
            return False  # the object is gone: the watch tells
        self._world.take_answer(kind=type(model), body=answer)
        self._tell(key, model, body)
        return True
