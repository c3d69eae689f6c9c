"""Tunnels: made in a node's underlay from its rendered batch, moved into their segments, and given their peers.

VXLAN is the kernel's. WireGuard is too where the kernel has it; where it has not, `wireguard-go` plays each end (Debian's, one process an
end), whose sockets lie in one folder for the whole machine: so it runs with a folder of its own in that place, and two laboratories, or a
laboratory and the machine's own tunnels, do not meet.
"""

import json
import pathlib
from collections.abc import Sequence

from citycloud_dev.packet_networks import Network
from citycloud_dev.processes import ProcessError
from citycloud_infra.render.view import Router

from citycloud_lab.wan.loading import batch
from citycloud_lab.wan.networks import Networks
from citycloud_lab.wan.places import inside, underlay
from citycloud_lab.wan.reduce import Technique


def kernel_has_wireguard() -> bool:
    """Tell whether the kernel makes WireGuard's interfaces by itself."""
    sample = Network.made()
    try:
        sample.run("ip", "link", "add", "sample", "type", "wireguard")
    except ProcessError:
        return False
    finally:
        sample.close()
    return True


def technique_of_kernel() -> Technique:
    """Return how tunnels are made here unless somebody asks otherwise: as in the city where the kernel can."""
    return "wireguard" if kernel_has_wireguard() else "vxlan"


def make_tunnels(*, networks: Networks, node: str, routers: Sequence[Router], links: pathlib.Path) -> None:
    """Make the tunnels of a node that are not there yet and move each to its segment."""
    network = networks[underlay(node)]
    batch(network, "ip", file=links)
    here = {each["ifname"] for each in json.loads(network.run("ip", "-json", "link", "show"))}
    moves = [
        f"link set {peer.interface} netns {networks.full(inside(node=node, segment=router.segment.name))}\n"
        for router in routers
        for peer in router.peers
        if peer.interface in here
    ]
    network.run("ip", "-batch", "-", stdin="".join(moves))
