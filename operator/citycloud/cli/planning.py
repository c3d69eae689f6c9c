"""What the operator would write for an environment: its own builders over a snapshot. Pure."""

import dataclasses
import datetime

from citycloud.api import Environment
from citycloud.api.environment import EnvironmentSpec
from citycloud.controllers.acceptance import spec_digest
from citycloud.controllers.environment import build_subject
from citycloud.controllers.life import PAUSED
from citycloud.controllers.resolve import Resolved, resolve
from citycloud.engine.world import World
from citycloud.plan.environment import plan_environment
from citycloud.plan.manifest import Manifest


def plan_of(*, environment: Environment, spec: EnvironmentSpec, world: World, now: datetime.datetime) -> tuple[Resolved, list[Manifest]]:
    """Resolve a spec and build every manifest; raise Refusal where a part of it does not exist or does not fit."""
    resolved = resolve(environment=environment, spec=spec, world=world, now=now)
    subject = build_subject(environment=environment, resolved=resolved, digest=spec_digest(spec), holds=resolved.demand.show(), now=now)
    phase = environment.status.phase
    subject = dataclasses.replace(subject, paused=phase in PAUSED, closed=phase == "Retired")
    return resolved, [manifest for step in plan_environment(subject=subject).values() for manifest in step]


def enforced_spec(environment: Environment) -> EnvironmentSpec | None:
    """Return what is enforced now; None where nothing is."""
    approved = environment.status.approved
    return approved.spec if approved is not None and environment.status.phase != "Purged" else None
