"""Batches for `tc -batch`: each line shaped to its contract, with the classes of traffic as shares of it.

What is sent faster than the contract is thrown away by the carrier, whatever it is; shaped before that, it waits here, where voice can be
let past. Two trees of HTB do that. One stands on every tunnel, at the slower of its two ends' lines: inside, each packet still shows its
class, and a hub sends no site more than its line takes. The other stands on the line. Through vxlan the outer packet carries its inner
one's code point and the tree has the same classes again. WireGuard hides it, for the kernel's and the user's program set the outer code
point to zero: there the line is shared out between segments by the tunnels' mark. So as long as one segment alone fills the line, its voice
goes first; where two of them fill it at once, each has its share, and only the order inside a share is the inner tree's.

There are no filters: a class's number is that of its code point, and nftables writes it into the packet's priority (render/nftables.py),
for both families, which HTB takes for its class. Queues are plain ones (pfifo), which every kernel has.
"""

from collections.abc import Iterator, Sequence
from typing import Final

from citycloud_infra.model.inventory import Inventory
from citycloud_infra.model.plan import CityPlan
from citycloud_infra.model.wan import Segment
from citycloud_infra.render.view import Router, place_of

OVERHEAD: Final = {"wireguard": 80, "vxlan": 70}
"""Bytes that a tunnel adds to a packet, over IPv6."""
CLASSES: Final = 0x10
"""A class's number in a tree is this and its code point."""
SEGMENTS: Final = 0x80
"""A segment's number in a tree is this and its own; this alone is what the router itself sends."""
OWN_SHARE: Final = 2
"""Percent of a line for the router itself, where segments share it."""
BURST_MS: Final = 2
"""What may leave at once, as time at the full rate: enough for a timer that is late."""
LEAST_BURST: Final = 6_000
QUEUE_MS: Final = 100
PRIORITY_QUEUE_MS: Final = 20
"""How much waits at most, as time at a class's own rate: voice that is later than that is better lost."""
LEAST_QUEUE: Final = 32
PACKET: Final = 1500
LEAST_QUANTUM: Final = 1_600
MOST_QUANTUM: Final = 60_000


class Leaf:
    """One class of a tree: its number, what it is sure of and what it may take, in kbit/s."""

    def __init__(self, *, number: int, sure: int, most: int, first: bool) -> None:
        self.number = number
        self.sure = max(sure, 8)
        self.most = max(most, self.sure)
        self.first = first


def class_number(dscp: int) -> str:
    """Return the handle of a class of traffic, as tc and nftables write it."""
    return f"1:{CLASSES + dscp:x}"


def segment_number(segment: int) -> str:
    """Return the handle of a segment."""
    return f"1:{SEGMENTS + segment:x}"


def segment_batch(*, plan: CityPlan, router: Router) -> str:
    """Write the batch that is loaded inside the namespace of a segment: a tree on each tunnel."""
    inventory = plan.inventory
    lines = [
        line
        for peer in router.peers
        for line in _tree(
            device=peer.interface,
            rate=peer.rate_mbps * 1000,
            leaves=_classes(inventory=inventory, rate=peer.rate_mbps * 1000),
            default=_default(inventory),
            overhead=OVERHEAD[inventory.overlay.technique],
        )
    ]
    return "".join(f"{line}\n" for line in lines)


def underlay_batch(*, plan: CityPlan, node: str, segments: Sequence[Segment]) -> str:
    """Write the batch that is loaded in the underlay of a node: a tree on each line."""
    hidden = plan.inventory.overlay.technique == "wireguard"
    lines: list[str] = []
    for line in place_of(plan=plan, node=node).uplinks:
        rate = line.rate_mbps * 1000
        leaves = _segments(segments=segments, rate=rate) if hidden else _classes(inventory=plan.inventory, rate=rate)
        default = SEGMENTS if hidden else _default(plan.inventory)
        lines += _tree(device=line.carrier, rate=rate, leaves=leaves, default=default, overhead=0)
    return "".join(f"{line}\n" for line in lines)


def _classes(*, inventory: Inventory, rate: int) -> list[Leaf]:
    """Give each class its share; one with priority gets no more than that, so that it starves nobody."""
    return [
        Leaf(
            number=CLASSES + each.dscp,
            sure=rate * each.share // 100,
            most=rate * each.share // 100 if each.priority else rate,
            first=each.priority,
        )
        for each in inventory.classes
    ]


def _segments(*, segments: Sequence[Segment], rate: int) -> list[Leaf]:
    own = rate * OWN_SHARE // 100
    share = (rate - own) // max(len(segments), 1)
    leaves = [Leaf(number=SEGMENTS, sure=own, most=rate, first=False)]
    return leaves + [Leaf(number=SEGMENTS + each.id, sure=share, most=rate, first=False) for each in segments]


def _default(inventory: Inventory) -> int:
    return CLASSES + min((each.dscp for each in inventory.classes), default=0)


def _tree(*, device: str, rate: int, leaves: Sequence[Leaf], default: int, overhead: int) -> Iterator[str]:
    added = f" overhead {overhead}" if overhead else ""
    yield f"qdisc replace dev {device} root handle 1: htb default {default:x}"
    yield f"class replace dev {device} parent 1: classid 1:1 htb {_rate(sure=rate, most=rate, whole=rate)}{added}"
    for leaf in leaves:
        order = 0 if leaf.first else 1
        shape = _rate(sure=leaf.sure, most=leaf.most, whole=rate)
        yield f"class replace dev {device} parent 1:1 classid 1:{leaf.number:x} htb prio {order} {shape}{added}"
        waiting = _packets(rate=leaf.sure, ms=PRIORITY_QUEUE_MS if leaf.first else QUEUE_MS)
        yield f"qdisc replace dev {device} parent 1:{leaf.number:x} handle {leaf.number:x}: pfifo limit {waiting}"


def _rate(*, sure: int, most: int, whole: int) -> str:
    burst = max(whole * BURST_MS // 8, LEAST_BURST)
    quantum = min(max(sure * 1000 // 8 // 100, LEAST_QUANTUM), MOST_QUANTUM)
    return f"rate {sure}kbit ceil {most}kbit burst {burst} cburst {burst} quantum {quantum}"


def _packets(*, rate: int, ms: int) -> int:
    return max(rate * ms // 8 // PACKET, LEAST_QUEUE)
