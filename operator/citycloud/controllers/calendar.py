"""Dates as people mean them: in the city's time zone, a last day included."""

import datetime
import zoneinfo


def today(*, now: datetime.datetime, time_zone: str) -> datetime.date:
    """Return the date in the city at `now`."""
    return now.astimezone(zoneinfo.ZoneInfo(time_zone)).date()


def end_of(*, day: datetime.date, time_zone: str) -> datetime.datetime:
    """Return the first moment after `day` in the city."""
    zone = zoneinfo.ZoneInfo(time_zone)
    return datetime.datetime.combine(day + datetime.timedelta(days=1), datetime.time(), tzinfo=zone).astimezone(datetime.UTC)
