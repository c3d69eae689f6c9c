"""What the operator knows of its children from their metadata alone: which exist, as which intent, and who owns their fields.

Each child carries the digest of the manifest it was applied from. Whether somebody has changed it since shows in `managedFields`: a field
that another manager sets, or removes, leaves our entry (KEP-555). So drift is found from metadata, after a restart too, without reading
one object in full.
"""

import dataclasses
import functools
import sys
from collections.abc import Callable, Iterator
from typing import Any, Final, NamedTuple

import orjson

from citycloud.api.common import HOLDS_ANNOTATION
from citycloud.engine.queue import Key
from citycloud.kube.client import MANAGER, Manifest
from citycloud.kube.resources import Resource

DIGEST_ANNOTATION: Final = "citycloud.dev/digest"


class ChildKey(NamedTuple):
    """One child object."""

    kind: str
    namespace: str
    name: str


@dataclasses.dataclass(slots=True)
class Child:
    """What is kept of one child: about 200 bytes, for there are a hundred thousand of them in a large city."""

    uid: str
    version: int
    digest: str
    owned: bytes
    holds: str = ""


def child_key(manifest: Manifest) -> ChildKey:
    """Name the child that a manifest describes."""
    metadata = manifest["metadata"]
    return ChildKey(manifest["kind"], metadata.get("namespace", ""), metadata["name"])


def owned_fields(metadata: dict[str, Any]) -> bytes:
    """Return our entry of `managedFields` as canonical JSON; the one made by apply counts before the one made by create."""
    entries = [entry for entry in metadata.get("managedFields", ()) if entry.get("manager") == MANAGER and not entry.get("subresource")]
    entries.sort(key=lambda entry: entry.get("operation") != "Apply")
    return _interned(orjson.dumps(entries[0].get("fieldsV1", {}), option=orjson.OPT_SORT_KEYS)) if entries else b""


@functools.lru_cache(maxsize=4096)
def _interned(content: bytes) -> bytes:
    """Return one shared copy: all objects of one shape have the same fields."""
    return content


@functools.lru_cache(maxsize=4096)
def _parsed(content: bytes) -> dict[str, Any]:
    fields: dict[str, Any] = orjson.loads(content)
    return fields


def owns_all(*, manifest: Manifest, owned: bytes) -> bool:
    """Tell whether every field of `manifest` still belongs to us."""
    if not owned:
        return False
    fields = _parsed(owned)
    identity = {"apiVersion", "kind"}
    body = {key: value for key, value in manifest.items() if key not in identity}
    body["metadata"] = {key: value for key, value in manifest["metadata"].items() if key in ("labels", "annotations")}
    return _covered(value=body, fields=fields)


def _covered(*, value: dict[str, Any], fields: dict[str, Any]) -> bool:
    for key, inner in value.items():
        entry = fields.get(f"f:{key}")
        if entry is None:
            return False
        if entry and isinstance(inner, dict) and not _covered(value=inner, fields=entry):
            return False
    return True


class Observed:
    """All children of all owners, fed by the watches and by the answers to our own writes."""

    def __init__(self, *, owner_of: Callable[[dict[str, str]], Key | None], on_change: Callable[[Key], None]) -> None:
        self._owner_of = owner_of
        self._on_change = on_change
        self._children: dict[Key, dict[ChildKey, Child]] = {}
        self._owners: dict[ChildKey, Key] = {}
        self._expected: dict[ChildKey, str] = {}
        self._synced: set[str] = set()

    def children(self, owner: Key) -> dict[ChildKey, Child]:
        """Return the children of one owner; do not change the dictionary."""
        return self._children.get(owner, {})

    def owners(self) -> Iterator[Key]:
        """Iterate over everybody who has children."""
        return iter(tuple(self._children))

    def synced(self, kinds: frozenset[str]) -> bool:
        """Tell whether every one of `kinds` was listed at least once."""
        return kinds <= self._synced

    def count(self) -> int:
        """Count all children."""
        return len(self._owners)

    def keep_only(self, *, resource: Resource, listed: set[tuple[str, str]]) -> None:
        """Forget what a complete list of one kind does not hold, by namespace and name: it is gone."""
        for key in [key for key in self._owners if key.kind == resource.kind and (key.namespace, key.name) not in listed]:
            self._forget(key=key, notify=True)
        self._synced.add(resource.kind)

    def put(self, *, resource: Resource, metadata: dict[str, Any]) -> None:
        """Take the metadata of one child from a watch; echoes of our own writes change nothing."""
        key = ChildKey(resource.kind, sys.intern(metadata.get("namespace", "")), sys.intern(metadata["name"]))
        known = self._child(key)
        if known is not None and int(metadata["resourceVersion"]) <= known.version and metadata["uid"] == known.uid:
            return
        owner, child = self._store(key=key, metadata=metadata)
        unchanged = known is not None and (known.digest, known.owned, known.uid) == (child.digest, child.owned, child.uid)
        our_own_write = self._expected.pop(key, None) == child.digest
        if owner is not None and not unchanged and not our_own_write:
            self._on_change(owner)

    def expect(self, *, key: ChildKey, digest: str) -> None:
        """Take note that a write of `digest` is under way: its event may come before its answer."""
        self._expected[key] = digest

    def give_up(self, key: ChildKey) -> None:
        """Take note that a write failed: no event of ours is to come."""
        self._expected.pop(key, None)

    def record(self, *, manifest: Manifest, answer: Manifest) -> None:
        """Take the answer to one of our own writes."""
        key = child_key(manifest)
        known = self._child(key)
        self._expected.pop(key, None)
        if known is None or known.uid != answer["metadata"]["uid"] or int(answer["metadata"]["resourceVersion"]) >= known.version:
            self._store(key=key, metadata=answer["metadata"])

    def drop(self, *, resource: Resource, metadata: dict[str, Any]) -> None:
        """Take note that a child is gone, or lost our label."""
        key = ChildKey(resource.kind, metadata.get("namespace", ""), metadata["name"])
        known = self._child(key)
        if known is not None and known.uid == metadata["uid"]:
            self._forget(key=key, notify=True)

    def forget(self, key: ChildKey) -> None:
        """Take note that we deleted a child ourselves."""
        self._forget(key=key, notify=False)

    def _child(self, key: ChildKey) -> Child | None:
        owner = self._owners.get(key)
        return self._children[owner].get(key) if owner is not None else None

    def _store(self, *, key: ChildKey, metadata: dict[str, Any]) -> tuple[Key | None, Child]:
        annotations = metadata.get("annotations", {})
        child = Child(
            uid=metadata["uid"],
            version=int(metadata["resourceVersion"]),
            digest=annotations.get(DIGEST_ANNOTATION, ""),
            owned=owned_fields(metadata),
            holds=sys.intern(annotations.get(HOLDS_ANNOTATION, "")),
        )
        owner = self._owner_of(metadata.get("labels", {}))
        previous = self._owners.get(key)
        if previous is not None and previous != owner:
            self._forget(key=key, notify=True)
        if owner is not None:
            self._owners[key] = owner
            self._children.setdefault(owner, {})[key] = child
        return owner, child

    def _forget(self, *, key: ChildKey, notify: bool) -> None:
        owner = self._owners.pop(key, None)
        if owner is None:
            return
        children = self._children[owner]
        children.pop(key, None)
        if not children:
            del self._children[owner]
        if notify:
            self._on_change(owner)
