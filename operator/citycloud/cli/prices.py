"""What an allocation costs a month by the prices of the City: showback, no invoice."""

import fractions
from typing import Final

from citycloud.api.city import Prices
from citycloud.cli.options import Language
from citycloud.controllers.allocation import Demand

THOUSANDTHS: Final = 1000
GIB: Final = THOUSANDTHS * 2**30
"""A GiB in the thousandths of a byte that demands are counted in."""
SYMBOLS: Final = {(Language.VI, "VND"): "₫"}
"""Where people of a language write a sign in place of the code of a currency."""


def monthly_cost(*, demand: Demand, prices: Prices) -> int:
    """Add up cores, memory and storage, in whole units of the currency."""
    return whole_units(exact_cost(demand=demand, prices=prices))


def exact_cost(*, demand: Demand, prices: Prices) -> fractions.Fraction:
    """Add up cores, memory and storage, before anything is rounded."""
    return (
        fractions.Fraction(demand.cpu * prices.cpu_month, THOUSANDTHS)
        + fractions.Fraction(demand.memory * prices.memory_gib_month, GIB)
        + fractions.Fraction(demand.storage * prices.storage_gib_month, GIB)
    )


def whole_units(amount: fractions.Fraction) -> int:
    """Round money that is owed to whole units of the currency; half a unit counts as one."""
    return int(amount + fractions.Fraction(1, 2))


def has_prices(prices: Prices) -> bool:
    """Tell whether the city has set any price at all."""
    return any((prices.cpu_month, prices.memory_gib_month, prices.storage_gib_month))


def as_money(amount: int, *, currency: str, language: Language) -> str:
    """Write an amount as people of that language write it."""
    return f"{grouped(f'{amount:,}', language=language)} {SYMBOLS.get((language, currency), currency)}"


def grouped(number: str, *, language: Language) -> str:
    """Turn a number as English groups it (1,234.5) into one as that language does (1.234,5 in Vietnamese)."""
    return number.translate(str.maketrans(",.", ".,")) if language is Language.VI else number
