"""A laboratory put together: namespaces, the wires between them, and the rendered texts inside; for a whole city or for what came to it."""

import json
import pathlib
from collections.abc import Collection, Sequence
from typing import Final

from citycloud_infra.model.plan import CityPlan
from citycloud_infra.render.interfaces import LAN, OUT, crossing_link, local_link, local_segments
from citycloud_infra.render.view import Router, routers
from citycloud_lab.wan.carriers import (
    Line,
    carrier_batch,
    internet_batch,
    known_batches,
    line_batch,
    lines,
    meeting_batches,
    meets,
    ports_batch,
)
from citycloud_lab.wan.hosts import WIRE, Host, host_batch, hosts
from citycloud_lab.wan.loading import batch, load_segment, load_underlay
from citycloud_lab.wan.networks import Networks
from citycloud_lab.wan.parallel import side_by_side
from citycloud_lab.wan.places import INTERNET, carried_by, inside, underlay
from citycloud_lab.wan.wireguard import WireGuard

Wire = tuple[str, str, str, str]
"""A namespace and its end of the wire, the other one and the other end."""
FORWARDING: Final = "net.ipv4.ip_forward=1\nnet.ipv6.conf.all.forwarding=1\nnet.ipv4.conf.all.send_redirects=0\n"


class Assembly:
    """Puts nodes of one plan into namespaces; `texts` is the folder of its rendered texts, `wireguard` plays or configures its tunnels."""

    def __init__(self, *, networks: Networks, plan: CityPlan, texts: pathlib.Path, wireguard: WireGuard | None) -> None:
        self._networks = networks
        self._plan = plan
        self._texts = texts
        self._wireguard = wireguard
        self._lines = lines(plan)
        self._hosts = list(hosts(plan))
        self._routers = list(routers(plan))

    def add(self, nodes: Collection[str]) -> None:
        """Make what these nodes need around their texts: namespaces, lines, networks with a host in each."""
        here = [each for each in self._hosts if each.node in nodes]
        names = {*map(underlay, nodes), *(each.place for each in here), *(each.network for each in here)}
        side_by_side(self._networks.make, sorted(names))
        if INTERNET not in self._networks:
            self._make_carriers()
        self._connect(nodes)
        side_by_side(self._wire, [(node, [each for each in here if each.node == node]) for node in nodes])

    def load(self, nodes: Collection[str]) -> None:
        """Load the texts of these nodes, but for their daemons'. Only the thread that stays may call this: programs may play tunnels."""
        if self._wireguard is not None and self._wireguard.played:
            self._wireguard.start((self._networks[underlay(node)], self._links(node)) for node in nodes)
        side_by_side(self._load, list(nodes))

    def _make_carriers(self) -> None:
        internet = self._networks.make(INTERNET)
        internet.run("sysctl", "--quiet", "--load=-", stdin=FORWARDING)
        internet.run("ip", "-batch", "-", stdin=internet_batch())
        for number, carrier in enumerate(self._plan.inventory.carriers):
            made = self._networks.make(carried_by(carrier.name))
            made.run("sysctl", "--quiet", "--load=-", stdin=FORWARDING)
            made.run("ip", "-batch", "-", stdin=carrier_batch(carrier))
            if meets(carrier):
                far, near = meeting_batches(carrier=carrier, number=number, internet=self._networks.full(INTERNET))
                made.run("ip", "-batch", "-", stdin=far)
                internet.run("ip", "-batch", "-", stdin=near)

    def _connect(self, nodes: Collection[str]) -> None:
        """Make the lines of these nodes; the hubs, who call everybody, are told which addresses their carriers have now."""
        for number, carrier in enumerate(self._plan.inventory.carriers):
            own = [each for each in self._lines if each.carrier.name == carrier.name]
            new = [each for each in own if each.node in nodes]
            full = {underlay(each.node): self._networks.full(underlay(each.node)) for each in new}
            here, there = known_batches(lines_=own, number=number)
            self._networks[carried_by(carrier.name)].run("ip", "-batch", "-", stdin=ports_batch(lines_=new, full=full) + here)
            if meets(carrier):
                self._networks[INTERNET].run("ip", "-batch", "-", stdin=there)
            changed = [each for each in own if each.node in nodes or each.node in self._plan.hubs]
            side_by_side(self._bring_up, [(each, own) for each in changed])

    def _bring_up(self, line_and_neighbours: tuple[Line, Sequence[Line]]) -> None:
        line, neighbours = line_and_neighbours
        self._networks[underlay(line.node)].run("ip", "-batch", "-", stdin=line_batch(line=line, neighbours=neighbours))

    def _wire(self, node_and_hosts: tuple[str, Sequence[Host]]) -> None:
        """Make the wires inside one node, and those to its hosts."""
        node, here = node_and_hosts
        wires = [(each.place, LAN, each.network, WIRE) for each in here] + self._ways_out(node) + self._crossings(node)
        full = self._networks.full
        made = [f"link add {end} netns {full(one)} type veth peer name {far} netns {full(other)}\n" for one, end, other, far in wires]
        self._networks[underlay(node)].run("ip", "-batch", "-", stdin="".join(made))
        for host in here:
            self._networks[host.network].run("ip", "-batch", "-", stdin=host_batch(host))

    def _ways_out(self, node: str) -> list[Wire]:
        """Return the wires between a site's underlay and its segments that end there."""
        if node not in self._plan.sites:
            return []
        segments = local_segments(plan=self._plan, site=self._plan.sites[node])
        return [(inside(node=node, segment=each.name), OUT, underlay(node), local_link(each)) for each in segments]

    def _crossings(self, node: str) -> list[Wire]:
        """Return the wires between two segments of a hub, one wherever either may ask something of the other."""
        found = {frozenset((each.segment.name, other)) for each in self._of(node) if each.is_hub for other in each.realm.ways_out}
        pairs = [[self._plan.segments[name] for name in sorted(pair)] for pair in found]
        return [
            (inside(node=node, segment=one.name), crossing_link(other), inside(node=node, segment=other.name), crossing_link(one))
            for one, other in pairs
        ]

    def _load(self, node: str) -> None:
        load_underlay(self._networks[underlay(node)], folder=self._texts / node / "underlay")
        if self._wireguard is None or not self._wireguard.played:
            batch(self._networks[underlay(node)], "ip", file=self._links(node))
        self._move(node)
        for host in self._hosts:
            if host.node == node:
                load_segment(self._networks[host.place], folder=self._texts / node / host.segment)
        if self._wireguard is not None:
            for router in self._of(node):
                network = self._networks[inside(node=node, segment=router.segment.name)]
                for text in (self._texts / router.folder / "wireguard").glob("*.conf"):
                    self._wireguard.configure(network, node=node, text=text)

    def _move(self, node: str) -> None:
        """Move the tunnels that are in a node's underlay to their segments; their sockets stay."""
        network = self._networks[underlay(node)]
        here = {each["ifname"] for each in json.loads(network.run("ip", "-json", "link", "show"))}
        moves = [
            f"link set {peer.interface} netns {self._networks.full(inside(node=node, segment=router.segment.name))}\n"
            for router in self._of(node)
            for peer in router.peers
            if peer.interface in here
        ]
        network.run("ip", "-batch", "-", stdin="".join(moves))

    def _links(self, node: str) -> pathlib.Path:
        return self._texts / node / "underlay" / "links.batch"

    def _of(self, node: str) -> list[Router]:
        return [each for each in self._routers if each.node == node]
