"""A bill: its sums always add up, its lines depend on nobody else's, and a month is counted once, whole."""

import datetime
import json
import string
from collections.abc import Iterable
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support import objects

from citycloud.api import City
from citycloud.cli.failure import Failure
from citycloud.cli.metered import CORES_AND_BYTES, KNOWN, PRICED, bill_of, over, paid
from citycloud.cli.months import STEP, Month, month_of
from citycloud.cli.options import Language
from citycloud.cli.prometheus import Sample
from citycloud.cli.showback import Bill, Line, total_cost
from citycloud.cli.showback_view import as_amount, as_data, as_share
from citycloud_monitoring.catalogue import load
from citycloud_monitoring.expressions import unknown

NOW = datetime.datetime(2026, 11, 28, 12, 3, tzinfo=datetime.UTC)
names = st.sampled_from(["so-y-te", "so-noi-vu", "so-tai-chinh"])
money = st.fractions(min_value=0, max_value=10**13, max_denominator=10**6)
lines = st.builds(
    Line,
    organisation=names,
    system=st.text(alphabet=string.ascii_lowercase, min_size=1, max_size=3),
    amounts=st.fixed_dictionaries({"cpu": st.fractions(min_value=0, max_value=1000, max_denominator=1000)}),
    money=money,
)
bills = st.lists(lines, max_size=20, unique_by=lambda each: (each.organisation, each.system)).map(
    lambda each: Bill.of(each, currency="VND")
)
slowly = settings(deadline=None)
"""A busy machine is no finding."""
ZONES = ["Asia/Ho_Chi_Minh", "UTC", "Europe/Berlin", "America/St_Johns", "Australia/Lord_Howe", "Pacific/Apia"]


def city(zone: str = "Asia/Ho_Chi_Minh") -> City:
    return City.model_validate(objects.city(timeZone=zone))


def month(name: str, *, now: datetime.datetime = NOW, zone: str = "Asia/Ho_Chi_Minh") -> Month:
    return month_of(name, city=city(zone), now=now)


@slowly
@given(bills)
def test_whoever_adds_up_what_is_shown_gets_the_totals(bill: Bill) -> None:
    data = as_data(bill, measured=None)

    for each in data["organisations"]:
        assert each["cost"] == sum(system["cost"] for system in each["systems"])
    assert data["cost"] == sum(each["cost"] for each in data["organisations"])
    assert len(bill.lines) == sum(len(each["systems"]) for each in data["organisations"])


@slowly
@given(bills, names)
def test_a_department_sees_the_lines_that_the_city_sees(bill: Bill, name: str) -> None:
    own = Bill.of([each for each in bill.lines if each.organisation == name], currency="VND")

    assert as_data(own, measured=None)["organisations"] == [
        each for each in as_data(bill, measured=None)["organisations"] if each["organisation"] == name
    ]


@slowly
@given(bills)
def test_rounding_moves_no_line_by_more_than_half_a_unit(bill: Bill) -> None:
    assert all(abs(each.cost - each.money) <= Fraction(1, 2) for each in bill.lines)
    assert abs(total_cost(bill.lines) - sum((each.money for each in bill.lines), Fraction())) <= Fraction(len(bill.lines), 2)


def test_what_was_given_nothing_is_on_no_bill() -> None:
    nothing = Line(organisation="a", system="b", amounts={"cpu": Fraction()}, money=Fraction())

    assert Bill.of([nothing], currency="VND").lines == ()


@slowly
@given(st.integers(2000, 2100), st.integers(1, 12), st.sampled_from(ZONES), st.integers(0, 40 * 86_400), st.sampled_from([86_400, 7_200]))
def test_every_moment_of_a_month_is_counted_once_by_every_version(year: int, number: int, zone: str, after: int, longest: int) -> None:
    """Whether a range takes its first edge in or not, the moments between both edges are the same."""
    first = datetime.datetime(year, number, 3, tzinfo=datetime.UTC) + datetime.timedelta(seconds=after)
    found = month(f"{year}-{number:02}", now=first, zone=zone)
    for closed in (0, 1):
        seen = [
            moment
            for end, seconds in found.windows(longest=longest)
            for moment in multiples(after=end - 1 - seconds - closed, until=end - 1)
        ]
        assert seen == list(range(found.start, found.until, STEP))
        assert len(seen) == found.elapsed <= found.moments
    assert found.is_over == (found.elapsed == found.moments)


