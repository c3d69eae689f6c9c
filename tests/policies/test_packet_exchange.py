"""What a question of the lab is: a new connection, whatever the node remembers of those before."""

from collections.abc import Iterator

import pytest

from citycloud_dev import packet_exchange
from citycloud_dev.packet_exchange import Exchange, Port
from citycloud_dev.packet_networks import Network, attach, node_network, plug_in

pytestmark = pytest.mark.usefixtures("packets_can_be_sent")
NODE, HERE, THERE = "192.0.2.1", "198.51.100.1", "198.51.100.2"
PORTS = (Port("TCP", 8443), Port("UDP", 8443))


@pytest.fixture
def exchange() -> Iterator[Exchange]:
    made = Exchange()
    yield made
    made.close()


@pytest.fixture
def node() -> Iterator[Network]:
    """A node that lets pass what belongs to a connection that it knows, and everything else too until told otherwise."""
    made = node_network(address=NODE)
    made.run("iptables", "-A", "FORWARD", "-m", "conntrack", "--ctstate", "ESTABLISHED", "-j", "ACCEPT")
    yield made
    made.close()


@pytest.fixture
def here(exchange: Exchange, node: Network) -> Iterator[Network]:
    """A host that asks, and another one that answers it."""
    hosts = []
    for number, address in enumerate((HERE, THERE), start=1):
        host = attach(node=node, number=number, address=address)
        exchange.serve(network=host, address=address, ports=PORTS)
        plug_in(node=node, number=number, address=address)
        hosts.append(host)
    yield hosts[0]
    for host in hosts:
        host.close()


@pytest.mark.parametrize("port", PORTS, ids=str)
def test_what_passed_before_says_nothing_of_a_question_asked_now(exchange: Exchange, node: Network, here: Network, port: Port) -> None:
    here.set("ip_local_port_range", "40000 40000")  # so whoever leaves the choice to the kernel asks from the same port again
    assert exchange.ask([(here, THERE, port)]) == [True]
    node.run("iptables", "-A", "FORWARD", "-j", "REJECT")
    assert exchange.ask([(here, THERE, port)]) == [False]


def test_who_has_used_every_port_once_is_told_so(exchange: Exchange, here: Network, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packet_exchange, "SOURCE_PORTS", range(40_000, 40_002))
    question = (here, THERE, Port("UDP", 8443))
    assert exchange.ask([question, question]) == [True, True]
    with pytest.raises(RuntimeError, match="a new lab"):
        exchange.ask([question])
