"""Rules about addresses: blocks that do not overlap, ends that are no others'."""

import ipaddress
import itertools
from collections.abc import Iterator

from citycloud_infra.model.addresses import PLAN_PREFIX4, PLAN_PREFIX6, Addresses, own_networks
from citycloud_infra.model.base import Network
from citycloud_infra.model.compute import Cluster
from citycloud_infra.model.inventory import Inventory
from citycloud_infra.rules.finding import Path, Violation
from citycloud_infra.rules.places import lines

SHARED = ipaddress.IPv4Network("100.64.0.0/10")
"""Addresses that carriers use behind their own translation (RFC 6598)."""


def plan_has_its_size(inventory: Inventory) -> Iterator[Violation]:
    """Refuse blocks of another size: the plan cuts a /8 and a /36."""
    addresses = Addresses(inventory.address_plan)
    if addresses.block4.prefixlen != PLAN_PREFIX4:
        yield Violation(("addressPlan", "ipv4"), {"value": addresses.block4, "size": PLAN_PREFIX4})
    if addresses.block6.prefixlen != PLAN_PREFIX6:
        yield Violation(("addressPlan", "ipv6"), {"value": addresses.block6, "size": PLAN_PREFIX6})


def line_ends_are_unique(inventory: Inventory) -> Iterator[Violation]:
    """Refuse one carrier address at two lines."""
    first: dict[str, str] = {}
    for path, name, address in _line_ends(inventory):
        if address in first:
            yield Violation(path, {"name": name, "other": first[address], "value": address})
        first.setdefault(address, name)


def line_ends_are_outside(inventory: Inventory) -> Iterator[Violation]:
    """Refuse a carrier address inside the city's own blocks: the way to a tunnel's end would lead through the tunnel."""
    blocks = [ipaddress.ip_network(block) for block in (inventory.address_plan.ipv4, inventory.address_plan.ipv6)]
    for path, name, text in _line_ends(inventory):
        address = ipaddress.ip_address(text)
        for block in blocks:
            if address.version == block.version and address in block:
                yield Violation(path, {"name": name, "value": text, "block": block})


def hubs_can_be_called(inventory: Inventory) -> Iterator[Violation]:
    """Refuse a hub's line without addresses: sites call hubs, so a hub has to be somewhere."""
    for number, hub in enumerate(inventory.hubs):
        for line, uplink in enumerate(hub.uplinks):
            missing = [family for family, value in (("ipv4", uplink.ipv4), ("ipv6", uplink.ipv6)) if value is None]
            if missing:
                yield Violation(("hubs", number, "uplinks", line), {"name": hub.name, "value": ", ".join(missing)})


def changing_ends_need_wireguard(inventory: Inventory) -> Iterator[Violation]:
    """Refuse a site's line without an address where tunnels are told both ends beforehand."""
    if inventory.overlay.technique == "wireguard":
        return
    for number, site in enumerate(inventory.sites):
        for line, uplink in enumerate(site.uplinks):
            if uplink.ipv4 is None and uplink.ipv6 is None:
                yield Violation(("sites", number, "uplinks", line), {"name": site.name, "carrier": uplink.carrier})


def cluster_ranges_are_apart(inventory: Inventory) -> Iterator[Violation]:
    """Refuse ranges of clusters that overlap each other, the plan beyond their hub's own part, or what carriers translate."""
    addresses = Addresses(inventory.address_plan)
    hubs = {hub.name: addresses.hub(hub.id) for hub in inventory.hubs}
    ranges = list(_cluster_ranges(inventory))
    for (path, name, one), (_, other_name, other) in itertools.combinations(ranges, 2):
        if _overlap(one, other):
            yield Violation(path, {"name": name, "value": one, "other": f"{other_name} {other}"})
    for (path, name, each), cluster in ((each, _cluster_of(inventory=inventory, path=each[0])) for each in ranges):
        block: Network = addresses.block4 if each.version == 4 else addresses.block6
        own: Network = hubs[cluster.hub].ipv4 if each.version == 4 else hubs[cluster.hub].ipv6
        is_nodes = "node" in str(path[-1])
        if is_nodes and not _within(each, own):
            yield Violation(path, {"name": name, "value": each, "other": f"{cluster.hub} {own}"})
        elif not is_nodes and (_overlap(each, block) or _overlap(each, SHARED)):
            yield Violation(path, {"name": name, "value": each, "other": block})


def nodes_leave_room_for_the_hub(inventory: Inventory) -> Iterator[Violation]:
    """Refuse nodes among the data centre's own networks: the cloud would take both, and packets would get lost."""
    addresses = Addresses(inventory.address_plan)
    own = {hub.name: own_networks(addresses.hub(hub.id)) for hub in inventory.hubs}
    for path, name, each in _cluster_ranges(inventory):
        hub = _cluster_of(inventory=inventory, path=path).hub
        taken: Network = own[hub].ipv4 if each.version == 4 else own[hub].ipv6
        if _overlap(each, taken):
            yield Violation(path, {"name": name, "value": each, "other": f"{hub} {taken}"})


def _cluster_of(*, inventory: Inventory, path: Path) -> Cluster:
    return inventory.compute.clusters[int(path[2])]


def _line_ends(inventory: Inventory) -> Iterator[tuple[Path, str, str]]:
    for path, place, uplink in lines(inventory):
        for family, address in (("ipv4", uplink.ipv4), ("ipv6", uplink.ipv6)):
            if address is not None:
                yield (*path, family), place.name, address


def _cluster_ranges(inventory: Inventory) -> Iterator[tuple[Path, str, Network]]:
    for number, cluster in enumerate(inventory.compute.clusters):
        for key, text in (
            ("nodeRange", cluster.node_range),
            ("nodeRange6", cluster.node_range6),
            ("podRange", cluster.pod_range),
            ("podRange6", cluster.pod_range6),
            ("serviceRange", cluster.service_range),
            ("serviceRange6", cluster.service_range6),
        ):
            yield ("compute", "clusters", number, key), cluster.name, ipaddress.ip_network(text)


def _overlap(one: Network, other: Network) -> bool:
    return one.version == other.version and one.overlaps(other)


def _within(inner: Network, outer: Network) -> bool:
    if isinstance(inner, ipaddress.IPv4Network) and isinstance(outer, ipaddress.IPv4Network):
        return inner.subnet_of(outer)
    return isinstance(inner, ipaddress.IPv6Network) and isinstance(outer, ipaddress.IPv6Network) and inner.subnet_of(outer)
