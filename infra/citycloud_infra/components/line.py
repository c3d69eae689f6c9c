"""One line of a data centre: the carrier's router, the network behind it, and the address at which the sites' tunnels arrive.

The line's address in the inventory is a floating address of the carrier's network. It leads to an address that the gateways share, so
that the one which lives answers.
"""

import dataclasses

import pulumi

from citycloud_infra.components import kinds
from citycloud_infra.components.cloud import Cloud, Part, Settings
from citycloud_infra.components.layout import EDGE_SHARED, FIRST, HubLayout, address, chosen
from citycloud_infra.model.wan import Uplink

KBPS = 1000


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class LineArgs:
    """A line, its position in the hub's list, and the firewall of the gateways' outer ports."""

    hub: str
    uplink: Uplink
    position: int
    layout: HubLayout
    edge: pulumi.Input[str]
    settings: Settings


class Line(Part):
    """From the carrier to the gateways."""

    def __init__(self, *, name: str, args: LineArgs, cloud: Cloud, parent: pulumi.Resource) -> None:
        super().__init__(kind="Line", name=name, cloud=cloud, parent=parent)
        uplink, net = args.uplink, args.layout.line(args.position)
        external = args.settings.external_of(uplink.carrier)
        self.carrier = uplink.carrier
        self.net = net
        self.network = self.make(kinds.Network(name=name))
        self.subnet = self.make(
            kinds.Subnet(name=name, network=self.network.id, cidr=str(net), gateway=address(net, FIRST), pool=chosen(net), dhcp=False)
        )
        self.router = self.make(kinds.Router(name=name, external=cloud.external(external)))
        self.interface = self.make(kinds.RouterInterface(name=name, router=self.router.id, subnet=self.subnet.id))
        self.qos = self.make(kinds.QosPolicy(name=name, description=f"{uplink.rate_mbps} Mbit/s"))
        self.make(kinds.QosLimit(name=name, policy=self.qos.id, kbps=uplink.rate_mbps * KBPS))
        self.shared = address(net, EDGE_SHARED)
        self._give_address(name=name, pool=external, args=args)
        self.register_outputs({})

    def _give_address(self, *, name: str, pool: str, args: LineArgs) -> None:
        """Lead the line's address to the gateways' shared one; the cloud refuses that before the router has its foot in the network."""
        place = kinds.PortAddress(subnet=self.subnet.id, address=self.shared)
        port = self.make(kinds.Port(name=f"{name}-shared", network=self.network.id, addresses=(place,), groups=(args.edge,)))
        if args.uplink.ipv4 is not None:
            floating = kinds.FloatingAddress(name=name, pool=pool, port=port.id, address=args.uplink.ipv4)
            self.make(floating, after=[self.interface])
