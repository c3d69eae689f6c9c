"""A small town whose pods send: two organisations, each with two environments of three zones, the platform's pods, and who is outside."""

import concurrent.futures
import contextlib
import ipaddress
import threading
import time
from collections.abc import Iterable, Iterator, Sequence

from tests.support import objects, packet_law
from tests.support.kube import Object, User, condition, eventually
from tests.support.packet_law import Question

from citycloud.reach.evaluate import may_connect
from citycloud.reach.manifests import read_pod, read_policy
from citycloud.reach.model import Outside, Pod
from citycloud_dev.packets import PacketLab, Probe

MOST_ROUNDS = 1000
ROUNDS_OF_A_STAGE = 3
"""The first may have begun before the stage did."""
PLATFORM_LABELS = {packet_law.DNS: {"k8s-app": "kube-dns"}}


def make_namespaces(*, admin: User, names: set[str]) -> None:
    """Make namespaces of the platform's own, ready for pods."""
    admin.apply(*({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}} for name in sorted(names)))

    until_pods_are_taken(admin=admin, namespaces=names)


def until_pods_are_taken(*, admin: User, namespaces: set[str]) -> None:
    """Wait for whatever a pod cannot be made without: its account and, where a tenant's quota asks for them, its limits."""
    accounts = {("ServiceAccount", name, "default") for name in namespaces}
    limits = {("LimitRange", name, "citycloud") for name in namespaces if packet_law.zone_of(f"{name}/")}

    def found() -> set[tuple[str, str, str]]:
        items = admin.list("serviceaccounts,limitranges")
        return {(each["kind"], each["metadata"]["namespace"], each["metadata"]["name"]) for each in items}

    eventually(lambda: accounts | limits <= found(), what=f"pods to be taken in {', '.join(sorted(namespaces))}")


def rules_of(*, admin: User, namespace: str) -> dict[str, Object]:
    """Return the network policies of a namespace by name."""
    return {each["metadata"]["name"]: each["spec"] for each in admin.list("networkpolicies", namespace=namespace)}


def provision(*, admin: User, organisations: Sequence[str]) -> None:
    """Provision organisations and their environments, side by side."""
    admin.apply(*(objects.organisation(organisation) for organisation in organisations))
    for organisation in organisations:
        _until_at_home(admin=admin, organisation=organisation)
    admin.apply(*(objects.system(organisation) for organisation in organisations))
    wanted = [(organisation, name) for organisation in organisations for name in packet_law.ENVIRONMENTS]
    admin.apply(*(_environment(organisation=organisation, name=name) for organisation, name in wanted))
    for organisation, name in wanted:
        until_ready(admin=admin, organisation=organisation, name=name)


def _until_at_home(*, admin: User, organisation: str) -> None:
    eventually(lambda: condition(admin.get("organisation", organisation), "Ready").get("status") == "True", what=organisation)
    eventually(lambda: admin.get("resourcequota", "citycloud", f"org-{organisation}").get("status", {}).get("hard"), what="its quota")


def _environment(*, organisation: str, name: str) -> Object:
    hosts = [name] if name in packet_law.PUBLIC else []
    return objects.environment(organisation, name, zones=list(packet_law.ENVIRONMENTS[name]), hosts=hosts)


def until_ready(*, admin: User, organisation: str, name: str) -> None:
    def ready() -> bool:
        return bool(admin.get("environment", name, f"org-{organisation}").get("status", {}).get("phase") == "Ready")

    eventually(ready, what=f"{organisation}/{name} to be Ready")


def tenant_pods(organisation: str) -> list[Object]:
    """Make one pod for each zone, and in one zone a second one: its neighbour may talk to it."""
    names = [f"{organisation}--{environment}--{zone}" for environment, zones in packet_law.ENVIRONMENTS.items() for zone in zones]
    return [objects.pod(name, "web") for name in names] + [objects.pod(names[1], "second")]


def platform_pods() -> list[Object]:
    pods = []
    for host in packet_law.PLATFORM:
        pod = objects.pod(*host.split("/"))
        pod["metadata"]["labels"] = PLATFORM_LABELS.get(host, {"app": "other"})
        pods.append(pod)
    return pods


def running(*, admin: User, pods: list[Object]) -> list[Object]:
    """Wait until pods run, and return them as the API server has them."""
    wanted = {_name(pod) for pod in pods}

    def look() -> list[Object] | None:
        found = [pod for pod in admin.list("pods") if _name(pod) in wanted and pod.get("status", {}).get("podIP")]
        return found if len(found) == len(wanted) else None

    found: list[Object] = eventually(look, what=f"{', '.join(sorted(wanted))} to run")
    return found


