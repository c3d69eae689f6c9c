"""`citycloud report`: what an organisation or the whole city is told at the end of a month. So far that is `cost`.

Who may see a bill is who may read the systems and environments that stand on it: the API server is asked for them before Prometheus is
asked for anything, because Prometheus itself knows no departments.
"""

import datetime
import enum
from typing import Annotated

import typer

from citycloud.api import City
from citycloud.cli import connection as wire
from citycloud.cli.connection import Connection
from citycloud.cli.failure import Failure, Forbidden
from citycloud.cli.metered import Measured, measure
from citycloud.cli.months import month_of
from citycloud.cli.naming import organisation_or_place
from citycloud.cli.options import TEXTS, ContextOption, Format, KubeconfigOption, LanguageOption
from citycloud.cli.output import Screen
from citycloud.cli.prices import has_prices
from citycloud.cli.prometheus import Prometheus
from citycloud.cli.showback import Bill, present_bill
from citycloud.cli.showback_view import as_csv, as_data, as_table, gaps
from citycloud.cli.snapshot import city_of, read_everything, read_home
from citycloud.engine.world import World

app = typer.Typer(help=TEXTS.say("HelpReport"), no_args_is_help=True)


class ReportFormat(enum.StrEnum):
    """How a report is written."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"


@app.callback()
def _group() -> None:
    """Keep `report` a group of commands, however few there are; its help stands in the catalogue."""


@app.command("cost", help=TEXTS.say("HelpReportCost"), short_help=TEXTS.say("HelpReportCostShort"))
def report_cost(
    organisation: Annotated[str | None, typer.Option("--organisation", metavar="NAME", help=TEXTS.say("HelpReportOrganisation"))] = None,
    prometheus: Annotated[str | None, typer.Option("--prometheus", metavar="URL", help=TEXTS.say("HelpPrometheus"))] = None,
    month: Annotated[str | None, typer.Option("--month", metavar="YYYY-MM", help=TEXTS.say("HelpMonth"))] = None,
    output: Annotated[ReportFormat | None, typer.Option("--output", "-o", help=TEXTS.say("HelpReportOutput"))] = None,
    language: LanguageOption = None,
    kubeconfig: KubeconfigOption = None,
    context: ContextOption = None,
) -> None:
    """Add up; the help for people stands in the catalogue."""
    screen = Screen(language=language, output=_format(output))
    with screen.answering():
        for flag, given, other in (("--month", month, prometheus), ("--prometheus", prometheus, month)):
            if given is None and other is not None:
                raise Failure("FlagMissing", flag=flag)
        name = _organisation(organisation)
        source = Prometheus(prometheus) if prometheus is not None else None
        world = read(wire.connect(kubeconfig=kubeconfig, context=context), organisation=name)
        city = city_of(world)
        if source is None or month is None:
            show(screen, present(world, city=city), city=city, organisation=name, output=output)
        else:
            now = datetime.datetime.now(tz=datetime.UTC)
            measured = measure(
                prometheus=source,
                month=month_of(month, city=city, now=now),
                organisation=name,
                currency=city.spec.prices.currency,
            )
            show(screen, measured.bill, city=city, organisation=name, output=output, measured=measured)


def read(connection: Connection, *, organisation: str | None) -> World:
    """Read what stands on the bill, and so ask whether its reader may see it."""
    if organisation is not None:
        return read_home(connection, organisation)
    try:
        return read_everything(connection)
    except Forbidden as forbidden:
        raise Failure("WhoseReport", **forbidden.parameters) from forbidden


def present(world: World, *, city: City) -> Bill:
    """Tell what a month costs at what is allocated now; raise Failure where the city has no price."""
    if not has_prices(city.spec.prices):
        raise Failure("CityUnpriced")
    return present_bill(world=world, prices=city.spec.prices)


def show(
    screen: Screen,
    bill: Bill,
    *,
    city: City,
    organisation: str | None,
    output: ReportFormat | None,
    measured: Measured | None = None,
) -> None:
    """Write the answer; beside a file for a spreadsheet, which has no room for it, what is missing is said on standard error."""
    if output is ReportFormat.CSV:
        typer.echo(as_csv(bill, measured=measured).encode(), nl=False)
        if measured is not None:
            typer.echo("\n".join(gaps(screen, city=city, measured=measured)), err=True)
        return
    table = as_table(screen, bill, city=city, measured=measured, whole_city=organisation is None)
    screen.show(data=as_data(bill, measured=measured), people=table)


def _organisation(text: str | None) -> str | None:
    if text is None:
        return None
    name, place = organisation_or_place(text)
    if place is not None:
        raise Failure("NoOrganisation", organisation=text)
    return name


def _format(output: ReportFormat | None) -> Format | None:
    return Format(output.value) if output in (ReportFormat.TABLE, ReportFormat.JSON) else None
