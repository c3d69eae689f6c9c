"""One step of a re-organisation, and a plan of them."""

import dataclasses
from typing import Any, Literal

from citycloud.reorganisation.facts import Place

What = Literal["Check", "CloseOrganisation", "CopySystem", "MoveEnvironment", "RemoveSystem"]
State = Literal["Planned", "Done", "Blocked"]


@dataclasses.dataclass(frozen=True)
class Note:
    """Something to be known, as a key of the texts with its parameters."""

    key: str
    parameters: dict[str, Any] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Step:
    """What is done to which object, and how far that is; `target` is where it goes, where it goes anywhere."""

    what: What
    origin: Place
    target: Place | None = None
    state: State = "Planned"
    notes: tuple[Note, ...] = ()

    @property
    def object(self) -> str:
        """Write the object as people read it: `so-y-te`, `so-y-te/ho-so`, `so-y-te/ho-so → so-moi/ho-so`."""
        return f"{str(self.origin).removesuffix('/')}{f' → {self.target}' if self.target is not None else ''}"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Plan:
    """All steps in the order in which they are taken."""

    steps: tuple[Step, ...]

    @property
    def blocked(self) -> tuple[Step, ...]:
        """Return what cannot be done as things stand."""
        return tuple(step for step in self.steps if step.state == "Blocked")

    @property
    def left(self) -> tuple[Step, ...]:
        """Return what can be done and is not."""
        return tuple(step for step in self.steps if step.state == "Planned")

    @property
    def is_done(self) -> bool:
        """Tell whether nothing is left."""
        return all(step.state == "Done" for step in self.steps)
