"""What a city takes for granted of its cloud: carriers' networks, sizes and the image of machines. A cloud's own people would make them."""

import ipaddress
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from openstack.connection import Connection

from citycloud_infra.model.compute import Flavor
from citycloud_infra.model.inventory import Inventory
from citycloud_infra.targets.settings import CloudSettings

PREFIX: Final = 24
"""A carrier's network here: the blocks for documentation are of this size (RFC 5737)."""
GATEWAY: Final = Flavor(name="gateway", cpu=2, memory_gib=4, disk_gib=20)
MIB: Final = 1024
Addresses = Mapping[str, frozenset[ipaddress.IPv4Address]]


def zones_of(inventory: Inventory) -> tuple[str, ...]:
    """Return the availability zones that the city names."""
    return tuple(zone.name for zone in inventory.compute.zones)


def prepare(connection: Connection, *, inventory: Inventory, settings: CloudSettings) -> None:
    """Make everything that is there before a city comes."""
    for name, addresses in carrier_addresses(inventory=inventory, settings=settings).items():
        _carrier(connection, name=name, addresses=addresses)
    gateway = GATEWAY.model_copy(update={"name": settings.gateway_flavor})
    sizes = {flavor.name: flavor for flavor in (gateway, *inventory.compute.flavors)}
    for size in sizes.values():
        connection.compute.create_flavor(name=size.name, vcpus=size.cpu, ram=size.memory_gib * MIB, disk=size.disk_gib)
    connection.image.create_image(
        inventory.compute.image, data=b"no machine ever starts here", container_format="bare", disk_format="raw", visibility="public"
    )


def carrier_addresses(*, inventory: Inventory, settings: CloudSettings) -> Addresses:
    """Return the addresses that are taken in each carrier's network, by the network's name; only carriers that a data centre has."""
    networks = settings.settings()
    ours = [line for hub in inventory.hubs for line in hub.uplinks]
    known = {line.carrier for line in ours}
    taken: dict[str, set[ipaddress.IPv4Address]] = {}
    for line in (*ours, *(line for site in inventory.sites for line in site.uplinks)):
        if line.carrier in known and line.ipv4 is not None:
            taken.setdefault(networks.external_of(line.carrier), set()).add(ipaddress.IPv4Address(line.ipv4))
    return {name: frozenset(addresses) for name, addresses in taken.items()}


def free_ranges(net: ipaddress.IPv4Network, *, taken: Iterable[ipaddress.IPv4Address]) -> Iterator[tuple[str, str]]:
    """Yield the first and last address of each range of a network that nobody has."""
    start = net.network_address + 1
    for address in sorted({*taken, net.broadcast_address}):
        if address not in net:
            continue
        if start < address:
            yield str(start), str(address - 1)
        start = address + 1


def _carrier(connection: Connection, *, name: str, addresses: Iterable[ipaddress.IPv4Address]) -> None:
    """Make a carrier's network; the cloud chooses addresses for its routers where the inventory has nobody."""
    network = connection.network.create_network(
        name=name, is_router_external=True, provider_network_type="flat", provider_physical_network=name
    )
    for net in sorted({ipaddress.IPv4Network((int(address) >> 32 - PREFIX << 32 - PREFIX, PREFIX)) for address in addresses}):
        pools = [{"start": first, "end": last} for first, last in free_ranges(net, taken=addresses)]
        connection.network.create_subnet(
            network_id=network.id,
            name=f"{name}-{net.network_address}",
            ip_version=4,
            cidr=str(net),
            gateway_ip=None,
            is_dhcp_enabled=False,
            allocation_pools=pools,
        )
