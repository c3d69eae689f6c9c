"""Asking and deciding in the office, and what an approver and an auditor read afterwards."""

from typing import TYPE_CHECKING, Any

from citycloud.api import Approval, LedgerEntry
from citycloud.controllers.acceptance import spec_digest
from citycloud.ledger.verify import Claim, places, verify

if TYPE_CHECKING:
    from tests.unit.controllers.conftest import Office, Sample


def approval_of(office: "Office", name: str = "one") -> Approval:
    approval = office.world.get(Approval, namespace="org-so-y-te", name=name)
    assert approval is not None
    return approval


def judged(office: "Office", name: str = "one") -> tuple[bool | None, str]:
    """Read a decision: whether it counts, and the English half of why."""
    status = approval_of(office, name).status
    return status.valid, (status.reason or "").partition(" / ")[2]


async def decide(office: "Office", sample: "Sample", name: str = "one", **decision: Any) -> None:
    """Decide on the wish as it stands, unless a digest is given."""
    digest = decision.pop("digest", spec_digest(office.environment().spec))
    office.put(sample.approval(name, digest=digest, **decision))
    await office.settle()


async def ask(office: "Office", **spec: Any) -> None:
    """Ask, and wait until it is known what is asked for."""
    office.ask(**spec)
    await office.settle()


def ledger(office: "Office") -> list[LedgerEntry]:
    return sorted(office.world.all(LedgerEntry), key=lambda each: each.spec.index)


def assert_whole(office: "Office") -> None:
    """Check the ledger as an auditor does: it is whole, and every decision that counts has its entry."""
    claims = [
        Claim(name=each.metadata.name, uid=each.metadata.uid, index=each.status.ledger.index, hash=each.status.ledger.hash)
        for each in office.world.all(Approval)
        if each.status.valid and each.status.ledger is not None
    ]
    found = places([body for key, body in office.server.objects.items() if key.kind == "LedgerEntry"]).get("so-y-te", {})
    assert verify(organisation="so-y-te", entries=found, claims=claims) is None
    assert len(claims) == len(found)
