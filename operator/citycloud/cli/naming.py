"""How people name what they ask about: ORGANISATION/ENVIRONMENT, for example. What is no name never becomes a part of a path."""

import dataclasses
import re
from typing import Final

from citycloud.api import Environment
from citycloud.api.common import SLUG
from citycloud.cli.failure import Failure
from citycloud.engine.queue import Key
from citycloud.plan.names import home_namespace

SYSTEM_NAMESPACE: Final = "citycloud-system"
"""Where citycloud is installed unless somebody says otherwise; what is decided beside all namespaces is decided there."""
_NAME: Final = re.compile(SLUG.removeprefix("^").removesuffix("$"))


@dataclasses.dataclass(frozen=True)
class Place:
    """One environment of one organisation."""

    organisation: str
    environment: str

    @property
    def home(self) -> str:
        """Name the namespace where the organisation asks."""
        return home_namespace(self.organisation)

    @property
    def key(self) -> Key:
        """Name the object."""
        return Key(Environment.definition.kind, self.home, self.environment)

    def __str__(self) -> str:
        return f"{self.organisation}/{self.environment}"


def place_of(text: str) -> Place:
    """Read ORGANISATION/ENVIRONMENT; raise Failure where it is something else."""
    organisation, _, environment = text.partition("/")
    if not _NAME.fullmatch(organisation) or not _NAME.fullmatch(environment):
        raise Failure("NoEnvironment", environment=text)
    return Place(organisation, environment)


def exception_of(text: str) -> tuple[str, str]:
    """Read ORGANISATION/EXCEPTION, which are returned; raise Failure where it is something else."""
    organisation, _, name = text.partition("/")
    if not _NAME.fullmatch(organisation) or not _NAME.fullmatch(name):
        raise Failure("NoException", exception=text)
    return organisation, name


def org_change_of(text: str) -> str:
    """Read the name of a re-organisation; raise Failure where it is something else."""
    if not _NAME.fullmatch(text):
        raise Failure("NoOrgChange", name=text)
    return text


def organisation_or_place(text: str) -> tuple[str, Place | None]:
    """Read ORGANISATION or ORGANISATION/ENVIRONMENT; raise Failure where it is something else."""
    if "/" in text:
        place = place_of(text)
        return place.organisation, place
    if not _NAME.fullmatch(text):
        raise Failure("NoOrganisation", organisation=text)
    return text, None
