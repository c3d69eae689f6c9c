"""What a test needs of the machine: where it is lacking the test is skipped, saying what; in CI, which has it all, it fails."""

import os
from collections.abc import Sequence

import pytest


def have(lacking: Sequence[str], *, what: str) -> None:
    """Give the test up where something is lacking."""
    if lacking:
        give_up = pytest.fail if os.environ.get("CI") else pytest.skip
        give_up(f"no {what} here: {'; '.join(lacking)}")
