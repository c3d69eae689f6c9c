"""Which keys a change concerns: the object itself, and whoever was decided by looking at it."""

from collections.abc import Callable, Iterator
from typing import Final

from citycloud.api import (
    Approval,
    City,
    Environment,
    InformationSystem,
    Kind,
    Organisation,
    OrgChange,
    PolicyException,
    SecurityProfile,
    Site,
    SizeClass,
)
from citycloud.controllers.decidable import decisions_on, target_key
from citycloud.controllers.exceptions import exceptions_of
from citycloud.controllers.site_uses import SiteUses
from citycloud.engine.queue import Key, Priority, WorkQueue
from citycloud.engine.world import OnChange, World
from citycloud.plan import names

RECONCILED: Final = frozenset({"Organisation", "InformationSystem", "Environment", "Approval", "PolicyException", "OrgChange", "Site"})
REPORT_SECONDS: Final = 0.2
"""How long the report of a re-organisation may lag behind: one reading of all its homes for a burst of moves."""
EVERYTHING_OF: Final[dict[type[Kind], tuple[type[Kind], ...]]] = {
    City: (Organisation, InformationSystem, Environment, PolicyException, OrgChange),
    SecurityProfile: (Environment, PolicyException),
    SizeClass: (Environment,),
}
"""What is looked at anew, all of it, when one of these changes; nobody is decided by an entry of the ledger alone."""


def owner_of(labels: dict[str, str]) -> Key | None:
    """Name the owner of a child from its labels; None where they name nobody."""
    organisation = labels.get(names.ORGANISATION)
    if organisation is None:
        return None
    environment = labels.get(names.ENVIRONMENT)
    if environment is None:
        return Key("Organisation", "", organisation)
    return Key("Environment", names.home_namespace(organisation), environment)


def trigger(*, queue: WorkQueue, world: World, site_uses: SiteUses, is_settled: Callable[[], bool]) -> OnChange:
    """Build what the world calls on each change: it puts every key that is concerned into the queue.

    Until everything was seen once, the object itself is enough, and as a backlog: everybody else comes by themselves.
    """

    def on_change(key: Key, object_: Kind) -> None:
        if key.kind in RECONCILED:
            queue.put(key, priority=Priority.USER if is_settled() else Priority.RESYNC)
        if is_settled():
            concerned_by_site = site_uses.of(key.name) if isinstance(object_, Site) else ()
            for concerned in (*_concerned(key=key, object_=object_, world=world), *concerned_by_site):
                queue.put(concerned, priority=Priority.DEPENDENT)
            for change in _changes(key=key, world=world):
                queue.put_later(change, seconds=REPORT_SECONDS, priority=Priority.DEPENDENT)

    return on_change


def _concerned(*, key: Key, object_: Kind, world: World) -> Iterator[Key]:
    if isinstance(object_, Approval):
        target = target_key(object_)
        if target.kind in RECONCILED:
            yield target
    elif isinstance(object_, (Environment, PolicyException, OrgChange)):
        yield from _open_decisions(key=key, world=world)
        if isinstance(object_, PolicyException):
            yield Key("Environment", key.namespace, object_.spec.environment)
        elif isinstance(object_, Environment):
            yield from _exceptions_of(environment=key, world=world)
    elif isinstance(object_, (InformationSystem, Organisation)):
        for environment in _environments_of(owner=key, world=world):
            yield environment
            yield from _exceptions_of(environment=environment, world=world)
    else:
        for kind in EVERYTHING_OF.get(type(object_), ()):
            yield from world.keys(kind)


def _open_decisions(*, key: Key, world: World) -> Iterator[Key]:
    for approval in decisions_on(target=key, world=world):
        if approval.status.valid is None:
            yield Key("Approval", approval.metadata.namespace, approval.metadata.name)


def _environments_of(*, owner: Key, world: World) -> Iterator[Key]:
    """Name the environments of an organisation, or of one of its systems."""
    home = owner.namespace or names.home_namespace(owner.name)
    for environment in world.within(Environment, namespace=home):
        if not owner.namespace or environment.spec.system == owner.name:
            yield Key("Environment", home, environment.metadata.name)


def _exceptions_of(*, environment: Key, world: World) -> Iterator[Key]:
    for exception in exceptions_of(environment=environment, world=world):
        yield Key("PolicyException", exception.metadata.namespace, exception.metadata.name)


def _changes(*, key: Key, world: World) -> Iterator[Key]:
    """Find the re-organisations that are not over and have to do with the organisation whose affair this is."""
    organisation = key.name if key.kind == "Organisation" else names.organisation_of(key.namespace)
    if organisation is not None and key.kind in ("Organisation", "InformationSystem", "Environment"):
        for change in world.all(OrgChange):
            if change.status.phase != "Done" and organisation in (*change.spec.origin, *change.spec.to):
                yield Key("OrgChange", "", change.metadata.name)
