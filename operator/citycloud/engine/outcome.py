"""What a reconcile can end in; retryable, terminal and later are three different things (controller-runtime makes the same distinction)."""

import dataclasses
import enum


class Result(enum.StrEnum):
    """How it went, as metrics count it."""

    SETTLED = "settled"
    WAITING = "waiting"
    RETRY = "retry"
    TERMINAL = "terminal"
    UNEXPECTED = "unexpected"


@dataclasses.dataclass(frozen=True)
class Outcome:
    """How it went, and when to look again although nothing happened (in seconds)."""

    result: Result
    again_after: float | None = None
    progressed: bool = False

    @classmethod
    def settled(cls, *, again_after: float | None = None) -> "Outcome":
        """Say that everything is as it should be."""
        return cls(Result.SETTLED, again_after)

    @classmethod
    def waiting(cls, *, again_after: float | None = None) -> "Outcome":
        """Say that somebody else has to act first; their change wakes the key."""
        return cls(Result.WAITING, again_after)

    @classmethod
    def retry(cls, *, after: float | None = None, progressed: bool = False) -> "Outcome":
        """Say that it failed and may succeed later; without `after`, backoff decides, anew where some of it succeeded."""
        return cls(Result.RETRY, after, progressed)

    @classmethod
    def terminal(cls) -> "Outcome":
        """Say that it failed and will fail again until the object changes."""
        return cls(Result.TERMINAL)
