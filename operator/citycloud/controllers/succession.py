"""Who takes over what another environment had: read from the objects, kept beside what is observed.

While an environment moves there are two objects for one place. The one that leaves says so in its status; from then on its children, its
share of the budget and its hosts count as the other's, so that nothing of it is ever lost, held twice or taken for an orphan.
"""

import dataclasses
from typing import Final

from citycloud.api import Environment
from citycloud.controllers.allocation import Allocations
from citycloud.engine.observed import Observed
from citycloud.engine.queue import Key, WorkQueue
from citycloud.plan.names import home_namespace, organisation_of

TALLY_SECONDS: Final = 1.0
"""How long the totals of both organisations may lag behind."""


def reference(key: Key) -> str:
    """Write an object of a home as <organisation>/<name>."""
    return f"{organisation_of(key.namespace)}/{key.name}"


def referred(kind: str, text: str) -> Key:
    """Read <organisation>/<name>, whatever stands after it."""
    organisation, name = text.split("/")[:2]
    return Key(kind, home_namespace(organisation), name)


def heir_of(environment: Environment) -> Key | None:
    """Name who takes over an environment; None where nobody does."""
    moved_to = environment.status.moved_to
    return referred("Environment", moved_to) if moved_to else None


@dataclasses.dataclass(frozen=True, kw_only=True)
class Succession:
    """Every environment that is on its way, and every name of namespaces that went somewhere else."""

    observed: Observed
    allocations: Allocations
    queue: WorkQueue
    heirs: dict[Key, Key] = dataclasses.field(default_factory=dict)
    prefixes: dict[str, Key] = dataclasses.field(default_factory=dict)
    prefixed: dict[Key, str] = dataclasses.field(default_factory=dict)

    def note(self, *, key: Key, environment: Environment | None) -> None:
        """Take note of an environment as it is now, or that it is gone."""
        heir = heir_of(environment) if environment is not None else None
        if heir is None and self.heirs.pop(key, None) is not None:
            self.observed.end_passing_on(key)
        elif heir is not None and key not in self.heirs:
            self.heirs[key] = heir
            self.observed.pass_on(owner=key, heir=heir)
            self.allocations.pass_on(key=key, heir=heir)
            for each in (key, heir):
                self.queue.put_later(Key("Organisation", "", organisation_of(each.namespace) or ""), seconds=TALLY_SECONDS)
        self._note_prefix(key=key, prefix=environment.status.namespace_prefix if environment is not None and heir is None else None)

    def holder_of(self, prefix: str) -> Key | None:
        """Name the environment whose namespaces begin like this although its own name does not say so."""
        return self.prefixes.get(prefix)

    def _note_prefix(self, *, key: Key, prefix: str | None) -> None:
        known = self.prefixed.pop(key, None)
        if known is not None and self.prefixes.get(known) == key:
            del self.prefixes[known]
        if prefix is not None:
            self.prefixes[prefix], self.prefixed[key] = key, prefix
