"""The watch of one kind: list, then follow, for ever. Children are followed by their metadata alone, Environments whole.

Kopf would copy every event deeply and keep a task an object; a child event here costs about a twentieth of that. The
first list, and each one after a gap, replaces everything that was known of the kind, so a deletion that nobody saw is noticed.
"""

import asyncio
import logging
import re
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any, Final, NamedTuple, Protocol

from citycloud.kube import errors
from citycloud.kube.client import METADATA_HEADERS, METADATA_LIST_HEADERS, Client
from citycloud.kube.resources import Resource

SERVER_TIMEOUT_SECONDS: Final = 300
INACTIVITY_SECONDS: Final = 70.0
"""The server sends a bookmark about once a minute; a longer silence is a broken connection."""
RECONNECT_SECONDS: Final = 0.2
OWN_VERSION: Final = re.compile(rb'"metadata":{"name":"[^"]*",(?:"namespace":"[^"]*",)?"uid":"[^"]*","resourceVersion":"(\d+)"')
"""The version in the JSON of an object's metadata, which begins so for every kind; what people may write comes later."""

logger = logging.getLogger(__name__)


class Form(NamedTuple):
    """What is asked for of each object, in a list and in a watch, and how many seconds a watch rests between two reads."""

    list_headers: Mapping[str, str]
    watch_headers: Mapping[str, str]
    rest_seconds: float


METADATA: Final = Form(METADATA_LIST_HEADERS, METADATA_HEADERS, 0.25)
"""Nobody waits for what is told of a child, and being woken is most of an event's cost."""
WHOLE: Final = Form({}, {}, 0.0)


class Sink(Protocol):
    """Whoever wants to know the objects of a kind, each of them as it was asked for: whole, or just its `metadata`."""

    def is_echo(self, *, resource: Resource, version: str) -> bool:
        """Tell whether an event of this `resourceVersion` says what the answer to our own write has said already; asked once."""

    def keep_only(self, *, resource: Resource, listed: set[tuple[str, str]]) -> None:
        """Take note that a list is complete: whatever is not in it, by namespace and name, is gone."""

    def put(self, *, resource: Resource, body: dict[str, Any]) -> None:
        """Take a new or changed object."""

    def drop(self, *, resource: Resource, body: dict[str, Any]) -> None:
        """Take what an object was that is gone, or no longer carries the label."""


class Wanted(NamedTuple):
    """What is followed: a kind, in which form, and of it what carries the labels."""

    resource: Resource
    form: Form
    label_selector: str = ""


async def follow(*, client: Client, wanted: Wanted, sink: Sink, delays: Callable[[], "AsyncDelays"]) -> None:
    """Feed `sink` with all that is wanted of a kind until cancelled; `delays` paces failed attempts."""
    resource = wanted.resource
    waits = delays()
    while True:
        try:
            version = await _list(client=client, wanted=wanted, sink=sink)
            waits = delays()
            async for type_, body in _events(client=client, wanted=wanted, version=version, sink=sink):
                if type_ == "DELETED":
                    sink.drop(resource=resource, body=body)
                else:
                    sink.put(resource=resource, body=body)
        except errors.Gone:
            logger.info("watch_expired", extra={"resource": resource.plural})
            await asyncio.sleep(RECONNECT_SECONDS)
        except errors.ApiError as error:
            logger.warning("watch_failed", extra={"resource": resource.plural, "code": error.code, "error": error.message})
            await waits.next()


async def _list(*, client: Client, wanted: Wanted, sink: Sink) -> str:
    """Feed `sink` with everything that exists, and return the resource version to watch from."""
    resource = wanted.resource
    listed: set[tuple[str, str]] = set()
    version = ""
    pages = client.list_pages(resource=resource, headers=wanted.form.list_headers, label_selector=wanted.label_selector)
    async for items, version in pages:  # noqa: B007  # the last one is returned
        for body in items:
            sink.put(resource=resource, body=body)
            listed.add((body["metadata"].get("namespace", ""), body["metadata"]["name"]))
    sink.keep_only(resource=resource, listed=listed)
    return version


class AsyncDelays(Protocol):
    """A sequence of pauses."""

    async def next(self) -> None:
        """Sleep for the next pause."""


async def _events(*, client: Client, wanted: Wanted, version: str, sink: Sink) -> AsyncIterator[tuple[str, dict[str, Any]]]:
    """Yield type and object of each change after `version` that is news to `sink`, through any number of quiet reconnects."""
    resource = wanted.resource

    def is_echo(line: bytes) -> bool:
        found = OWN_VERSION.search(line)
        return found is not None and sink.is_echo(resource=resource, version=found[1].decode())

    while True:
        params = {
            "watch": "true",
            "allowWatchBookmarks": "true",
            "resourceVersion": version,
            "timeoutSeconds": str(SERVER_TIMEOUT_SECONDS),
        }
        if wanted.label_selector:
            params["labelSelector"] = wanted.label_selector
        stream = client.session.stream(
            resource.path(),
            resource=resource.plural,
            params=params,
            headers=wanted.form.watch_headers,
            inactivity_seconds=INACTIVITY_SECONDS,
            rest_seconds=wanted.form.rest_seconds,
            skip=is_echo,
        )
        try:
            async for event in stream:
                body = event["object"]
                if event["type"] == "ERROR":
                    raise errors.from_answer(code=int(body.get("code", 500)), body=str(body.get("message", "")).encode())
                version = body["metadata"]["resourceVersion"]
                if event["type"] != "BOOKMARK":
                    yield event["type"], body
        except errors.Unreachable as error:
            logger.info("watch_broken", extra={"resource": resource.plural, "error": error.message})
        await asyncio.sleep(RECONNECT_SECONDS)
