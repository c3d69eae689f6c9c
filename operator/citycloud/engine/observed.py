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
from citycloud.engine.echoes import Echoes
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
    going: bool = False
    """Whether its end was asked for already."""


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


OwnerOf = Callable[[dict[str, str]], Key | None]
OnDrift = Callable[[Key, ChildKey], None]
"""Told of each child that somebody else changed or deleted, but for what goes with its namespace."""


def ignore_drift(owner: Key, child: ChildKey) -> None:
    """Let nobody be told."""
    del owner, child


class Observed:
    """All children of all owners, fed by the watches and by the answers to our own writes."""

    def __init__(self, *, owner_of: OwnerOf, on_change: Callable[[Key], None], on_drift: OnDrift = ignore_drift) -> None:
        self._owner_of = owner_of
        self._on_change = on_change
        self._on_drift = on_drift
        self._children: dict[Key, dict[ChildKey, Child]] = {}
        self._owners: dict[ChildKey, Key] = {}
        self._expected: dict[ChildKey, str] = {}
        self._echoes = Echoes()
        self._synced: set[str] = set()
        self._heirs: dict[Key, Key] = {}
        self._inherited: dict[Key, set[ChildKey]] = {}

    def children(self, owner: Key) -> dict[ChildKey, Child]:
        """Return the children of one owner; do not change the dictionary."""
        return self._children.get(owner, {})

    def pass_on(self, *, owner: Key, heir: Key) -> None:
        """Count what belongs to `owner` by its labels as the heir's from now on, until `end_passing_on`."""
        self._heirs[owner] = heir
        for key, child in self._children.pop(owner, {}).items():
            self._owners[key] = heir
            self._children.setdefault(heir, {})[key] = child
            self._inherited.setdefault(heir, set()).add(key)

    def end_passing_on(self, owner: Key) -> None:
        """Let labels alone say again what belongs to `owner`."""
        self._inherited.pop(self._heirs.pop(owner, owner), None)

    def inherited(self, heir: Key) -> bool:
        """Tell whether a child of the heir still carries the labels of the one before."""
        return bool(self._inherited.get(heir))

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

    def put(self, *, resource: Resource, body: dict[str, Any]) -> None:
        """Take the metadata of one child from a watch; echoes of our own writes change nothing."""
        metadata = body["metadata"]
        key = ChildKey(resource.kind, sys.intern(metadata.get("namespace", "")), sys.intern(metadata["name"]))
        known = self._child(key)
        if known is not None and int(metadata["resourceVersion"]) <= known.version and metadata["uid"] == known.uid:
            return
        owner, child = self._store(key=key, metadata=metadata)
        unchanged = known is not None and (known.digest, known.owned, known.uid) == (child.digest, child.owned, child.uid)
        our_own_write = self._expected.pop(key, None) == child.digest
        if owner is not None and not unchanged and not our_own_write:
            if known is not None:
                self._on_drift(owner, key)
            self._on_change(owner)

    def is_echo(self, *, resource: Resource, version: str) -> bool:
        """Tell whether an event says what an answer to our own write has said; asked once for each event."""
        return self._echoes.take(kind=resource.kind, version=version)

    def expect(self, *, key: ChildKey, digest: str) -> None:
        """Take note that a write of `digest` is under way: its event may come before its answer."""
        self._expected[key] = digest

    def give_up(self, key: ChildKey) -> None:
        """Take note that a write failed: no event of ours is to come."""
        self._expected.pop(key, None)

    def record(self, *, key: ChildKey, answer: Manifest) -> None:
        """Take the answer to one of our own writes."""
        known = self._child(key)
        self._expected.pop(key, None)
        version = answer["metadata"]["resourceVersion"]
        if known is None or known.uid != answer["metadata"]["uid"] or int(version) > known.version:
            self._store(key=key, metadata=answer["metadata"])
            self._echoes.expect(kind=key.kind, version=version)

    def drop(self, *, resource: Resource, body: dict[str, Any]) -> None:
        """Take note that a child is gone, or lost our label."""
        metadata = body["metadata"]
        key = ChildKey(resource.kind, metadata.get("namespace", ""), metadata["name"])
        known = self._child(key)
        if known is not None and known.uid == metadata["uid"]:
            if not self._goes_anyway(key):
                self._on_drift(self._owners[key], key)
            self._forget(key=key, notify=True)

    def _goes_anyway(self, key: ChildKey) -> bool:
        """Tell whether a child goes with its namespace, whose end was asked for."""
        siblings = self._children[self._owners[key]]
        namespace = siblings.get(ChildKey("Namespace", "", key.namespace or key.name))
        return namespace is not None and namespace.going

    def ending(self, key: ChildKey) -> None:
        """Take note that the end of a namespace was asked for: what goes with it may be told of before the namespace itself."""
        child = self._child(key)
        if child is not None:
            child.going = True

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
            going="deletionTimestamp" in metadata,
        )
        named = self._owner_of(metadata.get("labels", {}))
        owner = self._heirs.get(named, named) if named is not None else None
        previous = self._owners.get(key)
        if previous is not None and previous != owner:
            self._forget(key=key, notify=True)
        if owner is not None:
            self._owners[key] = owner
            self._children.setdefault(owner, {})[key] = child
            self._note_inherited(key=key, owner=owner, is_inherited=named != owner)
        return owner, child

    def _note_inherited(self, *, key: ChildKey, owner: Key, is_inherited: bool) -> None:
        if is_inherited:
            self._inherited.setdefault(owner, set()).add(key)
        elif owner in self._inherited:
            self._inherited[owner].discard(key)

    def _forget(self, *, key: ChildKey, notify: bool) -> None:
        owner = self._owners.pop(key, None)
        if owner is None:
            return
        children = self._children[owner]
        children.pop(key, None)
        self._note_inherited(key=key, owner=owner, is_inherited=False)
        if not children:
            del self._children[owner]
        if notify:
            self._on_change(owner)
