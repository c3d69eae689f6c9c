"""The facts from which everything else follows: one approved environment with all that was resolved for it, frozen.

A controller puts it together from the objects of the API; builders take it and nothing else, so they need no server and no clock.
"""

import dataclasses

from citycloud.api.city import Location, PlatformNamespaces
from citycloud.api.environment import Member
from citycloud.api.organisation import Groups, OrganisationSpec
from citycloud.api.security_profile import SecurityProfileSpec
from citycloud.api.size_class import SizeClassSpec
from citycloud.plan import names


@dataclasses.dataclass(frozen=True, kw_only=True)
class SiteOpening:
    """One place of the wide area network that may come into one zone: its range of each family, and the TCP ports."""

    zone: str
    ranges: tuple[str, ...]
    ports: tuple[int, ...]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Subject:
    """One environment as it was approved."""

    organisation: str
    environment: str
    namespace_prefix: str
    system: str
    stage: str
    level: int
    profile_name: str
    profile: SecurityProfileSpec
    size_name: str
    size: SizeClassSpec
    holds: str
    zones: tuple[str, ...]
    location: Location
    platform: PlatformNamespaces
    registries: tuple[str, ...]
    storage_classes: tuple[str, ...]
    priority_classes: tuple[str, ...]
    hosts: tuple[str, ...]
    groups: Groups
    members: tuple[Member, ...]
    approved_digest: str
    owner: str
    openings: tuple[SiteOpening, ...] = ()
    excepted: frozenset[str] = frozenset()
    """Policies that the level demands and that are left out for now, because somebody accepted the risk."""
    paused: bool = False
    """Whether no pod may run."""
    closed: bool = False
    """Whether nobody may enter."""

    monitored: bool = False
    """Whether the cluster has the kinds of Prometheus' operator."""

    def namespace(self, zone: str) -> str:
        """Name the namespace of a zone."""
        return names.prefixed_namespace(prefix=self.namespace_prefix, zone=zone)

    def labels(self, *, zone: str) -> dict[str, str]:
        """Return the labels of every object in a zone."""
        return {
            names.MANAGED_BY: names.MANAGER,
            names.ORGANISATION: self.organisation,
            names.SYSTEM: self.system,
            names.ENVIRONMENT: self.environment,
            names.STAGE: self.stage,
            names.LEVEL: str(self.level),
            names.ZONE: zone,
        }


@dataclasses.dataclass(frozen=True, kw_only=True)
class HomeSubject:
    """One organisation and the groups of the city that may act in its home namespace."""

    organisation: str
    spec: OrganisationSpec
    approvers: tuple[str, ...]
    security_officers: tuple[str, ...]
    auditors: tuple[str, ...]

    @property
    def namespace(self) -> str:
        """Name the home namespace."""
        return names.home_namespace(self.organisation)

    def labels(self) -> dict[str, str]:
        """Return the labels of every object in the home namespace."""
        return {names.MANAGED_BY: names.MANAGER, names.ORGANISATION: self.organisation, names.HOME: "true"}
