"""Networks, routers, firewalls, quality of service, ports and addresses of OpenStack (Neutron).

Inputs are only those that Terraform's provider 1.54 knows as well as 3.4: the first is behind the plugin that can be built everywhere.
"""

import ipaddress

import pulumi
from pulumi_openstack import networking

from citycloud_infra.components import kinds

MANAGED = "dhcpv6-stateful"
"""IPv6 addresses are told by the cloud, so that a port may name its own; with slaac they follow from the hardware's."""
BURST = 8
"""The part of a second's traffic that may be sent at once: an eighth."""


def network(thing: kinds.Network, opts: pulumi.ResourceOptions) -> pulumi.CustomResource:
    """Make a network of layer 2."""
    return networking.Network(thing.name, name=thing.name, mtu=thing.mtu, opts=opts)


def subnet(thing: kinds.Subnet, opts: pulumi.ResourceOptions) -> pulumi.CustomResource:
    """Make a range; an IPv6 one without DHCP is told to nobody, its machines know their addresses."""
    version = ipaddress.ip_network(thing.cidr).version
    mode = MANAGED if version == 6 and thing.dhcp else None
    start, end = thing.pool
    return networking.Subnet(
        thing.name,
        name=thing.name,
        network_id=thing.network,
        ip_version=version,
        cidr=thing.cidr,
        gateway_ip=thing.gateway,
        allocation_pools=[networking.SubnetAllocationPoolArgs(start=start, end=end)],
        enable_dhcp=thing.dhcp,
        ipv6_address_mode=mode,
        ipv6_ra_mode=mode,
        dns_nameservers=list(thing.dns) or None,
        opts=opts,
    )


def router(thing: kinds.Router, opts: pulumi.ResourceOptions) -> pulumi.CustomResource:
    """Make a router with its way out."""
    return networking.Router(thing.name, name=thing.name, admin_state_up=True, external_network_id=thing.external, opts=opts)


def router_interface(thing: kinds.RouterInterface, opts: pulumi.ResourceOptions) -> pulumi.CustomResource:
    """Give a router a foot in a network."""
    return networking.RouterInterface(thing.name, router_id=thing.router, subnet_id=thing.subnet, port_id=thing.port, opts=opts)


def route(thing: kinds.Route, opts: pulumi.ResourceOptions) -> pulumi.CustomResource:
    """Tell a router one way."""
    return networking.RouterRoute(
        thing.name, router_id=thing.router, destination_cidr=thing.destination, next_hop=thing.next_hop, opts=opts
    )


def security_group(thing: kinds.SecurityGroup, opts: pulumi.ResourceOptions) -> pulumi.CustomResource:
    """Make a firewall that is closed both ways: without its default rules, which open everything outwards."""
    return networking.SecGroup(thing.name, name=thing.name, description=thing.description, delete_default_rules=True, opts=opts)


def security_rule(thing: kinds.SecurityRule, opts: pulumi.ResourceOptions) -> pulumi.CustomResource:
    """Open a firewall at one place; the rule has no name of its own, so its description carries it."""
    low, high = thing.ports or (None, None)
    return networking.SecGroupRule(
        thing.name,
        description=thing.name,
        security_group_id=thing.group,
        direction=thing.direction,
        ethertype=thing.family,
        protocol=thing.protocol,
        port_range_min=low,
        port_range_max=high,
        remote_ip_prefix=thing.remote,
        remote_group_id=thing.remote_group,
        opts=opts,
    )


def qos_policy(thing: kinds.QosPolicy, opts: pulumi.ResourceOptions) -> pulumi.CustomResource:
    """Make a policy of quality of service."""
    return networking.QosPolicy(thing.name, name=thing.name, description=thing.description, opts=opts)


def qos_limit(thing: kinds.QosLimit, opts: pulumi.ResourceOptions) -> pulumi.CustomResource:
    """Bound what a port sends."""
    burst = thing.kbps // BURST
    return networking.QosBandwidthLimitRule(
        thing.name, qos_policy_id=thing.policy, max_kbps=thing.kbps, max_burst_kbps=burst, direction="egress", opts=opts
    )


def qos_mark(thing: kinds.QosMark, opts: pulumi.ResourceOptions) -> pulumi.CustomResource:
    """Mark what a port sends."""
    return networking.QosDscpMarkingRule(thing.name, qos_policy_id=thing.policy, dscp_mark=thing.dscp, opts=opts)


def port(thing: kinds.Port, opts: pulumi.ResourceOptions) -> pulumi.CustomResource:
    """Make a port; it always has a fixed address, for without one the provider would replace its machine at every run."""
    return networking.Port(
        thing.name,
        name=thing.name,
        network_id=thing.network,
        fixed_ips=[networking.PortFixedIpArgs(subnet_id=each.subnet, ip_address=each.address) for each in thing.addresses],
        security_group_ids=list(thing.groups) or None,
        qos_policy_id=thing.qos,
        allowed_address_pairs=[networking.PortAllowedAddressPairArgs(ip_address=each) for each in thing.also] or None,
        opts=opts,
    )


def floating_address(thing: kinds.FloatingAddress, opts: pulumi.ResourceOptions) -> pulumi.CustomResource:
    """Lead an address of an external network to a port. To name the address takes a right that only administrators have by default."""
    return networking.FloatingIp(thing.name, description=thing.name, pool=thing.pool, address=thing.address, port_id=thing.port, opts=opts)


def bgp_peer(thing: kinds.BgpPeer, opts: pulumi.ResourceOptions) -> pulumi.CustomResource:
    """Name somebody whom the cloud tells its networks."""
    return networking.BgpPeerV2(thing.name, name=thing.name, peer_ip=thing.address, remote_as=thing.remote_as, auth_type="none", opts=opts)


def bgp_speaker(thing: kinds.BgpSpeaker, opts: pulumi.ResourceOptions) -> pulumi.CustomResource:
    """Let the cloud speak; the plugin on Terraform's provider 1.54 does not have this."""
    return networking.BgpSpeakerV2(
        thing.name,
        name=thing.name,
        ip_version=4,
        local_as=thing.local_as,
        advertise_floating_ip_host_routes=True,
        advertise_tenant_networks=True,
        networks=list(thing.networks),
        peers=list(thing.peers),
        opts=opts,
    )
