"""One data centre: its lines, its segments, the core where clusters meet the gateways, the gateways, and the second way to the sites."""

import dataclasses

import pulumi

from citycloud_infra.components import kinds
from citycloud_infra.components.access import Access, AccessArgs
from citycloud_infra.components.cloud import Cloud, Part, Settings
from citycloud_infra.components.gateways import Gateways, GatewaysArgs, Inside, inside_of
from citycloud_infra.components.layout import FIRST, GATEWAYS, HubLayout, address, chosen
from citycloud_infra.components.line import Line, LineArgs
from citycloud_infra.components.links import HubLinks
from citycloud_infra.components.segment import Segment, SegmentArgs
from citycloud_infra.model import wan
from citycloud_infra.model.plan import CityPlan
from citycloud_infra.model.topology import hub_as


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class HubArgs:
    """A hub, and what all hubs share: how IPsec agrees, and people's key."""

    plan: CityPlan
    hub: wan.Hub
    ike: pulumi.Input[str]
    ipsec: pulumi.Input[str]
    key: str | None
    settings: Settings


class Hub(Part):
    """A data centre; `links` are the ids that other stacks need."""

    def __init__(self, *, name: str, args: HubArgs, cloud: Cloud, parent: pulumi.Resource) -> None:
        super().__init__(kind="Hub", name=name, cloud=cloud, parent=parent)
        self._layout = HubLayout(hub=args.plan.addresses.hub(args.hub.id))
        edge, inner = self._edge(name=name), self._inner(name=name, args=args)
        self._core = self._make_core(name=f"{name}-core", args=args)
        lines = [
            self._line(name=f"{name}-line-{uplink.carrier}", position=position, uplink=uplink, edge=edge.id, args=args)
            for position, uplink in enumerate(args.hub.uplinks)
        ]
        segments = [
            (segment.name, self._segment(name=f"{name}-{segment.name}", segment=segment, args=args))
            for segment in args.plan.inventory.segments
            if segment.transport == "overlay"
        ]
        if args.settings.gateways:
            gateways = GatewaysArgs(
                plan=args.plan,
                hub=args.hub.name,
                layout=self._layout,
                lines=lines,
                inside=[self._core, *inside_of(segments=segments, layout=self._layout)],
                edge=edge.id,
                inner=inner.id,
                key=args.key,
                settings=args.settings,
            )
            Gateways(name=f"{name}-gateway", args=gateways, cloud=cloud, parent=self)
        if args.settings.bgp:
            self._speak(name=name, args=args)
        self.links = self._links(name=name, edge=edge.id, args=args)
        self.register_outputs({})

    def _edge(self, *, name: str) -> pulumi.CustomResource:
        """Make the firewall of the gateways' outer ports; which sites may knock, the sites' stacks say."""
        group = self.make(kinds.SecurityGroup(name=f"{name}-edge", description="Outer ports of the gateways"))
        self.make(kinds.SecurityRule(name=f"{name}-edge-out", group=group.id, family="IPv4", direction="egress"))
        self.make(kinds.SecurityRule(name=f"{name}-edge-vrrp", group=group.id, family="IPv4", protocol="vrrp", remote_group=group.id))
        return group

    def _inner(self, *, name: str, args: HubArgs) -> pulumi.CustomResource:
        """Make the firewall of the gateways' inner ports: open to the city, whose segments the machines themselves tell apart."""
        group = self.make(kinds.SecurityGroup(name=f"{name}-inner", description="Inner ports of the gateways"))
        blocks: tuple[tuple[kinds.Family, str], ...] = (
            ("IPv4", str(args.plan.addresses.block4)),
            ("IPv6", str(args.plan.addresses.block6)),
        )
        for family, block in blocks:
            self.make(kinds.SecurityRule(name=f"{name}-inner-out-{family}", group=group.id, family=family, direction="egress"))
            self.make(kinds.SecurityRule(name=f"{name}-inner-{family}", group=group.id, family=family, remote=block))
        return group

    def _make_core(self, *, name: str, args: HubArgs) -> Inside:
        pair = self._layout.core()
        network = self.make(kinds.Network(name=name, mtu=args.plan.inventory.overlay.mtu))
        four, six = (
            self.make(
                kinds.Subnet(
                    name=f"{name}-{net.version}",
                    network=network.id,
                    cidr=str(net),
                    gateway=address(net, FIRST),
                    pool=chosen(net),
                    dhcp=False,
                )
            )
            for net in (pair.ipv4, pair.ipv6)
        )
        return Inside(name="core", network=network.id, subnet4=four.id, subnet6=six.id, pair=pair)

    def _line(self, *, name: str, position: int, uplink: wan.Uplink, edge: pulumi.Input[str], args: HubArgs) -> Line:
        line = LineArgs(hub=args.hub.name, uplink=uplink, position=position, layout=self._layout, edge=edge, settings=args.settings)
        return Line(name=name, args=line, cloud=self.cloud, parent=self)

    def _segment(self, *, name: str, segment: wan.Segment, args: HubArgs) -> Segment:
        return Segment(name=name, args=SegmentArgs(plan=args.plan, segment=segment, layout=self._layout), cloud=self.cloud, parent=self)

    def _speak(self, *, name: str, args: HubArgs) -> None:
        """Let the cloud tell the gateways which addresses it has; the sites' own sessions are the gateways'."""
        number = hub_as(args.hub)
        peers = [
            self.make(
                kinds.BgpPeer(name=f"{name}-gateway-{own + 1}", address=address(self._core.pair.ipv4, GATEWAYS + own), remote_as=number)
            )
            for own in range(args.settings.gateways)
        ]
        outside = self.cloud.external(args.settings.external_of(args.hub.uplinks[0].carrier))
        self.make(kinds.BgpSpeaker(name=name, local_as=number, networks=(outside,), peers=tuple(peer.id for peer in peers)))

    def _links(self, *, name: str, edge: pulumi.Input[str], args: HubArgs) -> HubLinks:
        services: dict[str, pulumi.Input[str]] = {}
        local: pulumi.Input[str] = ""
        if args.settings.access:
            carriers = [uplink.carrier for uplink in args.hub.uplinks]
            way = AccessArgs(carriers=carriers, layout=self._layout, mtu=args.plan.inventory.overlay.mtu, settings=args.settings)
            access = Access(name=f"{name}-access", args=way, cloud=self.cloud, parent=self)
            services = {carrier: service.id for carrier, service in access.services.items()}
            local = access.local.id
        return HubLinks(
            edge=edge,
            core=self._core.network,
            core4=self._core.subnet4,
            core6=self._core.subnet6,
            local=local,
            ike=args.ike,
            ipsec=args.ipsec,
            services=services,
        )
