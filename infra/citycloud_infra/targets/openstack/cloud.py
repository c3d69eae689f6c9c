"""OpenStack as a `Cloud`: from the kind of a thing to the function that makes it."""

from collections.abc import Callable, Mapping
from typing import Any, Final

import pulumi
from pulumi_openstack import networking

from citycloud_infra.components import kinds
from citycloud_infra.components.cloud import Cloud
from citycloud_infra.targets.openstack import machines, networks, vpn

Maker = Callable[[Any, pulumi.ResourceOptions], pulumi.CustomResource]
MAKERS: Final[Mapping[type[kinds.Thing], Maker]] = {
    kinds.Network: networks.network,
    kinds.Subnet: networks.subnet,
    kinds.Router: networks.router,
    kinds.RouterInterface: networks.router_interface,
    kinds.Route: networks.route,
    kinds.SecurityGroup: networks.security_group,
    kinds.SecurityRule: networks.security_rule,
    kinds.QosPolicy: networks.qos_policy,
    kinds.QosLimit: networks.qos_limit,
    kinds.QosMark: networks.qos_mark,
    kinds.Port: networks.port,
    kinds.FloatingAddress: networks.floating_address,
    kinds.BgpPeer: networks.bgp_peer,
    kinds.BgpSpeaker: networks.bgp_speaker,
    kinds.ServerGroup: machines.server_group,
    kinds.Keypair: machines.keypair,
    kinds.Machine: machines.machine,
    kinds.IkePolicy: vpn.ike_policy,
    kinds.IpsecPolicy: vpn.ipsec_policy,
    kinds.VpnService: vpn.vpn_service,
    kinds.EndpointGroup: vpn.endpoint_group,
    kinds.SiteConnection: vpn.site_connection,
}


class OpenStack:
    """Makes things in OpenStack; where it is and who asks, the provider reads from `OS_*` or clouds.yaml."""

    def make(self, thing: kinds.Thing, *, opts: pulumi.ResourceOptions) -> pulumi.CustomResource:
        """Make it."""
        return MAKERS[type(thing)](thing, opts)

    def external(self, name: str) -> pulumi.Input[str]:
        """Look a carrier's network up by its name."""
        found: pulumi.Output[str] = networking.get_network_output(name=name, external=True).id
        return found

    def address(self, floating: pulumi.CustomResource) -> pulumi.Output[str]:
        """Return the address that a floating address got."""
        if not isinstance(floating, networking.FloatingIp):
            raise TypeError(f"{type(floating).__name__} has no floating address")
        return floating.address


def cloud() -> Cloud:
    """Return the cloud of this target (targets/base.py)."""
    return OpenStack()
