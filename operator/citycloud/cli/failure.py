"""What ends a command without an answer: a key of the catalogue and its parameters, so that it is said in the language of whoever asked."""

from typing import Any


class Failure(Exception):
    """The question cannot be answered."""

    def __init__(self, key: str, **parameters: Any) -> None:
        super().__init__(key, parameters)
        self.key = key
        self.parameters = parameters


class Forbidden(Failure):
    """Whoever asked may not read what is needed."""


class Refused(Failure):
    """The API server will not have what was sent; its own words say why, in both languages."""

    def __init__(self, key: str, *, message: str) -> None:
        super().__init__(key, message=" ".join(message.split()))


class Declined(Failure):
    """The answer is no: whoever was asked said so, or what was asked for cannot be."""
