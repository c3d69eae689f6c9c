"""The only module that imports kopf: log-in, watch streams, start-up and clean-up.

Kopf's change handlers, timers, daemons, indices and peering are not used: each writes to the objects or keeps a task for each.
`on.event` does constant work here: it hands the object to the world.
"""

import asyncio
import itertools
from collections.abc import Callable
from typing import Any, Final

import kopf

from citycloud.api import GROUP, VERSION, WATCHED, Environment, Kind
from citycloud.engine.backoff import Pauses
from citycloud.kube.session import Session

STOP_SECONDS = 2.0
"""How long kopf's tasks may take to end once they are cancelled."""
RELISTED = None
"""The type kopf gives to the events of a list."""

KINDS: Final = tuple(kind for kind in WATCHED if kind is not Environment)
"""What kopf watches: what people write one at a time. Environments come in bursts, and by a watch of our own (decision 27)."""

Observe = Callable[[type[Kind], str | None, dict[str, Any]], None]
"""Told of each event: the kind, the type of the event, the object."""


class _NoDiffs(kopf.DiffBaseStorage):
    """Keep nothing on the objects: without change handlers there is nothing to compare with."""

    def build(self, *, body: kopf.Body, extra_fields: Any = None, ignored_fields: Any = None) -> kopf.BodyEssence:
        return kopf.BodyEssence()

    def fetch(self, *, body: kopf.Body) -> kopf.BodyEssence | None:
        return None

    def store(self, *, body: kopf.Body, patch: kopf.Patch, essence: kopf.BodyEssence) -> None:
        return None


def build_registry(*, observe: Observe, session: Session, delays: Callable[[], Pauses]) -> kopf.OperatorRegistry:
    """Register one event handler a kind, and the log-in.

    Kopf closes a session that was refused with 401 and logs in again, so it gets one of its own each time, not the one we share.
    """
    registry = kopf.OperatorRegistry()

    def subscribe(kind: type[Kind]) -> None:
        @kopf.on.event(GROUP, VERSION, kind.definition.plural, registry=registry, id=f"observe-{kind.definition.singular}")
        async def _observe(event: Any, **_: Any) -> None:
            observe(kind, event["type"], event["object"])

    for kind in KINDS:
        subscribe(kind)

    pauses = delays()
    attempts = itertools.count()

    @kopf.on.login(registry=registry)
    async def _log_in(**_: Any) -> kopf.AiohttpSession:
        if next(attempts) > 0:
            await pauses.next()
        return kopf.AiohttpSession(server=session.connection.server, aiohttp_session=session.new_http())

    return registry


def build_settings(*, delays: Any) -> kopf.OperatorSettings:
    """Set kopf to do nothing of its own; `delays` is iterated for every failing request and never ends."""
    settings = kopf.OperatorSettings()
    settings.posting.enabled = False
    settings.persistence.diffbase_storage = _NoDiffs()
    settings.queueing.idle_timeout = 0.1
    settings.queueing.exit_timeout = 0.5
    settings.networking.error_backoffs = delays
    settings.networking.request_timeout = 30
    settings.networking.connect_timeout = 5
    settings.networking.enforce_retry_after = True
    settings.watching.server_timeout = 300
    settings.watching.client_timeout = 310
    settings.watching.inactivity_timeout = 70
    settings.watching.chunk_size = 500
    settings.peering.standalone = True
    settings.scanning.disabled = True
    return settings


async def run(*, registry: kopf.OperatorRegistry, settings: kopf.OperatorSettings, stop: asyncio.Event) -> None:
    """Run kopf until a signal or `stop` ends it; raise what ended it otherwise, for without its watches nothing is seen any more.

    Kopf's own `operator` takes every task that is younger than itself for one of its own, ours too: it waits five seconds for them to end
    and then cancels them.
    """
    tasks = await kopf.spawn_tasks(registry=registry, settings=settings, clusterwide=True, standalone=True, stop_flag=stop)
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks, timeout=STOP_SECONDS)
    for task in done:
        task.result()
