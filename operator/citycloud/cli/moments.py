"""Dates as people give and read them: days in the city's time zone."""

import datetime
import re
import zoneinfo
from typing import Final

from citycloud.api import City
from citycloud.cli.failure import Failure
from citycloud.controllers.calendar import UnknownTimeZone, end_of, today

DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}")


def day_of(text: str) -> datetime.date:
    """Read a day as YYYY-MM-DD; raise Failure where it is none."""
    try:
        if not DAY.fullmatch(text):
            raise Failure("NoDay", day=text)
        return datetime.date.fromisoformat(text)
    except ValueError:
        raise Failure("NoDay", day=text) from None


def expiry_on(day: datetime.date, *, city: City, now: datetime.datetime) -> str:
    """Write the end of a last day as `spec.expiresAt`; raise Failure where that day is over."""
    try:
        if day < today(now=now, time_zone=city.spec.time_zone):
            raise Failure("DayIsOver", day=day)
        return end_of(day=day, time_zone=city.spec.time_zone).strftime("%Y-%m-%dT%H:%M:%SZ")
    except UnknownTimeZone as error:
        raise Failure("NoTimeZone", zone=city.spec.time_zone) from error


def moment_in(city: City, moment: datetime.datetime | None) -> str:
    """Write a moment as the clock in the city shows it; in UTC where nobody knows the city's time zone."""
    if moment is None:
        return "–"
    try:
        return moment.astimezone(zoneinfo.ZoneInfo(city.spec.time_zone)).strftime("%Y-%m-%d %H:%M")
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        return moment.astimezone(datetime.UTC).strftime("%Y-%m-%d %H:%M UTC")


def last_day(city: City, moment: datetime.datetime | None) -> str:
    """Write an end as the last day before it, with the hour where it is not the end of a day."""
    if moment is None:
        return "–"
    text = moment_in(city, moment)
    return text if not text.endswith(" 00:00") else moment_in(city, moment - datetime.timedelta(minutes=1))[:10]
