"""Whether the machines suffice: what each location has, what it has left when its largest zone fails, and what is expected of it."""

import collections
import dataclasses

from citycloud_infra.model.compute import Compute

SYSTEM_SHARE = 0.1
"""What the nodes keep for themselves and the platform's own pods (estimate)."""


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Capacity:
    """One location, in cores and GiB, after the nodes' own share is taken off."""

    location: str
    machines: int
    cpu: float
    memory_gib: float
    cpu_after_zone_loss: float
    memory_after_zone_loss: float
    cpu_demand: int
    memory_demand: int

    @property
    def suffices(self) -> bool:
        """Tell whether what is expected runs without the largest zone."""
        return self.cpu_demand <= self.cpu_after_zone_loss and self.memory_demand <= self.memory_after_zone_loss


def capacities(compute: Compute) -> list[Capacity]:
    """Return the capacity of each location with workers, by name."""
    flavors = {flavor.name: flavor for flavor in compute.flavors}
    machines: dict[str, int] = collections.Counter()
    cpu: dict[str, dict[str, float]] = collections.defaultdict(lambda: collections.defaultdict(float))
    memory: dict[str, dict[str, float]] = collections.defaultdict(lambda: collections.defaultdict(float))
    for pool in compute.pools:
        flavor = flavors.get(pool.flavor)
        if flavor is not None and "worker" in pool.roles:
            machines[pool.location] += pool.count
            cpu[pool.location][pool.zone] += pool.count * flavor.cpu * (1 - SYSTEM_SHARE)
            memory[pool.location][pool.zone] += pool.count * flavor.memory_gib * (1 - SYSTEM_SHARE)
    demands = {demand.location: demand for demand in compute.demand}
    return [
        Capacity(
            location=location,
            machines=machines[location],
            cpu=round(sum(cpu[location].values()), 1),
            memory_gib=round(sum(memory[location].values()), 1),
            cpu_after_zone_loss=round(_without_largest(cpu[location]), 1),
            memory_after_zone_loss=round(_without_largest(memory[location]), 1),
            cpu_demand=demands[location].cpu if location in demands else 0,
            memory_demand=demands[location].memory_gib if location in demands else 0,
        )
        for location in sorted({*machines, *demands})
    ]


def _without_largest(by_zone: dict[str, float]) -> float:
    return sum(by_zone.values()) - max(by_zone.values(), default=0.0)
