"""Real packets between the pods of two organisations, under the policies that the operator wrote and a real controller enforces.

IPv4 alone: the controller knows no other family. That the same holds for IPv6 is for the evaluators to show, which judge both alike.
"""

import dataclasses
import pathlib
import signal
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator

import pytest
from tests.support import objects, packet_rules
from tests.support import packet_law as law
from tests.support.kube import User, eventually
from tests.support.packet_law import Question, is_tenant
from tests.support.packet_stages import Gate, Operator
from tests.support.packet_town import (
    Town,
    differences,
    lawful,
    make_namespaces,
    platform_pods,
    provision,
    rules_of,
    running,
    tenant_pods,
    until_pods_are_taken,
    until_ready,
    watching,
)
from tests.support.proxy import Proxy

from citycloud_dev.access import MASTERS
from citycloud_dev.cluster import Cluster, running_cluster
from citycloud_dev.install import install_citycloud, install_definitions
from citycloud_dev.nodes import add_nodes
from citycloud_dev.packets import NODE, Probe, packet_lab

pytestmark = pytest.mark.timeout(300)  # the controller is built here where nobody has asked for `make packets` before
Clerk = Callable[[str], User]
TENANT_PODS = 14
FEWEST_PROBES = 300
FEWEST_ROUNDS = 12


