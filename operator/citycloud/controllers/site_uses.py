"""Which environment names which site: so that a site's change reaches those whose network it is about, and nobody else.

Kept in memory because a city changes many sites at once, and reading every environment for each of them would take longer than the work.
An environment says at the end of each reconcile what it names; at the start all of it is read from the objects.
"""

import dataclasses
from typing import Final

from citycloud.api import Environment
from citycloud.api.environment import EnvironmentSpec
from citycloud.engine.queue import Key, Priority, WorkQueue

USE_SECONDS: Final = 1.0
"""How long a site's list of who relies on it may lag behind: one status write for a burst of environments."""


def named_sites(environment: Environment) -> frozenset[str]:
    """Name the sites of what is asked for and of what is enforced; what was purged relies on nothing."""
    approved = environment.status.approved
    if environment.status.phase == "Purged":
        return frozenset()
    return sites_in(environment.spec, approved.spec if approved is not None else None)


def sites_in(*specs: EnvironmentSpec | None) -> frozenset[str]:
    """Name the sites of some specs."""
    return frozenset(each.site for spec in specs if spec is not None for each in spec.allow_from)


@dataclasses.dataclass(frozen=True, kw_only=True)
class SiteUses:
    """The sites of each environment, and the environments of each site."""

    queue: WorkQueue
    sites: dict[Key, frozenset[str]] = dataclasses.field(default_factory=dict)
    environments: dict[str, set[Key]] = dataclasses.field(default_factory=dict)

    def note(self, *, key: Key, sites: frozenset[str]) -> None:
        """Take note of what one environment names by now; a site that it took up or left tells so a moment later."""
        before = self.sites.get(key, frozenset())
        if sites == before:
            return
        for site in before - sites:
            self.environments[site].discard(key)
            if not self.environments[site]:
                del self.environments[site]
        for site in sites - before:
            self.environments.setdefault(site, set()).add(key)
        if sites:
            self.sites[key] = sites
        else:
            del self.sites[key]
        for site in before ^ sites:
            self.queue.put_later(Key("Site", "", site), seconds=USE_SECONDS, priority=Priority.DEPENDENT)

    def of(self, site: str) -> tuple[Key, ...]:
        """Return the environments that name a site, in the order of their names."""
        return tuple(sorted(self.environments.get(site, ())))
