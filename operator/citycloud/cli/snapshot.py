"""The objects that an answer leans on, read with the user's own rights into the same World that the operator decides over.

So what the command line foresees is what the operator's own functions say of the same objects, not a second opinion.
"""

from collections.abc import Iterable
from typing import Any, Final, TypeVar

import pydantic

from citycloud.api import City, Environment, InformationSystem, Kind, Organisation, SecurityProfile, Site, SizeClass
from citycloud.api.common import API_VERSION
from citycloud.cli.connection import Connection, Manifest
from citycloud.cli.failure import Failure
from citycloud.cli.naming import Place
from citycloud.engine.world import World
from citycloud.plan.names import home_namespace

KindT = TypeVar("KindT", bound=Kind)
CATALOGUE: Final[tuple[type[Kind], ...]] = (SecurityProfile, SizeClass, Site)
ASKED: Final[tuple[type[Kind], ...]] = (InformationSystem, Environment)


def path_of(kind: type[Kind], *, namespace: str = "", name: str = "") -> str:
    """Build the path of an object, or of all of a kind."""
    scope = f"/namespaces/{namespace}" if namespace else ""
    return f"/apis/{API_VERSION}{scope}/{kind.definition.plural}" + (f"/{name}" if name else "")


def what_is(kind: type[Kind], *, namespace: str = "", name: str = "") -> str:
    """Name an object as kubectl does."""
    return kind.definition.plural + (f"/{name}" if name else "") + (f" -n {namespace}" if namespace else "")


def read_one(connection: Connection, kind: type[KindT], *, name: str, namespace: str = "") -> KindT:
    """Read one object."""
    where = {"namespace": namespace, "name": name}
    return as_model(kind, connection.read(path_of(kind, **where), what=what_is(kind, **where)))


def read_all(connection: Connection, kind: type[KindT], *, namespace: str = "") -> list[KindT]:
    """Read all objects of a kind, in one namespace or in all."""
    return [as_model(kind, body) for body in _bodies(connection, kind, namespace=namespace)]


def as_model(kind: type[KindT], body: Manifest) -> KindT:
    """Understand an object; raise Failure where this version of citycloud does not."""
    try:
        return kind.model_validate(body)
    except pydantic.ValidationError as error:
        metadata = body.get("metadata", {})
        raise Failure(
            "ObjectNotUnderstood",
            what=what_is(kind, namespace=metadata.get("namespace", ""), name=metadata.get("name", "?")),
            error=error.errors(include_url=False)[0]["msg"],
        ) from error


def read_home(connection: Connection, organisation: str) -> World:
    """Read the city, what can be asked for, and one organisation with its systems and environments."""
    world = World(on_change=lambda *_: None)
    names: dict[type[Kind], str] = {City: "city", Organisation: organisation}
    for kind, name in names.items():
        learn(world, kind, [connection.read(path_of(kind, name=name), what=what_is(kind, name=name))])
    for kind in CATALOGUE:
        learn(world, kind, _bodies(connection, kind))
    for kind in ASKED:
        learn(world, kind, _bodies(connection, kind, namespace=home_namespace(organisation)))
    return world


def read_everything(connection: Connection) -> World:
    """Read every organisation with its systems and environments; only who may read across organisations can."""
    world = World(on_change=lambda *_: None)
    learn(world, City, [connection.read(path_of(City, name="city"), what=what_is(City, name="city"))])
    kinds: list[type[Kind]] = [*CATALOGUE, Organisation, *ASKED]
    for kind in kinds:
        learn(world, kind, _bodies(connection, kind))
    return world


def learn(world: World, kind: type[Kind], bodies: Iterable[Manifest]) -> None:
    """Put objects into a world, those too that a dry run or a file made and that have no version yet."""
    for body in bodies:
        as_model(kind, body)
        world.put(kind=kind, body={**body, "metadata": {"uid": "", "resourceVersion": "0", **body["metadata"]}})


def environment_at(world: World, place: Place) -> Environment:
    """Find an environment that has to be there; raise Failure where it is not."""
    found = world.environment(place.key)
    if found is None:
        raise Failure("NotFound", what=what_is(Environment, namespace=place.home, name=place.environment))
    return found


def city_of(world: World) -> City:
    """Return the city; raise Failure where there is none."""
    found = world.city()
    if found is None:
        raise Failure("NotFound", what=what_is(City, name="city"))
    return found


def _bodies(connection: Connection, kind: type[Kind], *, namespace: str = "") -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = connection.read(path_of(kind, namespace=namespace), what=what_is(kind, namespace=namespace))["items"]
    return found
