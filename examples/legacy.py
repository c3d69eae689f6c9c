"""Builds the sample city as it was before 2025, and the re-organisations that make today's of it. Pure but for `read_legacy`."""

import csv
import dataclasses
import pathlib
from collections.abc import Iterable, Mapping
from typing import Any

import yaml
from builders import MISSION_LABEL, Data, Entry, Manifest, environment, filled, information_system, manifest, organisation, staged

PILOT = "A68"
"""The number of the pilots in the list of what the press texts name."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Legacy:
    """Hold what the data files of before say, beside those of today; an old ward or commune names its successors."""

    now: Data
    departments: Entry
    systems: Entry
    districts: tuple[Entry, ...]
    communes: tuple[Entry, ...]


def read_legacy(*, folder: pathlib.Path, now: Data) -> Legacy:
    """Read the data files of `folder`."""
    departments, systems = (yaml.safe_load((folder / f"{name}.yaml").read_text("utf-8")) for name in ("departments", "systems"))
    districts, communes = (tuple(_rows(folder / f"{name}.csv")) for name in ("districts", "communes"))
    return Legacy(now=now, departments=departments, systems=systems, districts=districts, communes=communes)


def _rows(path: pathlib.Path) -> list[Entry]:
    with path.open(encoding="utf-8", newline="") as rows:
        return [{**row, "successors": row.get("successors", "").split()} for row in csv.DictReader(rows)]


def legacy_organisations(legacy: Legacy) -> list[Manifest]:
    """Build the departments, then the districts, then the wards, communes and townships, each in the order of their codes."""
    entries = {each["name"]: each for each in legacy.now.departments}
    larger = {name: {"budget": budget} for name, budget in legacy.departments["budgets"].items()}
    staying = [
        {key: value for key, value in {**entries[name], **larger.get(name, {})}.items() if key != "validFrom"}
        for name in legacy.departments["continuing"]
    ]
    places = [
        *(_district(legacy=legacy, row=row) for row in legacy.districts),
        *(_commune(legacy=legacy, row=row) for row in legacy.communes),
    ]
    built = [organisation(entry=entry, data=legacy.now) for entry in (*staying, *legacy.departments["ended"], *places)]
    pilots = {*legacy.departments["pilots"], *legacy.departments["models"]}
    for each in built:
        if each["metadata"]["name"] in pilots:
            each["metadata"]["labels"][MISSION_LABEL] = PILOT
    return built


def _district(*, legacy: Legacy, row: Entry) -> Entry:
    shared = legacy.departments["districts"]
    return {
        "name": row["organisation"],
        "code": shared["code"].format(code=row["code"]),
        "names": filled(patterns=shared["kinds"][row["kind"]], names={"vi": row["name_vi"], "en": row["name"]}),
        "kind": "other",
        "tier": "legacy-district",
        "costCentre": shared["costCentre"].format(code=row["code"]),
        "budget": shared["budget"],
    }


def _commune(*, legacy: Legacy, row: Entry) -> Entry:
    """Build one; where today's has its name and is its successor, it is the same organisation and has the same agency code for ever."""
    shared = legacy.departments["communes"]
    kind = shared["kinds"][row["kind"]]
    today = {each["name"]: each for each in legacy.now.communes}
    goes_on = row["organisation"] in row["successors"]
    return {
        "name": row["organisation"],
        "code": today[row["organisation"]]["code"] if goes_on else shared["code"].format(code=row["code"]),
        "statisticsCode": row["code"],
        "names": {language: kind[language].format(vi=row["name_vi"], en=row["name"]) for language in ("vi", "en")},
        "kind": kind["kind"],
        "tier": "commune",
        "costCentre": shared["costCentre"].format(code=row["code"]),
        "budget": shared["budget"],
    }


def one_stop_owners(legacy: Legacy) -> dict[str, str]:
    """Choose for each ward and commune of today the old one whose one-stop point became its own, by name of today.

    The one that keeps its name comes before one that went there as a whole, and that before one that was divided; none is chosen twice.
    """
    chosen: dict[str, str] = {}
    for place in legacy.now.communes:
        before = [row for row in legacy.communes if place["name"] in row["successors"] and row["organisation"] not in chosen.values()]
        before.sort(key=lambda row: (row["organisation"] != place["name"], len(row["successors"]), row["code"]))
        chosen[place["name"]] = before[0]["organisation"]
    return chosen


def legacy_systems(legacy: Legacy) -> list[Manifest]:
    """Build today's systems with the owners of then, the pilots', and the one-stop points."""
    names = _names(legacy)
    one_stop, pilot = legacy.now.systems["communes"], legacy.systems["pilot"]
    central = [_without_dossier(_owned(legacy=legacy, system=system)) for system in legacy.now.systems["systems"]]
    pilots = [
        {**pilot, **each, "names": filled(patterns=pilot["names"], names=names[each["organisation"]])} for each in legacy.systems["pilots"]
    ]
    local = [
        {**one_stop, "organisation": name, "names": filled(patterns=one_stop["names"], names=names[name])}
        for name in one_stop_owners(legacy).values()
    ]
    return [information_system(entry=entry, data=legacy.now) for entry in (*central, *pilots, *local)]


