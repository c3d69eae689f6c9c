"""The metadata-only watch of one child kind: list, then follow, for ever.

Kopf would copy every event deeply and keep a task an object; a child event here costs about a twentieth of that. The
first list, and each one after a gap, replaces everything that was known of the kind, so a deletion that nobody saw is noticed.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from typing import Any, Final, Protocol

from citycloud.kube import errors
from citycloud.kube.client import METADATA_HEADERS, Client
from citycloud.kube.resources import Resource

SERVER_TIMEOUT_SECONDS: Final = 300
INACTIVITY_SECONDS: Final = 70.0
"""The server sends a bookmark about once a minute; a longer silence is a broken connection."""
RECONNECT_SECONDS: Final = 0.2

logger = logging.getLogger(__name__)


class Sink(Protocol):
    """Whoever wants to know the children of a kind."""

    def keep_only(self, *, resource: Resource, listed: set[tuple[str, str]]) -> None:
        """Take note that a list is complete: whatever is not in it, by namespace and name, is gone."""

    def put(self, *, resource: Resource, metadata: dict[str, Any]) -> None:
        """Take the metadata of a new or changed object."""

    def drop(self, *, resource: Resource, metadata: dict[str, Any]) -> None:
        """Take the last metadata of an object that is gone, or no longer carries the label."""


async def follow(*, client: Client, resource: Resource, label_selector: str, sink: Sink, delays: Callable[[], "AsyncDelays"]) -> None:
    """Feed `sink` with the metadata of all labelled objects of a kind until cancelled; `delays` paces failed attempts."""
    waits = delays()
    while True:
        try:
            version = await _list(client=client, resource=resource, label_selector=label_selector, sink=sink)
            waits = delays()
            async for kind, metadata in _events(client=client, resource=resource, label_selector=label_selector, version=version):
                if kind == "DELETED":
                    sink.drop(resource=resource, metadata=metadata)
                else:
                    sink.put(resource=resource, metadata=metadata)
        except errors.Gone:
            logger.info("watch_expired", extra={"resource": resource.plural})
            await asyncio.sleep(RECONNECT_SECONDS)
        except errors.ApiError as error:
            logger.warning("watch_failed", extra={"resource": resource.plural, "code": error.code, "error": error.message})
            await waits.next()


async def _list(*, client: Client, resource: Resource, label_selector: str, sink: Sink) -> str:
    """Feed `sink` with everything that exists, and return the resource version to watch from."""
    listed: set[tuple[str, str]] = set()
    version = ""
    async for items, version in client.list_metadata(resource=resource, label_selector=label_selector):  # noqa: B007  # the last one is returned
        for metadata in items:
            sink.put(resource=resource, metadata=metadata)
            listed.add((metadata.get("namespace", ""), metadata["name"]))
    sink.keep_only(resource=resource, listed=listed)
    return version


class AsyncDelays(Protocol):
    """A sequence of pauses."""

    async def next(self) -> None:
        """Sleep for the next pause."""


async def _events(*, client: Client, resource: Resource, label_selector: str, version: str) -> AsyncIterator[tuple[str, dict[str, Any]]]:
    """Yield type and metadata of each change after `version`, through any number of quiet reconnects."""
    while True:
        params = {
            "watch": "true",
            "allowWatchBookmarks": "true",
            "labelSelector": label_selector,
            "resourceVersion": version,
            "timeoutSeconds": str(SERVER_TIMEOUT_SECONDS),
        }
        stream = client.session.stream(
            resource.path(), resource=resource.plural, params=params, headers=METADATA_HEADERS, inactivity_seconds=INACTIVITY_SECONDS
        )
        try:
            async for event in stream:
                if event["type"] == "ERROR":
                    status = event["object"]
                    raise errors.from_answer(code=int(status.get("code", 500)), body=str(status.get("message", "")).encode())
                metadata = event["object"]["metadata"]
                version = metadata["resourceVersion"]
                if event["type"] != "BOOKMARK":
                    yield event["type"], metadata
        except errors.Unreachable as error:
            logger.info("watch_broken", extra={"resource": resource.plural, "error": error.message})
        await asyncio.sleep(RECONNECT_SECONDS)
