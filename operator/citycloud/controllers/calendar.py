"""Dates as people mean them: in the city's time zone, a last day included."""

import datetime
import zoneinfo
from typing import Final

LATEST_DAY: Final = datetime.date.max - datetime.timedelta(days=2)
"""A last day beyond this never comes: the calendar itself ends there."""


class UnknownTimeZone(Exception):
    """The city names a time zone that nobody knows."""


def today(*, now: datetime.datetime, time_zone: str) -> datetime.date:
    """Return the date in the city at `now`."""
    return now.astimezone(_zone(time_zone)).date()


def iso_day(*, now: datetime.datetime, time_zone: str) -> str:
    """Write the date in the city at `now`; where its time zone is unknown, in UTC."""
    try:
        return today(now=now, time_zone=time_zone).isoformat()
    except UnknownTimeZone:
        return now.date().isoformat()


def end_of(*, day: datetime.date, time_zone: str) -> datetime.datetime:
    """Return the first moment after `day` in the city."""
    following = min(day, LATEST_DAY) + datetime.timedelta(days=1)
    return datetime.datetime.combine(following, datetime.time(), tzinfo=_zone(time_zone)).astimezone(datetime.UTC)


def _zone(name: str) -> zoneinfo.ZoneInfo:
    try:
        return zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise UnknownTimeZone(name) from error
