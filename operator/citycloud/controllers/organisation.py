"""The home of an organisation: the namespace where it asks, who may act there, and what it holds of its budget."""

import dataclasses
import datetime
from collections.abc import Mapping
from typing import Any

from citycloud.api import City, Organisation
from citycloud.controllers.allocation import Allocations
from citycloud.controllers.conditions import Aspect, state, with_ready
from citycloud.controllers.failure import outcome_of_failure
from citycloud.controllers.texts import Texts
from citycloud.engine.applier import Applied, Applier, NotOurs, steps_of
from citycloud.engine.clock import Clock
from citycloud.engine.optional import OptionalKind
from citycloud.engine.outcome import Outcome
from citycloud.engine.queue import Key
from citycloud.engine.status import StatusWriter
from citycloud.engine.world import World
from citycloud.plan import quantity
from citycloud.plan.home import ACCESS, ISOLATION, NAMESPACE, NEEDS, NO_VIEWS, QUOTA, plan_home
from citycloud.plan.names import home_namespace
from citycloud.plan.subject import HomeSubject


@dataclasses.dataclass(frozen=True, kw_only=True)
class OrganisationController:
    """Reconciles organisations."""

    world: World
    allocations: Allocations
    applier: Applier
    statuses: StatusWriter
    clock: Clock
    texts: Texts
    views: Mapping[str, Mapping[str, Any]]
    """Of a department, by language."""
    dashboards: OptionalKind

    async def reconcile(self, key: Key) -> Outcome:
        """Bring one home namespace to what it should be, and tell what its organisation holds.

        The home of an organisation that is gone keeps every request, and nobody may enter it.
        """
        organisation = self.world.organisation(key.name)
        if organisation is None:
            return outcome_of_failure(await self.applier.converge(owner=key, steps=())) or Outcome.settled()
        city = self.world.city()
        applied = Applied(completed=frozenset())
        if city is not None:
            planned = plan_home(
                subject=_subject(organisation=organisation, city=city), views=self.views if self.dashboards.served else NO_VIEWS
            )
            applied = await self.applier.converge(owner=key, steps=steps_of(manifests=planned, needs=NEEDS))
        status = self._status(organisation=organisation, city=city, applied=applied, now=self.clock.now())
        await self.statuses.write(key=key, model=organisation, status=status)
        failure = outcome_of_failure(applied)
        if failure is not None:
            return failure
        return Outcome.settled() if city is not None else Outcome.waiting()

    def _status(self, *, organisation: Organisation, city: City | None, applied: Applied, now: datetime.datetime) -> dict[str, Any]:
        home = home_namespace(organisation.metadata.name)
        total = self.allocations.total(home)
        cpu = quantity.show(total.cpu)
        previous, generation = organisation.status.conditions, organisation.metadata.generation
        aspects = with_ready(_aspects(applied=applied, city=city, organisation=organisation))
        return {
            "observedGeneration": generation,
            "homeNamespace": home,
            "allocated": {
                "environments": total.environments,
                "cpu": cpu,
                "memory": quantity.show(total.memory),
                "storage": quantity.show(total.storage),
            },
            "budgetUse": f"{cpu}/{organisation.spec.budget.cpu}",
            "conditions": state(aspects=aspects, previous=previous, generation=generation, now=now, texts=self.texts),
        }


def _subject(*, organisation: Organisation, city: City) -> HomeSubject:
    access = city.spec.access
    return HomeSubject(
        organisation=organisation.metadata.name,
        spec=organisation.spec,
        approvers=access.approvers,
        security_officers=access.security_officers,
        auditors=access.auditors,
    )


def _aspects(*, applied: Applied, city: City | None, organisation: Organisation) -> list[Aspect]:
    known = {condition.type: condition.status for condition in organisation.status.conditions}
    aspects = []
    for name, steps in (("HomeReady", {NAMESPACE, QUOTA, ISOLATION}), ("AccessGranted", {ACCESS})):
        if steps <= applied.completed or (city is None and known.get(name) == "True"):
            aspects.append(Aspect(name, True, "Applied"))
        elif isinstance(applied.error, NotOurs):
            aspects.append(Aspect(name, False, "NamespaceTaken", {"namespace": applied.error.name}))
        elif applied.error is not None and applied.failed is not None:
            child = f"{applied.failed.kind} {applied.failed.name}"
            aspects.append(Aspect(name, False, "ApplyFailed", {"child": child, "code": applied.error.code}))
        else:
            aspects.append(Aspect(name, False, "CityMissing" if city is None else "NotYet"))
    if city is None:
        aspects.insert(0, Aspect("CityFound", False, "CityMissing"))
    else:
        aspects.insert(0, Aspect("CityFound", True, "Accepted"))
    return aspects
