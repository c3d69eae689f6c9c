"""Whether the cloud allows what a plan needs, asked before anything is made (pure).

Where a quota ends, OpenStack refuses in the middle of a run, and its reason is lost on the way. So what the recorded stacks need is counted
beforehand and compared with the limits; who reads the limits is the caller's business (targets/automation.py, Allowance).
"""

import collections
from collections.abc import Iterable, Mapping
from typing import Final

from citycloud_infra.model.compute import Flavor
from citycloud_infra.targets.recording import Node

COUNTED: Final[Mapping[str, str]] = {
    "Network": "networks",
    "Subnet": "subnets",
    "Router": "routers",
    "Port": "ports",
    "SecurityGroup": "security_groups",
    "SecurityRule": "security_group_rules",
    "FloatingAddress": "floating_ips",
    "Machine": "instances",
    "ServerGroup": "server_groups",
    "Keypair": "key_pairs",
    "VpnService": "vpnservices",
    "SiteConnection": "ipsec_site_connections",
    "EndpointGroup": "endpoint_groups",
    "IkePolicy": "ikepolicies",
    "IpsecPolicy": "ipsecpolicies",
}
"""From the kind of a recorded thing to the name of its quota in Neutron and Nova."""
MIB: Final = 1024
UNLIMITED: Final = -1


def needs(*, nodes: Iterable[Node], flavors: Iterable[Flavor]) -> dict[str, int]:
    """Count what recorded things (targets/plan.py) take of each quota; of a flavor that the inventory lacks, only the machine counts."""
    sizes = {flavor.name: flavor for flavor in flavors}
    taken: dict[str, int] = collections.Counter()
    for node in nodes:
        kind = node.type.rpartition(":")[2]
        if kind in COUNTED:
            taken[COUNTED[kind]] += 1
        if kind == "RouterInterface":
            taken["ports"] += 1
        size = sizes.get(str(node.inputs.get("flavor", "")))
        if kind == "Machine" and size is not None:
            taken["cores"] += size.cpu
            taken["ram"] += size.memory_gib * MIB
    return dict(taken)


def short(*, needed: Mapping[str, int], limits: Mapping[str, int]) -> dict[str, tuple[int, int]]:
    """Return what does not fit, as needed and allowed; what nobody limits, fits."""
    allowed = {name: limit for name, limit in limits.items() if limit != UNLIMITED}
    return {name: (count, allowed[name]) for name, count in sorted(needed.items()) if count > allowed.get(name, count)}
