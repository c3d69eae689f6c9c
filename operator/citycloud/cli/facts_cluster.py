"""What a cluster has of the facts of the network, and how others are brought in.

How far that went stands in a ConfigMap beside the operator, the note: before anything else is written it says which facts are on their way,
and when all of it was written that they are there. So whoever is cut off in the middle runs the same command again, which writes what is
missing and no more; and until then a lower serial, or other facts of the same one, are refused as if all of it had been written.
"""

import dataclasses
from collections.abc import Mapping
from typing import Any, Final

import pydantic

from citycloud.api import Environment, Site, WanLink
from citycloud.cli.connection import Connection, Manifest
from citycloud.cli.failure import Declined, Failure
from citycloud.cli.snapshot import as_model, path_of, what_is
from citycloud.controllers.site_uses import named_sites
from citycloud.facts.changes import (
    Change,
    Changes,
    changes_between,
    link_manifest,
    link_specs,
    lost_segments,
    site_manifest,
    site_specs,
)
from citycloud.facts.document import Facts, FactsModel
from citycloud.facts.reading import digest_of
from citycloud.plan.names import organisation_of

FIELD_MANAGER: Final = "citycloud-facts"
NOTE: Final = "citycloud-facts"
"""Name of the ConfigMap."""
KINDS: Final[tuple[type[Site] | type[WanLink], ...]] = (Site, WanLink)


class Note(FactsModel):
    """Which facts were brought in last, and whether all of them were."""

    serial: int
    digest: str
    inventory_hash: str
    state: str


@dataclasses.dataclass(frozen=True, kw_only=True)
class Standing:
    """What there is: by name, whole objects."""

    sites: Mapping[str, Manifest]
    links: Mapping[str, Manifest]
    note: Note | None

    @property
    def serial(self) -> int:
        """Return the highest serial that was ever begun here; 0 where none was."""
        known = [int(each["spec"]["serial"]) for each in self.sites.values()]
        return max([*known, self.note.serial if self.note is not None else 0], default=0)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Step:
    """Everything that one document changes."""

    facts: Facts
    digest: str
    sites: Changes
    links: Changes
    is_noted: bool
    """Whether the note says already that these very facts are there."""

    def __bool__(self) -> bool:
        return bool(self.sites or self.links or not self.is_noted)


def read_standing(connection: Connection, *, namespace: str) -> Standing:
    """Read what there is of sites, links and of how far the last facts went."""
    found = [{each["metadata"]["name"]: each for each in connection.read_all(path_of(kind), what=what_is(kind))} for kind in KINDS]
    return Standing(sites=found[0], links=found[1], note=_read_note(connection, namespace=namespace))


def _read_note(connection: Connection, *, namespace: str) -> Note | None:
    what = f"configmaps/{NOTE} -n {namespace}"
    try:
        data = connection.read(f"/api/v1/namespaces/{namespace}/configmaps/{NOTE}", what=what).get("data", {})
    except Failure as failure:
        if failure.key == "NotFound":
            return None
        raise
    try:
        return Note.model_validate(data)
    except pydantic.ValidationError as error:
        raise Failure("FactsNoteUnreadable", what=what) from error


def step_to(facts: Facts, *, standing: Standing) -> Step:
    """Compare facts with what there is; raise Declined where they are older, or others of the same serial."""
    digest = digest_of(facts)
    note = standing.note
    if facts.serial < standing.serial:
        raise Declined("FactsSerialLower", serial=facts.serial, known=standing.serial)
    if note is not None and note.serial == facts.serial and note.digest != digest:
        raise Declined("FactsSerialTaken", serial=facts.serial)
    return Step(
        facts=facts,
        digest=digest,
        sites=changes_between(there=_specs(standing.sites), wanted=site_specs(facts)),
        links=changes_between(there=_specs(standing.links), wanted=link_specs(facts)),
        is_noted=note is not None and (note.serial, note.digest, note.state) == (facts.serial, digest, "complete"),
    )


