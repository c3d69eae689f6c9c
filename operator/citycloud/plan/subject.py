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
class Subject:
    """One environment as it was approved."""

    organisation: str
    environment: str
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
    hosts: tuple[str, ...]
    groups: Groups
    members: tuple[Member, ...]
    approved_digest: str
    owner: str

    def namespace(self, zone: str) -> str:
        """Name the namespace of a zone."""
        return names.zone_namespace(organisation=self.organisation, environment=self.environment, zone=zone)

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
