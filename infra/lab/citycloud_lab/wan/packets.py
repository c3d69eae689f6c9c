"""What size of packet passes: echo requests that nobody may cut into pieces."""

from typing import Final

from citycloud_dev.packet_networks import Network
from citycloud_dev.processes import ProcessError

HEADERS: Final = {4: 28, 6: 48}
"""Bytes of the headers of an echo request, by family."""


def passes(network: Network, *, address: str, size: int) -> bool:
    """Tell whether a packet of this many bytes, headers and all, gets to an address and is answered."""
    payload = size - HEADERS[6 if ":" in address else 4]
    try:
        network.run("ping", "-n", "-c", "3", "-i", "0.1", "-W", "2", "-M", "do", "-s", str(payload), address)
    except ProcessError:
        return False
    return True
