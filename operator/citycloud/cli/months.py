"""A calendar month as the city lives it, and the moments of it that are counted: where a bill begins and ends, without asking anybody.

A month begins and ends at midnight in the city's time zone. It is counted at moments STEP apart; what is seen at one of them stands for the
time until the next. So every month has a whole number of moments, also one in which clocks are changed.
"""

import dataclasses
import datetime
import re
from collections.abc import Iterator
from typing import Final

from citycloud.api import City
from citycloud.cli.failure import Failure
from citycloud.controllers.calendar import UnknownTimeZone, end_of

STEP: Final = 300
"""Seconds. As long as Prometheus takes a sample for the present one, so that nothing which was scraped falls between two moments."""
WINDOW: Final = 86_400
"""Seconds that are asked for at once: of a full city, that is what a Prometheus with its own limits answers easily."""
FORM: Final = re.compile(r"[2-9]\d{3}-(0[1-9]|1[0-2])")
DAY: Final = datetime.timedelta(days=1)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Month:
    """One month; moments are in seconds since 1970."""

    name: str
    start: int
    end: int
    until: int
    """How far it has come: its end, or in the present month the last moment that is over."""

    @property
    def moments(self) -> int:
        """Count the moments of the whole month: what a month's price is spread over."""
        return (self.end - self.start) // STEP

    @property
    def elapsed(self) -> int:
        """Count the moments of it that are over."""
        return (self.until - self.start) // STEP

    @property
    def is_over(self) -> bool:
        """Tell whether nothing can be added to it."""
        return self.until == self.end

    def windows(self, *, longest: int = WINDOW) -> Iterator[tuple[int, int]]:
        """Cut what is over into parts: the moment each ends before, and how many seconds it has."""
        for start in range(self.start, self.until, longest):
            end = min(start + longest, self.until)
            yield end, end - start


def month_of(text: str, *, city: City, now: datetime.datetime) -> Month:
    """Read a month as YYYY-MM; raise Failure where it is none, or has not begun."""
    if not FORM.fullmatch(text):
        raise Failure("NoMonth", month=text)
    first = datetime.date.fromisoformat(f"{text}-01")
    start = _midnight(first, city=city)
    until = int(now.timestamp()) // STEP * STEP
    if until <= start:
        raise Failure("MonthAhead", month=text)
    end = _midnight((first + 31 * DAY).replace(day=1), city=city)
    return Month(name=text, start=start, end=end, until=min(until, end))


def _midnight(day: datetime.date, *, city: City) -> int:
    try:
        return int(end_of(day=day - DAY, time_zone=city.spec.time_zone).timestamp())
    except UnknownTimeZone as error:
        raise Failure("NoTimeZone", zone=city.spec.time_zone) from error
