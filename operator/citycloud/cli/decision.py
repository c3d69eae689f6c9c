"""One decision on exactly what was shown: show it, ask, look once more whether it is still the same, send it, wait for the judgement.

What is decided is a Case; each kind has a module of its own that reads one and says how it is told.
"""

import dataclasses
import time
from collections.abc import Mapping
from typing import Any, Final

import typer
from rich.console import RenderableType

from citycloud.api import Approval, Environment
from citycloud.api.common import API_VERSION
from citycloud.cli.bilingual import in_language
from citycloud.cli.connection import Manifest
from citycloud.cli.failure import Declined, Failure
from citycloud.cli.output import NO, YES
from citycloud.cli.rendering import ABSENT
from citycloud.cli.session import Session
from citycloud.cli.snapshot import as_model, read_one
from citycloud.cli.status import condition_of
from citycloud.controllers.decidable import AskedFor, spec_content
from citycloud.ledger.chain import digest_of

POLL_SECONDS: Final = 0.5


@dataclasses.dataclass(frozen=True, kw_only=True)
class Case:
    """One request that waits, as it was looked at: where it and its Approval lie, what people call it, and how it is told.

    `namespace` is empty where it lies beside all namespaces; `outcome` and `progress` are the commands that show what becomes of it.
    """

    kind: type[AskedFor]
    namespace: str
    name: str
    decided_in: str
    called: str
    outcome: str
    progress: str
    digest: str
    needs_number: bool = False
    data: Mapping[str, Any]
    seen: RenderableType


def decide(session: Session, *, case: Case, decision: str, reason: str, number: str, wait: float) -> None:
    """Show a case, ask, and send the decision on the digest that was shown; end the command."""
    if decision == "approve" and case.needs_number and not number:
        raise Failure("NumberMissing", what=case.called)
    manifest = approval(case, decision=decision, reason=reason, number=number)
    session.connection.create(manifest, dry_run=True)
    session.dialogue.confirm(case.seen, key=f"Send{decision.capitalize()}", what=case.called)
    now = read_one(session.connection, case.kind, namespace=case.namespace, name=case.name)
    if waiting_digest(now, called=case.called) != case.digest:
        raise Declined("RequestChanged", what=case.called)
    created = session.connection.create(manifest)
    judged = _judged(session, as_model(Approval, created), seconds=wait)
    data = {**case.data, "approval": judged.metadata.name, "decided": decision, "valid": judged.status.valid}
    if judged.status.valid is False:
        reason_said = in_language(judged.status.reason or "", session.screen.language)
        session.end(data=data | {"reason": reason_said}, key="DecisionVoid", name=judged.metadata.name, reason=reason_said)
        raise typer.Exit(NO)
    key, command = ("DecisionCounts", case.outcome) if judged.status.valid else ("DecisionSent", case.progress)
    session.end(data=data, key=key, name=judged.metadata.name, command=command)
    raise typer.Exit(YES)


def waiting_digest(asked_for: AskedFor, *, called: str) -> str:
    """Return the digest of exactly what is shown; raise Declined where it waits for nobody, Failure where the operator sees otherwise.

    An environment that was refused by a decision may be approved after all, though it says no more that it waits.
    """
    status = asked_for.status
    digest = digest_of(spec_content(asked_for.spec))
    if status.observed_generation != asked_for.metadata.generation:
        raise Failure("NotLookedAtYet", what=called)
    if status.pending is None and not _is_refused(asked_for):
        raise Declined("NothingWaits", what=called, phase=status.phase or ABSENT)
    if status.pending is not None and status.pending.digest != digest:
        raise Failure("DigestDiffers", what=called)
    return digest


def approval(case: Case, *, decision: str, reason: str, number: str) -> Manifest:
    """Write the Approval; its name is the API server's to end."""
    spec: dict[str, Any] = {
        "target": {"kind": case.kind.definition.kind, "name": case.name},
        "digest": case.digest,
        "decision": decision,
    }
    spec |= {name: text for name, text in (("reason", reason), ("decisionNo", number)) if text}
    metadata = {"namespace": case.decided_in, "generateName": f"{case.name}-"}
    return {"apiVersion": API_VERSION, "kind": Approval.definition.kind, "metadata": metadata, "spec": spec}


def _is_refused(asked_for: AskedFor) -> bool:
    ready = condition_of(asked_for, "Ready") if isinstance(asked_for, Environment) else None
    return ready is not None and ready.reason == "RefusedByDecision"


def _judged(session: Session, sent: Approval, *, seconds: float) -> Approval:
    """Wait until the operator has judged a decision, for `seconds` at most."""
    deadline = time.monotonic() + seconds
    while True:
        found = read_one(session.connection, Approval, namespace=sent.metadata.namespace, name=sent.metadata.name)
        if found.status.valid is not None or time.monotonic() >= deadline:
            return found
        time.sleep(POLL_SECONDS)
