"""How the cloud's own client finds things by the names that the city gave them, one function a type of resource."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from openstack.connection import Connection

Inputs = Mapping[str, Any]
List = Callable[..., Iterable[Any]]
NAMED: Final[Mapping[str, Callable[[Connection], List]]] = {
    "openstack:networking/network:Network": lambda cloud: cloud.network.networks,
    "openstack:networking/subnet:Subnet": lambda cloud: cloud.network.subnets,
    "openstack:networking/port:Port": lambda cloud: cloud.network.ports,
    "openstack:networking/router:Router": lambda cloud: cloud.network.routers,
    "openstack:networking/secGroup:SecGroup": lambda cloud: cloud.network.security_groups,
    "openstack:networking/qosPolicy:QosPolicy": lambda cloud: cloud.network.qos_policies,
    "openstack:vpnaas/ikePolicy:IkePolicy": lambda cloud: cloud.network.vpn_ike_policies,
    "openstack:vpnaas/ipSecPolicy:IpSecPolicy": lambda cloud: cloud.network.vpn_ipsec_policies,
    "openstack:vpnaas/service:Service": lambda cloud: cloud.network.vpn_services,
    "openstack:vpnaas/endpointGroup:EndpointGroup": lambda cloud: cloud.network.vpn_endpoint_groups,
    "openstack:vpnaas/siteConnection:SiteConnection": lambda cloud: cloud.network.vpn_ipsec_site_connections,
    "openstack:compute/instance:Instance": lambda cloud: cloud.compute.servers,
    "openstack:compute/serverGroup:ServerGroup": lambda cloud: cloud.compute.server_groups,
    "openstack:compute/keypair:Keypair": lambda cloud: cloud.compute.keypairs,
}
"""What has a name of its own, and how all of it is listed."""


def _floating(cloud: Connection, inputs: Inputs) -> list[str]:
    return [each.id for each in cloud.network.ips() if each.description == inputs["description"]]


def _rule(cloud: Connection, inputs: Inputs) -> list[str]:
    rules = cloud.network.security_group_rules(security_group_id=inputs["securityGroupId"])
    return [each.id for each in rules if each.description == inputs["description"]]


def _limit(cloud: Connection, inputs: Inputs) -> list[str]:
    policy = inputs["qosPolicyId"]
    return [f"{policy}/{each.id}" for each in cloud.network.qos_bandwidth_limit_rules(policy)]


def _mark(cloud: Connection, inputs: Inputs) -> list[str]:
    policy = inputs["qosPolicyId"]
    return [f"{policy}/{each.id}" for each in cloud.network.qos_dscp_marking_rules(policy)]


def _foot(cloud: Connection, inputs: Inputs) -> list[str]:
    """Find a router's port: the one that was given, or the one that has an address in the subnet."""
    wanted, subnet = inputs.get("portId"), inputs.get("subnetId")
    ports = cloud.network.ports(device_id=inputs["routerId"])
    return [each.id for each in ports if each.id == wanted or any(place["subnet_id"] == subnet for place in each.fixed_ips)]


def _route(cloud: Connection, inputs: Inputs) -> list[str]:
    router, destination, hop = inputs["routerId"], inputs["destinationCidr"], inputs["nextHop"]
    routes = cloud.network.get_router(router).routes
    known = any(each["destination"] == destination and each["nexthop"] == hop for each in routes)
    return [f"{router}-route-{destination}-{hop}"] if known else []


PLACED: Final[Mapping[str, Callable[[Connection, Inputs], list[str]]]] = {
    "openstack:networking/floatingIp:FloatingIp": _floating,
    "openstack:networking/secGroupRule:SecGroupRule": _rule,
    "openstack:networking/qosBandwidthLimitRule:QosBandwidthLimitRule": _limit,
    "openstack:networking/qosDscpMarkingRule:QosDscpMarkingRule": _mark,
    "openstack:networking/routerInterface:RouterInterface": _foot,
    "openstack:networking/routerRoute:RouterRoute": _route,
}
"""What has none, and is found by where it is; the provider's id of such a thing may have two parts."""


def ids_of(cloud: Connection, *, kind: str, inputs: Inputs) -> list[str]:
    """Return the ids of what a resource of type `kind` with these inputs may be: none, one, or more where somebody made twins."""
    if kind in PLACED:
        return PLACED[kind](cloud, inputs)
    return [str(each.id) for each in NAMED[kind](cloud)() if each.name == inputs["name"]]