class Town:
    """Asks questions of the lab, of the law and of the evaluator."""

    def __init__(self, *, lab: PacketLab, admin: User) -> None:
        self.lab = lab
        self.admin = admin

    @property
    def hosts(self) -> list[str]:
        """Name whom the law speaks of; others may be in the lab as well."""
        return [name for name in self.lab.addresses if packet_law.is_tenant(name) or name in (*packet_law.PLATFORM, *packet_law.ADDRESSES)]

    def everything(self) -> list[Question]:
        return list(packet_law.questions(self.hosts))

    def ask(self, questions: Sequence[Question]) -> dict[Question, bool]:
        """Send the packets."""
        probes = [
            Probe(source=each.source, address=self.lab.addresses[each.target], port=each.port.number, protocol=each.port.protocol)
            for each in questions
        ]
        return dict(zip(questions, self.lab.probe_all(probes), strict=True))

    def ask_settled(self, questions: Sequence[Question]) -> dict[Question, bool]:
        """Send the packets once everything is enforced; they do what the evaluator says, whatever the policies are."""
        self.lab.settle()
        seen = self.ask(questions)
        unlike = differences(seen, self.judge(questions))
        assert not unlike, f"the evaluator says otherwise of {len(unlike)}: {'; '.join(unlike[:20])}"
        return seen

    def judge(self, questions: Sequence[Question]) -> dict[Question, bool]:
        """Ask the evaluator, with the policies, pods and namespaces that the API server has now."""
        found: dict[str, list[Object]] = {"NetworkPolicy": [], "Namespace": [], "Pod": []}
        for each in self.admin.list("networkpolicies,namespaces,pods"):
            found[each["kind"]].append(each)
        policies = [read_policy(each) for each in found["NetworkPolicy"]]
        ends = self._ends(namespaces=found["Namespace"], pods=found["Pod"])
        return {
            each: may_connect(
                source=ends[each.source],
                target=ends[each.target],
                protocol=each.port.protocol,
                port=each.port.number,
                policies=policies,
            ).allowed
            for each in questions
        }

    def _ends(self, *, namespaces: list[Object], pods: list[Object]) -> dict[str, Pod | Outside]:
        labels = {each["metadata"]["name"]: each["metadata"].get("labels", {}) for each in namespaces}
        known = [read_pod(each, namespace_labels=labels[each["metadata"]["namespace"]]) for each in pods]
        others = {name: Outside(ipaddress.ip_address(address)) for name, address in self.lab.addresses.items()}
        return others | {pod.full_name: pod for pod in known if pod.full_name in others}


def differences(seen: dict[Question, bool], expected: dict[Question, bool]) -> list[str]:
    """Name every question that was answered otherwise than expected."""
    return [f"{each} {'passed' if seen[each] else 'did not pass'}" for each in seen if seen[each] != expected[each]]


def lawful(questions: Iterable[Question]) -> dict[Question, bool]:
    return {each: packet_law.is_lawful(each) for each in questions}


class Watch:
    """Keeps asking what must never pass, and notes whatever passes."""

    def __init__(self, *, town: Town, questions: Sequence[Question]) -> None:
        self.leaks: list[str] = []
        self.rounds = 0
        self._town = town
        self._questions = questions
        self._ended = threading.Event()

    def run(self) -> None:
        while not self._ended.wait(timeout=0.05) and self.rounds < MOST_ROUNDS:
            seen = self._town.ask(self._questions)
            self.leaks += [f"{each} at {time.time():.1f}" for each, passed in seen.items() if passed]
            self.rounds += 1

    def ask_a_while(self) -> None:
        """Return when this stage was asked about, however slow the machine: so none goes by unseen."""
        wanted = self.rounds + ROUNDS_OF_A_STAGE
        eventually(lambda: self.rounds >= wanted, what="the rounds of a stage")

    def end(self) -> None:
        self._ended.set()


@contextlib.contextmanager
def watching(*, town: Town, questions: Sequence[Question]) -> Iterator[Watch]:
    """Keep asking for the length of a block."""
    watch = Watch(town=town, questions=questions)
    with concurrent.futures.ThreadPoolExecutor(max_workers=1) as executor:
        running = executor.submit(watch.run)
        try:
            yield watch
        finally:
            watch.end()
            running.result(timeout=60)


def _name(pod: Object) -> str:
    return f"{pod['metadata']['namespace']}/{pod['metadata']['name']}"
