"""What the doctor says: one finding a line, and of all of them what the command ends with."""

import dataclasses
from collections.abc import Collection, Iterable, Mapping
from typing import Any, Final, Literal

from citycloud.doctor.facts import Listing, Manifest, Unseen

State = Literal["failed", "undecided", "warning", "note", "well"]
EXIT: Final[Mapping[State, int]] = {"failed": 1, "undecided": 2, "warning": 3}
"""The worst first: what is broken, then what nobody could look at, then what deserves a look."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing that was looked at; `key`, `objects` and `said` are its text and what to do next."""

    check: str
    state: State
    key: str
    objects: tuple[str, ...] = ()
    said: Mapping[str, Any] = dataclasses.field(default_factory=dict)


def exit_status(findings: Iterable[Finding]) -> int:
    """Return the exit status of the worst finding, 0 where all is well."""
    states = {finding.state for finding in findings}
    return next((status for state, status in EXIT.items() if state in states), 0)


def undecided(*, check: str, unseen: Unseen) -> Finding:
    """Say that nobody could look, and which right it takes."""
    if unseen.trouble:
        return Finding(check=check, state="undecided", key="Trouble", said={"right": unseen.right, "error": unseen.trouble})
    return Finding(check=check, state="undecided", key="Undecided", said={"right": unseen.right})


def lacking(*, check: str, listings: Iterable[Listing]) -> list[Finding]:
    """Say of every listing that could not be seen which right it takes."""
    return [undecided(check=check, unseen=each) for each in listings if isinstance(each, Unseen)]


def seen(listing: Listing) -> tuple[Manifest, ...]:
    """Return what was seen; nothing of what was not, which `lacking` says."""
    return () if isinstance(listing, Unseen) else listing


def by_name(listing: Listing) -> dict[str, Manifest]:
    """Return what was seen, by name."""
    return {each["metadata"]["name"]: each for each in seen(listing)}


def gathered(*, check: str, state: State, key: str, objects: Collection[str], **said: Any) -> list[Finding]:
    """Make one finding of everything that has the same thing the matter with it, and none of nothing."""
    return [Finding(check=check, state=state, key=key, objects=tuple(sorted(objects)), said=said)] if objects else []
