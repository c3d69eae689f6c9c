"""What differs between two specs, field by field, and between two plans, object by object. Pure."""

import dataclasses
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from citycloud.api.environment import EnvironmentSpec
from citycloud.plan.manifest import Manifest

MISSING: Final = object()


@dataclasses.dataclass(frozen=True)
class Change:
    """One field before and after, as text; None where it is not there."""

    path: str
    before: str | None
    after: str | None

    def as_data(self) -> dict[str, Any]:
        """Write it for programs."""
        return dataclasses.asdict(self)


@dataclasses.dataclass(frozen=True)
class ObjectChange:
    """One object of a plan that is added, removed or changed."""

    kind: str
    namespace: str
    name: str
    how: str
    changes: tuple[Change, ...] = ()

    @property
    def full_name(self) -> str:
        """Name the object as people look for it."""
        return f"{self.kind} {self.namespace}/{self.name}" if self.namespace else f"{self.kind} {self.name}"

    def as_data(self) -> dict[str, Any]:
        """Write it for programs."""
        return dataclasses.asdict(self)


def spec_changes(before: EnvironmentSpec | None, after: EnvironmentSpec) -> tuple[Change, ...]:
    """Compare two specs; against none, everything that is asked for is new."""
    return body_changes(_as_json(before) if before is not None else {}, _as_json(after))


def plan_changes(before: Iterable[Manifest], after: Iterable[Manifest]) -> tuple[ObjectChange, ...]:
    """Compare two plans: removed, added and changed objects, each in the order of its plan."""
    old, new = ({_identity(each): each for each in plan} for plan in (before, after))
    removed = [ObjectChange(*identity, how="removed") for identity in old if identity not in new]
    added = [ObjectChange(*identity, how="added") for identity in new if identity not in old]
    both = [(identity, body_changes(old[identity], new[identity])) for identity in new if identity in old]
    changed = [ObjectChange(*identity, how="changed", changes=changes) for identity, changes in both if changes]
    return (*removed, *added, *changed)


def _identity(manifest: Manifest) -> tuple[str, str, str]:
    metadata = manifest["metadata"]
    return manifest["kind"], metadata.get("namespace", ""), metadata["name"]


def _as_json(spec: EnvironmentSpec) -> dict[str, Any]:
    return spec.model_dump(mode="json", by_alias=True, exclude_defaults=True)


def body_changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[Change, ...]:
    """Compare two bodies, field by field."""
    old, new = dict(_leaves(before)), dict(_leaves(after))
    paths = [*old, *(path for path in new if path not in old)]
    return tuple(
        Change(path, _text(old.get(path, MISSING)), _text(new.get(path, MISSING)))
        for path in paths
        if old.get(path, MISSING) != new.get(path, MISSING)
    )


def _leaves(value: Mapping[str, Any], *, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Walk to the values that are no mappings; a list counts as one value."""
    for key, inner in value.items():
        path = f"{prefix}.{key}" if prefix else key
        if isinstance(inner, Mapping) and inner:
            yield from _leaves(inner, prefix=path)
        else:
            yield path, inner


def _text(value: Any) -> str | None:
    if value is MISSING:
        return None
    if isinstance(value, list):
        return ", ".join(_text(each) or "" for each in value)
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
