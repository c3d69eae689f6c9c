"""Whoever may no longer enter leaves, also by the doors that a tenant made.

A tenant's own RoleBinding was lawful when it was written (P10), and admission never looks at it again. So where a namespace's list of who
may be bound changes, bindings of anybody else are deleted: before the list is written, so that a crash forgets nothing, and once more
after, for what was bound in between. A binding goes as a whole: to write it anew would need the rights that it gives.
"""

import dataclasses
import logging
from collections.abc import Mapping, Sequence
from typing import Any, Final

from citycloud.engine.applier import Applied, Applier, Step
from citycloud.engine.bucket import Bucket
from citycloud.engine.observed import ChildKey, Observed
from citycloud.engine.queue import Key
from citycloud.kube import errors
from citycloud.kube.client import Client, Manifest
from citycloud.kube.resources import NAMESPACE, ROLE_BINDING

PREFIX: Final = "citycloud.dev/allowed-"
LISTS: Final = {"Group": "groups", "User": "users", "ServiceAccount": "peers"}
"""Which list counts for which kind of subject, as in P10."""
MANAGED: Final = ("app.kubernetes.io/managed-by", "citycloud")

logger = logging.getLogger(__name__)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Doorkeeper:
    """Converges an environment and keeps its doors."""

    client: Client
    bucket: Bucket
    applier: Applier
    observed: Observed

    async def converge(self, *, owner: Key, steps: Sequence[Step]) -> Applied:
        """Converge, and put out whoever the new lists leave out."""
        changing = self.applier.changing(owner=owner, kind=NAMESPACE.kind, steps=steps)
        failed = await self._put_out(changing)
        if failed is not None:
            return failed
        applied = await self.applier.converge(owner=owner, steps=steps)
        return applied if applied.error is not None else (await self._put_out(changing) or applied)

    async def close(self, *, owner: Key) -> Applied:
        """Let nobody in: take away what was given, and every binding that a tenant made."""
        namespaces = [{"metadata": {"name": key.name, "annotations": {}}} for key in self._namespaces(owner)]
        applied = await self.applier.converge(owner=owner, steps=())
        return applied if applied.error is not None else (await self._put_out(namespaces) or applied)

    def _namespaces(self, owner: Key) -> list[ChildKey]:
        return [key for key in self.observed.children(owner) if key.kind == NAMESPACE.kind]

    async def _put_out(self, namespaces: Sequence[Manifest]) -> Applied | None:
        for namespace in namespaces:
            name = namespace["metadata"]["name"]
            try:
                for binding in await self.client.list_in(resource=ROLE_BINDING, namespace=name):
                    if names_a_stranger(binding, allowed=namespace["metadata"]["annotations"]):
                        await self._delete(binding)
            except errors.ApiError as error:
                return Applied(completed=frozenset(), error=error, failed=ChildKey(ROLE_BINDING.kind, name, "*"))
        return None

    async def _delete(self, binding: Manifest) -> None:
        metadata = binding["metadata"]
        logger.warning("binding_of_stranger_deleted", extra={"binding": f"{metadata['namespace']}/{metadata['name']}"})
        await self.bucket.take()
        try:
            await self.client.delete(resource=ROLE_BINDING, namespace=metadata["namespace"], name=metadata["name"], uid=metadata["uid"])
        except (errors.NotFound, errors.Conflict):
            return


def names_a_stranger(binding: Manifest, *, allowed: Mapping[str, str]) -> bool:
    """Tell of a tenant's own binding whether P10 would refuse it today; what the operator made is the plan's affair."""
    if binding["metadata"].get("labels", {}).get(MANAGED[0]) == MANAGED[1]:
        return False
    lists = {kind: set(filter(None, allowed.get(f"{PREFIX}{name}", "").split(","))) for kind, name in LISTS.items()}
    return any(_what_counts(subject) not in lists.get(subject["kind"], set()) for subject in binding.get("subjects") or ())


def _what_counts(subject: Mapping[str, Any]) -> str:
    return str(subject.get("namespace") if subject["kind"] == "ServiceAccount" else subject["name"])