def multiples(*, after: int, until: int) -> Iterable[int]:
    """List what a subquery evaluates: the multiples of its step after one moment and up to another."""
    return range((after // STEP + 1) * STEP, until + 1, STEP)


def test_a_month_is_the_citys() -> None:
    october = month("2026-10")

    assert datetime.datetime.fromtimestamp(october.start, tz=datetime.UTC).isoformat() == "2026-09-30T17:00:00+00:00"
    assert datetime.datetime.fromtimestamp(october.end, tz=datetime.UTC).isoformat() == "2026-10-31T17:00:00+00:00"
    assert (october.is_over, october.moments) == (True, 31 * 288)
    assert (month("2026-11").is_over, month("2026-11").until) == (False, int(NOW.timestamp()) // STEP * STEP)
    assert month("2024-02").moments == 29 * 288
    assert month("2026-03", zone="Europe/Berlin").moments == 31 * 288 - 12


@pytest.mark.parametrize("text", ["", "2026", "2026-13", "2026-00", "26-10", "2026-1", "2026-10-01", "1969-12", "٢٠٢٦-10", "2026-10\n"])
def test_what_is_no_month_is_refused(text: str) -> None:
    with pytest.raises(Failure) as failure:
        month(text)
    assert failure.value.key == "NoMonth"


@pytest.mark.parametrize(
    ("text", "zone", "key"), [("2026-12", "UTC", "MonthAhead"), ("9999-12", "UTC", "MonthAhead"), ("2026-10", "Sao/Hoa", "NoTimeZone")]
)
def test_a_month_that_cannot_be_counted_is_refused(text: str, zone: str, key: str) -> None:
    with pytest.raises(Failure) as failure:
        month(text, zone=zone)
    assert failure.value.key == key


@slowly
@given(st.lists(st.floats(min_value=0, max_value=1e15), min_size=1, max_size=10), st.sampled_from(sorted(CORES_AND_BYTES)))
def test_it_does_not_matter_in_how_many_parts_a_month_is_read(values: list[float], resource: str) -> None:
    labels = {"organisation": "a", "system": "b", "resource": resource, "currency": "VND"}
    parts = [Sample(labels=labels, value=value) for value in values]
    whole = sum(map(Fraction, values))
    line = next(iter(bill_of(amounts=parts, money=parts, moments=8_928, currency="VND").lines), None)

    assert (line.money if line else 0) == whole / 8_928 / CORES_AND_BYTES[resource]


def test_two_currencies_are_not_added_up_unless_one_of_them_bought_nothing() -> None:
    def paid_in(currency: str, value: float) -> Sample:
        return Sample(labels={"organisation": "a", "system": "b", "resource": "cpu", "currency": currency}, value=value)

    assert bill_of(amounts=[], money=[paid_in("VND", 0), paid_in("USD", 9)], moments=9, currency="VND").currency == "USD"
    assert bill_of(amounts=[], money=[], moments=9, currency="VND").currency == "VND"
    with pytest.raises(Failure) as failure:
        bill_of(amounts=[], money=[paid_in("VND", 1), paid_in("USD", 9)], moments=9, currency="VND")
    assert (failure.value.key, failure.value.parameters) == ("MixedCurrencies", {"currencies": "USD, VND"})


@pytest.mark.parametrize("expression", [KNOWN, PRICED, paid(None), paid("so-y-te")])
def test_it_asks_for_nothing_that_nobody_exports(expression: str) -> None:
    assert unknown(over(expression, function="sum_over_time", seconds=86_400), known=load().known) == []


def test_numbers_are_written_as_their_readers_do() -> None:
    assert as_amount(Fraction(2_469, 2), language=Language.VI) == "1.234,5"
    assert as_amount(Fraction(2_469, 2), language=Language.EN) == "1,234.5"
    assert [as_amount(Fraction(each), language=Language.VI) for each in (0, 2, 100)] == ["0", "2", "100"]
    assert as_share(Fraction(1), language=Language.VI) == "100,00 %"
    assert as_share(Fraction(999_999, 1_000_000), language=Language.EN) == "99.99 %", "what is not whole never reads as whole"
    assert json.dumps(as_data(Bill.of([], currency="VND"), measured=None)["cost"]) == "0"
