"""One site as the cloud knows it. A site is no object of the cloud; here is what the cloud has to have for it.

At each hub the gateways' firewall lets its lines in, at the ports of its tunnels and at no others. To each segment of the second way
(access.py) there is an IPsec connection from every hub over every line with a fixed address.
"""

import collections
import dataclasses
from collections.abc import Iterator, Mapping

import pulumi

from citycloud_infra.components import kinds
from citycloud_infra.components.cloud import Cloud, Keys, Part, Settings
from citycloud_infra.components.links import HubLinks
from citycloud_infra.components.tunnel import Tunnel, TunnelArgs
from citycloud_infra.model import topology, wan
from citycloud_infra.model.plan import CityPlan


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class SiteArgs:
    """A site, and the ids of the data centres."""

    plan: CityPlan
    site: wan.Site
    links: Mapping[str, HubLinks]
    keys: Keys
    settings: Settings


class Site(Part):
    """Everything in the cloud that is there for one site; `keys` are the secrets of its connections by their names."""

    def __init__(self, *, name: str, args: SiteArgs, cloud: Cloud) -> None:
        super().__init__(kind="Site", name=name, cloud=cloud)
        self.keys: dict[str, pulumi.Output[str]] = {}
        for rule in _openings(name=name, args=args):
            self.make(rule)
        for segment in args.settings.access:
            self._connect(name=f"{name}-{segment}", segment=segment, args=args)
        self.register_outputs({})

    def _connect(self, *, name: str, segment: str, args: SiteArgs) -> None:
        ends = {line.carrier: line.ipv4 for line in args.site.uplinks}
        tunnels = [(each, ends[each.carrier]) for each in args.plan.by_site[args.site.name] if each.segment == segment]
        fixed = [(tunnel, end) for tunnel, end in tunnels if end is not None]
        if not fixed:
            return
        behind = str(args.plan.local(site=args.site.name, segment=segment).ipv4)
        peer = self.make(kinds.EndpointGroup(name=name, kind="cidr", endpoints=(behind,)))
        for tunnel, end in fixed:
            own = f"{name}-{tunnel.hub}-{tunnel.carrier}"
            self.keys[own] = args.keys.psk(own)
            connection = TunnelArgs(
                tunnel=tunnel,
                peer_address=end,
                peer=peer.id,
                links=args.links[tunnel.hub],
                mtu=args.plan.inventory.overlay.mtu,
                psk=self.keys[own],
            )
            Tunnel(name=own, args=connection, cloud=self.cloud, parent=self)


def _openings(*, name: str, args: SiteArgs) -> Iterator[kinds.SecurityRule]:
    """Open the tunnels' ports to each line; to everybody where a line's address changes, for then only the tunnel's own keys tell."""
    ends = {line.carrier: line.ipv4 for line in args.site.uplinks}
    arriving: dict[tuple[str, str], list[topology.Tunnel]] = collections.defaultdict(list)
    for tunnel in args.plan.by_site[args.site.name]:
        arriving[tunnel.hub, tunnel.carrier].append(tunnel)
    for (hub, carrier), tunnels in arriving.items():
        ports = [tunnel.port for tunnel in tunnels]
        end = ends[carrier]
        yield kinds.SecurityRule(
            name=f"{name}-{hub}-{carrier}",
            group=args.links[hub].edge,
            family="IPv4",
            protocol="udp",
            ports=(min(ports), max(ports)),
            remote=None if end is None else f"{end}/32",
        )
