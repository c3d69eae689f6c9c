"""What NP-Guard says: reads policy sets as JSON from standard input, writes for each the connections it would let through.

Runs under NP-Guard's own interpreter, many sets a process. It asks the library for the relation of all allowed connections once a set and
looks each question up in it; the command line would take most of a second a set.
"""

import contextlib
import ipaddress
import json
import sys
from typing import Any

from nca.CoreDS.DimensionsManager import DimensionsManager
from nca.CoreDS.Peer import BasePeerSet
from nca.NetworkConfig.NetworkConfig import NetworkConfig
from nca.NetworkConfig.PeerContainer import PeerContainer
from nca.NetworkConfig.PoliciesFinder import PoliciesFinder
from nca.NetworkConfig.TopologyObjectsFinder import NamespacesFinder, PodsFinder
from nca.Resources.PolicyResources.NetworkPolicy import PolicyConnectionsFilter

PROTOCOL_NUMBERS = {"TCP": 6, "UDP": 17, "SCTP": 132}
DIMENSIONS = ("src_peers", "dst_peers", "protocols", "dst_ports")


def answers(case: dict[str, Any]) -> list[bool]:
    """Answer the questions of one set, each `[from, to, protocol, port]` with pods as namespace/name and addresses as they are."""
    BasePeerSet.reset()
    DimensionsManager.reset()
    config = _config(case)
    relation = config.allowed_connections(res_conns_filter=PolicyConnectionsFilter.only_all_allowed_connections()).all_allowed_conns
    places = [relation.active_dimensions.index(each) if each in relation.active_dimensions else None for each in DIMENSIONS]
    cubes = list(relation)
    indices = {peer.full_name(): BasePeerSet().min_pod_index + index for peer, index in BasePeerSet().peer_to_index.items()}
    return [
        any(all(place is None or value in cube[place] for place, value in zip(places, values, strict=True)) for cube in cubes)
        for values in (
            (_index(source, indices), _index(target, indices), PROTOCOL_NUMBERS[protocol], port)
            for source, target, protocol, port in case["questions"]
        )
    ]


def _index(end: str, indices: dict[str, int]) -> int:
    if "/" in end:
        return indices[end]
    address = ipaddress.ip_address(end)
    first: int = BasePeerSet().min_ipv4_index if address.version == 4 else BasePeerSet().min_ipv6_index
    return first + int(address)


def _config(case: dict[str, Any]) -> NetworkConfig:
    namespaces = NamespacesFinder()
    namespaces.set_namespaces({"kind": "NamespaceList", "items": case["namespaces"]})
    pods = PodsFinder()
    pods.namespaces_finder = namespaces
    pods.add_eps_from_yaml({"kind": "PodList", "items": case["pods"]})
    container = PeerContainer(pods.peer_set, namespaces.namespaces, [], pods.representative_peers)
    finder = PoliciesFinder()
    finder.set_peer_container(container)
    for policy in case["policies"]:
        finder.parse_yaml_code_for_policy(policy, "set")
    finder.parse_policies_in_parse_queue()
    return NetworkConfig("set", container, finder)


def main() -> None:
    """Answer one set a line; what the library prints for people goes to standard error."""
    with contextlib.redirect_stdout(sys.stderr):
        lines = [json.dumps(answers(json.loads(line))) for line in sys.stdin]
    print("\n".join(lines))


if __name__ == "__main__":
    main()
