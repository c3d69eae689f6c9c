"""A kind of child that a cluster may serve or not: what Prometheus' operator reads is no part of Kubernetes.

Where it is not served nothing of it is written and nothing waits for it. It may come later and go again, without a restart.
"""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from typing import Final

from citycloud.kube import errors
from citycloud.kube.client import Client
from citycloud.kube.resources import Resource

LOOK_SECONDS: Final = 30.0

logger = logging.getLogger(__name__)


class OptionalKind:
    """Whether one kind is served, as last seen; `follow` runs its watch until cancelled, `on_change` is told when that changes."""

    def __init__(
        self,
        *,
        client: Client,
        resource: Resource,
        follow: Callable[[Resource], Awaitable[None]],
        on_change: Callable[[], None],
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.resource = resource
        self.served = False
        self._client = client
        self._follow = follow
        self._on_change = on_change
        self._pause = pause

    async def look(self) -> None:
        """Ask the API server; without an answer what was known stays."""
        try:
            served = await self._client.serves(resource=self.resource)
        except errors.ApiError as error:
            logger.warning("discovery_failed", extra={"kind": self.resource.kind, "error": error.message})
            return
        if served != self.served:
            self.served = served
            logger.info("kind_served" if served else "kind_gone", extra={"kind": self.resource.kind})
            self._on_change()

    async def run(self) -> None:
        """Watch the kind while it is served; look again and again until cancelled."""
        watch: asyncio.Future[None] | None = None
        try:
            while True:
                if self.served and watch is None:
                    watch = asyncio.ensure_future(self._follow(self.resource))
                elif watch is not None and not self.served:
                    watch.cancel()
                    watch = None
                await self._pause(LOOK_SECONDS)
                await self.look()
        finally:
            if watch is not None:
                watch.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await watch
