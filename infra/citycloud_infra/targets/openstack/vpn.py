"""IPsec in OpenStack (Neutron VPNaaS). Algorithms are one set for the whole city: AES-256, SHA-256, a group of 2048 bits, IKE version 2."""

import pulumi
from pulumi_openstack import vpnaas

from citycloud_infra.components import kinds

CIPHER = "aes-256"
DIGEST = "sha256"
GROUP = "group14"
IKE_LIFETIME = 28_800
IPSEC_LIFETIME = 3_600
"""Seconds until keys are agreed anew."""
DEAD_AFTER = 60
ASK_EVERY = 15
"""Seconds between questions whether the other end lives."""


def ike_policy(thing: kinds.IkePolicy, opts: pulumi.ResourceOptions) -> pulumi.CustomResource:
    """Say how two ends agree on keys."""
    return vpnaas.IkePolicy(
        thing.name,
        name=thing.name,
        ike_version="v2",
        encryption_algorithm=CIPHER,
        auth_algorithm=DIGEST,
        pfs=GROUP,
        lifetimes=[vpnaas.IkePolicyLifetimeArgs(units="seconds", value=IKE_LIFETIME)],
        opts=opts,
    )


def ipsec_policy(thing: kinds.IpsecPolicy, opts: pulumi.ResourceOptions) -> pulumi.CustomResource:
    """Say how packets are encrypted."""
    return vpnaas.IpSecPolicy(
        thing.name,
        name=thing.name,
        transform_protocol="esp",
        encapsulation_mode="tunnel",
        encryption_algorithm=CIPHER,
        auth_algorithm=DIGEST,
        pfs=GROUP,
        lifetimes=[vpnaas.IpSecPolicyLifetimeArgs(units="seconds", value=IPSEC_LIFETIME)],
        opts=opts,
    )


def vpn_service(thing: kinds.VpnService, opts: pulumi.ResourceOptions) -> pulumi.CustomResource:
    """Let connections end at a router."""
    return vpnaas.Service(thing.name, name=thing.name, router_id=thing.router, admin_state_up=True, opts=opts)


def endpoint_group(thing: kinds.EndpointGroup, opts: pulumi.ResourceOptions) -> pulumi.CustomResource:
    """Say what is reached."""
    return vpnaas.EndpointGroup(thing.name, name=thing.name, type=thing.kind, endpoints=list(thing.endpoints), opts=opts)


def site_connection(thing: kinds.SiteConnection, opts: pulumi.ResourceOptions) -> pulumi.CustomResource:
    """Tie one end to another; both may call, and who finds the other dead calls anew."""
    return vpnaas.SiteConnection(
        thing.name,
        name=thing.name,
        vpnservice_id=thing.service,
        ikepolicy_id=thing.ike,
        ipsecpolicy_id=thing.ipsec,
        local_ep_group_id=thing.local,
        peer_ep_group_id=thing.peer,
        peer_address=thing.peer_address,
        peer_id=thing.peer_address,
        psk=thing.psk,
        mtu=thing.mtu,
        initiator="bi-directional",
        dpds=[vpnaas.SiteConnectionDpdArgs(action="restart", interval=ASK_EVERY, timeout=DEAD_AFTER)],
        opts=opts,
    )
