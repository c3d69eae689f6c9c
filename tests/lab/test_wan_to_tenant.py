"""From the inventory to a tenant's pod: whoever sits at a counter of one ward reaches the system that named it, and the neighbours do not.

Everything between is real: the rendered routers in namespaces, the facts on an API server, the operator's NetworkPolicy, a controller
that enforces it, and the packet. The data centre's own part is one rule: the service's address leads to the pod, as a load balancer that
keeps the sender's address does it (`externalTrafficPolicy: Local`). IPv4 alone, for the controller knows no other family.
"""

import dataclasses
import os
import secrets
import socket
from collections.abc import Callable, Iterator

import pytest
from tests.support import needs, objects
from tests.support.cli import Citycloud, ready
from tests.support.kube import User, condition, eventually
from tests.support.packet_town import running, until_pods_are_taken

from citycloud_dev import packet_needs
from citycloud_dev.cluster import Cluster, running_cluster
from citycloud_dev.install import install_citycloud, install_definitions, start_operator
from citycloud_dev.nodes import add_nodes
from citycloud_dev.packet_exchange import Port
from citycloud_dev.packet_networks import Network
from citycloud_dev.packets import PacketLab, packet_lab
from citycloud_infra.model.inventory import Inventory
from citycloud_infra.model.plan import plan_city
from citycloud_infra.render.facts import facts_document, facts_text
from citycloud_lab.wan.laboratory import Laboratory, running_laboratory
from citycloud_lab.wan.reduce import Technique, reduced

pytestmark = pytest.mark.timeout(300)
COUNTERS = "public-service"
SERVICE = "mot-cua"
OFFICE, ENVIRONMENT, ZONE = "so-noi-vu", "mot-cua", "app"
PORT = Port("TCP", 443)
SITES = 4
SILENCE_SECONDS = 3.0


@pytest.fixture(scope="module")
def wan(routers_can_run: None, hanoi: Inventory, technique: Technique, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Laboratory]:
    """The part of Hanoi's network that citizens' counters use."""
    plan = plan_city(reduced(hanoi, sites=SITES, technique=technique, segments=(COUNTERS,)))
    with running_laboratory(plan=plan, folder=tmp_path_factory.mktemp("wan"), name=f"tenant-{os.getpid()}") as lab:
        yield lab


@pytest.fixture(scope="module")
def wan_cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A cluster of the data centre, with the operator."""
    needs.have(packet_needs.missing(), what="real packets")
    with running_cluster(folder=tmp_path_factory.mktemp("cluster"), before_controllers=install_definitions) as cluster:
        add_nodes(cluster)
        install_citycloud(cluster)
        operator = start_operator(cluster)
        yield cluster
        operator.check()
        operator.stop()


@pytest.fixture(scope="module")
def engineer(wan_cluster: Cluster) -> User:
    """The platform engineer, who has made an office with a system."""
    user = User(cluster=wan_cluster, kubeconfig=wan_cluster.layout.kubeconfig)
    user.apply(objects.city(), objects.organisation(OFFICE))
    eventually(lambda: condition(user.get("organisation", OFFICE), "Ready").get("status") == "True", what=f"{OFFICE} to be Ready")
    eventually(lambda: user.get("resourcequota", "citycloud", f"org-{OFFICE}").get("status", {}).get("hard"), what="its quota")
    user.apply(objects.system(OFFICE))
    return user


@pytest.fixture(scope="module")
def facts(wan: Laboratory, wan_cluster: Cluster, engineer: User, tmp_path_factory: pytest.TempPathFactory) -> None:
    """The facts of this very network, brought in by the network team's pipeline."""
    file = tmp_path_factory.mktemp("facts") / "facts.json"
    file.write_text(facts_text(facts_document(wan.plan)))
    pipeline = Citycloud(wan_cluster.kubeconfig(user="facts-pipeline", groups=("citycloud-facts",)))
    assert len(pipeline("facts", "apply", str(file)).data["sites"]["added"]) == SITES


@dataclasses.dataclass(frozen=True)
class Town:
    """The network, the tenant's pod, and who enforces what is between them."""

    wan: Laboratory
    packets: PacketLab
    pod: str

    def reaches(self, place: str) -> bool:
        """Tell whether the pod itself answers a host of a place that asks the service."""
        ((service, pair),) = [each for each in self.wan.hosts[f"dc.{COUNTERS}.host"].services if each[0].name == SERVICE]
        assert (PORT.number, PORT.protocol) in [(each.port, each.protocol) for each in service.ports]
        answer = ask(self.wan.networks[f"{place}.{COUNTERS}.host"], address=str(pair.ipv4.network_address), seconds=SILENCE_SECONDS)
        assert answer in ("", self.pod), "nobody else answers for the service"
        return answer == self.pod


def ask(network: Network, *, address: str, seconds: float) -> str:
    """Ask the service's port from a network; return the address of who answers, or nothing."""
    nonce = secrets.token_hex(8)
    with network.open_socket(socket.SOCK_STREAM) as client:
        client.settimeout(seconds)
        try:
            client.connect((address, PORT.number))
            client.sendall(nonce.encode())
            who, _, heard = client.recv(256).decode().partition(" heard ")
        except OSError:
            return ""
    assert heard == nonce
    return who


