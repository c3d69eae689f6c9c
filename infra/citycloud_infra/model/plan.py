"""Everything that follows from one inventory, worked out once: what renderers, components, targets and the command line read."""

import dataclasses
from collections.abc import Mapping

from citycloud_infra.model.addresses import Addresses, Pair
from citycloud_infra.model.capacity import Capacity, capacities
from citycloud_infra.model.failures import Failure, single_failures
from citycloud_infra.model.inventory import Inventory
from citycloud_infra.model.qos import Budget, budgets
from citycloud_infra.model.topology import Tunnel, hub_tunnels, site_tunnels
from citycloud_infra.model.wan import Carrier, Hub, Segment, Site


@dataclasses.dataclass(frozen=True, kw_only=True)
class CityPlan:
    """One inventory and what follows from it. Only of an inventory without findings is all of it meaningful."""

    inventory: Inventory
    addresses: Addresses
    segments: Mapping[str, Segment]
    carriers: Mapping[str, Carrier]
    hubs: Mapping[str, Hub]
    sites: Mapping[str, Site]
    tunnels: tuple[Tunnel, ...]
    by_site: Mapping[str, tuple[Tunnel, ...]]
    by_hub: Mapping[str, tuple[Tunnel, ...]]
    """A tunnel between two hubs stands at both."""
    between_hubs: tuple[Tunnel, ...]

    def local(self, *, site: str, segment: str) -> Pair:
        """Return what a site has of a segment."""
        return self.addresses.local(site=self.sites[site].id, segment=self.segments[segment].id)

    def failures(self) -> list[Failure]:
        """Take every element away in turn."""
        return single_failures(inventory=self.inventory, tunnels=self.tunnels)

    def budgets(self) -> list[Budget]:
        """Return the budget of every line."""
        return budgets(inventory=self.inventory)

    def capacities(self) -> list[Capacity]:
        """Return the capacity of every location."""
        return capacities(self.inventory.compute)


def plan_city(inventory: Inventory) -> CityPlan:
    """Work out the plan. Raise KeyError where a line names an unknown carrier: rules come first (rules/check.py)."""
    addresses = Addresses(inventory.address_plan)
    by_site = {site.name: tuple(site_tunnels(inventory=inventory, site=site, addresses=addresses)) for site in inventory.sites}
    between = tuple(hub_tunnels(inventory=inventory, addresses=addresses))
    of_sites = tuple(tunnel for each in by_site.values() for tunnel in each)
    by_hub: dict[str, list[Tunnel]] = {hub.name: [] for hub in inventory.hubs}
    for tunnel in (*between, *of_sites):
        by_hub[tunnel.hub].append(tunnel)
        if tunnel.other_hub:
            by_hub[tunnel.other_hub].append(tunnel)
    return CityPlan(
        inventory=inventory,
        addresses=addresses,
        segments={segment.name: segment for segment in inventory.segments},
        carriers={carrier.name: carrier for carrier in inventory.carriers},
        hubs={hub.name: hub for hub in inventory.hubs},
        sites={site.name: site for site in inventory.sites},
        tunnels=(*between, *of_sites),
        by_site=by_site,
        by_hub={name: tuple(each) for name, each in by_hub.items()},
        between_hubs=between,
    )
