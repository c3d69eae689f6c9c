"""The table of `plan` that says how many resources each stack has; apart from the others, because Pulumi takes a while to import."""

import rich.table

from citycloud_infra.cli.screen import Screen
from citycloud_infra.model.plan import CityPlan
from citycloud_infra.targets.plan import Graph, record
from citycloud_infra.targets.settings import parse_settings

EXAMPLE = {"gatewayFlavor": "gateway", "target": "plan"}
"""What a plan takes for granted where no settings are given: everything that has a default."""


def resources_table(screen: Screen, city: CityPlan) -> rich.table.Table:
    """Record every stack and count what it would ask a cloud for."""
    return table_of(screen, record(plan=city, settings=parse_settings(EXAMPLE, source="(plan)").settings()))


def table_of(screen: Screen, graph: Graph) -> rich.table.Table:
    """Write components and resources of each stack."""
    table = screen.table("Resources", "Stack", "Components", "Resource", numbers=2)
    counts = {name: sum(node.custom for node in nodes) for name, nodes in graph.nodes.items()}
    for name, nodes in graph.nodes.items():
        table.add_row(name, str(len(nodes) - counts[name]), str(counts[name]))
    total = sum(counts.values())
    table.add_row(screen.say("All"), str(len(graph.all()) - total), str(total), style="bold")
    return table
