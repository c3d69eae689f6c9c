"""Appends decisions to the ledgers, each exactly once, whatever dies in between.

The place of an entry is its name, so the API server decides who gets it: an answer that was lost and a leader of yesterday both end in a
conflict, and then what has the place is read. Nothing is remembered but in the entries themselves.
"""

from typing import Final

from citycloud.api import LedgerEntry
from citycloud.api.common import API_VERSION
from citycloud.api.ledger_entry import LedgerEntrySpec, entry_name
from citycloud.engine.bucket import Bucket
from citycloud.engine.world import World
from citycloud.kube import errors
from citycloud.kube.client import Client, Manifest
from citycloud.kube.resources import CUSTOM
from citycloud.ledger.chain import Decision, as_stored, next_entry
from citycloud.plan import names

ATTEMPTS: Final = 5
"""How often a place may be lost to somebody else before the decision waits for its next turn."""
RESOURCE: Final = CUSTOM["LedgerEntry"]


class LedgerWriter:
    """The one writer of all ledgers; whoever appends to one holds that ledger's lock."""

    def __init__(self, *, client: Client, world: World, bucket: Bucket) -> None:
        self._client = client
        self._world = world
        self._bucket = bucket

    def entry_of(self, *, organisation: str, approval_uid: str) -> LedgerEntrySpec | None:
        """Find the entry of a decision, the latest first; None where it was never appended."""
        for index in range(self._last_index(organisation), -1, -1):
            entry = self._entry(organisation=organisation, index=index)
            if entry is not None and entry.approval.uid == approval_uid:
                return entry
        return None

    async def append(self, decision: Decision) -> LedgerEntrySpec:
        """Append a decision that has no entry yet and return its entry; raise an ApiError where that has to wait."""
        for _ in range(ATTEMPTS):
            entry = next_entry(
                last=self._entry(organisation=decision.organisation, index=self._last_index(decision.organisation)), decision=decision
            )
            stored = await self._create(manifest=_manifest(entry))
            if stored.approval.uid == decision.approval.uid:
                return stored
        raise errors.Conflict(f"the ledger of {decision.organisation} is written by somebody else as well", code=409)

    async def _create(self, *, manifest: Manifest) -> LedgerEntrySpec:
        """Take a place, or read who has it; either way it is known from now on, without waiting for the watch."""
        await self._bucket.take()
        try:
            body = await self._client.create(resource=RESOURCE, manifest=manifest)
        except errors.Conflict:
            body = await self._client.get(resource=RESOURCE, name=manifest["metadata"]["name"])
        self._world.put(kind=LedgerEntry, body=body)
        return LedgerEntry.model_validate(body).spec

    def _last_index(self, organisation: str) -> int:
        indices = (key.name.rpartition(".") for key in self._world.keys(LedgerEntry))
        return max((int(index) for name, _, index in indices if name == organisation), default=-1)

    def _entry(self, *, organisation: str, index: int) -> LedgerEntrySpec | None:
        entry = self._world.get(LedgerEntry, name=entry_name(organisation=organisation, index=index)) if index >= 0 else None
        return entry.spec if entry is not None else None


def _manifest(entry: LedgerEntrySpec) -> Manifest:
    labels = {names.MANAGED_BY: names.MANAGER, names.ORGANISATION: entry.organisation}
    if entry.subject.kind == "Environment":
        labels[names.ENVIRONMENT] = entry.subject.name
    metadata = {"name": entry_name(organisation=entry.organisation, index=entry.index), "labels": labels}
    return {"apiVersion": API_VERSION, "kind": "LedgerEntry", "metadata": metadata, "spec": as_stored(entry)}
