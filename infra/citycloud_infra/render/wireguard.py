"""WireGuard's part of a tunnel: one interface at each end, with one peer that may send anything, as routes decide where packets go.

A text holds no private key. It names the file that does, below the folder of keys (render/keys.py), and whoever loads the text puts the key
before it: `(echo '[Interface]'; printf 'PrivateKey = '; cat FILE; cat TEXT) | wg syncconf INTERFACE /dev/stdin`. A running tunnel is not
disturbed by that; `wg syncconf` of the text alone would take its key away. Nobody but the interface's own node needs its private key.
"""

from typing import Final, Protocol

from citycloud_infra.model.plan import CityPlan
from citycloud_infra.render.interfaces import calls, line_number
from citycloud_infra.render.view import Peer, Router

KEEPALIVE_SECONDS: Final = 25
"""How often an end whose address changes says where it is."""


class Keys(Protocol):
    """Where the public key of a tunnel's end is to be had."""

    def public(self, *, node: str, interface: str) -> str:
        """Return the public key, in base 64."""
        ...


def mark(*, segment: int, line: int) -> int:
    """Return the mark of a tunnel's outer packets: its segment for tc, its line for routing."""
    return segment << 8 | line


def key_file(*, node: str, interface: str) -> str:
    """Name the file of an end's private key, below the folder of keys."""
    return f"{node}/{interface}.key"


def interface_conf(*, plan: CityPlan, router: Router, peer: Peer, keys: Keys) -> str:
    """Write the text of one end for `wg syncconf`, after its key."""
    ends = calls(plan=plan, peer=peer)
    at_hub_end = peer.interface == peer.tunnel.hub_interface
    far = peer.tunnel.site_interface if at_hub_end else peer.tunnel.hub_interface
    line = line_number(plan=plan, node=router.node, carrier=peer.carrier)
    lines = [
        f"# {router.node}, {router.segment.name}: to {peer.name} over {peer.carrier}",
        f"# private key: keys/{key_file(node=router.node, interface=peer.interface)}",
        "[Interface]",
        f"ListenPort = {peer.tunnel.port}",
        f"FwMark = {mark(segment=router.segment.id, line=line):#x}",
        "",
        "[Peer]",
        f"PublicKey = {keys.public(node=peer.name, interface=far)}",
        "AllowedIPs = 0.0.0.0/0, ::/0",
    ]
    if ends.other is not None:
        lines.append(f"Endpoint = {f'[{ends.other}]' if ':' in ends.other else ends.other}:{peer.tunnel.port}")
    if ends.own is None:
        lines.append(f"PersistentKeepalive = {KEEPALIVE_SECONDS}")
    return "\n".join(lines) + "\n"
