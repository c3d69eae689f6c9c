"""Which events are the echo of our own writes: the answer has told all that they say, so nobody has to read them.

Twelve of an environment's events are such echoes.
"""

from typing import Final

MOST: Final = 16_384
"""An event that came before its answer is never an echo; so much of that is kept."""


class Echoes:
    """The versions that answers told of and that events will tell of again, by kind: kinds may count each in a store of their own."""

    def __init__(self) -> None:
        self._expected: dict[tuple[str, str], bool] = {}

    def expect(self, *, kind: str, version: str) -> None:
        """Take note of the `resourceVersion` of an answer."""
        self._expected[kind, version] = True
        if len(self._expected) > MOST:
            del self._expected[next(iter(self._expected))]

    def take(self, *, kind: str, version: str) -> bool:
        """Tell whether an event of this version is an echo; the next of the same is none."""
        return self._expected.pop((kind, version), False)
