"""What a re-organisation has to know of the organisations it is about, read from the world."""

from collections.abc import Iterator

from citycloud.api import Environment, InformationSystem, Organisation, OrgChange, PolicyException
from citycloud.api.org_change import OrgChangeSpec
from citycloud.controllers.allocation import Allocations, Demand, Total
from citycloud.controllers.handover import origin_of
from citycloud.engine.queue import Key
from citycloud.engine.world import World
from citycloud.ledger.chain import canonical
from citycloud.plan import quantity
from citycloud.plan.names import home_namespace
from citycloud.reorganisation.facts import Amount, Facts, Office, Place, Site, Work
from citycloud.reorganisation.route import ending


def facts_of(*, change: OrgChange, world: World, allocations: Allocations) -> Facts:
    """Gather the organisations of a change, and all that lies in their homes."""
    spec = change.spec
    names = tuple(dict.fromkeys((*spec.origin, *spec.to)))
    found = [organisation for organisation in map(world.organisation, names) if organisation is not None]
    return Facts(
        offices={each.metadata.name: _office(organisation=each, allocations=allocations) for each in found},
        works={Place(name, each.metadata.name): _work(each) for name in names for each in _systems(name=name, world=world)},
        sites={
            Place(name, each.metadata.name): _site(environment=each, world=world, allocations=allocations)
            for name in names
            for each in world.within(Environment, namespace=home_namespace(name))
        },
        busy={name: other for other, busy in _others(change=change, world=world) for name in names if name in busy},
    )


def _others(*, change: OrgChange, world: World) -> Iterator[tuple[str, set[str]]]:
    """Name whom other changes under way have in hand: nobody moves from or to an organisation that is just ending."""
    for other in world.all(OrgChange):
        if other.status.phase == "Running" and other.metadata.uid != change.metadata.uid:
            yield other.metadata.name, _in_hand(mine=change.spec, theirs=other.spec)


def _in_hand(*, mine: OrgChangeSpec, theirs: OrgChangeSpec) -> set[str]:
    return set(ending(theirs)) & {*mine.origin, *mine.to} | set(theirs.to) & set(ending(mine))


def _office(*, organisation: Organisation, allocations: Allocations) -> Office:
    spec, total = organisation.spec, allocations.total(home_namespace(organisation.metadata.name))
    return Office(
        name=organisation.metadata.name,
        valid_from=spec.valid_from,
        valid_to=spec.valid_to,
        successors=frozenset(spec.successors),
        budget=Amount(
            environments=spec.budget.environments,
            cpu=quantity.parse(spec.budget.cpu),
            memory=quantity.parse(spec.budget.memory),
            storage=quantity.parse(spec.budget.storage),
        ),
        held=_amount(total),
    )


def _amount(held: Total) -> Amount:
    return Amount(environments=held.environments, cpu=held.cpu, memory=held.memory, storage=held.storage)


def _systems(*, name: str, world: World) -> list[InformationSystem]:
    return list(world.within(InformationSystem, namespace=home_namespace(name)))


def _work(system: InformationSystem) -> Work:
    content = canonical(system.spec.model_dump(mode="json", by_alias=True, exclude_defaults=True))
    return Work(uid=system.metadata.uid, content=content, moved_from=origin_of(system.metadata))


def _site(*, environment: Environment, world: World, allocations: Allocations) -> Site:
    metadata, status = environment.metadata, environment.status
    held = allocations.holds(Key("Environment", metadata.namespace, metadata.name))
    return Site(
        uid=metadata.uid,
        system=environment.spec.system,
        amount=_amount(Total().plus(held)) if isinstance(held, Demand) else Amount(),
        hosts=status.hosts,
        provisioned=status.approved is not None or bool(status.namespaces),
        over=status.phase == "Purged",
        waits=status.pending is not None,
        exceptions=_exceptions(environment=environment, world=world),
        moved_from=origin_of(metadata),
        moved_to=status.moved_to or "",
    )


def _exceptions(*, environment: Environment, world: World) -> tuple[str, ...]:
    found = world.within(PolicyException, namespace=environment.metadata.namespace)
    return tuple(sorted(each.metadata.name for each in found if each.spec.environment == environment.metadata.name and _holds(each)))


def _holds(exception: PolicyException) -> bool:
    return exception.status.phase == "Active"
