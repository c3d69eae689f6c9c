"""Writes Events, after the work and never instead of it.

They wait in a queue with a bound and are written at their own slow rate, hardly while work waits, so that a burst of a thousand
environments is not slower for being told. Namespaces take turns, so that one department's news does not wait for a thousand of another's;
and what changed back before it was told is told as it is now. Best effort by nature (KEP-383): what cannot be written is counted and
forgotten, and the conditions say the same for good.

Events of the core API, not of events.k8s.io: only those pass the API server's limit of events (P17).
"""

import asyncio
import dataclasses
import datetime
import hashlib
import logging
from collections.abc import Callable, Iterable
from typing import Any, Final

from citycloud.api import Kind
from citycloud.engine.bucket import Bucket
from citycloud.engine.queue import Key
from citycloud.kube import errors
from citycloud.kube.client import Client
from citycloud.kube.resources import CUSTOM, EVENT

COMPONENT: Final = "citycloud"
NOTE_BYTES: Final = 1024
"""The longest note that the API server takes (KEP-383)."""
PER_SECOND: Final = 20.0
BURST: Final = 40.0
LONGEST_NAME: Final = 200
"""Of the object's name, in that of its Event."""
LONGEST_QUEUE: Final = 10_000
"""Some eight minutes of news; what comes on top of that pushes out the oldest."""
PATIENCE_SECONDS: Final = 1.0
"""How long one piece of news lets others' work go first."""
LOOK_SECONDS: Final = 0.05
OF_CLUSTER_SCOPED: Final = "default"
"""Where the API server wants Events of objects that are in no namespace."""

logger = logging.getLogger(__name__)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Announcement:
    """One piece of news of one object."""

    reason: str
    action: str
    note: str
    warning: bool = False


class EventRecorder:
    """Takes news at once and writes it when its turn comes."""

    def __init__(
        self,
        *,
        client: Client,
        bucket: Bucket,
        busy: Callable[[], bool],
        identity: str,
        now: Callable[[], datetime.datetime],
        on_event: Callable[[str], None],
    ) -> None:
        """Take in `busy` who tells whether work waits."""
        self._client = client
        self._busy = busy
        self._bucket = bucket
        self._identity = identity
        self._now = now
        self._on_event = on_event
        self._waiting: dict[str, dict[tuple[str, str], dict[str, Any]]] = {}
        self._count = 0
        self._some = asyncio.Event()

    @property
    def waiting(self) -> int:
        """Return how many Events are not written yet."""
        return self._count

    def tell(self, *, key: Key, model: Kind, news: Iterable[Announcement]) -> None:
        """Take news of one object; returns at once."""
        for announcement in news:
            manifest = self._manifest(key=key, model=model, announcement=announcement)
            waiting = self._waiting.setdefault(manifest["metadata"]["namespace"], {})
            known = waiting.pop((model.metadata.uid, announcement.action), None)
            waiting[model.metadata.uid, announcement.action] = manifest
            if known is not None:
                self._on_event("overtaken")
                continue
            self._count += 1
            if self._count > LONGEST_QUEUE:
                self._next()
                self._on_event("dropped")
            self._some.set()

    async def run(self) -> None:
        """Write until cancelled."""
        while True:
            while self._count:
                await self._bucket.take()
                await self._let_work_go_first()
                await self._write(self._next())
            self._some.clear()
            await self._some.wait()

    async def _let_work_go_first(self) -> None:
        """Wait until no work waits, but not for ever: a city that is always busy is told too."""
        waited = 0.0
        while waited < PATIENCE_SECONDS and self._busy():
            await asyncio.sleep(LOOK_SECONDS)
            waited += LOOK_SECONDS

    def _next(self) -> dict[str, Any]:
        """Take the oldest of the namespace whose turn it is, and let that one queue up again behind the others."""
        namespace = next(iter(self._waiting))
        waiting = self._waiting.pop(namespace)
        manifest = waiting.pop(next(iter(waiting)))
        if waiting:
            self._waiting[namespace] = waiting
        self._count -= 1
        return manifest

    async def _write(self, manifest: dict[str, Any]) -> None:
        try:
            await self._client.create(resource=EVENT, manifest=manifest)
        except errors.Conflict:
            self._on_event("known")
        except errors.ApiError as error:
            self._on_event("failed")
            about = manifest["involvedObject"]
            logger.info("event_failed", extra={"key": f"{about['kind']}/{about['name']}", "code": error.code, "error": error.message})
        else:
            self._on_event("written")

    def _manifest(self, *, key: Key, model: Kind, announcement: Announcement) -> dict[str, Any]:
        now = self._now().astimezone(datetime.UTC)
        moment = now.strftime("%Y-%m-%dT%H:%M:%SZ")
        content = f"{model.metadata.uid}/{announcement.action}/{announcement.reason}/{announcement.note}/{now.isoformat()}"
        digest = hashlib.blake2b(content.encode(), digest_size=8).hexdigest()
        return {
            "apiVersion": EVENT.api_version,
            "kind": EVENT.kind,
            "metadata": {"name": f"{key.name[:LONGEST_NAME]}.{digest}", "namespace": key.namespace or OF_CLUSTER_SCOPED},
            "involvedObject": {
                "apiVersion": CUSTOM[key.kind].api_version,
                "kind": key.kind,
                "name": key.name,
                "namespace": key.namespace,
                "uid": model.metadata.uid,
            },
            "type": "Warning" if announcement.warning else "Normal",
            "reason": announcement.reason,
            "message": announcement.note,
            "action": announcement.action,
            "source": {"component": COMPONENT},
            "reportingComponent": COMPONENT,
            "reportingInstance": self._identity,
            "eventTime": None,
            "firstTimestamp": moment,
            "lastTimestamp": moment,
            "count": 1,
        }
