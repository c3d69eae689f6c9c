"""One tunnel that ends at a router of the cloud: an IPsec connection to one line of a site."""

import dataclasses

import pulumi

from citycloud_infra.components import kinds
from citycloud_infra.components.cloud import Cloud, Part
from citycloud_infra.components.links import HubLinks
from citycloud_infra.model import topology


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class TunnelArgs:
    """A tunnel of the plan, the address of the site's line, and what is reached behind it."""

    tunnel: topology.Tunnel
    peer_address: str
    peer: pulumi.Input[str]
    links: HubLinks
    mtu: int
    psk: pulumi.Output[str]


class Tunnel(Part):
    """The cloud's end of a tunnel."""

    def __init__(self, *, name: str, args: TunnelArgs, cloud: Cloud, parent: pulumi.Resource) -> None:
        super().__init__(kind="Tunnel", name=name, cloud=cloud, parent=parent)
        self.connection = self.make(
            kinds.SiteConnection(
                name=name,
                service=args.links.services[args.tunnel.hub_carrier],
                ike=args.links.ike,
                ipsec=args.links.ipsec,
                local=args.links.local,
                peer=args.peer,
                peer_address=args.peer_address,
                psk=args.psk,
                mtu=args.mtu,
            )
        )
        self.register_outputs({})