def legacy_environments(legacy: Legacy) -> list[Manifest]:
    """Build the environments of all of these."""
    names, waves = _names(legacy), legacy.now.systems["waves"]
    one_stop, pilot = legacy.now.systems["communes"], legacy.systems["pilot"]["environment"]
    point = {key: value for key, value in one_stop["environment"].items() if key != "allowFrom"}  # the network of then is not described
    central = [
        staged(system=_owned(legacy=legacy, system=system), stage=stage, data=legacy.now)
        for system in legacy.now.systems["systems"]
        for stage in waves[system["wave"]]
    ]
    pilots = [
        environment(
            entry={**pilot, "name": f"{each['name']}-{pilot['suffix']}"},
            system=each["name"],
            home=each["organisation"],
            names=names[each["organisation"]],
        )
        for each in legacy.systems["pilots"]
    ]
    local = [environment(entry=point, system=one_stop["name"], home=name, names=names[name]) for name in one_stop_owners(legacy).values()]
    return [*central, *pilots, *local]


def _owned(*, legacy: Legacy, system: Entry) -> Entry:
    return {**system, "organisation": legacy.systems["owners"].get(system["organisation"], system["organisation"])}


def _without_dossier(system: Entry) -> Entry:
    return {key: value for key, value in system.items() if key != "dossier"}


def _names(legacy: Legacy) -> dict[str, Mapping[str, str]]:
    return {each["metadata"]["name"]: each["spec"]["names"] for each in legacy_organisations(legacy)}


def changes(legacy: Legacy) -> list[Manifest]:
    """Build every re-organisation: of the departments, then of the districts, then of the wards and communes."""
    moves = _moves(legacy)
    basis, dates = legacy.departments["legalBasis"], legacy.departments["effectiveDates"]
    central = [
        _change(entry=each, moves=moves, basis=basis["departments"], date=dates["departments"]) for each in legacy.departments["changes"]
    ]
    places = [*_ends_of_districts(legacy), *_mergers(legacy), *_divisions(legacy)]
    return central + [_change(entry=each, moves=moves, basis=basis["places"], date=dates["places"]) for each in places]


def _ends_of_districts(legacy: Legacy) -> Iterable[Entry]:
    for row in legacy.districts:
        heirs = [name for commune in legacy.communes if commune["district"] == row["code"] for name in commune["successors"]]
        name = row["organisation"]
        yield {"name": f"ket-thuc-{name}", "action": "abolish", "from": [name], "to": list(dict.fromkeys(heirs))}


def _mergers(legacy: Legacy) -> Iterable[Entry]:
    """Join what went as a whole to one of today's; what only kept its name needs nothing."""
    for place in legacy.now.communes:
        name = place["name"]
        before = [row["organisation"] for row in legacy.communes if row["successors"] == [name]]
        if set(before) - {name}:
            action = "merge" if len(before) > 1 else "rename"
            yield {"name": f"{'sap-nhap' if len(before) > 1 else 'doi-ten'}-{name}", "action": action, "from": before, "to": [name]}


def _divisions(legacy: Legacy) -> Iterable[Entry]:
    for row in legacy.communes:
        if len(row["successors"]) > 1:
            yield {"name": f"chia-{row['organisation']}", "action": "split", "from": [row["organisation"]], "to": row["successors"]}


def _moves(legacy: Legacy) -> dict[str, str]:
    """Say who owns each system after it all, by <organisation>/<system> of before."""
    one_stop = legacy.now.systems["communes"]["name"]
    owned = {
        f"{_owned(legacy=legacy, system=system)['organisation']}/{system['name']}": system["organisation"]
        for system in legacy.now.systems["systems"]
    }
    pilots = {f"{each['organisation']}/{each['name']}": each["to"] for each in legacy.systems["pilots"]}
    return owned | pilots | {f"{before}/{one_stop}": now for now, before in one_stop_owners(legacy).items()}


def _change(*, entry: Entry, moves: Mapping[str, str], basis: Entry, date: str) -> Manifest:
    """Build one; its mapping names what it has to, which is nothing where one takes over everything."""
    mapping = [{"system": system, "to": to} for system, to in moves.items() if system.partition("/")[0] in entry["from"]]
    spec: dict[str, Any] = {
        "action": entry["action"],
        "from": entry["from"],
        "to": entry["to"],
        "effectiveDate": entry.get("effectiveDate", date),
        **({"mapping": mapping} if mapping and len(entry["to"]) > 1 else {}),
        "dryRun": False,
        "legalBasis": basis,
    }
    return manifest(kind="OrgChange", name=entry["name"], spec=spec)
