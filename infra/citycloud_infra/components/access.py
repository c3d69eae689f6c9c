"""The second way to the sites: IPsec by the cloud's own routers, from a network of its own to the segments that the settings name.

It serves the people who mend the network: when a change of the gateways went wrong, every site's router is still reached. A connection
takes only packets between its two ranges, so it is in nobody else's way. Each line has a router, because a router has one way out. The
network's default way is the first line's router; a machine that has to live through that line's loss knows the others too.
"""

import dataclasses
from collections.abc import Sequence

import pulumi

from citycloud_infra.components import kinds
from citycloud_infra.components.cloud import Cloud, Part, Settings
from citycloud_infra.components.layout import FIRST, HubLayout, address, chosen


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class AccessArgs:
    """The carriers of the data centre's lines, in their order."""

    carriers: Sequence[str]
    layout: HubLayout
    mtu: int
    settings: Settings


class Access(Part):
    """The network, and a router with its end of IPsec for each line."""

    def __init__(self, *, name: str, args: AccessArgs, cloud: Cloud, parent: pulumi.Resource) -> None:
        super().__init__(kind="Access", name=name, cloud=cloud, parent=parent)
        net = args.layout.access().ipv4
        self.network = self.make(kinds.Network(name=name, mtu=args.mtu))
        self.subnet = self.make(
            kinds.Subnet(
                name=name,
                network=self.network.id,
                cidr=str(net),
                gateway=address(net, FIRST),
                pool=chosen(net),
                dhcp=True,
                dns=args.settings.dns,
            )
        )
        self.local = self.make(kinds.EndpointGroup(name=name, kind="subnet", endpoints=(self.subnet.id,)))
        self.services = {
            carrier: self._end(
                name=f"{name}-{carrier}", own=address(net, FIRST + position), first=position == 0, carrier=carrier, args=args
            )
            for position, carrier in enumerate(args.carriers)
        }
        self.register_outputs({})

    def _end(self, *, name: str, own: str, first: bool, carrier: str, args: AccessArgs) -> pulumi.CustomResource:
        """Make the end of IPsec at one line; the cloud refuses it before its router has a foot in the network."""
        router = self.make(kinds.Router(name=name, external=self.cloud.external(args.settings.external_of(carrier))))
        if first:
            foot = kinds.RouterInterface(name=name, router=router.id, subnet=self.subnet.id)
        else:
            place = kinds.PortAddress(subnet=self.subnet.id, address=own)
            port = self.make(kinds.Port(name=name, network=self.network.id, addresses=(place,)))
            foot = kinds.RouterInterface(name=name, router=router.id, port=port.id)
        interface = self.make(foot)
        return self.make(kinds.VpnService(name=name, router=router.id), after=[interface])
