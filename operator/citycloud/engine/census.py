"""Which objects of the kinds that kopf watches exist, asked once at the start and now and then afterwards.

Kopf says neither when its first list is complete nor which objects vanished while a watch was broken. So the census lists the metadata of
each kind and compares: the operator decides nothing before it has seen everything that exists, and forgets what is gone.
"""

import asyncio
import logging
import random
from collections.abc import Collection
from typing import Final

from citycloud.api import WATCHED, Kind
from citycloud.engine.backoff import Pauses
from citycloud.engine.world import World
from citycloud.kube import errors
from citycloud.kube.client import METADATA_LIST_HEADERS, Client
from citycloud.kube.resources import CUSTOM

LOOK_AGAIN_SECONDS: Final = 0.25
LIST_AGAIN_AFTER_LOOKS: Final = 20
SWEEP_SECONDS: Final = 12 * 3600.0
AFTER_RELIST_SECONDS: Final = 5.0

logger = logging.getLogger(__name__)


async def wait_for_kinds(*, client: Client, chance: random.Random) -> None:
    """Wait until the API server serves our kinds: kopf looks once and would then watch nothing."""
    pauses = Pauses(chance=chance)
    for kind in WATCHED:
        while True:
            try:
                path = CUSTOM[kind.definition.kind].path()
                await client.session.request("GET", path, resource=kind.definition.plural, query="limit=1")
                break
            except errors.ApiError as error:
                logger.warning("kind_not_served", extra={"kind": kind.definition.kind, "error": error.message})
                await pauses.next()


class Census:
    """Compare the world with complete lists."""

    def __init__(self, *, kinds: Collection[type[Kind]], client: Client, world: World, chance: random.Random) -> None:
        self._kinds = frozenset(kinds)
        self._client = client
        self._world = world
        self._chance = chance
        self._relisted: set[type[Kind]] = set()
        self._wanted = asyncio.Event()

    async def complete(self) -> None:
        """Wait until the world holds every object that exists."""
        await asyncio.gather(*(self._complete(kind) for kind in self._kinds))

    def relisted(self, kind: type[Kind]) -> None:
        """Take note that kopf started over with a list: deletions may have been missed."""
        self._relisted.add(kind)
        self._wanted.set()

    async def run(self) -> None:
        """Compare after each gap, and all kinds twice a day, until cancelled."""
        while True:
            try:
                async with asyncio.timeout(SWEEP_SECONDS * (0.9 + 0.2 * self._chance.random())):
                    await self._wanted.wait()
                await asyncio.sleep(AFTER_RELIST_SECONDS)
                kinds = set(self._relisted)
            except TimeoutError:
                kinds = set(self._kinds)
            self._relisted -= kinds
            self._wanted.clear()
            for kind in kinds:
                await self._complete(kind)

    async def _complete(self, kind: type[Kind]) -> None:
        pauses = Pauses(chance=self._chance)
        while True:
            before = self._world.uids(kind)
            try:
                resource = CUSTOM[kind.definition.kind]
                pages = self._client.list_pages(resource=resource, headers=METADATA_LIST_HEADERS)
                listed = {item["metadata"]["uid"] async for items, _ in pages for item in items}
            except errors.ApiError as error:
                logger.warning("census_failed", extra={"resource": kind.definition.plural, "error": error.message})
                await pauses.next()
                continue
            self._world.forget(kind=kind, uids=before - listed)
            for _ in range(LIST_AGAIN_AFTER_LOOKS):
                if listed <= self._world.uids(kind):
                    return
                await asyncio.sleep(LOOK_AGAIN_SECONDS)
