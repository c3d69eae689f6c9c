"""`plan`: everything that follows from an inventory, without a cloud, a Pulumi command or root."""

import pathlib
from typing import Annotated

import typer

from citycloud_infra.cli import plan_view
from citycloud_infra.cli.screen import LanguageOption, Screen
from citycloud_infra.cli.source import InventoryArgument, planned
from citycloud_infra.render.drawing import draw


def plan(
    inventory: InventoryArgument,
    all_sites: Annotated[bool, typer.Option("--sites", help="mọi địa điểm / every site with its addresses")] = False,
    drawing: Annotated[pathlib.Path | None, typer.Option("--drawing", metavar="FILE.svg", help="vẽ mạng / draw the network")] = None,
    resources: Annotated[bool, typer.Option("--resources/--no-resources", help="tài nguyên từng stack / resources of each stack")] = True,
    language: LanguageOption = None,
) -> None:
    """Cho thấy cả thành phố: địa chỉ, đường hầm, ngân sách, hỏng hóc, máy. / Show the whole city."""
    screen = Screen(language=language)
    with screen.step("Planning"):
        city = planned(screen, inventory)
        shown = list(plan_view.tables(screen, city))
    if all_sites:
        screen.out.print(plan_view.sites(screen, city))
    for table in shown:
        screen.out.print(table)
    if resources:
        from citycloud_infra.cli.resources import resources_table  # noqa: PLC0415  # Pulumi takes two seconds to import

        with screen.step("Recording"):
            table = resources_table(screen, city)
        screen.out.print(table)
    if drawing is not None:
        drawing.write_text(draw(city), "utf-8")
        screen.out.print(screen.say("Drawn", file=drawing), highlight=False)
