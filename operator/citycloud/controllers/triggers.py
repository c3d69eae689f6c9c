"""Which keys a change concerns: the object itself, and whoever was decided by looking at it."""

from collections.abc import Callable, Iterator
from typing import Final

from citycloud.api import Approval, Environment, InformationSystem, Kind, Organisation, SecurityProfile, SizeClass
from citycloud.engine.queue import Key, Priority, WorkQueue
from citycloud.engine.world import World
from citycloud.plan import names

RECONCILED: Final = frozenset({"Organisation", "InformationSystem", "Environment", "Approval"})


def owner_of(labels: dict[str, str]) -> Key | None:
    """Name the owner of a child from its labels; None where they name nobody."""
    organisation = labels.get(names.ORGANISATION)
    if organisation is None:
        return None
    environment = labels.get(names.ENVIRONMENT)
    if environment is None:
        return Key("Organisation", "", organisation)
    return Key("Environment", names.home_namespace(organisation), environment)


def trigger(*, queue: WorkQueue, world: World, is_settled: Callable[[], bool]) -> Callable[[Key, Kind | None, Kind | None], None]:
    """Build what the world calls on each change: it puts every key that is concerned into the queue.

    Until everything was seen once, the object itself is enough, and as a backlog: everybody else comes by themselves.
    """

    def on_change(key: Key, before: Kind | None, after: Kind | None) -> None:
        if key.kind in RECONCILED:
            queue.put(key, priority=Priority.USER if is_settled() else Priority.RESYNC)
        if is_settled():
            for concerned in _concerned(key=key, object_=after or before, world=world):
                queue.put(concerned, priority=Priority.DEPENDENT)

    return on_change


def _concerned(*, key: Key, object_: Kind | None, world: World) -> Iterator[Key]:
    if isinstance(object_, Approval):
        yield Key("Environment", key.namespace, object_.spec.target.name)
    elif isinstance(object_, Environment):
        for approval in world.within(Approval, namespace=key.namespace):
            if approval.spec.target.name == key.name and not approval.status.valid:
                yield Key("Approval", key.namespace, approval.metadata.name)
    elif isinstance(object_, InformationSystem):
        for environment in world.within(Environment, namespace=key.namespace):
            if environment.spec.system == key.name:
                yield Key("Environment", key.namespace, environment.metadata.name)
    elif isinstance(object_, Organisation):
        for environment in world.within(Environment, namespace=names.home_namespace(key.name)):
            yield Key("Environment", environment.metadata.namespace, environment.metadata.name)
    else:
        everything: tuple[type[Kind], ...] = (Organisation, InformationSystem, Environment)
        kinds = (Environment,) if isinstance(object_, (SecurityProfile, SizeClass)) else everything
        for kind in kinds:
            yield from world.keys(kind)
