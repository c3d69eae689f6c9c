"""A place of the network: who relies on it, and whether its ranges can be used. Only its status is written; its facts are infra's."""

import dataclasses
import datetime
from typing import Any

from citycloud.api import Site
from citycloud.api.site import MOST_USERS
from citycloud.controllers.conditions import Aspect, state
from citycloud.controllers.openings import refuse_unusable
from citycloud.controllers.refusal import Refusal
from citycloud.controllers.site_uses import SiteUses
from citycloud.controllers.texts import Texts
from citycloud.engine.clock import Clock
from citycloud.engine.outcome import Outcome
from citycloud.engine.queue import Key
from citycloud.engine.status import StatusWriter
from citycloud.engine.world import World
from citycloud.plan.names import organisation_of


@dataclasses.dataclass(frozen=True, kw_only=True)
class SiteController:
    """Reconciles sites."""

    world: World
    statuses: StatusWriter
    clock: Clock
    texts: Texts
    site_uses: SiteUses

    async def reconcile(self, key: Key) -> Outcome:
        """Write down who relies on one site; a site that is not there, or no longer, is told by those who name it."""
        site = self.world.get(Site, name=key.name)
        if site is not None:
            await self.statuses.write(key=key, model=site, status=self._status(site=site, now=self.clock.now()))
        return Outcome.settled()

    def _status(self, *, site: Site, now: datetime.datetime) -> dict[str, Any]:
        users = self.site_uses.of(site.metadata.name)
        generation = site.metadata.generation
        named = [{"organisation": organisation_of(each.namespace) or "", "environment": each.name} for each in users[:MOST_USERS]]
        return {
            "observedGeneration": generation,
            "environments": len(users),
            **({"inUseBy": named} if named else {}),
            "conditions": state(
                aspects=[_readiness(site)], previous=site.status.conditions, generation=generation, now=now, texts=self.texts
            ),
        }


def _readiness(site: Site) -> Aspect:
    name = site.metadata.name
    try:
        for segment in site.spec.segments:
            refuse_unusable(site=name, ranges=(segment.ipv4, segment.ipv6))
    except Refusal as refusal:
        return Aspect("Ready", False, refusal.key, refusal.parameters)
    return Aspect("Ready", True, "SiteReady", {"segments": ", ".join(each.name for each in site.spec.segments) or "–"})
