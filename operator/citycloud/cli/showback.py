"""A bill that nobody has to pay: what each system was given, what that costs, and sums that always add up. Nothing is read here.

Each line is rounded by itself, and a sum is the sum of its lines. So a department sees the same figure for its system as the city does,
whoever else is on the bill, and whoever adds the lines up in a spreadsheet gets the total.
"""

import dataclasses
from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import Final

from citycloud.api import Environment
from citycloud.api.city import Prices
from citycloud.cli.foresight import demands_of
from citycloud.cli.prices import GIB, THOUSANDTHS, exact_cost, whole_units
from citycloud.controllers.allocation import Demand
from citycloud.engine.world import World
from citycloud.plan.names import organisation_of

UNITS: Final[Mapping[str, int]] = {"cpu": THOUSANDTHS, "memory": GIB, "storage": GIB}
"""One core and one GiB, in the thousandths that demands are counted in."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Line:
    """One system of one organisation: cores and GiB by resource, on average over the month, and their price."""

    organisation: str
    system: str
    amounts: Mapping[str, Fraction]
    money: Fraction

    @property
    def cost(self) -> int:
        """Return the price in whole units of the currency."""
        return whole_units(self.money)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Bill:
    """What systems cost; those that were given nothing are not on it."""

    currency: str
    lines: tuple[Line, ...]

    @classmethod
    def of(cls, lines: Iterable[Line], *, currency: str) -> "Bill":
        """Put lines in order."""
        given = [each for each in lines if any(each.amounts.values()) or each.money]
        return cls(currency=currency, lines=tuple(sorted(given, key=lambda each: (each.organisation, each.system))))

    @property
    def by_organisation(self) -> dict[str, tuple[Line, ...]]:
        """Group the lines by who they are for."""
        names = dict.fromkeys(each.organisation for each in self.lines)
        return {name: tuple(each for each in self.lines if each.organisation == name) for name in names}


def total_cost(lines: Iterable[Line]) -> int:
    """Add up what lines say."""
    return sum(each.cost for each in lines)


def total_amount(lines: Iterable[Line], *, resource: str) -> Fraction:
    """Add up what was given of a resource."""
    return sum((each.amounts.get(resource, Fraction()) for each in lines), Fraction())


def present_bill(*, world: World, prices: Prices) -> Bill:
    """Tell what a month costs, were everything to stay as it is."""
    held: dict[tuple[str, str], Demand] = {}
    for environment in world.all(Environment):
        place = (organisation_of(environment.metadata.namespace) or "", environment.spec.system)
        for demand in demands_of(environment, world=world):
            held[place] = _together(demand, held.get(place))
    lines = [_line(place, demand=demand, prices=prices) for place, demand in held.items()]
    return Bill.of(lines, currency=prices.currency)


def _together(demand: Demand, other: Demand | None) -> Demand:
    if other is None:
        return demand
    return Demand(cpu=demand.cpu + other.cpu, memory=demand.memory + other.memory, storage=demand.storage + other.storage)


def _line(place: tuple[str, str], *, demand: Demand, prices: Prices) -> Line:
    amounts = {resource: Fraction(getattr(demand, resource), unit) for resource, unit in UNITS.items()}
    return Line(organisation=place[0], system=place[1], amounts=amounts, money=exact_cost(demand=demand, prices=prices))
