"""What an environment costs a month by the prices of the City: showback, no invoice."""

import fractions
from typing import Final

from citycloud.api.city import Prices
from citycloud.cli.options import Language
from citycloud.controllers.allocation import Demand

THOUSANDTHS: Final = 1000
GIB: Final = THOUSANDTHS * 2**30
"""A GiB in the thousandths of a byte that demands are counted in."""


def monthly_cost(*, demand: Demand, prices: Prices) -> int:
    """Add up cores, memory and storage, in whole units of the currency; half a unit counts as one."""
    exact = (
        fractions.Fraction(demand.cpu * prices.cpu_month, THOUSANDTHS)
        + fractions.Fraction(demand.memory * prices.memory_gib_month, GIB)
        + fractions.Fraction(demand.storage * prices.storage_gib_month, GIB)
    )
    return int(exact + fractions.Fraction(1, 2))


def has_prices(prices: Prices) -> bool:
    """Tell whether the city has set any price at all."""
    return any((prices.cpu_month, prices.memory_gib_month, prices.storage_gib_month))


def as_money(amount: int, *, currency: str, language: Language) -> str:
    """Write an amount as people of that language write it."""
    grouped = f"{amount:,}"
    return f"{grouped.replace(',', '.') if language is Language.VI else grouped} {currency}"
