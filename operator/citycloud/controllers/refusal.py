"""Why something is not done: a key of the text catalogue with its parameters, carried up to where the status is written."""

from typing import Any

from citycloud.api.environment import Phase


class Refusal(Exception):
    """A request cannot be granted as it stands; `phase` says what it waits for."""

    def __init__(self, key: str, *, phase: Phase = "Refused", **parameters: Any) -> None:
        super().__init__(key)
        self.key = key
        self.phase = phase
        self.parameters = parameters
