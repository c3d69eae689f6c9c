"""One Kubernetes cluster: the network of its nodes, its router to the outside and to the core, its firewall, its API's address, its pools.

The API is answered at an address that the control plane shares; the machines decide who holds it. Only the city reaches it, and whom the
settings name.
"""

import dataclasses
import ipaddress
from collections.abc import Iterator

import pulumi

from citycloud_infra.components import kinds
from citycloud_infra.components.cloud import Cloud, Keys, Part, Settings, UserData
from citycloud_infra.components.compute_pool import ComputePool, ComputePoolArgs
from citycloud_infra.components.layout import FIRST, HubLayout, Net, address, chosen
from citycloud_infra.components.links import HubLinks
from citycloud_infra.model.compute import Cluster, Pool
from citycloud_infra.model.plan import CityPlan
from citycloud_infra.render.facts import API_PORT, api_addresses

WEB_PORTS = (80, 443)


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class KubernetesClusterArgs:
    """A cluster, and its data centre's ids."""

    plan: CityPlan
    cluster: Cluster
    links: HubLinks
    qos: pulumi.Input[str] | None
    key: str | None
    user_data: UserData
    keys: Keys
    settings: Settings


class KubernetesCluster(Part):
    """The machines of a cluster and everything around them; `outputs` tell where it is reached."""

    def __init__(self, *, name: str, args: KubernetesClusterArgs, cloud: Cloud) -> None:
        super().__init__(kind="KubernetesCluster", name=name, cloud=cloud)
        nets = node_nets(args.cluster)
        self._hub = HubLayout(hub=args.plan.addresses.hub(args.plan.hubs[args.cluster.hub].id))
        self._network = self.make(kinds.Network(name=name))
        self._subnets = [self._subnet(name=f"{name}-{net.version}", net=net, args=args) for net in nets]
        router, feet = self._route(name=name, args=args)
        group = self.make(kinds.SecurityGroup(name=name, description=f"Nodes of cluster {args.cluster.name}"))
        for rule in _openings(name=name, group=group.id, args=args):
            self.make(rule)
        shared = tuple(str(each) for each in api_addresses(args.cluster))
        self.outputs: dict[str, pulumi.Input[str]] = {"router": router.id, "network": self._network.id, "api": shared[0], "api6": shared[1]}
        port = self.make(
            kinds.Port(
                name=f"{name}-api",
                network=self._network.id,
                addresses=tuple(
                    kinds.PortAddress(subnet=subnet.id, address=each) for subnet, each in zip(self._subnets, shared, strict=True)
                ),
                groups=(group.id,),
            )
        )
        if args.settings.api_from:
            floating = kinds.FloatingAddress(name=f"{name}-api", pool=_outside(args), port=port.id)
            self.outputs["floating"] = cloud.address(self.make(floating, after=feet))
        for pool in (each for each in args.plan.inventory.compute.pools if each.name in args.cluster.pools):
            machines = self._pool(pool=pool, group=group.id, shared=shared, args=args)
            ComputePool(name=f"{name}-{pool.name}", args=machines, cloud=cloud, parent=self, after=feet)
        self.register_outputs({})

    def _subnet(self, *, name: str, net: Net, args: KubernetesClusterArgs) -> pulumi.CustomResource:
        return self.make(
            kinds.Subnet(
                name=name,
                network=self._network.id,
                cidr=str(net),
                gateway=address(net, FIRST),
                pool=chosen(net),
                dhcp=True,
                dns=tuple(each for each in args.settings.dns if ipaddress.ip_address(each).version == net.version),
            )
        )

    def _route(self, *, name: str, args: KubernetesClusterArgs) -> tuple[pulumi.CustomResource, tuple[pulumi.Resource, ...]]:
        """Tie the nodes' network to the outside and, by the core, to the city."""
        router = self.make(kinds.Router(name=name, external=self.cloud.external(_outside(args))))
        feet = tuple(
            self.make(kinds.RouterInterface(name=f"{name}-{version}", router=router.id, subnet=subnet.id))
            for version, subnet in zip((4, 6), self._subnets, strict=True)
        )
        places = (kinds.PortAddress(subnet=args.links.core4), kinds.PortAddress(subnet=args.links.core6))
        port = self.make(kinds.Port(name=f"{name}-core", network=args.links.core, addresses=places))
        core = self.make(kinds.RouterInterface(name=f"{name}-core", router=router.id, port=port.id))
        hub = self._hub.core()
        for block, net in ((args.plan.addresses.block4, hub.ipv4), (args.plan.addresses.block6, hub.ipv6)):
            way = kinds.Route(name=f"{name}-city-{net.version}", router=router.id, destination=str(block), next_hop=address(net, FIRST))
            self.make(way, after=[core])
        return router, (*feet, core)

    def _pool(self, *, pool: Pool, group: pulumi.Input[str], shared: tuple[str, ...], args: KubernetesClusterArgs) -> ComputePoolArgs:
        four, six = self._subnets
        return ComputePoolArgs(
            cluster=args.cluster,
            pool=pool,
            image=args.plan.inventory.compute.image,
            network=self._network.id,
            subnet4=four.id,
            subnet6=six.id,
            group=group,
            api=shared,
            qos=args.qos,
            key=args.key,
            user_data=args.user_data,
            keys=args.keys,
        )


def node_nets(cluster: Cluster) -> tuple[Net, Net]:
    """Return the ranges of a cluster's nodes, IPv4 first."""
    return ipaddress.IPv4Network(cluster.node_range), ipaddress.IPv6Network(cluster.node_range6)


def _outside(args: KubernetesClusterArgs) -> str:
    """Return the external network of the data centre's first line."""
    return args.settings.external_of(args.plan.hubs[args.cluster.hub].uplinks[0].carrier)


def _openings(*, name: str, group: pulumi.Input[str], args: KubernetesClusterArgs) -> Iterator[kinds.SecurityRule]:
    blocks: tuple[tuple[kinds.Family, str], ...] = (
        ("IPv4", str(args.plan.addresses.block4)),
        ("IPv6", str(args.plan.addresses.block6)),
    )
    for family, block in blocks:
        yield kinds.SecurityRule(name=f"{name}-out-{family}", group=group, family=family, direction="egress")
        yield kinds.SecurityRule(name=f"{name}-nodes-{family}", group=group, family=family, remote_group=group)
        for port in (API_PORT, *WEB_PORTS):
            yield kinds.SecurityRule(
                name=f"{name}-{port}-{family}", group=group, family=family, protocol="tcp", ports=(port, port), remote=block
            )
    for number, each in enumerate(args.settings.api_from):
        family = "IPv4" if ipaddress.ip_network(each).version == 4 else "IPv6"
        yield kinds.SecurityRule(
            name=f"{name}-api-from-{number}", group=group, family=family, protocol="tcp", ports=(API_PORT, API_PORT), remote=each
        )
