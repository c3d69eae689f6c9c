"""Pods that send: a network for each, behind a network that plays the node and enforces the cluster's live NetworkPolicies.

kwok plays the kubelets, so to the API pods run and have addresses; here these addresses come to life. The node's network has no way out
of this machine, and no address of it is the machine's. The policies are enforced by kube-router's controller, which only reads the API.
It knows IPv4 alone.

    with packet_lab(cluster=cluster, ports=[Port("TCP", 8443)]) as lab:
        lab.add_pods([pod, other])                   # Pod objects as the API gives them, running
        lab.add_host("outside", "203.0.113.10")      # somebody who is no pod
        lab.settle()                                 # all that the API server holds is enforced now
        lab.probe(source="outside", address=pod["status"]["podIP"], port=8443, protocol="TCP")
"""

import contextlib
import dataclasses
import ipaddress
import itertools
import os
import socket
from collections.abc import Iterator, Sequence
from typing import Any, Final

from citycloud_dev.access import MASTERS, ClusterAccess
from citycloud_dev.assets import find_netpol
from citycloud_dev.components import NODE_ADDRESS, SERVICE_RANGE
from citycloud_dev.packet_exchange import Exchange, Port, Protocol
from citycloud_dev.packet_networks import Network, attach, node_network, plug_in
from citycloud_dev.processes import Process, ProcessError, wait_until

NODE: Final = "node"
QUESTIONS: Final = "@citycloud-netpol"
"""The controller's socket: no file, and known in the node's network alone."""
LINE: Final = (ipaddress.IPv4Interface("169.254.2.1/30"), ipaddress.IPv4Interface("169.254.2.2/30"))
"""The ends of the one wire to somebody else's network: the node's, and the other."""
START_SECONDS: Final = 60.0
SETTLE_SECONDS: Final = 60.0
_NUMBERS: Final = itertools.count(1)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Probe:
    """One question: does `source`, a host by name, get an answer from a port of an address?"""

    source: str
    address: str
    port: int
    protocol: Protocol


