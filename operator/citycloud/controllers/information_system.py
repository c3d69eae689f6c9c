"""The level of an information system, from its facts, and whether its dossier is good enough."""

import dataclasses
import datetime
from typing import Any

from citycloud.api import City, InformationSystem
from citycloud.controllers.calendar import end_of
from citycloud.controllers.conditions import Aspect, state, with_ready
from citycloud.controllers.refusal import Refusal
from citycloud.controllers.resolve import city_day, computed_level
from citycloud.controllers.texts import Texts
from citycloud.engine.clock import Clock
from citycloud.engine.outcome import Outcome
from citycloud.engine.queue import Key
from citycloud.engine.status import StatusWriter
from citycloud.engine.world import World
from citycloud.levels import ComputedLevel, dossier_state, effective_level
from citycloud.levels.dossier import DossierState


@dataclasses.dataclass(frozen=True, kw_only=True)
class InformationSystemController:
    """Reconciles information systems: nothing but their status."""

    world: World
    statuses: StatusWriter
    clock: Clock
    texts: Texts

    async def reconcile(self, key: Key) -> Outcome:
        """Compute the level and judge the dossier of one system."""
        system = self.world.system(namespace=key.namespace, name=key.name)
        if system is None:
            return Outcome.settled()
        now = self.clock.now()
        status, again_after = self._status(system=system, now=now)
        await self.statuses.write(key=key, model=system, status=status)
        return Outcome.settled(again_after=again_after)

    def _status(self, *, system: InformationSystem, now: datetime.datetime) -> tuple[dict[str, Any], float | None]:
        """Build the status, and say in how many seconds a date will change it."""
        generation = system.metadata.generation
        city = self.world.city()
        try:
            if city is None:
                raise Refusal("CityMissing")
            facts, aspects = _judge(system=system, city=city, now=now)
            again_after = _until_review(system=system, time_zone=city.spec.time_zone, now=now)
        except Refusal as refusal:
            failed = Aspect("LevelComputed", False, refusal.key, refusal.parameters)
            facts, aspects, again_after = {}, [failed, Aspect("DossierApproved", False, "NotYet")], None
        conditions = state(aspects=with_ready(aspects), previous=system.status.conditions, generation=generation, now=now, texts=self.texts)
        return {"observedGeneration": generation, **facts, "conditions": conditions}, again_after


def _judge(*, system: InformationSystem, city: City, now: datetime.datetime) -> tuple[dict[str, Any], list[Aspect]]:
    """Compute level and dossier under the city's framework; raise Refusal where the city names something nobody knows."""
    framework = city.spec.default_framework
    computed = computed_level(system=system, framework=framework)
    level = effective_level(computed=computed.level, proposed=system.spec.proposed_level)
    dossier = dossier_state(dossier=system.spec.dossier, effective_level=level, framework=framework, today=city_day(city=city, now=now))
    facts = {
        "framework": framework,
        "computedLevel": computed.level,
        "matchedCriteria": [
            {"article": each.article, "level": each.level, "text": {"vi": each.text.vi, "en": each.text.en}} for each in computed.matched
        ],
        "effectiveLevel": level,
        "dossier": dossier,
    }
    aspects = [
        Aspect("LevelComputed", True, "LevelComputed", {"level": level, "articles": _articles(computed)}),
        _dossier_aspect(system=system, dossier_is=dossier, level=level),
    ]
    return facts, aspects


def _articles(computed: ComputedLevel) -> str:
    return "; ".join(each.article for each in computed.matched if each.level == computed.level)


def _dossier_aspect(*, system: InformationSystem, dossier_is: DossierState, level: int) -> Aspect:
    dossier = system.spec.dossier
    if dossier is None:
        return Aspect("DossierApproved", False, "DossierMissing")
    if dossier_is == "insufficient":
        parameters = {"approved": dossier.level, "framework": dossier.framework, "level": level}
        return Aspect("DossierApproved", False, "DossierInsufficient", parameters)
    if dossier_is == "expired":
        return Aspect("DossierApproved", False, "DossierExpired", {"date": dossier.review_due})
    return Aspect("DossierApproved", True, "DossierApproved")


def _until_review(*, system: InformationSystem, time_zone: str, now: datetime.datetime) -> float | None:
    dossier = system.spec.dossier
    if dossier is None or dossier.review_due is None:
        return None
    seconds = (end_of(day=dossier.review_due, time_zone=time_zone) - now).total_seconds()
    return seconds if seconds > 0 else None
