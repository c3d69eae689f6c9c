"""What OpenStack's own interfaces take where the provider's types only say `str`.

Sources: Networking API v2.0 reference (docs.openstack.org/api-ref/network/v2), sections "Security group rules", "Subnets", "QoS bandwidth
limit rules", "VPN IKE policies", "VPN IPsec policies", "VPN endpoint groups", "IPSec site connections", "BGP peers"; Compute API reference,
sections "Server groups" and "Servers" (metadata).
"""

from typing import Final

CIPHERS: Final = frozenset({"3des", "aes-128", "aes-192", "aes-256"})
DIGESTS: Final = frozenset({"sha1", "sha256", "sha384", "sha512"})
GROUPS: Final = frozenset({"group2", "group5", "group14", *(f"group{number}" for number in range(15, 32))})
IPV6_MODES: Final = frozenset({"slaac", "dhcpv6-stateful", "dhcpv6-stateless"})
UNITS: Final = frozenset({"seconds", "kilobytes"})
CHOICES: Final[dict[str, frozenset[object]]] = {
    "SecGroupRule.direction": frozenset({"ingress", "egress"}),
    "SecGroupRule.ethertype": frozenset({"IPv4", "IPv6"}),
    "SecGroupRule.protocol": frozenset(
        {"ah", "dccp", "egp", "esp", "gre", "icmp", "igmp", "ipv6-icmp", "ospf", "pgm", "rsvp", "sctp", "tcp", "udp", "udplite", "vrrp"}
    ),
    "Subnet.ipVersion": frozenset({4, 6}),
    "Subnet.ipv6AddressMode": IPV6_MODES,
    "Subnet.ipv6RaMode": IPV6_MODES,
    "QosBandwidthLimitRule.direction": frozenset({"ingress", "egress"}),
    "QosDscpMarkingRule.dscpMark": frozenset({0, *range(8, 41, 2), 46, 48, 56}),
    "ServerGroup.policies": frozenset({"affinity", "anti-affinity", "soft-affinity", "soft-anti-affinity"}),
    "IkePolicy.ikeVersion": frozenset({"v1", "v2"}),
    "IkePolicy.phase1NegotiationMode": frozenset({"main", "aggressive"}),
    "IkePolicy.encryptionAlgorithm": CIPHERS,
    "IkePolicy.authAlgorithm": DIGESTS,
    "IkePolicy.pfs": GROUPS,
    "IkePolicy.lifetimes.units": UNITS,
    "IpSecPolicy.encryptionAlgorithm": CIPHERS,
    "IpSecPolicy.authAlgorithm": DIGESTS,
    "IpSecPolicy.pfs": GROUPS,
    "IpSecPolicy.transformProtocol": frozenset({"esp", "ah", "ah-esp"}),
    "IpSecPolicy.encapsulationMode": frozenset({"tunnel", "transport"}),
    "IpSecPolicy.lifetimes.units": UNITS,
    "EndpointGroup.type": frozenset({"subnet", "cidr", "vlan", "network", "router"}),
    "SiteConnection.initiator": frozenset({"bi-directional", "response-only"}),
    "SiteConnection.dpds.action": frozenset({"clear", "hold", "restart", "disabled", "restart-by-peer"}),
    "BgpPeerV2.authType": frozenset({"none", "md5"}),
    "BgpSpeakerV2.ipVersion": frozenset({4, 6}),
}
"""By type and input; the code points are those that Neutron takes, which are not all that RFC 2474 has."""

ADDRESSES: Final = frozenset(
    {
        "Subnet.gatewayIp",
        "Subnet.allocationPools.start",
        "Subnet.allocationPools.end",
        "Subnet.dnsNameservers",
        "RouterRoute.nextHop",
        "Port.fixedIps.ipAddress",
        "FloatingIp.address",
        "SiteConnection.peerAddress",
        "BgpPeerV2.peerIp",
    }
)
RANGES: Final = frozenset({"Subnet.cidr", "SecGroupRule.remoteIpPrefix", "RouterRoute.destinationCidr"})
ADDRESSES_OR_RANGES: Final = frozenset({"Port.allowedAddressPairs.ipAddress"})

REFERENCES: Final[dict[str, str]] = {
    "Subnet.networkId": "Network",
    "Port.networkId": "Network",
    "Port.securityGroupIds": "SecGroup",
    "Port.qosPolicyId": "QosPolicy",
    "Port.fixedIps.subnetId": "Subnet",
    "Router.externalNetworkId": "Network",
    "RouterInterface.routerId": "Router",
    "RouterInterface.subnetId": "Subnet",
    "RouterInterface.portId": "Port",
    "RouterRoute.routerId": "Router",
    "SecGroupRule.securityGroupId": "SecGroup",
    "SecGroupRule.remoteGroupId": "SecGroup",
    "QosBandwidthLimitRule.qosPolicyId": "QosPolicy",
    "QosDscpMarkingRule.qosPolicyId": "QosPolicy",
    "FloatingIp.portId": "Port",
    "Instance.networks.port": "Port",
    "Instance.schedulerHints.group": "ServerGroup",
    "Service.routerId": "Router",
    "SiteConnection.vpnserviceId": "Service",
    "SiteConnection.ikepolicyId": "IkePolicy",
    "SiteConnection.ipsecpolicyId": "IpSecPolicy",
    "SiteConnection.localEpGroupId": "EndpointGroup",
    "SiteConnection.peerEpGroupId": "EndpointGroup",
    "BgpSpeakerV2.networks": "Network",
    "BgpSpeakerV2.peers": "BgpPeerV2",
}
"""Of what an id has to be; a recorded id tells of what it is (targets/recording.py, identity)."""

UNPROVEN: Final = frozenset({"SecGroup.stateful", "SecGroupRule.remoteAddressGroupId", "Router.externalQosPolicyId", "Subnet.segmentId"})
"""Inputs that the SDK has and a plugin on Terraform's provider 1.54 does not: using one fails in the first preview."""
TROUBLE: Final = frozenset({"Port.noFixedIp", "Instance.networks.name", "Instance.networks.uuid", "Instance.securityGroups"})
"""Inputs that replace machines at every run, or make ports behind the program's back."""
METADATA_KEY: Final = r"[a-zA-Z0-9\-_:. ]{1,255}"
LONGEST_NAME: Final = 255
