"""Dates as people in the city mean them: the last day counts in full, wherever the server's clock stands."""

import datetime
from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from citycloud.controllers.calendar import UnknownTimeZone, end_of, today

HANOI: Final = "Asia/Ho_Chi_Minh"
ZONES: Final = (HANOI, "UTC", "America/New_York", "Pacific/Kiritimati", "Europe/Berlin")
days = st.dates(datetime.date(2000, 1, 1), datetime.date(2100, 1, 1))


@pytest.mark.parametrize(
    ("now", "time_zone", "day"),
    [
        ("2026-09-01T00:00:00+00:00", HANOI, "2026-09-01"),
        ("2026-09-01T16:59:59+00:00", HANOI, "2026-09-01"),
        ("2026-09-01T17:00:00+00:00", HANOI, "2026-09-02"),
        ("2026-12-31T17:00:00+00:00", HANOI, "2027-01-01"),
        ("2026-09-01T03:00:00+00:00", "America/New_York", "2026-08-31"),
        ("2026-09-01T23:00:00+00:00", "UTC", "2026-09-01"),
    ],
)
def test_today_is_the_date_in_the_city(now: str, time_zone: str, day: str) -> None:
    assert today(now=datetime.datetime.fromisoformat(now), time_zone=time_zone) == datetime.date.fromisoformat(day)


@pytest.mark.parametrize(
    ("day", "time_zone", "end"),
    [
        ("2026-09-01", HANOI, "2026-09-01T17:00:00+00:00"),
        ("2028-02-29", HANOI, "2028-02-29T17:00:00+00:00"),
        ("2026-12-31", "UTC", "2027-01-01T00:00:00+00:00"),
        ("2026-03-29", "Europe/Berlin", "2026-03-29T22:00:00+00:00"),
        ("2026-10-25", "Europe/Berlin", "2026-10-25T23:00:00+00:00"),
    ],
)
def test_a_day_ends_at_midnight_in_the_city(day: str, time_zone: str, end: str) -> None:
    assert end_of(day=datetime.date.fromisoformat(day), time_zone=time_zone) == datetime.datetime.fromisoformat(end)


@given(day=days, time_zone=st.sampled_from(ZONES))
@settings(max_examples=100, deadline=None)
def test_the_last_moment_of_a_day_is_still_that_day_and_the_next_is_not(day: datetime.date, time_zone: str) -> None:
    end = end_of(day=day, time_zone=time_zone)

    assert today(now=end - datetime.timedelta(seconds=1), time_zone=time_zone) == day
    assert today(now=end, time_zone=time_zone) > day
    assert end.tzinfo is datetime.UTC


@pytest.mark.parametrize("time_zone", [HANOI, "America/New_York"])
def test_the_last_day_that_can_be_written_has_an_end(time_zone: str) -> None:
    """Take 9999-12-31 as people mean it: for ever."""
    assert end_of(day=datetime.date.max, time_zone=time_zone).year == 9999


@pytest.mark.parametrize("time_zone", ["Asia/Hanoi", "Asia", "", "/etc/localtime", "../UTC", "Asia/Ho_Chi_Minh\0", "x" * 5000, "+07:00"])
def test_a_time_zone_that_does_not_exist_is_an_error_of_its_own(time_zone: str) -> None:
    with pytest.raises(UnknownTimeZone) as caught:
        today(now=datetime.datetime(2026, 9, 1, tzinfo=datetime.UTC), time_zone=time_zone)
    assert caught.value.args == (time_zone,)
    with pytest.raises(UnknownTimeZone):
        end_of(day=datetime.date(2026, 9, 1), time_zone=time_zone)
