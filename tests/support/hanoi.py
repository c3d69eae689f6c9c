"""The sample city before 2025 and today, as facts for the plan of a re-organisation."""

import csv
import pathlib
from collections.abc import Iterable
from typing import Any, Final

import yaml
from tests.support import objects

from citycloud.api import Environment, InformationSystem, Organisation, OrgChange, SizeClass
from citycloud.controllers.allocation import Demand
from citycloud.plan import quantity
from citycloud.reorganisation.facts import Amount, Facts, Office, Place, Site, Work

ROOT: Final = pathlib.Path(__file__).parents[2]
BEFORE: Final = ROOT / "examples" / "hanoi-2024"
NOW: Final = ROOT / "examples" / "hanoi-2026"
Manifest = dict[str, Any]


def read(path: pathlib.Path) -> list[Manifest]:
    """Read the objects of one file."""
    return [each for each in yaml.load_all(path.read_text("utf-8"), Loader=yaml.CSafeLoader) if each]


def changes() -> list[OrgChange]:
    """Read every re-organisation, in the order in which they are written."""
    return [OrgChange.model_validate(each) for each in read(BEFORE / "changes.yaml")]


def rows(name: str) -> list[dict[str, str]]:
    """Read the hand-kept rows about districts or communes."""
    with (ROOT / "examples" / "data" / "hanoi-2024" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def pod(namespace: str) -> Manifest:
    """Make a pod that keeps to everything in a namespace of the sample city, whatever its place."""
    item = objects.pod(namespace, "web")
    del item["spec"]["nodeSelector"]
    item["spec"]["containers"][0]["image"] = "registry.hanoi.example/web@sha256:" + "0" * 64
    return item


def organisations(folder: pathlib.Path) -> dict[str, Organisation]:
    """Read the organisations of a city."""
    found = [Organisation.model_validate(each) for each in read(folder / "organisations.yaml")]
    return {each.metadata.name: each for each in found}


def systems(folder: pathlib.Path) -> set[Place]:
    """Name the systems of a city."""
    return {_place(each) for each in read(folder / "systems.yaml")}


def environments(folder: pathlib.Path) -> dict[Place, Environment]:
    """Read the environments of a city."""
    return {_place(each): Environment.model_validate(each) for each in read(folder / "environments.yaml")}


def facts() -> Facts:
    """Put together the city of before, with today's organisations recorded already; what needs no human runs."""
    offices = {**organisations(BEFORE), **organisations(NOW)}
    sizes = {
        each["metadata"]["name"]: SizeClass.model_validate(each)
        for path in (ROOT / "policies" / "sizes").glob("*.yaml")
        for each in read(path)
    }
    sites = {place: _site(environment=each, size=sizes[each.spec.size]) for place, each in environments(BEFORE).items()}
    works = {_place(each): InformationSystem.model_validate(each) for each in read(BEFORE / "systems.yaml")}
    return Facts(
        offices={
            name: _office(each, sites=(site for place, site in sites.items() if place.organisation == name))
            for name, each in offices.items()
        },
        works={place: Work(uid=str(place).replace("/", "."), content=each.spec.names.vi) for place, each in works.items()},
        sites=sites,
    )


def _site(*, environment: Environment, size: SizeClass) -> Site:
    runs = environment.spec.stage == "test"
    demand = Demand.of_size(size.spec)
    held = Amount(environments=1, cpu=demand.cpu, memory=demand.memory, storage=demand.storage)
    uid = f"{environment.metadata.namespace}.{environment.metadata.name}"
    return Site(uid=uid, system=environment.spec.system, amount=held if runs else Amount(), provisioned=runs, waits=not runs)


def _office(organisation: Organisation, *, sites: Iterable[Site]) -> Office:
    budget, held = organisation.spec.budget, Amount()
    for site in sites:
        held = held.plus(site.amount)
    amounts = {name: quantity.parse(getattr(budget, name)) for name in ("cpu", "memory", "storage")}
    spec = organisation.spec
    return Office(
        name=organisation.metadata.name,
        valid_from=spec.valid_from,
        valid_to=spec.valid_to,
        successors=frozenset(spec.successors),
        budget=Amount(environments=budget.environments, **amounts),
        held=held,
    )


def _place(manifest: Manifest) -> Place:
    metadata = manifest["metadata"]
    return Place(metadata["namespace"].removeprefix("org-"), metadata["name"])
