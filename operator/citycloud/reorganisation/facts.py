"""What is known of the organisations concerned when a plan is made."""

import dataclasses
import datetime
from collections.abc import Mapping
from typing import Final

RESOURCES: Final = ("environments", "cpu", "memory", "storage")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Amount:
    """A number of environments and what they hold, in thousandths."""

    environments: int = 0
    cpu: int = 0
    memory: int = 0
    storage: int = 0

    def plus(self, other: "Amount") -> "Amount":
        """Add two amounts."""
        return Amount(**{name: getattr(self, name) + getattr(other, name) for name in RESOURCES})

    def over(self, budget: "Amount") -> str | None:
        """Name the first resource of which there is more than `budget`."""
        return next((name for name in RESOURCES if getattr(self, name) > getattr(budget, name)), None)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Office:
    """One organisation."""

    name: str
    valid_from: datetime.date | None = None
    valid_to: datetime.date | None = None
    successors: frozenset[str] = frozenset()
    budget: Amount
    held: Amount = Amount()


@dataclasses.dataclass(frozen=True, order=True)
class Place:
    """Where something lies: an organisation, and a name in its home."""

    organisation: str
    name: str

    def __str__(self) -> str:
        return f"{self.organisation}/{self.name}"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Work:
    """One information system; `content` is its spec, to tell whether it was changed since it was copied."""

    uid: str
    content: str = ""
    moved_from: str = ""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Site:
    """One environment: what it holds, and how far it has moved."""

    uid: str
    system: str
    amount: Amount = Amount()
    hosts: tuple[str, ...] = ()
    provisioned: bool = True
    over: bool = False
    waits: bool = False
    exceptions: tuple[str, ...] = ()
    moved_from: str = ""
    moved_to: str = ""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Facts:
    """The organisations concerned and all that lies in their homes; `busy` are those in the middle of another re-organisation."""

    offices: Mapping[str, Office]
    works: Mapping[Place, Work]
    sites: Mapping[Place, Site]
    busy: Mapping[str, str] = dataclasses.field(default_factory=dict)


def mark(*, place: Place, uid: str) -> str:
    """Say what something was before it moved: nothing else has ever been the same."""
    return f"{place}/{uid}"