def _specs(objects: Mapping[str, Manifest]) -> dict[str, Mapping[str, Any]]:
    return {name: each["spec"] for name, each in objects.items()}


def refuse_losses(connection: Connection, *, changes: Changes) -> None:
    """Raise Declined where a site or a segment that goes is one that environments let in; it names them."""
    lost, gone = lost_segments(changes), {each.name for each in changes.removed}
    if not lost:
        return
    users = [
        f"{site}: {', '.join(users)}"
        for site, users in sites_in_use(read_environments(connection), segments={name: lost[name] for name in lost.keys() - gone}).items()
        if site in lost
    ]
    if users:
        raise Declined("FactsInUse", users="; ".join(users))


def read_environments(connection: Connection) -> list[Environment]:
    """Read every environment of the city."""
    return [as_model(Environment, body) for body in connection.read_all(path_of(Environment), what=what_is(Environment))]


def sites_in_use(environments: list[Environment], *, segments: Mapping[str, frozenset[str]] | None = None) -> dict[str, list[str]]:
    """Name who relies on each site; of a site in `segments` only who relies on one of these counts."""
    found: dict[str, list[str]] = {}
    for environment in environments:
        for site in named_sites(environment):
            if not (segments or {}).get(site) or _segments_of(environment, site) & (segments or {})[site]:
                name = f"{organisation_of(environment.metadata.namespace)}/{environment.metadata.name}"
                found.setdefault(site, []).append(name)
    return {site: sorted(users) for site, users in sorted(found.items())}


def _segments_of(environment: Environment, site: str) -> set[str]:
    approved = environment.status.approved
    specs = [environment.spec, *([approved.spec] if approved is not None else [])]
    return {each.segment for spec in specs for each in spec.allow_from if each.site == site}


def bring_in(connection: Connection, step: Step, *, standing: Standing, namespace: str, dry_run: bool) -> None:
    """Write everything, or ask the API server as a dry run whether it would take all of it.

    Sites come before the links that name them, and links go before their sites; the note is the first write and the last.
    """
    _note(connection, step, namespace=namespace, state="applying", dry_run=dry_run)
    for change in step.sites.written:
        _apply(connection, site_manifest(change, serial=step.facts.serial), kind=Site, dry_run=dry_run)
    for change in step.links.written:
        _apply(connection, link_manifest(change), kind=WanLink, dry_run=dry_run)
    for change in step.links.removed:
        _delete(connection, change, kind=WanLink, objects=standing.links, dry_run=dry_run)
    for change in step.sites.removed:
        _delete(connection, change, kind=Site, objects=standing.sites, dry_run=dry_run)
    _note(connection, step, namespace=namespace, state="complete", dry_run=dry_run)


def _apply(connection: Connection, manifest: Manifest, *, kind: type[Site] | type[WanLink], dry_run: bool) -> None:
    connection.apply(manifest, manager=FIELD_MANAGER, what=what_is(kind, name=manifest["metadata"]["name"]), dry_run=dry_run)


def _delete(
    connection: Connection, change: Change, *, kind: type[Site] | type[WanLink], objects: Mapping[str, Manifest], dry_run: bool
) -> None:
    uid = objects[change.name]["metadata"]["uid"]
    connection.delete(path_of(kind, name=change.name), uid=uid, what=what_is(kind, name=change.name), dry_run=dry_run)


def _note(connection: Connection, step: Step, *, namespace: str, state: str, dry_run: bool) -> None:
    manifest = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": NOTE, "namespace": namespace},
        "data": {
            "serial": str(step.facts.serial),
            "digest": step.digest,
            "inventoryHash": step.facts.inventory_hash,
            "state": state,
        },
    }
    connection.apply(manifest, manager=FIELD_MANAGER, what=f"configmaps/{NOTE} -n {namespace}", dry_run=dry_run)
