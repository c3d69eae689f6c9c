"""A month as Prometheus saw it: what was allocated to each system times the price that held then, moment by moment.

Prometheus' own averages leave out moments without a sample; a system that lived half the month would cost the whole of it. So moments are
summed, and divided by those of the whole month. A moment of which nobody knows anything counts as nothing and is told as missing: the
operator exports prices and allocations in the same scrape, so a moment is known where there is a price.

While the operator's replicas hand over, both may be seen for a while: the larger of the two counts, never their sum. What a scrape adds
(instance, pod, or whatever else) plays no part.
"""

import dataclasses
from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import Final

from citycloud.cli.failure import Failure
from citycloud.cli.months import STEP, Month
from citycloud.cli.prometheus import Prometheus, Sample
from citycloud.cli.showback import Bill, Line

CORES_AND_BYTES: Final[Mapping[str, int]] = {"cpu": 1, "memory": 2**30, "storage": 2**30}
"""What a price is the price of, in the unit that the metric has."""
PRICE: Final = "topk by (resource) (1, max by (resource, currency) (citycloud_unit_price))"
"""At most one price of a resource at a moment, also while its currency changes."""
KNOWN: Final = "max(citycloud_unit_price)"
PRICED: Final = "max(citycloud_unit_price) > 0"
Place = tuple[str, str]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Measured:
    """A bill, and how much of its month it rests on, in moments."""

    month: Month
    bill: Bill
    known: int
    priced: int

    @property
    def coverage(self) -> Fraction:
        """Return the share of what is over of the month that something is known of."""
        return Fraction(self.known, self.month.elapsed)

    @property
    def priced_share(self) -> Fraction:
        """Return the share of what is known in which the city had a price."""
        return Fraction(self.priced, self.known)


def allocated(organisation: str | None) -> str:
    """Write what systems hold at one moment, of one organisation or of all."""
    chosen = f'{{organisation="{organisation}"}}' if organisation is not None else ""
    return f"max by (organisation, system, resource) (citycloud_system_allocated{chosen})"


def paid(organisation: str | None) -> str:
    """Write what that costs a month at the price of the same moment; memory and storage still by the byte."""
    return f"{allocated(organisation)} * on (resource) group_left (currency) {PRICE}"


def over(expression: str, *, function: str, seconds: int) -> str:
    """Write an expression over a part of the month, moment by moment."""
    return f"{function}(({expression})[{seconds}s:{STEP}s])"


def measure(*, prometheus: Prometheus, month: Month, organisation: str | None, currency: str) -> Measured:
    """Read a month; raise Failure where nothing is known of it, or no price. What costs nothing does so in `currency`."""
    known, priced = (
        sum(int(each.value) for each in _over_month(prometheus, month, expression=expression, function="count_over_time"))
        for expression in (KNOWN, PRICED)
    )
    if not known:
        raise Failure("MonthUnknown", month=month.name)
    if not priced:
        raise Failure("MonthUnpriced", month=month.name)
    amounts = _over_month(prometheus, month, expression=allocated(organisation), function="sum_over_time")
    money = _over_month(prometheus, month, expression=paid(organisation), function="sum_over_time")
    bill = bill_of(amounts=amounts, money=money, moments=month.moments, currency=currency)
    return Measured(month=month, bill=bill, known=known, priced=priced)


def bill_of(*, amounts: Iterable[Sample], money: Iterable[Sample], moments: int, currency: str) -> Bill:
    """Add up samples, each the sum over some moments, to a bill over all of them."""
    given: dict[Place, dict[str, Fraction]] = {}
    for sample in amounts:
        resource = sample.labels.get("resource", "")
        if resource in CORES_AND_BYTES:
            of_place = given.setdefault(_place(sample), {})
            of_place[resource] = of_place.get(resource, Fraction()) + _per_month(sample, moments=moments)
    costs: dict[Place, Fraction] = {}
    currencies: set[str] = set()
    for sample in money:
        if sample.value and sample.labels.get("resource", "") in CORES_AND_BYTES:
            currencies.add(sample.labels.get("currency", ""))
            costs[_place(sample)] = costs.get(_place(sample), Fraction()) + _per_month(sample, moments=moments)
    if len(currencies) > 1:
        raise Failure("MixedCurrencies", currencies=", ".join(sorted(currencies)))
    lines = [
        Line(organisation=place[0], system=place[1], amounts=given.get(place, {}), money=costs.get(place, Fraction()))
        for place in given.keys() | costs.keys()
    ]
    return Bill.of(lines, currency=next(iter(currencies), currency))


def _over_month(prometheus: Prometheus, month: Month, *, expression: str, function: str) -> Iterable[Sample]:
    """Ask part by part.

    Subqueries stand on multiples of their step, and versions of Prometheus differ on whether the first edge belongs to them. Asked a
    second before the end, both edges lie between two moments, and every version sees the same ones.
    """
    return [
        sample
        for end, seconds in month.windows()
        for sample in prometheus.ask(over(expression, function=function, seconds=seconds), at=end - 1)
    ]


def _place(sample: Sample) -> Place:
    return sample.labels.get("organisation", ""), sample.labels.get("system", "")


def _per_month(sample: Sample, *, moments: int) -> Fraction:
    return Fraction(sample.value) / (moments * CORES_AND_BYTES[sample.labels["resource"]])
