"""The gateway machines of a data centre: the sites' tunnels end on them, and packets cross between segments nowhere else.

They share an address in each network; which of them holds it is decided among themselves (VRRP), so every port may also send from the
shared address, and those inside from every address of the city, for they forward. Ports are things of their own: an interface attached
behind the cloud's back is not seen again.
"""

import dataclasses
from collections.abc import Iterator, Sequence

import pulumi

from citycloud_infra.components import kinds
from citycloud_infra.components.cloud import Cloud, Part, Settings
from citycloud_infra.components.layout import EDGE_GATEWAYS, GATEWAYS, HubLayout, address
from citycloud_infra.components.line import Line
from citycloud_infra.components.segment import Segment
from citycloud_infra.model.addresses import Pair
from citycloud_infra.model.plan import CityPlan
from citycloud_infra.render.cloud_init import gateway_user_data


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Inside:
    """A network on the inner side."""

    name: str
    network: pulumi.Input[str]
    subnet4: pulumi.Input[str]
    subnet6: pulumi.Input[str]
    pair: Pair


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class GatewaysArgs:
    """Both sides of the gateways, with the firewalls of their ports."""

    plan: CityPlan
    hub: str
    layout: HubLayout
    lines: Sequence[Line]
    inside: Sequence[Inside]
    edge: pulumi.Input[str]
    inner: pulumi.Input[str]
    key: str | None
    settings: Settings


class Gateways(Part):
    """As many machines as the settings say, in the data centre's zones in turn; where the inventory names none, the cloud chooses."""

    def __init__(self, *, name: str, args: GatewaysArgs, cloud: Cloud, parent: pulumi.Resource) -> None:
        super().__init__(kind="Gateways", name=name, cloud=cloud, parent=parent)
        compute = args.plan.inventory.compute
        zones = [zone.name for zone in compute.zones if zone.hub == args.hub]
        group = self.make(kinds.ServerGroup(name=name))
        for number in range(args.settings.gateways):
            own = f"{name}-{number + 1}"
            self.make(
                kinds.Machine(
                    name=own,
                    image=compute.image,
                    flavor=args.settings.gateway_flavor,
                    zone=zones[number % len(zones)] if zones else None,
                    ports=tuple(port.id for port in self._ports(name=own, number=number, args=args)),
                    group=group.id,
                    user_data=gateway_user_data(name=own),
                    key=args.key,
                    labels={"citycloud.role": "gateway", "citycloud.hub": args.hub},
                ),
                after=[line.interface for line in args.lines],
            )
        self.register_outputs({})

    def _ports(self, *, name: str, number: int, args: GatewaysArgs) -> Iterator[pulumi.CustomResource]:
        for line in args.lines:
            place = kinds.PortAddress(subnet=line.subnet.id, address=address(line.net, EDGE_GATEWAYS + number))
            yield self.make(
                kinds.Port(
                    name=f"{name}-{line.carrier}",
                    network=line.network.id,
                    addresses=(place,),
                    groups=(args.edge,),
                    qos=line.qos.id,
                    also=(line.shared,),
                )
            )
        everywhere = (str(args.plan.addresses.block4), str(args.plan.addresses.block6))
        for each in args.inside:
            yield self.make(
                kinds.Port(
                    name=f"{name}-{each.name}",
                    network=each.network,
                    addresses=(
                        kinds.PortAddress(subnet=each.subnet4, address=address(each.pair.ipv4, GATEWAYS + number)),
                        kinds.PortAddress(subnet=each.subnet6, address=address(each.pair.ipv6, GATEWAYS + number)),
                    ),
                    groups=(args.inner,),
                    also=everywhere,
                )
            )


def inside_of(*, segments: Sequence[tuple[str, Segment]], layout: HubLayout) -> list[Inside]:
    """Return the segments' networks as inner sides."""
    return [
        Inside(
            name=name,
            network=segment.network.id,
            subnet4=segment.subnet4.id,
            subnet6=segment.subnet6.id,
            pair=layout.segment(segment.number),
        )
        for name, segment in segments
    ]
