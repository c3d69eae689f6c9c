"""The budget of each line: what meetings and calls need, and what the contract keeps for their class.

Figures are Mbit/s each way. A hub's line carries the sum of what its sites need, because meetings meet there.
"""

import collections
import dataclasses
from collections.abc import Iterable

from citycloud_infra.model.inventory import Inventory
from citycloud_infra.model.wan import Site, TrafficClass, Uplink

KBPS: float = 1000


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Budget:
    """One class of traffic on one line; `contract` is what the carrier takes of it, None where it does not tell the class apart."""

    place: str
    carrier: str
    role: str
    traffic_class: str
    needed: float
    kept: float
    contract: float | None

    @property
    def fits(self) -> bool:
        """Tell whether the need is within what is kept, and that within what the carrier takes."""
        return self.needed <= self.kept and (self.contract is None or self.kept <= self.contract)


def demand(*, inventory: Inventory, site: Site) -> dict[str, float]:
    """Return what a site needs at its busiest, in Mbit/s each way, by class."""
    media = inventory.media
    needed: dict[str, float] = collections.defaultdict(float)
    needed[media.room_class] += site.rooms * media.room_mbps * (100 + media.room_overhead) / 100
    needed[media.phone_class] += site.phones * media.calls_at_once / 100 * media.phone_kbps / KBPS
    return dict(needed)


def kept(*, uplink: Uplink, traffic_class: TrafficClass) -> float:
    """Return what a line keeps for a class, in Mbit/s."""
    return uplink.rate_mbps * traffic_class.share / 100


def budgets(*, inventory: Inventory) -> list[Budget]:
    """Return the budget of every class that is needed, on every line of every site and hub; sites first."""
    needed = {site.name: demand(inventory=inventory, site=site) for site in inventory.sites}
    total: dict[str, float] = collections.defaultdict(float)
    for each in needed.values():
        for name, amount in each.items():
            total[name] += amount
    lines = [(site.name, uplink, needed[site.name]) for site in inventory.sites for uplink in site.uplinks]
    lines += [(hub.name, uplink, dict(total)) for hub in inventory.hubs for uplink in hub.uplinks]
    return [
        budget for place, uplink, amounts in lines for budget in _budgets(place=place, uplink=uplink, needed=amounts, inventory=inventory)
    ]


def _budgets(*, place: str, uplink: Uplink, needed: dict[str, float], inventory: Inventory) -> Iterable[Budget]:
    limits = {(carrier.name, limit.traffic_class): limit.share for carrier in inventory.carriers for limit in carrier.classes}
    for traffic_class in inventory.classes:
        if needed.get(traffic_class.name):
            limit = limits.get((uplink.carrier, traffic_class.name))
            yield Budget(
                place=place,
                carrier=uplink.carrier,
                role=uplink.role,
                traffic_class=traffic_class.name,
                needed=round(needed[traffic_class.name], 3),
                kept=kept(uplink=uplink, traffic_class=traffic_class),
                contract=None if limit is None else uplink.rate_mbps * limit / 100,
            )
