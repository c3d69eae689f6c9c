"""What becomes of a key whose children could not all be written: the same for every kind that has children."""

from typing import Final

from citycloud.engine.applier import Applied, NotOurs
from citycloud.engine.outcome import Outcome
from citycloud.kube import errors

NAMESPACE_RECHECK_SECONDS: Final = 30.0
"""A namespace of somebody else carries no label of ours, so nothing tells when it goes."""


def outcome_of_failure(applied: Applied) -> Outcome | None:
    """Say when to try again after what stopped the applier; None where nothing did."""
    if applied.error is None:
        return None
    if isinstance(applied.error, NotOurs):
        return Outcome.waiting(again_after=NAMESPACE_RECHECK_SECONDS)
    if isinstance(applied.error, errors.Invalid):
        return Outcome.terminal()
    return Outcome.retry(after=applied.error.retry_after, progressed=applied.writes > 0)