class PacketLab:
    """Hosts, their wires, and the controller between them; made by `packet_lab`."""

    def __init__(self, *, node: Network, exchange: Exchange, controller: Process, ports: Sequence[Port]) -> None:
        self.addresses: dict[str, str] = {NODE: NODE_ADDRESS}
        self._networks: dict[str, Network] = {NODE: node}
        self._exchange = exchange
        self._controller = controller
        self._ports = tuple(ports)

    @property
    def controller_pid(self) -> int:
        """Return the process id of the controller."""
        return self._controller.pid

    def add_pods(self, pods: Sequence[dict[str, Any]]) -> None:
        """Bring running pods to life, named `<namespace>/<name>`; no packet of theirs passes before their policies are enforced."""
        numbers = {self._attach(name=_name(pod), address=_address(pod)): _address(pod) for pod in pods}
        self.settle()
        for number, address in numbers.items():
            plug_in(node=self._networks[NODE], number=number, address=address)

    def add_host(self, name: str, address: str) -> None:
        """Add a host that is no pod: to policies it is an address and nothing else."""
        plug_in(node=self._networks[NODE], number=self._attach(name=name, address=address), address=address)

    def add_line(self, *, network: Network, ranges: Sequence[str]) -> str:
        """Lay a wire to a network that somebody else keeps and send there what is for `ranges`; return the node's address on it."""
        near, far = LINE
        self._networks[NODE].ip(
            f"link add line type veth peer name cluster netns {network.path}",
            f"address add {near} dev line",
            "link set line up",
        )
        network.ip(f"address add {far} dev cluster", "link set cluster up")
        self._networks[NODE].ip(*(f"route add {each} via {far.ip}" for each in ranges))
        return str(near.ip)

    def settle(self) -> None:
        """Return when everything that the API server holds now is enforced; raise ProcessError where it cannot be."""
        answer = self._ask_controller()
        failed = [line for line in self._controller.log.read_text(errors="replace").splitlines() if "Aborting sync" in line]
        if answer != "settled" or failed:
            raise ProcessError(f"the policies are not enforced: {'; '.join([answer or 'no answer', *failed[-3:]])}")

    def wait_until_listening(self) -> None:
        """Return when the controller takes questions."""
        wait_until(lambda: self._ask_controller() is not None, what="the policy controller", seconds=START_SECONDS)

    def probe(self, *, source: str, address: str, port: int, protocol: Protocol) -> bool:
        """Tell whether a packet from a host gets to a port of an address and is answered."""
        return self.probe_all([Probe(source=source, address=address, port=port, protocol=protocol)])[0]

    def probe_all(self, probes: Sequence[Probe]) -> list[bool]:
        """Tell the same of many, in their order; they go out side by side. Any thread may ask."""
        return self._exchange.ask([(self._networks[each.source], each.address, Port(each.protocol, each.port)) for each in probes])

    def close(self) -> None:
        """Let go of every network."""
        for network in self._networks.values():
            network.close()

    def _attach(self, *, name: str, address: str) -> int:
        if name in self.addresses or address in self.addresses.values():
            raise ValueError(f"{name} ({address}) is there already")
        number = len(self._networks)
        network = attach(node=self._networks[NODE], number=number, address=address)
        self._networks[name], self.addresses[name] = network, address
        self._exchange.serve(network=network, address=address, ports=self._ports)
        return number

    def _ask_controller(self) -> str | None:
        """Return the controller's one line, or None where it does not listen yet."""
        self._controller.check()
        with self._networks[NODE].open_socket(socket.SOCK_STREAM, family=socket.AF_UNIX) as question:
            question.settimeout(SETTLE_SECONDS)
            try:
                question.connect(QUESTIONS.replace("@", "\0"))
            except ConnectionRefusedError:
                return None
            with question.makefile() as lines:
                return lines.readline().strip()


@contextlib.contextmanager
def packet_lab(*, cluster: ClusterAccess, ports: Sequence[Port]) -> Iterator[PacketLab]:
    """Keep a lab up for the length of a block; every host of it listens on `ports`.

    Ask `packet_needs.missing` first: without root, network namespaces, iptables and ipset there is none.
    """
    with contextlib.ExitStack() as stack:
        exchange = Exchange()
        stack.callback(exchange.close)
        home, node = Network.own(), node_network(address=NODE_ADDRESS)
        stack.callback(home.close)
        controller = _start_controller(cluster=cluster, home=home, node=node)
        lab = PacketLab(node=node, exchange=exchange, controller=controller, ports=ports)
        stack.callback(lab.close)
        stack.callback(controller.stop)
        lab.wait_until_listening()
        lab.settle()
        yield lab


def _start_controller(*, cluster: ClusterAccess, home: Network, node: Network) -> Process:
    """Start kube-router's controller in the node's network; it asks the API server from `home`."""
    command = [
        str(find_netpol()),
        f"--kubeconfig={cluster.kubeconfig(user='citycloud-packets', groups=(MASTERS,))}",
        f"--api-network={home.path}",
        f"--node-address={NODE_ADDRESS}",
        f"--service-range={SERVICE_RANGE.split(',')[0]}",
        f"--socket={QUESTIONS}",
    ]
    log = cluster.layout.logs / f"netpol-{os.getpid()}-{next(_NUMBERS)}.log"
    with node.entered():
        return Process(name="netpol", command=command, log=log)


def _name(pod: dict[str, Any]) -> str:
    return f"{pod['metadata']['namespace']}/{pod['metadata']['name']}"


def _address(pod: dict[str, Any]) -> str:
    status = pod.get("status", {})
    if status.get("hostIP") != NODE_ADDRESS or not status.get("podIP"):
        raise ProcessError(f"pod {_name(pod)} has no address on a node that kwok plays: wait until it runs")
    return str(status["podIP"])
