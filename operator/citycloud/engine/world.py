"""The custom resources as they were last seen: what `reconcile(key)` reads instead of the event that woke it.

Kopf feeds it, and with Environments a watch of our own; the API server is never asked again. An event whose generation, metadata and status
say nothing new wakes nobody.
"""

import dataclasses
import functools
import hashlib
import logging
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final, TypeVar, cast

import orjson
import pydantic

from citycloud.api import City, Environment, InformationSystem, Kind, Organisation, SecurityProfile, SizeClass
from citycloud.engine.queue import Key

logger = logging.getLogger(__name__)
KindT = TypeVar("KindT", bound=Kind)


LAST_APPLIED: Final = "kubectl.kubernetes.io/last-applied-configuration"


@dataclasses.dataclass(slots=True)
class Seen:
    """One object and what tells whether the next event says anything new.

    What exists in thousands is kept as JSON and read anew where it is needed: a model takes ten times the memory.
    """

    kind: type[Kind]
    uid: str
    fingerprint: bytes
    status: bytes
    version: int
    content: bytes | Kind

    @property
    def model(self) -> Kind:
        """Return the object."""
        return _model(self.kind, self.content) if isinstance(self.content, bytes) else self.content


OnChange = Callable[[Key, Kind], None]
"""Told of each change that may matter: the key, and the object as it is, or as it was where it is gone."""


class World:
    """Every object of our own kinds, by key."""

    def __init__(self, *, on_change: OnChange) -> None:
        self._on_change = on_change
        self._seen: dict[str, dict[Key, Seen]] = {}
        self._by_namespace: dict[tuple[str, str], set[Key]] = {}
        self._uids: dict[str, dict[str, Key]] = {}
        self._intended: dict[Key, bytes] = {}
        self._unreadable: dict[str, set[str]] = {}

    def put(self, *, kind: type[Kind], body: dict[str, Any]) -> None:
        """Take an object from a watch event; what is older than what is known says nothing."""
        metadata = body["metadata"]
        key = key_of(kind=kind, metadata=metadata)
        version = int(metadata["resourceVersion"])
        known = self._seen.setdefault(key.kind, {}).get(key)
        if known is not None and known.uid == metadata["uid"] and version <= known.version:
            return
        try:
            seen, model = _see(kind=kind, body=body)
        except pydantic.ValidationError as error:
            logger.error("object_unreadable", extra={"key": "/".join(key), "error": str(error)})
            self._unreadable.setdefault(key.kind, set()).add(metadata["uid"])
            return
        quiet = known is not None and known.fingerprint == seen.fingerprint and seen.status in (known.status, self._intended.get(key))
        self._store(key=key, seen=seen)
        if not quiet:
            self._on_change(key, model)

    def drop(self, *, kind: type[Kind], metadata: dict[str, Any]) -> None:
        """Take note that an object is gone."""
        key = key_of(kind=kind, metadata=metadata)
        self._unreadable.get(key.kind, set()).discard(metadata["uid"])
        known = self._seen.get(key.kind, {}).get(key)
        if known is not None and known.uid == metadata["uid"]:
            self._remove(key)

    def uids(self, kind: type[Kind]) -> set[str]:
        """Return the uids of all objects of one kind that were seen, those too that could not be read."""
        name = kind.definition.kind
        return set(self._uids.get(name, {})) | self._unreadable.get(name, set())

    def forget(self, *, kind: type[Kind], uids: set[str]) -> None:
        """Drop objects that turned out to be gone."""
        known = self._uids.get(kind.definition.kind, {})
        self._unreadable.get(kind.definition.kind, set()).difference_update(uids)
        for key in [known[uid] for uid in uids if uid in known]:
            self._remove(key)

    def keep_only(self, *, kind: type[Kind], listed: set[tuple[str, str]]) -> None:
        """Drop what a complete list of one kind does not hold, by namespace and name."""
        for key in self.keys(kind):
            if (key.namespace, key.name) not in listed:
                self._remove(key)

    def status_differs(self, *, key: Key, status: dict[str, Any]) -> bool:
        """Tell whether `status` is not what is stored."""
        known = self._seen.get(key.kind, {}).get(key)
        return known is not None and known.status != _digest(status)

    def intend_status(self, *, key: Key, status: dict[str, Any]) -> None:
        """Take note of the status that is being written, so that its own event wakes nobody."""
        self._intended[key] = _digest(status)

    def take_answer(self, *, kind: type[Kind], body: dict[str, Any]) -> None:
        """Take the answer to our own status write, where nobody has changed the object since."""
        key = key_of(kind=kind, metadata=body["metadata"])
        known = self._seen.get(key.kind, {}).get(key)
        newer = known is not None and int(body["metadata"]["resourceVersion"]) > known.version
        if known is not None and newer and known.fingerprint == _fingerprint(body):
            known.version, known.status = int(body["metadata"]["resourceVersion"]), _digest(body.get("status"))
            known.content = orjson.dumps(_trimmed(body)) if kind.definition.is_many else kind.model_validate(body)

    def contents(self, kind: type[Kind]) -> list[tuple[Key, dict[str, Any]]]:
        """Return every object of one kind as it was last seen, unparsed; may be asked from another thread."""
        seen = list(self._seen.get(kind.definition.kind, {}).items())
        return [(key, _content(each)) for key, each in seen]

    def knows(self, key: Key) -> bool:
        """Tell whether an object is there, without reading it."""
        return key in self._seen.get(key.kind, {})

    def keys(self, kind: type[Kind]) -> Iterator[Key]:
        """Iterate over the keys of one kind."""
        return iter(tuple(self._seen.get(kind.definition.kind, {})))

    def get(self, kind: type[KindT], *, name: str, namespace: str = "") -> KindT | None:
        """Return one object, or None."""
        definition = kind.definition
        seen = self._seen.get(definition.kind, {}).get(Key(definition.kind, namespace, name))
        return cast(KindT, seen.model) if seen is not None else None

    def within(self, kind: type[KindT], *, namespace: str) -> Iterable[KindT]:
        """Return the objects of one kind in one namespace."""
        seen = self._seen.get(kind.definition.kind, {})
        keys = self._by_namespace.get((kind.definition.kind, namespace), ())
        return [cast(KindT, seen[key].model) for key in keys]

    def all(self, kind: type[KindT]) -> Iterable[KindT]:
        """Return every object of one kind."""
        return [cast(KindT, seen.model) for seen in self._seen.get(kind.definition.kind, {}).values()]

    def city(self) -> City | None:
        """Return the city, or None while there is none."""
        return self.get(City, name="city")

    def organisation(self, name: str) -> Organisation | None:
        """Return an organisation, or None."""
        return self.get(Organisation, name=name)

    def system(self, *, namespace: str, name: str) -> InformationSystem | None:
        """Return an information system, or None."""
        return self.get(InformationSystem, namespace=namespace, name=name)

    def environment(self, key: Key) -> Environment | None:
        """Return an environment, or None."""
        return self.get(Environment, namespace=key.namespace, name=key.name)

    def profile(self, name: str) -> SecurityProfile | None:
        """Return a security profile, or None."""
        return self.get(SecurityProfile, name=name)

    def size(self, name: str) -> SizeClass | None:
        """Return a size class, or None."""
        return self.get(SizeClass, name=name)

    def _store(self, *, key: Key, seen: Seen) -> None:
        known = self._seen[key.kind].get(key)
        if known is not None:
            self._uids[key.kind].pop(known.uid, None)
        self._seen[key.kind][key] = seen
        self._unreadable.get(key.kind, set()).discard(seen.uid)
        self._by_namespace.setdefault((key.kind, key.namespace), set()).add(key)
        self._uids.setdefault(key.kind, {})[seen.uid] = key

    def _remove(self, key: Key) -> None:
        """Forget an object, and tell what it was."""
        known = self._seen[key.kind].pop(key)
        self._uids[key.kind].pop(known.uid, None)
        self._intended.pop(key, None)
        self._by_namespace[(key.kind, key.namespace)].discard(key)
        self._on_change(key, known.model)


