"""A bill as people and programs read it: a table, JSON, or CSV for a spreadsheet.

JSON and CSV hold plain numbers; only the table writes money as people of a language do. CSV (RFC 4180) has one line a system and no totals:
a spreadsheet that adds a column up would count them twice.
"""

import csv
import datetime
import io
import math
from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import Any, Final

import rich.console
import rich.text
from rich.console import RenderableType

from citycloud.api import City
from citycloud.cli.foresight_view import AMOUNTS
from citycloud.cli.inert import cell
from citycloud.cli.metered import Measured
from citycloud.cli.moments import moment_in
from citycloud.cli.options import Language
from citycloud.cli.output import Screen
from citycloud.cli.prices import as_money, grouped
from citycloud.cli.rendering import grid
from citycloud.cli.showback import Bill, Line, total_amount, total_cost
from citycloud.ledger.export import as_cell

COLUMNS: Final = ("month", "basis", "organisation", "system", "cpuCores", "memoryGiB", "storageGiB", "cost", "currency", "coverage")
"""The columns of a spreadsheet."""
NAMES: Final = dict(zip(AMOUNTS, ("cpuCores", "memoryGiB", "storageGiB"), strict=True))
SHARE_PLACES: Final = 4
AMOUNT_PLACES: Final = 3


def as_data(bill: Bill, *, measured: Measured | None) -> dict[str, Any]:
    """Write a bill for programs."""
    organisations = [
        {"organisation": name, "cost": total_cost(lines), "systems": [{"system": each.system, **_numbers(each)} for each in lines]}
        for name, lines in bill.by_organisation.items()
    ]
    return {**_basis(measured), "currency": bill.currency, "cost": total_cost(bill.lines), "organisations": organisations}


def as_csv(bill: Bill, *, measured: Measured | None) -> str:
    """Write a bill for spreadsheets."""
    basis = _basis(measured)
    lines = io.StringIO()
    writer = csv.writer(lines)
    writer.writerow(COLUMNS)
    for each in bill.lines:
        row = {**basis, "organisation": each.organisation, "system": each.system, **_numbers(each), "currency": bill.currency}
        writer.writerow(["" if row[column] is None else as_cell(str(row[column])) for column in COLUMNS])
    return lines.getvalue()


def as_table(screen: Screen, bill: Bill, *, city: City, measured: Measured | None, whole_city: bool) -> RenderableType:
    """Draw a bill: each organisation's systems and what they cost together, and the city where that was asked for."""
    rows: list[Sequence[object]] = []
    for name, lines in bill.by_organisation.items():
        rows += [_row(screen, [name, each.system], lines=[each], currency=bill.currency) for each in lines]
        rows.append(_row(screen, [name, screen.say("CostTogether")], lines=lines, currency=bill.currency, style="bold"))
    if whole_city:
        rows.append(_row(screen, [screen.say("CostOfCity"), ""], lines=bill.lines, currency=bill.currency, style="bold cyan"))
    table = grid(
        screen,
        title=title_of(screen, measured=measured),
        columns=("ColumnOrganisation", "ColumnSystem", "ColumnCores", "ColumnMemoryGiB", "ColumnStorageGiB", "ColumnMoney"),
        rows=rows,
    )
    return rich.console.Group(table, cell(*notes(screen, city=city, measured=measured)))


def title_of(screen: Screen, *, measured: Measured | None) -> str:
    """Say what a bill is of."""
    if measured is None:
        return screen.say("CostNow")
    return screen.say("CostOfMonth", month=as_month(measured.month.name, language=screen.language))


def notes(screen: Screen, *, city: City, measured: Measured | None) -> list[str]:
    """Say what a bill rests on, and what is missing."""
    if measured is None:
        prices = city.spec.prices
        each = {"cpu": prices.cpu_month, "memory": prices.memory_gib_month, "storage": prices.storage_gib_month}
        shown = {name: as_money(price, currency=prices.currency, language=screen.language) for name, price in each.items()}
        return [screen.say("CostPrices", **shown), screen.say("CostNoInvoice")]
    return [*gaps(screen, city=city, measured=measured), screen.say("CostNoInvoice")]


def gaps(screen: Screen, *, city: City, measured: Measured) -> list[str]:
    """Say how much of a month is known; of a month that is known whole, and priced all the time, in one line."""
    month, said = measured.month, []
    share = {"share": as_share(measured.coverage, language=screen.language)}
    said.append(screen.say("CostCovered" if measured.coverage >= 1 else "CostGaps", **share))
    if not month.is_over:
        until = moment_in(city, datetime.datetime.fromtimestamp(month.until, tz=datetime.UTC))
        said.append(screen.say("CostSoFar", until=until))
    if measured.priced_share < 1:
        said.append(screen.say("CostUnpriced", share=as_share(1 - measured.priced_share, language=screen.language)))
    return said


def as_share(share: Fraction, *, language: Language) -> str:
    """Write a share in per cent, rounded down: what is not whole never reads as whole."""
    return grouped(f"{math.floor(share * 10_000) / 100:.2f}", language=language) + " %"


def as_month(name: str, *, language: Language) -> str:
    """Write a month as people of a language do."""
    year, _, month = name.partition("-")
    return f"{month}/{year}" if language is Language.VI else name


def as_amount(amount: Fraction, *, language: Language) -> str:
    """Write cores or GiB with the places that they need."""
    whole, _, places = f"{_rounded(amount):,.{AMOUNT_PLACES}f}".partition(".")
    return grouped(f"{whole}.{places}".rstrip("0").rstrip("."), language=language)


def _basis(measured: Measured | None) -> dict[str, Any]:
    if measured is None:
        return {"basis": "presentRate", "month": None, "coverage": None, "pricedShare": None, "isOver": None}
    shares = {"coverage": _down(measured.coverage), "pricedShare": _down(measured.priced_share)}
    return {"basis": "measured", "month": measured.month.name, **shares, "isOver": measured.month.is_over}


def _numbers(line: Line) -> dict[str, float | int]:
    amounts = {NAMES[resource]: _plain(line.amounts.get(resource, Fraction())) for resource in AMOUNTS}
    return {**amounts, "cost": line.cost}


def _row(screen: Screen, words: list[str], *, lines: Iterable[Line], currency: str, style: str = "") -> list[rich.text.Text]:
    counted = list(lines)
    numbers = [as_amount(total_amount(counted, resource=resource), language=screen.language) for resource in AMOUNTS]
    numbers.append(as_money(total_cost(counted), currency=currency, language=screen.language))
    return [*(cell(word, style=style) for word in words), *(_right(number, style=style) for number in numbers)]


def _right(text: str, *, style: str) -> rich.text.Text:
    shown = cell(text, style=style)
    shown.justify = "right"
    return shown


def _rounded(amount: Fraction) -> float:
    return float(round(amount, AMOUNT_PLACES))


def _plain(amount: Fraction) -> float | int:
    number = _rounded(amount)
    return int(number) if number.is_integer() else number


def _down(share: Fraction) -> float:
    scale = 10**SHARE_PLACES
    return math.floor(share * scale) / scale
