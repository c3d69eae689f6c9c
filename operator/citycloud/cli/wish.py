"""What somebody wants of an environment, from flags or answers, as a spec."""

import dataclasses
import datetime
import typing
from collections.abc import Mapping
from typing import Any, Final

from citycloud.api import City
from citycloud.api.city import Stage
from citycloud.api.environment import EnvironmentSpec
from citycloud.cli.failure import Failure
from citycloud.cli.moments import expiry_on

STAGES: Final[tuple[str, ...]] = typing.get_args(Stage)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Wish:
    """Fields of a spec; None and empty where nothing was said. `zones` and `hosts` come beside those that are there."""

    system: str | None = None
    stage: str | None = None
    size: str | None = None
    zones: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    without_hosts: tuple[str, ...] = ()
    location: str | None = None
    framework: str | None = None
    until: datetime.date | None = None
    justification: str | None = None

    def changes(self, *, before: EnvironmentSpec, city: City, now: datetime.datetime) -> dict[str, Any]:
        """Write the fields of a merge patch over a spec that is there."""
        hosts = [each for each in before.hosts if each not in self.without_hosts]
        fields = self._scalars(city=city, now=now)
        if self.zones:
            fields["zones"] = _joined(before.zones or ("app",), self.zones)
        if self.hosts or self.without_hosts:
            fields["hosts"] = _joined(hosts, self.hosts)
        return fields

    def spec(self, *, city: City, now: datetime.datetime) -> dict[str, Any]:
        """Write a whole new spec; raise Failure where its last day is over."""
        fields = self._scalars(city=city, now=now)
        return fields | {name: list(values) for name, values in (("zones", self.zones), ("hosts", self.hosts)) if values}

    def _scalars(self, *, city: City, now: datetime.datetime) -> dict[str, Any]:
        names = ("system", "stage", "size", "location", "framework", "justification")
        fields: dict[str, Any] = {name: getattr(self, name) for name in names if getattr(self, name) is not None}
        return fields | ({"expiresAt": expiry_on(self.until, city=city, now=now)} if self.until else {})


def one_of(text: str, *, option: str, known: tuple[str, ...]) -> str:
    """Take one of the known words; raise Failure where it is another."""
    if text not in known:
        raise Failure("NotOneOf", option=option, value=text, known=", ".join(known))
    return text


def spec_over(before: EnvironmentSpec, changes: Mapping[str, Any]) -> EnvironmentSpec:
    """Return a spec with fields replaced, as a merge patch would leave it."""
    return EnvironmentSpec.model_validate(before.model_dump(mode="json", by_alias=True, exclude_defaults=True) | dict(changes))


def _joined(first: tuple[str, ...] | list[str], more: tuple[str, ...]) -> list[str]:
    return [*first, *(each for each in more if each not in first)]
