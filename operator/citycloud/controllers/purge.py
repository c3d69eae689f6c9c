"""The end of an environment: its namespaces go, and what it held is given back.

Once due it cannot be taken back, for a namespace that is going cannot be stopped. An environment that is purged is a name without a place:
its object may be deleted, or asked for anew.
"""

import dataclasses

from citycloud.api import Environment
from citycloud.controllers.allocation import Allocations
from citycloud.engine.applier import Applied, Applier
from citycloud.engine.observed import Observed
from citycloud.engine.queue import Key
from citycloud.kube.resources import NAMESPACE


@dataclasses.dataclass(frozen=True, kw_only=True)
class Purger:
    """Ends environments."""

    observed: Observed
    allocations: Allocations
    applier: Applier

    async def purge(self, key: Key) -> tuple[bool, Applied]:
        """Delete what is left; tell whether nothing is, and what went wrong."""
        if any(child.kind == NAMESPACE.kind for child in self.observed.children(key)):
            return False, await self.applier.end_namespaces(owner=key)
        return True, Applied(completed=frozenset())


def is_over(environment: Environment, *, has_children: bool) -> bool:
    """Tell whether there is nothing to give back: it was purged already, or never had a place."""
    status = environment.status
    return environment.spec.state == "retired" and not has_children and (status.phase == "Purged" or status.approved is None)
