"""The tables of `plan`: addresses, tunnels, budgets, failures, machines."""

import collections
from collections.abc import Iterator

from rich.table import Table

from citycloud_infra.cli.screen import Screen
from citycloud_infra.model.failures import Failure
from citycloud_infra.model.plan import CityPlan
from citycloud_infra.model.qos import Budget

TIGHTEST = 10
FEW = 4


def tables(screen: Screen, plan: CityPlan) -> Iterator[Table]:
    """Build every table, in the order in which an engineer asks."""
    yield _places(screen, plan)
    yield _segments(screen, plan)
    yield _hubs(screen, plan)
    yield _budgets(screen, plan.budgets())
    yield _failures(screen, plan.failures())
    yield _machines(screen, plan)


def sites(screen: Screen, plan: CityPlan) -> Table:
    """List every site with its number, its addresses and its lines."""
    table = screen.table("Sites", "Number", "Site", "Kind", "Addresses", "Lines")
    for site in sorted(plan.inventory.sites, key=lambda each: each.id):
        pairs = [(name, plan.local(site=site.name, segment=name)) for name in site.segments if plan.segments[name].transport == "overlay"]
        addresses = "\n".join(f"{name} {pair.ipv4} {pair.ipv6}" for name, pair in pairs)
        lines = "\n".join(f"{line.carrier} {line.role} {line.rate_mbps} Mbit/s" for line in site.uplinks)
        name = screen.pick(vi=site.names.vi, en=site.names.en)
        table.add_row(str(site.id), f"{site.name}\n{name}", site.kind, addresses, lines)
    return table


def _places(screen: Screen, plan: CityPlan) -> Table:
    table = screen.table("Places", "Kind", "Count", "Tunnels", "Contract", numbers=3)
    kinds = collections.Counter(site.kind for site in plan.inventory.sites)
    for kind, count in kinds.most_common():
        members = [site for site in plan.inventory.sites if site.kind == kind]
        tunnels = sum(len(plan.by_site[site.name]) for site in members)
        table.add_row(kind, str(count), str(tunnels), f"{sum(line.rate_mbps for site in members for line in site.uplinks):,}")
    table.add_row(screen.say("All"), str(sum(kinds.values())), str(len(plan.tunnels)), "", style="bold")
    return table


def _segments(screen: Screen, plan: CityPlan) -> Table:
    table = screen.table("Segments", "Number", "Segment", "Transport", "IPv4", "IPv6", "Sites", "Tunnels", numbers=2)
    for segment in sorted(plan.inventory.segments, key=lambda each: each.id):
        have = sum(segment.name in site.segments for site in plan.inventory.sites)
        tunnels = sum(tunnel.segment == segment.name for tunnel in plan.tunnels)
        block = f"…:{segment.id:x}000::/52" if segment.transport == "overlay" else "–"
        aggregate = str(plan.addresses.segment(segment.id)) if segment.transport == "overlay" else "–"
        table.add_row(str(segment.id), segment.name, segment.transport, aggregate, block, str(have), str(tunnels))
    return table


def _hubs(screen: Screen, plan: CityPlan) -> Table:
    table = screen.table("Hubs", "Hub", "Addresses", "Lines", "Preference", "Tunnels", numbers=2)
    for hub in sorted(plan.inventory.hubs, key=lambda each: -each.preference):
        own = plan.addresses.hub(hub.id)
        lines = "\n".join(f"{line.carrier} {line.role} {line.rate_mbps:,} Mbit/s" for line in hub.uplinks)
        name = screen.pick(vi=hub.names.vi, en=hub.names.en)
        table.add_row(f"{hub.name}\n{name}", f"{own.ipv4}\n{own.ipv6}", lines, str(hub.preference), str(len(plan.by_hub[hub.name])))
    return table


def _budgets(screen: Screen, budgets: list[Budget]) -> Table:
    """Show the lines that are nearest to their limit: whoever is far from it is not asked about."""
    table = screen.table("Budgets", "Place", "Line", "Class", "Needed", "Kept", "Contracted", numbers=3)
    for each in sorted(budgets, key=lambda budget: -budget.needed / budget.kept if budget.kept else 0)[:TIGHTEST]:
        contract = "–" if each.contract is None else f"{each.contract:.1f}"
        table.add_row(each.place, f"{each.carrier} ({each.role})", each.traffic_class, f"{each.needed:.1f}", f"{each.kept:.1f}", contract)
    return table


def _failures(screen: Screen, failures: list[Failure]) -> Table:
    """Sum up by kind of failure, and name the worst of each."""
    table = screen.table("Failures", "Failing", "Worst", "Moved", "Lost", "LostSites", numbers=3)
    by_kind: dict[str, list[Failure]] = collections.defaultdict(list)
    for failure in failures:
        by_kind[failure.element.kind].append(failure)
    for kind, members in by_kind.items():
        worst = max(members, key=lambda each: (len(each.lost), len(each.moved)))
        lost = {site for failure in members for site, _ in failure.lost}
        named = ", ".join(sorted(lost)[:FEW]) + (" …" if len(lost) > FEW else "") if lost else "–"
        moved = len({site for site, _ in worst.moved})
        table.add_row(f"{screen.say(f'Element.{kind}')} ({len(members)})", worst.element.name, str(moved), str(len(lost)), named)
    return table


def _machines(screen: Screen, plan: CityPlan) -> Table:
    table = screen.table("Machines", "Location", "Workers", "Cores", "Memory", "CoresLeft", "MemoryLeft", "Expected", numbers=6)
    for each in plan.capacities():
        table.add_row(
            each.location,
            str(each.machines),
            f"{each.cpu:g}",
            f"{each.memory_gib:g}",
            f"{each.cpu_after_zone_loss:g}",
            f"{each.memory_after_zone_loss:g}",
            f"{each.cpu_demand} / {each.memory_demand}",
        )
    return table
