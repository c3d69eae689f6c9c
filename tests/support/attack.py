"""Which attacks there are, and how one has to end: with a refusal that says which policy, and what to do instead."""

import functools
from collections.abc import Collection
from typing import Final

from tests.support.caller import Answer
from tests.support.cases import catalogue

from citycloud.policies.catalogue import Text

ATTACKS: Final = tuple(f"T{number:02}" for number in range(1, 31))
"""Each has a test of its own at least, marked with `attack`."""
FORBIDDEN: Final = (403, 422)
RIGHTS: Final = ("attempting to grant RBAC permissions not currently held", " cannot ")
"""What Kubernetes says where the user has no right to ask at all; no policy is asked then."""


def refused_by(answer: Answer, policy: str) -> None:
    """Fail unless this very policy refused, in both languages."""
    assert answer.code in FORBIDDEN, f"{answer.code} {answer.message}"
    text = _texts()[policy]
    for part in (f"{policy} ", text.remedy.vi, text.remedy.en):
        assert part in answer.message, answer.message


def refused_by_rights(answer: Answer) -> None:
    """Fail unless RBAC refused."""
    assert answer.code in FORBIDDEN, f"{answer.code} {answer.message}"
    assert any(part in answer.message for part in RIGHTS), answer.message


def tally(*, held: Collection[str], other: Collection[str]) -> str:
    """Say how many of the attacks were tried in vain, each in all its cases; `other` are those with a case that failed or was left out."""
    broken = f"; not {', '.join(sorted(other))}" if other else ""
    return f"attacks: {len(set(held) - set(other))} of {len(ATTACKS)}{broken}"


@functools.cache
def _texts() -> dict[str, Text]:
    return {policy.id: policy.text for policy in catalogue().policies}
