"""Builds the inventory of the sample city's network and machines from hand-kept data. Pure but for `read_network`.

Every number stands in the data and is only read here: where a site stands in its list, and what comes or goes beside it, means nothing.
"""

import csv
import dataclasses
import pathlib
from collections.abc import Mapping
from typing import Final

import yaml
from builders import Entry, Manifest, filled
from legacy import Legacy

COMMENT: Final = "#"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Network:
    """Hold what the data files say: `network` all but sites and machines, `sites` one row a site."""

    network: Entry
    compute: Entry
    sites: tuple[Entry, ...]


def read_network(*, folder: pathlib.Path) -> Network:
    """Read the data files of `folder`."""
    network, compute = (yaml.safe_load((folder / f"{name}.yaml").read_text("utf-8")) for name in ("network", "compute"))
    with (folder / "sites.csv").open(encoding="utf-8", newline="") as rows:
        sites = tuple(csv.DictReader(row for row in rows if not row.startswith(COMMENT)))
    return Network(network=network, compute=compute, sites=sites)


def inventory(*, network: Network, legacy: Legacy) -> Manifest:
    """Build the inventory; its longest part, the sites, stands last."""
    names = {each["name"]: each["names"] for each in (*legacy.now.departments, *legacy.now.communes)}
    return {
        "apiVersion": "citycloud.dev/v1alpha1",
        "kind": "Inventory",
        **network.network["inventory"],
        "compute": network.compute,
        "pointsOfPresence": [point(row=row, patterns=network.network["points"], legacy=legacy) for row in legacy.districts],
        "sites": [site(row=row, network=network.network, names=names) for row in network.sites],
    }


def point(*, row: Entry, patterns: Mapping[str, str], legacy: Legacy) -> Entry:
    """Build the point of presence in a former district."""
    district = filled(patterns=legacy.departments["districts"]["kinds"][row["kind"]], names={"vi": row["name_vi"], "en": row["name"]})
    return {"name": row["organisation"], "names": filled(patterns=patterns, names=district)}


def site(*, row: Entry, network: Entry, names: Mapping[str, Mapping[str, str]]) -> Entry:
    """Build one site; `names` are those of the organisations."""
    profile, number = network["profiles"][row["profile"]], int(row["id"])
    own = {"vi": row["vi"], "en": row["en"]} if row["vi"] else names[row["name"]]
    counts = {what: int(row[what]) for what in ("rooms", "phones")}
    ways = {"primary": row["district"], "backup": row["neighbour"]}
    return {
        "id": number,
        "name": row["name"],
        "names": own,
        "kind": profile["kind"],
        "organisation": profile.get("organisation", row["name"]),
        "segments": profile["segments"],
        **{what: count for what, count in counts.items() if count},
        **({"router": profile["router"]} if "router" in profile else {}),
        "uplinks": [uplink(line=profile[role], role=role, via=via, number=number, network=network) for role, via in ways.items()],
    }


def uplink(*, line: Entry, role: str, via: str, number: int, network: Entry) -> Entry:
    """Build one line of the site with this number; it has the addresses that its carrier gives."""
    addresses = {family: pattern.format(id=number) for family, pattern in network["addresses"][line["carrier"]].items()}
    return {"carrier": line["carrier"], "role": role, "rateMbps": line["rateMbps"], "via": via, **addresses}