@functools.lru_cache(maxsize=64)
def _model(kind: type[Kind], content: bytes) -> Kind:
    """Read an object; many environments belong to one system."""
    return kind.model_validate_json(content)


def key_of(*, kind: type[Kind], metadata: dict[str, Any]) -> Key:
    """Name the key of an object."""
    return Key(kind.definition.kind, metadata.get("namespace", ""), metadata["name"])


def _see(*, kind: type[Kind], body: dict[str, Any]) -> tuple[Seen, Kind]:
    """Trim and check an object; raise pydantic.ValidationError where it cannot be read."""
    trimmed = _trimmed(body)
    model = kind.model_validate(trimmed)
    seen = Seen(
        kind=kind,
        uid=body["metadata"]["uid"],
        fingerprint=_fingerprint(body),
        status=_digest(body.get("status")),
        version=int(body["metadata"]["resourceVersion"]),
        content=orjson.dumps(trimmed) if kind.definition.is_many else model,
    )
    return seen, model


def _content(seen: Seen) -> dict[str, Any]:
    content = seen.content
    found: dict[str, Any] = (
        orjson.loads(content) if isinstance(content, bytes) else content.model_dump(mode="json", by_alias=True, exclude_none=True)
    )
    return found


def _trimmed(body: dict[str, Any]) -> dict[str, Any]:
    """Leave out what nobody reads and what would double the memory."""
    metadata = {key: value for key, value in body["metadata"].items() if key != "managedFields"}
    if LAST_APPLIED in metadata.get("annotations", {}):
        metadata["annotations"] = {key: value for key, value in metadata["annotations"].items() if key != LAST_APPLIED}
    return {**body, "metadata": metadata}


def _fingerprint(body: dict[str, Any]) -> bytes:
    """Digest what a reconcile may depend on: identity, generation, labels, annotations, deletion."""
    metadata = body["metadata"]
    parts = [metadata.get(name) for name in ("uid", "generation", "labels", "annotations", "deletionTimestamp")]
    return _digest(parts)


def _digest(value: Any) -> bytes:
    return hashlib.blake2b(orjson.dumps(value, option=orjson.OPT_SORT_KEYS), digest_size=8).digest()
