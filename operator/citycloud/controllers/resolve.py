"""From a spec to everything it means: organisation, system, level, profile, size, place, zones, hosts.

Pure over the world. The first thing that does not fit ends it with a Refusal that names the field, so a department mends one thing at a
time and in the order in which they depend on each other. A place of the network that is not there does not end it: who was granted more
than that keeps the rest (`openings`).
"""

import dataclasses
import datetime
import functools
from typing import Final

import orjson

from citycloud.api import City, Environment, InformationSystem, Organisation, SecurityProfile, SizeClass
from citycloud.api.city import Location
from citycloud.api.environment import EnvironmentSpec
from citycloud.controllers.allocation import Demand
from citycloud.controllers.calendar import UnknownTimeZone, today
from citycloud.controllers.openings import Openings, openings_of
from citycloud.controllers.refusal import Refusal
from citycloud.engine.world import World
from citycloud.levels import ComputedLevel, UnknownFramework, compute_level, dossier_state, effective_level, framework_names, load_framework
from citycloud.levels.dossier import DossierState
from citycloud.plan.names import namespace_prefix, organisation_of

NOT_ON_A_SHARED_CLUSTER: Final = {"offPlatform": "LevelOffPlatform", "dedicatedCluster": "LevelNeedsOwnCluster"}
DEFAULT_ZONES: Final = ("app",)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Resolved:
    """What a spec means today."""

    spec: EnvironmentSpec
    city: City
    organisation: Organisation
    system: InformationSystem
    framework: str
    level: int
    profile: SecurityProfile
    size: SizeClass
    demand: Demand
    location: Location
    zones: tuple[str, ...]
    hosts: tuple[str, ...]
    dossier: DossierState
    openings: Openings = dataclasses.field(default_factory=Openings)


def resolve(*, environment: Environment, spec: EnvironmentSpec, world: World, now: datetime.datetime) -> Resolved:
    """Resolve `spec`; raise Refusal where a part of it does not exist or does not fit."""
    city = world.city()
    if city is None:
        raise Refusal("CityMissing")
    day = city_day(city=city, now=now)
    organisation = _organisation(environment=environment, world=world)
    system = world.system(namespace=environment.metadata.namespace, name=spec.system)
    if system is None:
        raise Refusal("SystemMissing", system=spec.system, namespace=environment.metadata.namespace)
    framework = spec.framework or city.spec.default_framework
    computed = computed_level(system=system, framework=framework)
    level = effective_level(computed=computed.level, proposed=system.spec.proposed_level)
    profile = _profile(name=f"{framework}-l{level}", system=system, world=world)
    size, demand = _size(name=spec.size, world=world)
    _refuse_what_is_not_there(spec)
    zones = _zones(spec=spec, profile=profile)
    return Resolved(
        spec=spec,
        city=city,
        organisation=organisation,
        system=system,
        framework=framework,
        level=level,
        profile=profile,
        size=size,
        demand=demand,
        location=_location(name=spec.location, level=level, city=city),
        zones=zones,
        hosts=_hosts(environment=environment, spec=spec, organisation=organisation.metadata.name, domain=city.spec.domain),
        dossier=dossier_state(
            dossier=system.spec.dossier,
            effective_level=level,
            framework=framework,
            today=day,
        ),
        openings=openings_of(spec=spec, zones=zones, world=world),
    )


def prefix_of(environment: Environment) -> str:
    """Say how the names of its namespaces begin; raise Refusal where it lies in nobody's home."""
    name = organisation_of(environment.metadata.namespace)
    if name is None:
        raise Refusal("NotAHome", namespace=environment.metadata.namespace)
    return environment.status.namespace_prefix or namespace_prefix(organisation=name, environment=environment.metadata.name)


def city_day(*, city: City, now: datetime.datetime) -> datetime.date:
    """Return today's date in the city; raise Refusal where its time zone is unknown."""
    try:
        return today(now=now, time_zone=city.spec.time_zone)
    except UnknownTimeZone as error:
        raise Refusal("TimeZoneUnknown", zone=city.spec.time_zone) from error