@pytest.fixture(scope="module")
def packet_cluster(packets_can_be_sent: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A control plane of its own: the operator is held back and killed here, and no other test's pods are around."""
    with running_cluster(folder=tmp_path_factory.mktemp("packets"), before_controllers=install_definitions) as cluster:
        add_nodes(cluster)
        install_citycloud(cluster)
        yield cluster


@pytest.fixture(scope="module")
def engineer(packet_cluster: Cluster) -> User:
    """The platform engineer."""
    user = User(cluster=packet_cluster, kubeconfig=packet_cluster.layout.kubeconfig)
    user.apply(objects.city())
    return user


@pytest.fixture(scope="module")
def clerk(packet_cluster: Cluster) -> Clerk:
    """Give somebody who works in an organisation."""

    def of(organisation: str) -> User:
        kubeconfig = packet_cluster.kubeconfig(user=f"an-{organisation}", groups=(f"{organisation}-operators",))
        return User(cluster=packet_cluster, kubeconfig=kubeconfig)

    return of


@pytest.fixture(scope="module")
def proxy(packet_cluster: Cluster) -> Iterator[Proxy]:
    """The proxy, passing everything through until told otherwise."""
    passing = Proxy(cluster=packet_cluster)
    passing.start()
    yield passing
    passing.stop()


@pytest.fixture(scope="module")
def operating(packet_cluster: Cluster, engineer: User, proxy: Proxy) -> Iterator[Operator]:
    """The operator, started."""
    operator = Operator(cluster=packet_cluster, proxy=proxy)
    operator.start()
    yield operator
    operator.kill()


@pytest.fixture(scope="module")
def town(packet_cluster: Cluster, engineer: User, operating: Operator, clerk: Clerk) -> Iterator[Town]:
    """The town, provisioned and inhabited: tenants' pods are made by those who work there."""
    pods = platform_pods()
    make_namespaces(admin=engineer, names={pod["metadata"]["namespace"] for pod in pods})
    engineer.create(*pods)
    provision(admin=engineer, organisations=law.ORGANISATIONS)
    for organisation in law.ORGANISATIONS:
        inhabitants = tenant_pods(organisation)
        until_pods_are_taken(admin=engineer, namespaces={pod["metadata"]["namespace"] for pod in inhabitants})
        clerk(organisation).create(*inhabitants)
        pods += inhabitants
    with packet_lab(cluster=packet_cluster, ports=law.PORTS) as lab:
        lab.add_pods(running(admin=engineer, pods=pods))
        for name, address in law.ADDRESSES.items():
            lab.add_host(name, address)
        yield Town(lab=lab, admin=engineer)


@pytest.fixture(scope="module")
def seen(town: Town) -> dict[Question, bool]:
    """What packets did, each port of everybody asked from everybody else."""
    town.lab.settle()
    return town.ask(town.everything())


def test_every_server_answers_its_node(town: Town) -> None:
    addresses = [town.lab.addresses[host] for host in town.hosts]
    probes = [Probe(source=NODE, address=address, port=port.number, protocol=port.protocol) for address in addresses for port in law.PORTS]
    assert len(addresses) == TENANT_PODS + len(law.PLATFORM) + len(law.ADDRESSES)
    assert all(town.lab.probe_all(probes)), "so a probe that gets no answer was stopped on its way"


def test_packets_go_where_the_law_lets_them_and_nowhere_else(seen: dict[Question, bool]) -> None:
    assert len(seen) >= FEWEST_PROBES
    assert differences(seen, lawful(seen)) == []


def test_packets_do_what_the_evaluator_says(town: Town, seen: dict[Question, bool]) -> None:
    assert differences(seen, town.judge(list(seen))) == []


def test_every_flow_between_zones_was_seen_to_pass(seen: dict[Question, bool]) -> None:
    zones = [(law.zone_of(each.source), law.zone_of(each.target), each.port) for each, passed in seen.items() if passed]
    flows = {(source.name, target.name) for source, target, _ in zones if source and target}
    assert flows == {("app", "app"), ("dmz", "app"), ("app", "data"), ("management", "app"), ("management", "data")}
    assert {port.protocol for source, target, port in zones if source and source == target} == {"TCP", "UDP"}


@pytest.mark.parametrize("host", [law.METADATA, law.OUTSIDE])
def test_tenants_and_what_is_no_pod_do_not_reach_each_other(seen: dict[Question, bool], host: str) -> None:
    outward = [passed for each, passed in seen.items() if each.target == host and is_tenant(each.source)]
    inward = [passed for each, passed in seen.items() if each.source == host and is_tenant(each.target)]
    assert len(outward) == len(inward) == TENANT_PODS * len(law.PORTS)
    assert not any(outward + inward)
    assert seen[Question(source=law.GATEWAY, target=host, port=law.WEB)], "it is there: who is not closed in reaches it"


def test_of_the_platform_a_tenant_reaches_the_names_and_nobody_else(seen: dict[Question, bool]) -> None:
    between = [each for each in seen if is_tenant(each.source) and each.target in law.PLATFORM]
    assert {(each.target, each.port) for each in between if seen[each]} == {(law.DNS, port) for port in law.NAMES}


def test_monitoring_reads_the_metrics_of_every_tenant_and_nothing_else(seen: dict[Question, bool]) -> None:
    between = [each for each in seen if each.source == law.MONITORING and is_tenant(each.target)]
    assert {each for each in between if seen[each]} == {each for each in between if each.port in law.METRICS}
    assert len({each.target for each in between}) == TENANT_PODS


def test_nothing_leaks_while_an_environment_is_being_provisioned(town: Town, engineer: User, clerk: Clerk, proxy: Proxy) -> None:
    organisation = law.ORGANISATIONS[0]
    closing, opening, access = "/networkpolicies/default-deny", "/networkpolicies/allow-", "/rolebindings/"
    proxy.before = gate = Gate(closing, opening, access, environment=law.NEWCOMER)
    neighbours = [host for host in town.hosts if is_tenant(host)]
    pods = [objects.pod(f"{organisation}--{law.NEWCOMER}--{zone}", "web") for zone in law.NEWCOMER_ZONES]
    engineer.apply(objects.environment(organisation, law.NEWCOMER, zones=list(law.NEWCOMER_ZONES), hosts=[law.NEWCOMER]))

    eventually(lambda: gate.is_reached(closing), what="the namespaces, not closed yet")
    assert "forbidden" in clerk(organisation).refused(pods[0]), "nobody of the organisation gets in before it is closed"
    until_pods_are_taken(admin=engineer, namespaces={pod["metadata"]["namespace"] for pod in pods})
    engineer.create(*pods)
    town.lab.add_pods(running(admin=engineer, pods=pods))
    newcomers = [host for host in town.hosts if is_tenant(host) and host not in neighbours]
    everything = [each for each in town.everything() if each.source in newcomers or each.target in newcomers]
    across = [each for each in everything if each.source in neighbours or each.target in neighbours]

    with watching(town=town, questions=across) as watch:
        watch.ask_a_while()
        gate.open(closing)
        eventually(lambda: gate.is_reached(opening), what="every zone to be closed")
        closed = town.ask_settled(everything)
        watch.ask_a_while()
        gate.open(opening)
        eventually(lambda: gate.is_reached(access), what="every flow to be opened")
        opened = town.ask_settled(everything)
        assert "forbidden" in clerk(organisation).refused(objects.pod(pods[0]["metadata"]["namespace"], "early"))
        watch.ask_a_while()
        gate.open(access)
        until_ready(admin=engineer, organisation=organisation, name=law.NEWCOMER)
        ready = town.ask_settled(everything)
        watch.ask_a_while()

    assert watch.leaks == [], "between tenants nothing passes at any time: those who were there are closed, whoever comes"
    assert watch.rounds >= FEWEST_ROUNDS
    assert [str(each) for each, passed in closed.items() if passed] == [], "closed comes first"
    assert differences(opened, lawful(everything)) == []
    assert differences(ready, lawful(everything)) == []


def test_everything_holds_while_the_operator_is_down_and_what_is_opened_then_is_closed_when_it_is_back(
    town: Town, engineer: User, operating: Operator, packet_cluster: Cluster
) -> None:
    namespace = f"{law.ORGANISATIONS[1]}--noi-bo--data"
    everything = town.everything()
    before = rules_of(admin=engineer, namespace=namespace)
    operating.kill()
    assert differences(town.ask_settled(everything), lawful(everything)) == [], "policies hold by themselves"

    emergency = packet_cluster.kubeconfig(user="giang", groups=("citycloud-break-glass", MASTERS))
    packet_cluster.kubectl("delete", "networkpolicies", "--all", "-n", namespace, kubeconfig=emergency)
    leaks = {each for each, passed in town.ask_settled(everything).items() if passed and not law.is_lawful(each)}
    assert Question(source=law.OUTSIDE, target=f"{namespace}/web", port=law.FORBIDDEN) in leaks, "a leak is noticed"
    assert Question(source=f"{namespace}/web", target=law.METADATA, port=law.FORBIDDEN) in leaks
    assert {each for each in leaks if f"{namespace}/web" not in (each.source, each.target)} == set(), "the others stay closed"

    operating.start()
    eventually(lambda: rules_of(admin=engineer, namespace=namespace) == before, what="the policies to be back")
    assert differences(town.ask_settled(everything), lawful(everything)) == []


@dataclasses.dataclass(frozen=True)
class Answers:
    """What packets did and what the evaluator says."""

    seen: dict[Question, bool]
    expected: dict[Question, bool]

    def unlike(self, questions: Iterable[Question]) -> list[Question]:
        return [each for each in questions if self.seen[each] != self.expected[each]]


@pytest.fixture(scope="module")
def answers(town: Town, engineer: User) -> Answers:
    """What is asked about every shape, each with its policies in its own corner of the town."""
    corners = packet_rules.CORNERS.values()
    make_namespaces(admin=engineer, names={packet_rules.NEIGHBOUR, *(corner.namespace for corner in corners)})
    pods = [packet_rules.onlooker(), *(pod for corner in corners for pod in corner.pods())]
    engineer.create(*pods, *(policy for corner in corners for policy in corner.policies()))
    town.lab.add_pods(running(admin=engineer, pods=pods))
    town.lab.add_host(packet_rules.STRANGER, packet_rules.STRANGER_ADDRESS)
    town.lab.settle()
    questions = list({question: None for corner in corners for question in corner.questions()})
    return Answers(seen=town.ask(questions), expected=town.judge(questions))


@pytest.mark.parametrize("shape", packet_rules.SHAPES)
def test_packets_do_what_the_evaluator_says_of_a_policy_of_any_shape(answers: Answers, shape: str) -> None:
    questions = list(packet_rules.CORNERS[shape].questions())
    assert [f"{each}: passed {answers.seen[each]}" for each in answers.unlike(questions)] == []
    assert {answers.seen[each] for each in questions} == {True, False}, "the shape lets something through and stops something"


def test_the_one_known_mistake_of_the_controller_stays_inside_a_namespace(answers: Answers) -> None:
    corner = packet_rules.CORNERS[packet_rules.MISTAKEN]
    unlike = answers.unlike(corner.questions())
    assert unlike, "kube-router judges this shape rightly now: put it among the others"
    assert {end.partition("/")[0] for each in unlike for end in (each.source, each.target)} == {corner.namespace}


def test_two_labs_do_not_hear_each_other(town: Town, packet_cluster: Cluster) -> None:
    with packet_lab(cluster=packet_cluster, ports=law.PORTS[:1]) as other:
        other.add_host("here", "198.51.100.1")
        other.add_host("there", "198.51.100.2")
        first = law.PORTS[0]
        assert other.probe(source="here", address="198.51.100.2", port=first.number, protocol=first.protocol)
        assert not other.probe(source="here", address=law.ADDRESSES[law.OUTSIDE], port=first.number, protocol=first.protocol)
        assert not town.lab.probe(source=law.OUTSIDE, address="198.51.100.1", port=first.number, protocol=first.protocol)


KILLED = """
import pathlib, sys, time
from citycloud_dev.cluster import Cluster
from citycloud_dev.packets import packet_lab
from citycloud_dev.packet_exchange import Port
with packet_lab(cluster=Cluster(folder=pathlib.Path(sys.argv[1])), ports=[Port("TCP", 8443)]) as lab:
    lab.add_host("somebody", "198.51.100.1")
    print(lab.controller_pid, flush=True)
    time.sleep(60)
"""


def test_a_killed_lab_leaves_nothing_behind(packet_cluster: Cluster) -> None:
    before = what_has_a_name()
    with subprocess.Popen([sys.executable, "-c", KILLED, packet_cluster.layout.folder], stdout=subprocess.PIPE, text=True) as lab:
        assert lab.stdout is not None
        controller = pathlib.Path("/proc") / lab.stdout.readline().strip()
        assert (controller / "exe").readlink().name == "netpol"
        lab.send_signal(signal.SIGKILL)
    eventually(lambda: not (controller / "exe").exists(), what="the controller to end")
    assert what_has_a_name() == before, "so nothing is left but what goes with the process"


def what_has_a_name() -> set[pathlib.Path]:
    """Return what could outlive a lab: named network namespaces, and links of this machine's own network."""
    return {*pathlib.Path("/run/netns").glob("*"), *pathlib.Path("/sys/class/net").iterdir()}
