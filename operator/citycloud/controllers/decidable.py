"""What can be decided: for an object that somebody asked for, exactly what is to be looked at, who asked, and whether it waits.

The kinds differ in where they lie and what they need; who judges a decision sees no difference.
"""

import dataclasses
from collections.abc import Iterator
from typing import Final

from citycloud.api import Approval, Environment, LedgerEntry, OrgChange, PolicyException
from citycloud.api.common import REQUESTED_BY
from citycloud.api.environment import EnvironmentSpec, Pending
from citycloud.api.ledger_entry import CITY, entry_name
from citycloud.api.org_change import OrgChangeSpec
from citycloud.api.policy_exception import PolicyExceptionSpec
from citycloud.engine.queue import Key
from citycloud.engine.world import World
from citycloud.ledger.chain import canonical, digest_of
from citycloud.plan.names import organisation_of

AskedFor = Environment | PolicyException | OrgChange
IN_HOMES: Final[dict[str, type[Environment | PolicyException]]] = {"Environment": Environment, "PolicyException": PolicyException}
NEEDS_NUMBER: Final = "production"
"""The stage whose approval has to name an administrative decision."""
UNDECIDED: Final = frozenset({"state", "dryRun"})
"""What is changed without anybody's approval, and so is no part of what is decided."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Decidable:
    """What is to be decided, as it is now."""

    kind: str
    namespace: str
    name: str
    uid: str
    organisation: str
    content: str
    digest: str
    requested_by: tuple[str, ...]
    is_seen: bool
    waits: bool
    needs_number: bool
    lacks_dossier: bool


def spec_content(spec: EnvironmentSpec | PolicyExceptionSpec | OrgChangeSpec) -> str:
    """Write what a digest is of: canonical JSON without defaults and empty texts, so that a new optional field changes no digest."""
    fields = spec.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    return canonical({key: value for key, value in fields.items() if value != "" and key not in UNDECIDED})


def target_key(approval: Approval) -> Key:
    """Name what an Approval speaks of."""
    target = approval.spec.target
    return Key(target.kind, "" if target.kind == "OrgChange" else approval.metadata.namespace, target.name)


def ledger_of(approval: Approval) -> str | None:
    """Name the ledger that a decision belongs to; None where it lies nowhere that decisions are made."""
    return CITY if approval.spec.target.kind == "OrgChange" else organisation_of(approval.metadata.namespace)


def find_decidable(*, approval: Approval, world: World, city_namespace: str) -> Decidable | None:
    """Find what an Approval speaks of; None where that is not there, or cannot be decided from where the Approval lies."""
    key = target_key(approval)
    organisation = ledger_of(approval)
    found: AskedFor | None = None
    if key.kind == "OrgChange" and approval.metadata.namespace == city_namespace:
        found = world.get(OrgChange, name=key.name)
    elif key.kind in IN_HOMES:
        found = world.get(IN_HOMES[key.kind], namespace=key.namespace, name=key.name)
    if found is None or organisation is None:
        return None
    pending = found.status.pending
    content = spec_content(found.spec)
    digest = digest_of(content)
    return Decidable(
        kind=key.kind,
        namespace=key.namespace,
        name=key.name,
        uid=found.metadata.uid,
        organisation=organisation,
        content=content,
        digest=digest,
        requested_by=requested_by(found),
        is_seen=found.status.observed_generation == found.metadata.generation,
        waits=pending is not None and pending.digest == digest,
        needs_number=isinstance(found, Environment) and found.spec.stage == NEEDS_NUMBER,
        lacks_dossier=_lacks_dossier(pending),
    )


def requested_by(asked_for: AskedFor) -> tuple[str, ...]:
    """Read everybody who had a hand in a request from the API server's stamp; commas in names are written as %2C there."""
    stamp = asked_for.metadata.annotations.get(REQUESTED_BY, "")
    return tuple(name.replace("%2C", ",").replace("%25", "%") for name in stamp.split(",") if name)


def counting_decisions(*, target: Key, uid: str, digest: str, world: World) -> Iterator[Approval]:
    """Find every decision on exactly this that counts: judged valid, and in the ledger about this very object.

    What a status says is not enough: an object that is made anew under an old name, with an old wish, was never decided.
    """
    for approval in decisions_on(target=target, world=world):
        place, organisation = approval.status.ledger, ledger_of(approval)
        if not approval.status.valid or place is None or organisation is None or approval.spec.digest != digest:
            continue
        entry = world.get(LedgerEntry, name=entry_name(organisation=organisation, index=place.index))
        if entry is not None and (entry.spec.approval.uid, entry.spec.subject.uid) == (approval.metadata.uid, uid):
            yield approval


def deciding(*, target: Key, uid: str, digest: str, world: World) -> Approval | None:
    """Find the decision on exactly this, of those that count: an approval stands, and of several refusals the last one speaks."""
    return max(
        counting_decisions(target=target, uid=uid, digest=digest, world=world),
        key=lambda each: (each.spec.decision == "approve", str(each.metadata.creation_timestamp), each.metadata.name),
        default=None,
    )


def decisions_on(*, target: Key, world: World) -> Iterator[Approval]:
    """Find every decision on one object, whether it counts or not."""
    approvals = world.within(Approval, namespace=target.namespace) if target.namespace else world.all(Approval)
    return (approval for approval in approvals if target_key(approval) == target)


def _lacks_dossier(pending: Pending | None) -> bool:
    return pending is not None and "AwaitingDossier" in pending.reasons
