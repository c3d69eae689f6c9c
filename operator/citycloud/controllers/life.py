"""Where an environment is in its life, from what was asked for, what was approved and what day it is. Pure.

Losing access comes first, losing data last: what is suspended keeps everything, what has expired rests for its grace period before it is
given back, and what was given back is kept for another before it is purged. Nothing of that happens by a clock that cannot be trusted.
"""

import dataclasses
import datetime
from typing import Final, Literal

from citycloud.api import Environment
from citycloud.api.city import Lifecycle
from citycloud.api.environment import EnvironmentSpec

ENDING_STAGES: Final = frozenset({"sandbox", "training"})
"""Stages that end by themselves where nobody says when."""
FALLBACK_GRACE_DAYS: Final = 30

Mode = Literal["Active", "Suspended", "Expired", "Retired", "Purging"]
MODES: Final[tuple[Mode, ...]] = ("Active", "Suspended", "Expired", "Retired", "Purging")
"""From the beginning of a life to its end."""
PAUSED: Final = frozenset(MODES[1:])
"""Modes, and phases of that name, in which no pod runs."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Life:
    """What an environment may do now, and the moments that change it."""

    mode: Mode = "Active"
    expires_at: datetime.datetime | None = None
    retired_at: datetime.datetime | None = None
    purge_at: datetime.datetime | None = None
    notices: tuple[int, ...] = ()
    next_change: datetime.datetime | None = None
    held_up: bool = False
    """Whether the calendar would have ended more, had its clock been trusted."""

    @property
    def paused(self) -> bool:
        """Tell whether workloads rest."""
        return self.mode in PAUSED

    @property
    def closed(self) -> bool:
        """Tell whether nobody may enter."""
        return self.mode in ("Retired", "Purging")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Granted:
    """What was approved, and since when."""

    spec: EnvironmentSpec
    since: datetime.datetime


def life_of(
    *, environment: Environment, granted: Granted | None, lifecycle: Lifecycle, now: datetime.datetime, trusted: bool = True
) -> Life:
    """Judge one environment; `trusted` tells whether the calendar may end anything today."""
    expires_at = expiry_of(granted=granted, stage=environment.spec.stage, lifecycle=lifecycle)
    due = _by_calendar(environment=environment, expires_at=expires_at, lifecycle=lifecycle, now=now)
    held = _without_calendar(environment)
    if trusted or MODES.index(due.mode) <= MODES.index(held):
        return due
    kept = dataclasses.replace(due, mode=held, held_up=True, next_change=None)
    return kept if kept.closed else dataclasses.replace(kept, retired_at=None, purge_at=None)


def life_as_known(environment: Environment) -> Life:
    """Leave everything as it is: without a City nobody can say what should change."""
    status = environment.status
    known = {name: getattr(status, name) for name in ("expires_at", "retired_at", "purge_at", "notices")}
    return Life(mode=_without_calendar(environment), **known)


def expiry_of(*, granted: Granted | None, stage: str, lifecycle: Lifecycle) -> datetime.datetime | None:
    """Return when an environment ends: as approved, or for the stages that always end a while after that."""
    if granted is None:
        return None
    if granted.spec.expires_at is not None or stage not in ENDING_STAGES:
        return granted.spec.expires_at
    return granted.since + datetime.timedelta(days=lifecycle.sandbox_days)


def grace_of(*, stage: str, lifecycle: Lifecycle) -> datetime.timedelta:
    """Return how long something rests before the next step."""
    days = lifecycle.grace_days
    return datetime.timedelta(days=days.get(stage, days.get("default", FALLBACK_GRACE_DAYS)))


def _by_calendar(*, environment: Environment, expires_at: datetime.datetime | None, lifecycle: Lifecycle, now: datetime.datetime) -> Life:
    status = environment.status
    grace = grace_of(stage=environment.spec.stage, lifecycle=lifecycle)
    if status.phase == "Retired" and status.purge_at is not None and status.purge_at <= now:
        return Life(mode="Purging", expires_at=expires_at, retired_at=status.retired_at, purge_at=status.purge_at)
    if environment.spec.state == "retired" or (expires_at is not None and expires_at + grace <= now):
        return _retired(environment=environment, expires_at=expires_at, grace=grace, now=now)
    if expires_at is not None and expires_at <= now:
        return Life(mode="Expired", expires_at=expires_at, next_change=expires_at + grace)
    ahead = [expires_at - datetime.timedelta(days=days) for days in lifecycle.notice_days] if expires_at is not None else []
    return Life(
        mode="Suspended" if environment.spec.state == "suspended" else "Active",
        expires_at=expires_at,
        notices=_notices(expires_at=expires_at, lifecycle=lifecycle, now=now),
        next_change=min((moment for moment in (*ahead, expires_at) if moment is not None and moment > now), default=None),
    )


def _retired(*, environment: Environment, expires_at: datetime.datetime | None, grace: datetime.timedelta, now: datetime.datetime) -> Life:
    """Once retired, the moments stand; a city that changes its grace changes what is retired from then on."""
    retired_at = environment.status.retired_at or now
    purge_at = environment.status.purge_at or retired_at + grace
    return Life(
        mode="Purging" if purge_at <= now else "Retired",
        expires_at=expires_at,
        retired_at=retired_at,
        purge_at=purge_at,
        next_change=purge_at if purge_at > now else None,
    )


def _notices(*, expires_at: datetime.datetime | None, lifecycle: Lifecycle, now: datetime.datetime) -> tuple[int, ...]:
    """List the notices that are due, the earliest first."""
    if expires_at is None:
        return ()
    due = (days for days in lifecycle.notice_days if expires_at - datetime.timedelta(days=days) <= now < expires_at)
    return tuple(sorted(due, reverse=True))


def _without_calendar(environment: Environment) -> Mode:
    """Tell what holds by what people said and by what has happened already."""
    if environment.spec.state == "retired" or environment.status.phase == "Retired":
        return "Retired"
    if environment.status.phase == "Expired":
        return "Expired"
    return "Suspended" if environment.spec.state == "suspended" else "Active"
