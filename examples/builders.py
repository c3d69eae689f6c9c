"""Builds the objects of the sample city from hand-kept data. Pure but for `read`: data in, manifests out."""

import csv
import dataclasses
import pathlib
from collections.abc import Mapping
from typing import Any, Final

import yaml

MISSION_LABEL: Final = "citycloud.dev/mission"
PLACEHOLDER_LABEL: Final = "citycloud.dev/placeholder"
"""Marks an object whose official code or name was not found and is made up."""

Entry = dict[str, Any]
"""One record of a data file, in the words of the API where it can be."""
Manifest = dict[str, Any]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Data:
    """Hold what the data files say; `departments` and `communes` are organisations of the same shape."""

    city: Entry
    departments: tuple[Entry, ...]
    communes: tuple[Entry, ...]
    shared: Entry
    systems: Entry


def read(*, folder: pathlib.Path) -> Data:
    """Read the data files of `folder`."""
    city, shared, systems = (yaml.safe_load((folder / f"{name}.yaml").read_text("utf-8")) for name in ("city", "departments", "systems"))
    with (folder / "communes.csv").open(encoding="utf-8", newline="") as rows:
        communes = tuple(commune(row=row, shared=shared["communes"]) for row in csv.DictReader(rows))
    return Data(city=city, departments=tuple(shared["departments"]), communes=communes, shared=shared, systems=systems)


def commune(*, row: Mapping[str, str], shared: Entry) -> Entry:
    """Turn one row of communes.csv into an organisation; `shared` is what all wards and communes have in common."""
    patterns = shared["names"][row["kind"]]
    return {
        "name": row["organisation"],
        "code": shared["code"].format(code=row["code"]),
        "statisticsCode": row["code"],
        "kind": row["kind"],
        "tier": "commune",
        "names": {language: pattern.format(vi=row["name_vi"], en=row["name"]) for language, pattern in patterns.items()},
        "validFrom": shared["validFrom"],
        "costCentre": shared["costCentre"].format(code=row["code"]),
        "budget": shared["budget"],
    }


def manifest(*, kind: str, name: str, spec: Entry, home: str | None = None, labels: Mapping[str, str] | None = None) -> Manifest:
    """Build one object; `home` is the organisation in whose home namespace it lives, none for a cluster-scoped kind."""
    metadata: Entry = {"name": name}
    if home:
        metadata["namespace"] = f"org-{home}"
    if labels:
        metadata["labels"] = dict(labels)
    return {"apiVersion": "citycloud.dev/v1alpha1", "kind": kind, "metadata": metadata, "spec": spec}


def cities(*, data: Data) -> list[Manifest]:
    """Build the one City."""
    return [manifest(kind="City", name="city", spec=data.city)]


def organisations(*, data: Data) -> list[Manifest]:
    """Build the departments, then the wards and communes, each in the order of their codes."""
    return [organisation(entry=entry, data=data) for entry in (*data.departments, *data.communes)]


def organisation(*, entry: Entry, data: Data) -> Manifest:
    """Build one organisation with its mailboxes, groups and budget."""
    name, statistics_code, valid_from = entry["name"], entry.get("statisticsCode"), entry.get("validFrom")
    spec = {
        "code": entry["code"],
        **({"statisticsCode": statistics_code} if statistics_code else {}),
        "names": entry["names"],
        "kind": entry["kind"],
        "tier": entry.get("tier", "city"),
        **({"validFrom": valid_from} if valid_from else {}),
        "contacts": mailboxes(organisation=name, data=data),
        "costCentre": entry["costCentre"],
        "groups": {role: [f"{name}-{role}"] for role in data.shared["groups"]},
        "budget": data.shared["budgets"][entry["budget"]],
    }
    return manifest(kind="Organisation", name=name, spec=spec, labels={PLACEHOLDER_LABEL: "true"})


def mailboxes(*, organisation: str, data: Data) -> dict[str, str]:
    """Give the e-mail addresses of an organisation, by what they are for."""
    return {purpose: f"{mailbox}@{organisation}.{data.city['domain']}" for purpose, mailbox in data.shared["mailboxes"].items()}


def information_systems(*, data: Data) -> list[Manifest]:
    """Build the systems of the data file, then the one-stop point of every ward and commune."""
    one_stop = data.systems["communes"]
    local = [
        {**one_stop, "organisation": place["name"], "names": filled(patterns=one_stop["names"], names=place["names"])}
        for place in data.communes
    ]
    return [information_system(entry=entry, data=data) for entry in (*data.systems["systems"], *local)]


def information_system(*, entry: Entry, data: Data) -> Manifest:
    """Build one system with the facts that decide its level and, where it has one, its dossier."""
    contacts = mailboxes(organisation=entry["organisation"], data=data)
    spec = {
        "names": entry["names"],
        **entry["facts"],
        "contacts": {purpose: contacts[purpose] for purpose in ("owner", "technical")},
        **({"dossier": entry["dossier"]} if "dossier" in entry else {}),
    }
    labels = {MISSION_LABEL: entry["mission"], **({PLACEHOLDER_LABEL: "true"} if entry.get("placeholder") else {})}
    return manifest(kind="InformationSystem", name=entry["name"], home=entry["organisation"], spec=spec, labels=labels)


def environments(*, data: Data) -> list[Manifest]:
    """Build the stages of every system that its wave asks for, then the place to test in of every ward and commune."""
    one_stop = data.systems["communes"]
    central = [
        staged(system=system, stage=stage, data=data)
        for system in data.systems["systems"]
        for stage in data.systems["waves"][system["wave"]]
    ]
    local = [
        environment(entry=one_stop["environment"], system=one_stop["name"], home=place["name"], names=place["names"])
        for place in data.communes
    ]
    return [*central, *local]


def staged(*, system: Entry, stage: str, data: Data) -> Manifest:
    """Build the environment of one system at one stage; production alone has the host without a suffix."""
    facts = data.systems["stages"][stage]
    name = f"{system['short']}-{facts['suffix']}"
    host = system["short"] if stage == "production" else name
    place = {"location": system["location"]} if "location" in system else {}
    entry = {**facts, **place, "name": name, "stage": stage, "zones": system["zones"], "hosts": [host] if system.get("public") else []}
    return environment(entry=entry, system=system["name"], home=system["organisation"], names=system["names"])


def environment(*, entry: Entry, system: str, home: str, names: Mapping[str, str]) -> Manifest:
    """Build one environment."""
    spec = {
        "system": system,
        "stage": entry["stage"],
        "size": entry["size"],
        **({"location": entry["location"]} if "location" in entry else {}),
        "zones": entry["zones"],
        **({"hosts": entry["hosts"]} if entry["hosts"] else {}),
        **({"allowFrom": [{"site": home, **opening} for opening in entry["allowFrom"]]} if "allowFrom" in entry else {}),
        "justification": entry["justification"].format(**names),
    }
    return manifest(kind="Environment", name=entry["name"], home=home, spec=spec)


def filled(*, patterns: Mapping[str, str], names: Mapping[str, str]) -> dict[str, str]:
    """Put the Vietnamese and the English name into each pattern."""
    return {language: pattern.format(**names) for language, pattern in patterns.items()}
