"""The level of an information system, from its facts, and whether its dossier is good enough."""

import dataclasses
import datetime
from typing import Any

from citycloud.api import InformationSystem
from citycloud.controllers.calendar import end_of, today
from citycloud.controllers.conditions import Aspect, state, with_ready
from citycloud.controllers.texts import Texts
from citycloud.engine.clock import Clock
from citycloud.engine.outcome import Outcome
from citycloud.engine.queue import Key
from citycloud.engine.status import StatusWriter
from citycloud.engine.world import World
from citycloud.levels import (
    ComputedLevel,
    UnknownFramework,
    compute_level,
    dossier_state,
    effective_level,
    framework_names,
    load_framework,
)
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
        generation, previous = system.metadata.generation, system.status.conditions
        city = self.world.city()
        if city is None:
            aspects = with_ready([Aspect("LevelComputed", False, "CityMissing"), Aspect("DossierApproved", False, "NotYet")])
            conditions = state(aspects=aspects, previous=previous, generation=generation, now=now, texts=self.texts)
            return {"observedGeneration": generation, "conditions": conditions}, None
        framework = city.spec.default_framework
        try:
            facts = system.spec.model_dump(mode="json", by_alias=True)
            computed = compute_level(facts=facts, framework=load_framework(name=framework))
        except UnknownFramework:
            unknown = Aspect("LevelComputed", False, "FrameworkUnknown", {"framework": framework, "known": ", ".join(framework_names())})
            aspects = with_ready([unknown, Aspect("DossierApproved", False, "NotYet")])
            conditions = state(aspects=aspects, previous=previous, generation=generation, now=now, texts=self.texts)
            return {"observedGeneration": generation, "conditions": conditions}, None
        level = effective_level(computed=computed.level, proposed=system.spec.proposed_level)
        day = today(now=now, time_zone=city.spec.time_zone)
        dossier = dossier_state(dossier=system.spec.dossier, effective_level=level, framework=framework, today=day)
        computed_aspect = Aspect("LevelComputed", True, "LevelComputed", {"level": level, "articles": _articles(computed)})
        aspects = with_ready([computed_aspect, _dossier_aspect(system=system, state_=dossier, level=level, framework=framework)])
        status = {
            "observedGeneration": generation,
            "framework": framework,
            "computedLevel": computed.level,
            "matchedCriteria": [
                {"article": each.article, "level": each.level, "text": {"vi": each.text.vi, "en": each.text.en}}
                for each in computed.matched
            ],
            "effectiveLevel": level,
            "dossier": dossier,
            "conditions": state(aspects=aspects, previous=previous, generation=generation, now=now, texts=self.texts),
        }
        return status, _until_review(system=system, time_zone=city.spec.time_zone, now=now)


def _articles(computed: ComputedLevel) -> str:
    return "; ".join(each.article for each in computed.matched if each.level == computed.level)


def _dossier_aspect(*, system: InformationSystem, state_: DossierState, level: int, framework: str) -> Aspect:
    dossier = system.spec.dossier
    if dossier is None:
        return Aspect("DossierApproved", False, "DossierMissing")
    if state_ == "insufficient":
        parameters = {"approved": dossier.level, "framework": dossier.framework, "level": level}
        return Aspect("DossierApproved", False, "DossierInsufficient", parameters)
    if state_ == "expired":
        return Aspect("DossierApproved", False, "DossierExpired", {"date": dossier.review_due})
    return Aspect("DossierApproved", True, "DossierApproved")


def _until_review(*, system: InformationSystem, time_zone: str, now: datetime.datetime) -> float | None:
    dossier = system.spec.dossier
    if dossier is None or dossier.review_due is None:
        return None
    seconds = (end_of(day=dossier.review_due, time_zone=time_zone) - now).total_seconds()
    return seconds if seconds > 0 else None
