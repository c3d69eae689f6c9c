"""What a spec would mean before it is asked for: the operator's own functions over a snapshot, with nothing written.

Two things only the operator knows for certain: who else asks for the last place at the same moment, and which public hosts other
organisations hold.
"""

import dataclasses
import datetime

from citycloud.api import Environment
from citycloud.api.environment import EnvironmentSpec
from citycloud.cli.naming import Place
from citycloud.controllers.acceptance import Reason, dossier_refusal, grant, human_reasons, spec_digest
from citycloud.controllers.allocation import Allocations, Demand, Total
from citycloud.controllers.refusal import Refusal
from citycloud.controllers.resolve import Resolved, resolve
from citycloud.controllers.texts import Texts
from citycloud.engine.queue import Key
from citycloud.engine.world import World


@dataclasses.dataclass(frozen=True, kw_only=True)
class Foresight:
    """What would be: what the spec resolves to, why it cannot be had, what it waits for, and what the organisation would hold."""

    place: Place
    resolved: Resolved | None
    refusal: Refusal | None
    dossier: Refusal | None
    reasons: tuple[Reason, ...]
    before: Demand | None
    total: Total
    """What all environments of the organisation would hold, this one with them."""


def foresee(*, place: Place, environment: Environment, world: World, texts: Texts, now: datetime.datetime) -> Foresight:
    """Tell what `environment` would become, were its spec what it says."""
    allocations = holds_of(place=place, world=world)
    before, total = allocations.holds(place.key), allocations.total(place.home)
    try:
        resolved = resolve(environment=environment, spec=environment.spec, world=world, now=now)
    except Refusal as refusal:
        return Foresight(place=place, resolved=None, refusal=refusal, dossier=None, reasons=(), before=before, total=total)
    digest = spec_digest(environment.spec)
    approved = environment.status.approved
    decided = approved is not None and approved.digest == digest
    refusal_of_rules = None if decided else _refused(environment, resolved=resolved, digest=digest, world=world, texts=texts, now=now)
    refusal_of_room = _without_room(key=place.key, resolved=resolved, allocations=allocations)
    return Foresight(
        place=place,
        resolved=resolved,
        refusal=refusal_of_rules or refusal_of_room,
        dossier=dossier_refusal(resolved=resolved),
        reasons=() if decided else human_reasons(resolved=resolved, approved=approved, world=world, now=now),
        before=before,
        total=allocations.total(place.home),
    )


def with_spec(environment: Environment, spec: EnvironmentSpec) -> Environment:
    """Return the environment as it would be with another spec."""
    return environment.model_copy(update={"spec": spec})


def holds_of(*, place: Place, world: World) -> Allocations:
    """Take together what the environments of one home hold, as the operator does when it starts."""
    allocations = Allocations()
    for each in world.within(Environment, namespace=place.home):
        key = Key(Environment.definition.kind, place.home, each.metadata.name)
        allocations.restore(key=key, demands=demands_of(each, world=world), hosts=each.status.hosts)
    return allocations


def demands_of(environment: Environment, *, world: World) -> list[Demand]:
    """Return what an environment holds of its organisation's budget: nothing before it was approved and after it was purged."""
    approved = environment.status.approved
    size = world.size(approved.spec.size) if approved is not None and environment.status.phase != "Purged" else None
    try:
        return [Demand.of_size(size.spec)] if size is not None else []
    except ValueError:
        return []


def _refused(
    environment: Environment, *, resolved: Resolved, digest: str, world: World, texts: Texts, now: datetime.datetime
) -> Refusal | None:
    """Return what the city's rules refuse outright; waiting for somebody is no refusal."""
    try:
        grant(environment=environment, resolved=resolved, digest=digest, world=world, texts=texts, now=now)
    except Refusal as refusal:
        return refusal if refusal.phase == "Refused" else None
    return None


def _without_room(*, key: Key, resolved: Resolved, allocations: Allocations) -> Refusal | None:
    """Hold what is asked for in `allocations`, or return why there is no room for it."""
    taken = allocations.host_holder(key=key, hosts=resolved.hosts)
    if taken is not None:
        return Refusal("HostTaken", host=taken[0], holder=taken[1].name)
    organisation = resolved.organisation
    shortage = allocations.try_hold(key=key, demand=resolved.demand, budget=organisation.spec.budget)
    if shortage is None:
        allocations.settle(key=key, demand=resolved.demand)
        return None
    return Refusal(
        "OverBudget",
        organisation=organisation.metadata.name,
        wanted=shortage.wanted,
        left=shortage.left,
        resource=shortage.resource,
    )
