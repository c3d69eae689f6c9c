"""Which Events a new status is worth: one a transition of a condition, and one a notice. Pure.

A write that changes seven conditions is one piece of news, not seven: Ready tells it, and beside it only what says something else. What a
name holds that moves a cursor or turns the direction of reading is left out: an Event is read in a terminal.
"""

import unicodedata
from collections.abc import Iterable, Mapping
from typing import Any, Final

from citycloud.api import Kind
from citycloud.api.common import REQUESTED_BY
from citycloud.api.unseen import UNSEEN
from citycloud.controllers.texts import Texts
from citycloud.telemetry.events import NOTE_BYTES, Announcement

SAYS_NOTHING: Final = frozenset({"Applied", "NotYet", "Accepted", "MonitorsAbsent"})
"""Reasons that add nothing beside what Ready says."""
CALM_PHASES: Final = frozenset(
    {"AwaitingDossier", "AwaitingApproval", "Provisioning", "Suspended", "Retired", "Purged", "Reported", "Running"}
)
"""Phases in which a condition that does not hold is no warning: it waits, or rests as somebody wanted."""
ELLIPSIS: Final = "…"


def announcements(*, model: Kind, status: Mapping[str, Any], texts: Texts) -> list[Announcement]:
    """List what is news in `status`, compared with the object as it was read."""
    before: Any = getattr(model, "status", None)
    calm = status.get("phase") in CALM_PHASES
    asked_by = model.metadata.annotations.get(REQUESTED_BY, "")
    told = [
        Announcement(
            reason=condition["reason"],
            action=condition["type"],
            note=_note(condition["message"], asked_by=asked_by, texts=texts),
            warning=condition["status"] != "True" and not calm,
        )
        for condition in _news(before=getattr(before, "conditions", ()), after=status.get("conditions", ()))
    ]
    told += _verdict(before=before, status=status)
    return told + _notices(before=before, status=status, asked_by=asked_by, texts=texts)


def _news(*, before: Iterable[Any], after: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Choose the transitions to be told; a kind that has Ready begins with it alone."""
    known = {each.type: (each.status, each.reason) for each in before}
    changed = [each for each in after if known.get(each["type"]) != (each["status"], each["reason"])]
    ready = next((each for each in changed if each["type"] == "Ready"), None)
    if ready is None:
        return changed
    beside = [each for each in changed if each["type"] in known and each["reason"] not in SAYS_NOTHING | {ready["reason"]}]
    return [*beside, ready]


def _verdict(*, before: Any, status: Mapping[str, Any]) -> list[Announcement]:
    """Tell of a decision whether it counts, once it was judged."""
    valid = status.get("valid")
    if valid is None or getattr(before, "valid", None) is not None:
        return []
    return [
        Announcement(
            reason="DecisionCounts" if valid else "DecisionVoid", action="Judged", note=shortened(str(status["reason"])), warning=not valid
        )
    ]


def _notices(*, before: Any, status: Mapping[str, Any], asked_by: str, texts: Texts) -> list[Announcement]:
    """Tell the latest notice before an expiry; of two that came due at once the later says it all."""
    new = set(status.get("notices", ())) - set(getattr(before, "notices", ()))
    if not new:
        return []
    message = texts.say("ExpiryNotice", days=min(new), date=status.get("expiresAt", "–"))
    return [
        Announcement(reason="ExpiryNotice", action="Notice", note=_note(message, asked_by=asked_by, texts=texts), warning=True),
    ]


def _note(message: str, *, asked_by: str, texts: Texts) -> str:
    """Add who asked; where both do not fit the message is what is shortened."""
    tail = f" ({texts.say('AskedBy', names=shortened(asked_by, limit=NOTE_BYTES // 3))})" if asked_by else ""
    return shortened(message, limit=NOTE_BYTES - len(tail.encode())) + tail


def shortened(text: str, *, limit: int = NOTE_BYTES) -> str:
    """Cut a text to `limit` bytes of UTF-8, whole characters, without what a terminal would obey."""
    seen = "".join(char for char in text if unicodedata.category(char) not in UNSEEN)
    encoded = seen.encode()
    if len(encoded) <= limit:
        return seen
    return encoded[: limit - len(ELLIPSIS.encode())].decode(errors="ignore") + ELLIPSIS
