"""What a facts document changes in a cluster: sites and links that come, become something else or go, and what stands in the way.

A site keeps the serial of the facts that last changed it, so that facts which say nothing new of a site do not touch it.
"""

import dataclasses
from collections.abc import Mapping
from typing import Any, Final

from citycloud.api.common import API_VERSION
from citycloud.facts.document import Facts

Spec = Mapping[str, Any]
Manifest = dict[str, Any]
SERIAL: Final = "serial"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Change:
    """One object: what it says now and what it is to say; None is an object that is not there."""

    name: str
    before: Spec | None
    after: Spec | None


@dataclasses.dataclass(frozen=True, kw_only=True)
class Changes:
    """Everything of one kind that differs, by how."""

    added: tuple[Change, ...]
    changed: tuple[Change, ...]
    removed: tuple[Change, ...]
    unchanged: int

    @property
    def written(self) -> tuple[Change, ...]:
        """Return what is written anew."""
        return (*self.added, *self.changed)

    def __bool__(self) -> bool:
        return bool(self.added or self.changed or self.removed)


def site_specs(facts: Facts) -> dict[str, Spec]:
    """Return what the spec of each Site is to say, but for its serial."""
    return {each.name: _spec(each) for each in facts.sites}


def link_specs(facts: Facts) -> dict[str, Spec]:
    """Return what the spec of each WanLink is to say."""
    return {each.name: _spec(each) for each in facts.links}


def _spec(part: Any) -> Spec:
    spec: Spec = part.model_dump(mode="json", by_alias=True, exclude_none=True, exclude={"name"})
    return spec


def changes_between(*, there: Mapping[str, Spec], wanted: Mapping[str, Spec]) -> Changes:
    """Compare by name; the serial alone is no difference."""
    same = {name for name, spec in wanted.items() if name in there and _said(there[name]) == _said(spec)}
    return Changes(
        added=tuple(Change(name=name, before=None, after=wanted[name]) for name in sorted(wanted.keys() - there.keys())),
        changed=tuple(Change(name=name, before=there[name], after=wanted[name]) for name in sorted((wanted.keys() & there.keys()) - same)),
        removed=tuple(Change(name=name, before=there[name], after=None) for name in sorted(there.keys() - wanted.keys())),
        unchanged=len(same),
    )


def _said(spec: Spec) -> Spec:
    """Leave out what is no difference: the serial, lists that are empty, and in which order segments stand."""
    said = {key: value for key, value in spec.items() if key != SERIAL and value != []}
    if "segments" in said:
        said["segments"] = sorted(said["segments"], key=lambda segment: str(segment["name"]))
    return said


def site_manifest(change: Change, *, serial: int) -> Manifest:
    """Write a Site as it is to be applied."""
    return _manifest(kind="Site", name=change.name, spec={SERIAL: serial, **(change.after or {})})


def link_manifest(change: Change) -> Manifest:
    """Write a WanLink as it is to be applied."""
    return _manifest(kind="WanLink", name=change.name, spec=dict(change.after or {}))


def _manifest(*, kind: str, name: str, spec: Manifest) -> Manifest:
    return {"apiVersion": API_VERSION, "kind": kind, "metadata": {"name": name}, "spec": spec}


def lost_segments(changes: Changes) -> dict[str, frozenset[str]]:
    """Name the segments that sites lose, by site; a site that goes loses all of them."""
    lost = {each.name: _segments(each.before) - _segments(each.after) for each in (*changes.changed, *changes.removed)}
    return {name: segments for name, segments in lost.items() if segments or any(each.name == name for each in changes.removed)}


def _segments(spec: Spec | None) -> frozenset[str]:
    return frozenset(each["name"] for each in (spec or {}).get("segments", ()))
