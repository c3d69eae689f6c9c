"""What can go wrong when a level is computed.

LevelsError
├── UnknownFramework   a legal framework is named that is not shipped
└── UndecidableLevel   the facts are incomplete, or no criterion speaks of them
"""


class LevelsError(Exception):
    """Say that no level can be given, and why."""


class UnknownFramework(LevelsError):
    """Say which legal framework is not known, and which are."""

    def __init__(self, *, name: str, known: tuple[str, ...]) -> None:
        """Word the error for `name`, with the frameworks to choose from."""
        super().__init__(f"there is no legal framework {name!r}; choose one of {', '.join(known)}")
        self.name = name
        self.known = known


class UndecidableLevel(LevelsError):
    """Say why the criteria of a framework give no level for these facts."""
