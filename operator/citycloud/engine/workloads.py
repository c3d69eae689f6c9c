"""Stop what runs in a namespace and start it again, without taking anything away.

How many replicas there were stands on the object itself, so that a crash forgets nothing and whoever looks sees what will come back. The
quota of a paused namespace lets no pod in; this only ends the pods that are there already.
"""

import dataclasses
import logging
from collections.abc import Iterator
from typing import Any, Final

from citycloud.engine.bucket import Bucket
from citycloud.kube import errors
from citycloud.kube.client import Client, Manifest
from citycloud.kube.resources import CRON_JOB, DEPLOYMENT, JOB, STATEFUL_SET, WORKLOADS, Resource

BEFORE: Final = "citycloud.dev/before-pause"
"""On a workload: its replicas, or whether it was suspended, before."""
SCALED: Final = (DEPLOYMENT, STATEFUL_SET)
SUSPENDED: Final = (CRON_JOB, JOB)

logger = logging.getLogger(__name__)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Workloads:
    """Pauses and resumes the workloads of tenants."""

    client: Client
    bucket: Bucket

    async def pause(self, *, namespace: str) -> int:
        """Scale to zero and suspend whatever is not yet; return how many were changed."""
        return await self._change_all(namespace=namespace, pausing=True)

    async def resume(self, *, namespace: str) -> int:
        """Bring back what a pause stopped; return how many were changed."""
        return await self._change_all(namespace=namespace, pausing=False)

    async def _change_all(self, *, namespace: str, pausing: bool) -> int:
        changed = 0
        for resource in WORKLOADS:
            for item in await self.client.list_in(resource=resource, namespace=namespace):
                patch = _pausing(resource=resource, item=item) if pausing else _resuming(resource=resource, item=item)
                if patch is not None:
                    changed += await self._patch(resource=resource, item=item, patch=patch)
        return changed

    async def _patch(self, *, resource: Resource, item: Manifest, patch: Manifest) -> bool:
        """Change exactly what was read; what has changed or gone since is looked at again by the next reconcile."""
        metadata = item["metadata"]
        patch["metadata"]["resourceVersion"] = metadata["resourceVersion"]
        await self.bucket.take()
        try:
            await self.client.merge(resource=resource, namespace=metadata["namespace"], name=metadata["name"], patch=patch)
        except errors.NotFound:
            return False
        return True


def _pausing(*, resource: Resource, item: Manifest) -> Manifest | None:
    field, now, paused = _state(resource=resource, item=item)
    if now == paused or next(_ended(resource=resource, item=item), False):
        return None
    return {"metadata": {"annotations": {BEFORE: str(now).lower()}}, "spec": {field: paused}}


def _resuming(*, resource: Resource, item: Manifest) -> Manifest | None:
    """Bring back the number of before; one that somebody has changed meanwhile stays as it is."""
    before = item["metadata"].get("annotations", {}).get(BEFORE)
    if before is None:
        return None
    field, now, paused = _state(resource=resource, item=item)
    restored: Any = False if resource in SUSPENDED else int(before) if before.isdigit() else now
    return {"metadata": {"annotations": {BEFORE: None}}, "spec": {field: restored if now == paused else now}}


def _state(*, resource: Resource, item: Manifest) -> tuple[str, Any, Any]:
    """Return the field that decides, its value, and the value that stops."""
    if resource in SCALED:
        return "replicas", item["spec"].get("replicas", 1), 0
    return "suspend", item["spec"].get("suspend", False), True


def _ended(*, resource: Resource, item: Manifest) -> Iterator[bool]:
    """Tell of a Job whether it is over: what has ended cannot be suspended."""
    if resource is JOB:
        conditions = item.get("status", {}).get("conditions", ())
        yield any(each["type"] in ("Complete", "Failed") and each["status"] == "True" for each in conditions)
