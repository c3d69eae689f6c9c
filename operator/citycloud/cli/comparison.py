"""Both plans of an environment side by side: as it is enforced, and as it would be."""

import dataclasses
import datetime
import pathlib
from collections.abc import Iterable, Mapping, Sequence

from citycloud.api import Environment, Kind
from citycloud.cli.connection import Connection
from citycloud.cli.difference import Change, ObjectChange, plan_changes, spec_changes
from citycloud.cli.failure import Failure
from citycloud.cli.foresight import Foresight, foresee, with_spec
from citycloud.cli.foresight_view import VERDICTS
from citycloud.cli.naming import Place
from citycloud.cli.planning import enforced_spec, plan_of
from citycloud.cli.snapshot import city_of, environment_at, learn, read_everything, read_home
from citycloud.cli.system_facts import read_yaml
from citycloud.cli.wish import Wish, spec_over
from citycloud.controllers.refusal import Refusal
from citycloud.controllers.resolve import Resolved
from citycloud.engine.world import World
from citycloud.plan.manifest import Manifest
from citycloud.plan.names import organisation_of

Target = tuple[str, Place | None]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Compared:
    """What would change for one environment; with a refusal it would not, and what is enforced stays."""

    place: Place
    refusal: Refusal | None = None
    objects: tuple[ObjectChange, ...] = ()
    fields: tuple[Change, ...] = ()
    foresight: Foresight | None = None


def compare_spec(connection: Connection, *, wish: Wish, places: Sequence[Target]) -> Compared:
    """Compare what is enforced with the spec as a wish would leave it; with no wish, with the spec that waits."""
    place = places[0][1] if len(places) == 1 else None
    if place is None:
        raise Failure("OneEnvironment")
    now = datetime.datetime.now(tz=datetime.UTC)
    world = read_home(connection, place.organisation)
    environment = environment_at(world, place)
    before = enforced_spec(environment)
    changes = wish.changes(before=environment.spec, city=city_of(world), now=now)
    after = spec_over(environment.spec, changes) if changes else environment.spec
    foresight = foresee(place=place, environment=with_spec(environment, after), world=world, texts=VERDICTS, now=now)
    fields = spec_changes(before, after)
    if foresight.refusal is not None:
        return Compared(place=place, refusal=foresight.refusal, fields=fields, foresight=foresight)
    try:
        old = plan_of(environment=environment, spec=before, world=world, now=now)[1] if before is not None else []
        new = plan_of(environment=environment, spec=after, world=world, now=now)[1]
    except Refusal as refusal:
        return Compared(place=place, refusal=refusal, fields=fields, foresight=foresight)
    return Compared(place=place, objects=plan_changes(old, new), fields=fields, foresight=foresight)


def compare_kinds(connection: Connection, *, files: Mapping[type[Kind], pathlib.Path], places: Sequence[Target]) -> list[Compared]:
    """Compare every environment that another profile or size concerns, before and after it stands in the catalogue.

    Without places that is every environment of the city, for whoever may read them all.
    """
    proposed = {kind: _from_file(kind, path) for kind, path in files.items()}
    now = datetime.datetime.now(tz=datetime.UTC)
    found: list[Compared] = []
    for world, wanted in _worlds(connection, places):
        before = {place: _planned(world, place, now=now) for place in _places(world, wanted)}
        for kind, body in proposed.items():
            learn(world, kind, [body])
        names = {kind: body["metadata"]["name"] for kind, body in proposed.items()}
        concerned = {place: old for place, old in before.items() if _is_concerned(old, names=names)}
        found += [_compared(place, old=old, new=_planned(world, place, now=now)) for place, old in concerned.items()]
    return found


Planned = tuple[Resolved, list[Manifest]] | Refusal


def _planned(world: World, place: Place, *, now: datetime.datetime) -> Planned:
    environment = environment_at(world, place)
    spec = enforced_spec(environment)
    try:
        return plan_of(environment=environment, spec=spec or environment.spec, world=world, now=now)
    except Refusal as refusal:
        return refusal


def _compared(place: Place, *, old: Planned, new: Planned) -> Compared:
    if isinstance(new, Refusal):
        return Compared(place=place, refusal=new)
    before = old[1] if not isinstance(old, Refusal) else []
    return Compared(place=place, objects=plan_changes(before, new[1]))


def _is_concerned(planned: Planned, *, names: Mapping[type[Kind], str]) -> bool:
    if isinstance(planned, Refusal):
        return False
    resolved = planned[0]
    return any(model.metadata.name == names.get(type(model)) for model in (resolved.profile, resolved.size))


def _worlds(connection: Connection, places: Sequence[Target]) -> Iterable[tuple[World, Sequence[Target]]]:
    if not places:
        yield read_everything(connection), ()
    for organisation in dict.fromkeys(organisation for organisation, _ in places):
        yield read_home(connection, organisation), [each for each in places if each[0] == organisation]


def _places(world: World, wanted: Sequence[Target]) -> list[Place]:
    """List the environments that run, of those that were named."""
    if wanted and all(place is not None for _, place in wanted):
        return [place for _, place in wanted if place is not None]
    running = [each for each in world.all(Environment) if enforced_spec(each) is not None]
    named = [Place(organisation_of(each.metadata.namespace) or "", each.metadata.name) for each in running]
    return sorted(named, key=str)


def _from_file(kind: type[Kind], path: pathlib.Path) -> Manifest:
    content = read_yaml(path)
    metadata = content.get("metadata")
    if content.get("kind") != kind.definition.kind or not isinstance(metadata, dict) or not isinstance(metadata.get("name"), str):
        raise Failure("FileHoldsOther", path=path, kind=kind.definition.kind)
    return {**content, "metadata": {"name": metadata["name"], "uid": "proposed"}}
