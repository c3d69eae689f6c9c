"""Whether one decision counts: it is about exactly what waits now, by somebody who did not ask for it, and complete. Pure.

Of decisions on the same thing the first approval ends it. A refusal may be followed by an approval, but not in the same second: of two
opposite decisions at once the refusal counts, whoever was read first.
"""

import dataclasses
from collections.abc import Collection
from typing import Any

from citycloud.api import Approval
from citycloud.api.common import DECIDED_BY
from citycloud.controllers.decidable import Decidable


@dataclasses.dataclass(frozen=True)
class Judgement:
    """Whether a decision counts, and the text that says so."""

    valid: bool
    key: str
    parameters: dict[str, Any] = dataclasses.field(default_factory=dict)


def judging_order(approval: Approval) -> tuple[str, bool, str]:
    """Say in which order decisions on the same thing are judged: by the API server's clock, refusals first, then by name."""
    return str(approval.metadata.creation_timestamp), approval.spec.decision == "approve", approval.metadata.name


def judge(*, approval: Approval, target: Decidable | None, earlier: Collection[Approval]) -> Judgement:
    """Judge one decision; `earlier` are those on the same digest of the same object that count already."""
    if target is None:
        return _void("ApprovalTargetMissing", kind=approval.spec.target.kind, name=approval.spec.target.name)
    decided_by = approval.metadata.annotations.get(DECIDED_BY, "")
    if not decided_by:
        return _void("ApprovalUnsigned")
    granted = next((each for each in earlier if each.spec.decision == "approve"), None)
    if granted is not None:
        return _void("ApprovalTooLate", approval=granted.metadata.name)
    if approval.spec.digest != target.digest:
        return _void("ApprovalStale")
    if not target.waits and not earlier:
        return _void("ApprovalNotWaiting")
    if not target.requested_by:
        return _void("ApprovalAskerUnknown")
    if decided_by in target.requested_by:
        return _void("ApprovalByAsker", name=decided_by)
    return _judge_grant(approval=approval, target=target, refusals=earlier)


def _judge_grant(*, approval: Approval, target: Decidable, refusals: Collection[Approval]) -> Judgement:
    if approval.spec.decision == "refuse":
        return Judgement(valid=True, key="ApprovalValid")
    if target.lacks_dossier:
        return _void("ApprovalBeforeDossier")
    if target.needs_number and not approval.spec.decision_no:
        return _void("ApprovalNeedsNumber")
    moment = approval.metadata.creation_timestamp
    opposite = next((each for each in refusals if each.metadata.creation_timestamp == moment), None)
    if opposite is not None:
        return _void("ApprovalOpposed", approval=opposite.metadata.name)
    return Judgement(valid=True, key="ApprovalValid")


def _void(key: str, **parameters: Any) -> Judgement:
    return Judgement(valid=False, key=key, parameters=parameters)