def computed_level(*, system: InformationSystem, framework: str) -> ComputedLevel:
    """Compute the level of a system under one framework; raise Refusal where the framework is unknown."""
    try:
        return _level(system.spec.model_dump_json(by_alias=True), framework)
    except UnknownFramework as error:
        raise Refusal("FrameworkUnknown", framework=framework, known=", ".join(framework_names())) from error


@functools.lru_cache(maxsize=1024)
def _level(facts: str, framework: str) -> ComputedLevel:
    """Compute a level once for all environments of a system."""
    return compute_level(facts=orjson.loads(facts), framework=load_framework(name=framework))


def _organisation(*, environment: Environment, world: World) -> Organisation:
    name = organisation_of(environment.metadata.namespace)
    if name is None:
        raise Refusal("NotAHome", namespace=environment.metadata.namespace)
    organisation = world.organisation(name)
    if organisation is None:
        raise Refusal("OrganisationMissing", organisation=name)
    return organisation


def _profile(*, name: str, system: InformationSystem, world: World) -> SecurityProfile:
    profile = world.profile(name)
    if profile is None:
        raise Refusal("ProfileMissing", profile=name)
    refusal = NOT_ON_A_SHARED_CLUSTER.get(profile.spec.isolation)
    if refusal:
        raise Refusal(refusal, system=system.metadata.name, level=profile.spec.level, framework=profile.spec.framework)
    return profile


def _size(*, name: str, world: World) -> tuple[SizeClass, Demand]:
    size = world.size(name)
    if size is None:
        known = sorted(world.all(SizeClass), key=lambda each: each.spec.order)
        raise Refusal("SizeMissing", size=name, known=", ".join(each.metadata.name for each in known))
    try:
        return size, Demand.of_size(size.spec)
    except ValueError as error:
        raise Refusal("SizeUnreadable", size=name, quantity=str(error)) from error


def _location(*, name: str | None, level: int, city: City) -> Location:
    locations = city.spec.locations
    fit = [location for location in locations if level in location.levels]
    if name is not None:
        chosen = next((location for location in locations if location.name == name), None)
        if chosen is None:
            raise Refusal("LocationUnknown", location=name, known=", ".join(location.name for location in locations))
        if chosen not in fit:
            raise Refusal("LocationUnfit", location=name, level=level, known=", ".join(location.name for location in fit) or "–")
        return chosen
    if not fit:
        raise Refusal("NoLocationForLevel", level=level)
    return next((location for location in fit if location.default), fit[0])


def _zones(*, spec: EnvironmentSpec, profile: SecurityProfile) -> tuple[str, ...]:
    zones = spec.zones or DEFAULT_ZONES
    stranger = next((zone for zone in zones if zone not in profile.spec.zones), None)
    if stranger is not None:
        raise Refusal("ZoneUnknown", zone=stranger, profile=profile.metadata.name, known=", ".join(profile.spec.zones))
    return zones


def _hosts(*, environment: Environment, spec: EnvironmentSpec, organisation: str, domain: str) -> tuple[str, ...]:
    """Name the public hosts. What moved here keeps the names it has, under whatever organisation: links and certificates depend on them."""
    status = environment.status
    kept = {host.partition(".")[0]: host for host in status.hosts if host.endswith(f".{domain}")} if status.namespace_prefix else {}
    return tuple(kept.get(label, f"{label}.{organisation}.{domain}") for label in spec.hosts)


def _refuse_what_is_not_there(spec: EnvironmentSpec) -> None:
    """Refuse references to kinds that this installation does not serve: ignoring one would grant less than what was asked for."""
    if spec.template is not None:
        raise Refusal("TemplateUnknown", template=spec.template)
    if spec.egress:
        raise Refusal("EndpointUnknown", endpoint=spec.egress[0].endpoint)
