"""What every environment held before this process started, read back before anything new is granted."""

import logging

from citycloud.api import Environment
from citycloud.controllers.allocation import Allocations, Demand
from citycloud.controllers.site_uses import SiteUses, named_sites
from citycloud.controllers.succession import Succession
from citycloud.engine.observed import Observed
from citycloud.engine.world import World

logger = logging.getLogger(__name__)


def restore(*, world: World, observed: Observed, allocations: Allocations, succession: Succession, site_uses: SiteUses) -> None:
    """Take back what every environment holds, from its status and from its namespaces; what is on its way counts where it goes.

    Which sites it names is read too: a site's status must not say for a moment that nobody relies on it.
    """
    keys = set(world.keys(Environment))
    for key in keys | {owner for owner in observed.owners() if owner.kind == "Environment"}:
        environment = world.environment(key)
        holds = {child.holds for child in observed.children(key).values() if child.holds}
        demands = [demand for demand in map(_read_holds, holds) if demand is not None]
        site_uses.note(key=key, sites=named_sites(environment) if environment else frozenset())
        approved = environment.status.approved if environment else None
        size = world.size(approved.spec.size) if approved else None
        if size is not None:
            demands.append(Demand.of_size(size.spec))
        holder = succession.heirs.get(key, key)
        allocations.restore(key=holder, demands=demands, hosts=environment.status.hosts if environment else ())


def _read_holds(text: str) -> Demand | None:
    try:
        return Demand.parse(text)
    except (ValueError, KeyError):
        logger.error("holds_unreadable", extra={"text": text})
        return None
