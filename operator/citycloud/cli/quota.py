"""`citycloud quota`: what an organisation may hold, what it holds, and which environment holds what and costs what."""

from typing import Any

import rich.console
from rich.console import RenderableType

from citycloud.api import City, Environment, Organisation
from citycloud.api.organisation import Allocated
from citycloud.cli import connection as wire
from citycloud.cli.failure import Failure
from citycloud.cli.foresight import demands_of
from citycloud.cli.foresight_view import AMOUNTS, amounts_of, left_of
from citycloud.cli.naming import organisation_or_place
from citycloud.cli.options import ContextOption, FormatOption, KubeconfigOption, LanguageOption, OrganisationArgument
from citycloud.cli.output import Screen
from citycloud.cli.prices import as_money, has_prices, monthly_cost
from citycloud.cli.rendering import grid
from citycloud.cli.snapshot import city_of, read_home
from citycloud.controllers.allocation import Total
from citycloud.engine.world import World
from citycloud.plan import quantity
from citycloud.plan.names import home_namespace

RESOURCES = ("environments", *AMOUNTS)


def quota(
    organisation: OrganisationArgument,
    language: LanguageOption = None,
    output: FormatOption = None,
    kubeconfig: KubeconfigOption = None,
    context: ContextOption = None,
) -> None:
    """Tell; the help for people stands in the catalogue."""
    screen = Screen(language=language, output=output)
    with screen.answering():
        name, place = organisation_or_place(organisation)
        if place is not None:
            raise Failure("NoOrganisation", organisation=organisation)
        world = read_home(wire.connect(kubeconfig=kubeconfig, context=context), name)
        found = world.organisation(name)
        if found is None:
            raise Failure("NotFound", what=f"organisations/{name}")
        data = as_data(found, world=world, city=city_of(world))
        screen.show(data=data, people=as_tables(screen, data))


def as_data(organisation: Organisation, *, world: World, city: City) -> dict[str, Any]:
    """Write the answer for programs; what is held is the operator's own count."""
    budget, held = organisation.spec.budget, organisation.status.allocated or Allocated()
    total = Total(held.environments, *(quantity.parse(getattr(held, name)) for name in AMOUNTS))
    environments = sorted(
        world.within(Environment, namespace=home_namespace(organisation.metadata.name)), key=lambda each: each.metadata.name
    )
    lines = [_line(each, world=world, city=city) for each in environments]
    return {
        "organisation": organisation.metadata.name,
        "budget": budget.model_dump(mode="json"),
        "held": held.model_dump(mode="json"),
        "left": left_of(budget, total),
        "monthlyCost": {"amount": sum(each["monthlyCost"] for each in lines), "currency": city.spec.prices.currency},
        "priced": has_prices(city.spec.prices),
        "environments": lines,
    }


def as_tables(screen: Screen, data: dict[str, Any]) -> RenderableType:
    """Write the answer for people."""
    currency, priced = data["monthlyCost"]["currency"], data["priced"]
    budget = [
        (screen.say(f"Resource{name.capitalize()}"), *(data[each][name] for each in ("budget", "held", "left"))) for name in RESOURCES
    ]

    def money(amount: int) -> str:
        return as_money(amount, currency=currency, language=screen.language) if priced else screen.say("NoPrices")

    rows = [
        (each["name"], each["size"], each["phase"], *(each["holds"].get(name) for name in AMOUNTS), money(each["monthlyCost"]))
        for each in data["environments"]
    ]
    return rich.console.Group(
        grid(
            screen,
            title=screen.say("QuotaOf", organisation=data["organisation"]),
            columns=("ColumnResource", "ColumnBudget", "ColumnHeld", "ColumnLeft"),
            rows=budget,
        ),
        grid(
            screen,
            title=screen.say("QuotaEnvironments", cost=money(data["monthlyCost"]["amount"])),
            columns=("ColumnName", "ColumnSize", "ColumnPhase", "ResourceCpu", "ResourceMemory", "ResourceStorage", "ColumnCost"),
            rows=rows,
        ),
    )


def _line(environment: Environment, *, world: World, city: City) -> dict[str, Any]:
    demand = next(iter(demands_of(environment, world=world)), None)
    approved = environment.status.approved
    return {
        "name": environment.metadata.name,
        "size": approved.spec.size if approved is not None else environment.spec.size,
        "phase": environment.status.phase,
        "holds": amounts_of(demand) if demand is not None else {},
        "monthlyCost": monthly_cost(demand=demand, prices=city.spec.prices) if demand is not None else 0,
    }