@pytest.fixture(scope="module")
def town(wan: Laboratory, wan_cluster: Cluster, engineer: User, facts: None) -> Iterator[Town]:
    """An environment that nobody outside may reach yet, its pod alive, and the wire from the data centre to the cluster's node."""
    namespace = f"{OFFICE}--{ENVIRONMENT}--{ZONE}"
    engineer.apply(objects.environment(OFFICE, ENVIRONMENT, zones=[ZONE]))
    ready(engineer, OFFICE, ENVIRONMENT)
    until_pods_are_taken(admin=engineer, namespaces={namespace})
    clerk = User(cluster=wan_cluster, kubeconfig=wan_cluster.kubeconfig(user="an", groups=(f"{OFFICE}-operators",)))
    clerk.create(objects.pod(namespace, "web"))
    (pod,) = running(admin=engineer, pods=[objects.pod(namespace, "web")])
    with packet_lab(cluster=wan_cluster, ports=[PORT]) as packets:
        packets.add_pods([pod])
        made = Town(wan=wan, packets=packets, pod=pod["status"]["podIP"])
        connect(made)
        yield made


def connect(town: Town) -> None:
    """Lead the service's address to the pod, at both ends of the wire between the data centre's network and the cluster."""
    host = town.wan.hosts[f"dc.{COUNTERS}.host"]
    centre = town.wan.networks[host.network]
    ranges = [str(each.ipv4.network) for name, each in town.wan.hosts.items() if name.endswith(f".{COUNTERS}.host")]
    node = town.packets.add_line(network=centre, ranges=ranges)
    centre.set("ip_forward", "1")
    centre.ip(f"route add {town.pod}/32 via {node}")
    ((_, pair),) = [each for each in host.services if each[0].name == SERVICE]
    chain = "type nat hook prerouting priority dstnat;"
    rule = f"ip daddr {pair.ipv4.network_address} tcp dport {PORT.number} dnat ip to {town.pod}"
    centre.run("nft", "-f", "-", stdin=f"table inet service {{\nchain prerouting {{\n{chain}\n{rule}\n}}\n}}\n")


Open = Callable[[list[str]], None]


@pytest.fixture
def let_in(town: Town, engineer: User) -> Iterator[Open]:
    """Change whom the environment lets in, and wait until it is enforced; in the end nobody is."""

    def change(places: list[str]) -> None:
        entries = [{"site": each, "segment": COUNTERS, "zone": ZONE, "ports": [PORT.number]} for each in places]
        engineer.apply(objects.environment(OFFICE, ENVIRONMENT, zones=[ZONE], allowFrom=entries))
        eventually(lambda: len(ranges(engineer)) == 2 * len(places), what="the policy to say so")
        town.packets.settle()

    yield change
    change([])


def ranges(engineer: User) -> list[str]:
    """Return the ranges that the operator wrote, of both families."""
    policy = engineer.find("networkpolicy", "allow-sites", f"{OFFICE}--{ENVIRONMENT}--{ZONE}")
    return [peer["ipBlock"]["cidr"] for rule in policy["spec"]["ingress"] for peer in rule["from"]] if policy else []


def places(town: Town) -> list[str]:
    return [each.node for each in town.wan.hosts.values() if each.segment == COUNTERS and each.node in town.wan.plan.sites]


def test_nobody_of_the_network_gets_in_unasked(town: Town) -> None:
    assert [place for place in places(town) if town.reaches(place)] == []


def test_a_place_that_was_named_gets_in_through_its_tunnels_and_its_neighbours_do_not(town: Town, engineer: User, let_in: Open) -> None:
    ward, *neighbours = places(town)
    let_in([ward])
    host = town.wan.hosts[f"{ward}.{COUNTERS}.host"]
    assert ranges(engineer) == [str(host.ipv4.network), of_the_plan(town, ward)]
    assert town.reaches(ward)
    assert [place for place in neighbours if town.reaches(place)] == []


def test_it_still_gets_in_when_a_hub_has_gone(town: Town, let_in: Open) -> None:
    """The service stands in one data centre here: whoever comes by the other one is not led to the pod."""
    ward, *_ = places(town)
    let_in([ward])
    town.wan.cut("dr")
    try:
        assert town.reaches(ward)
    finally:
        town.wan.mend("dr")
        town.wan.wait_until_settled()


def test_a_place_that_is_not_named_any_more_is_out(town: Town, let_in: Open) -> None:
    ward, other, *_ = places(town)
    let_in([ward])
    assert town.reaches(ward)
    let_in([other])
    assert not town.reaches(ward)
    assert town.reaches(other)


def of_the_plan(town: Town, place: str) -> str:
    """Return the IPv6 range of a place: a host has an address of its first /64."""
    return str(town.wan.plan.local(site=place, segment=COUNTERS).ipv6)
