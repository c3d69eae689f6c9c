"""The place that the catalogue's manifests speak of: so-y-te with the production environment ho-so at level 3, and a neighbour.

The manifests name real namespaces (`so-y-te--ho-so--app`), so that a person can send them as they stand.
"""

import contextlib
from collections.abc import Callable, Iterator

import pytest
from tests.support import gateway, needs, objects
from tests.support.caller import Answer, Caller, Object
from tests.support.cases import Case, cases, catalogue, ends, given
from tests.support.kube import User, condition, eventually
from tests.support.snapshot import FEW_EVENTS, Store

from citycloud_dev import packet_needs
from citycloud_dev.access import MASTERS, PLATFORM
from citycloud_dev.cluster import Cluster
from citycloud_dev.processes import Process

Callers = Callable[[str], Caller]
Control = Object | Callable[[], Answer]
"""What must succeed around an attack: the creation of an object as a dry run, or whatever answers."""
Bracket = Callable[..., contextlib.AbstractContextManager[Caller]]
Crash = Callable[[], None]
ORGANISATION = "so-y-te"
NEIGHBOUR = "so-tai-chinh"
ZONES = ("dmz", "app", "data")
SCRATCH = "thu--nghiem--app"
PASSED = (200, 201)
ROLES = {
    "viewer": ("bich", (f"{ORGANISATION}-viewers",)),
    "operator": ("an", (f"{ORGANISATION}-operators",)),
    "admin": ("chi", (f"{ORGANISATION}-admins",)),
    "approver": ("dung", ("citycloud-approvers",)),
    "officer": ("phuong", ("citycloud-security",)),
    "break-glass": ("giang", ("citycloud-break-glass", MASTERS)),
    "neighbour": ("hoa", (f"{NEIGHBOUR}-admins", f"{NEIGHBOUR}-operators")),
    "platform": ("platform", (MASTERS,)),
    "city-operator": ("system:serviceaccount:citycloud-system:citycloud-operator", ()),
    **{
        name: (f"system:serviceaccount:kube-system:{account}", (MASTERS,))
        for name, account in {
            "namespace-controller": "namespace-controller",
            "daemon-set-controller": "daemon-set-controller",
            "quota-controller": "resourcequota-controller",
            "garbage-collector": "generic-garbage-collector",
            "endpoint-controller": "endpoint-controller",
        }.items()
    },
    "scheduler": ("system:kube-scheduler", (MASTERS,)),
    "controller-manager": ("system:kube-controller-manager", (MASTERS,)),
    "pipeline": ("citycloud-pipeline", (PLATFORM, MASTERS)),
    "cluster-admin": ("mai", ("test-cluster-admins",)),
    "facts": ("citycloud-facts", ("citycloud-facts",)),
    "clerk": ("ly", ("test-clerks",)),
    "trespasser": ("khanh", ("test-trespassers",)),
}
"""Who a manifest may be sent as: user name and groups. `platform` may do everything that admission lets through; so may the controllers
here, for what is tested is what admission lets them do."""
MEMBER = "khach-moi"
"""A person whom the environments name by themselves."""


@pytest.fixture(scope="session")
def packets_can_be_sent() -> None:
    """See that this machine can send real packets; in CI it must."""
    needs.have(packet_needs.missing(), what="real packets")


@pytest.fixture(scope="session")
def callers(cluster: Cluster) -> Iterator[Callers]:
    """Give a caller for each role."""
    made: dict[str, Caller] = {}

    def caller(role: str) -> Caller:
        if role not in made:
            name, groups = ROLES[role]
            made[role] = Caller(kubeconfig=cluster.kubeconfig(user=name, groups=groups))
        return made[role]

    yield caller
    for each in made.values():
        each.close()


@pytest.fixture(scope="session")
def gateway_kinds(admin: User, callers: Callers) -> None:
    """Install the kinds of the Gateway API, which a city may have or not; return when all of them are served."""
    admin.apply(*gateway.definitions())
    wanted = {f"/apis/{gateway.GROUP}/{version}/{plural}" for plural, version in gateway.KINDS.values()}
    eventually(lambda: all(callers("platform").call("GET", path).code == 200 for path in wanted), what="the Gateway API to be served")


@pytest.fixture(scope="session")
def place(admin: User, cluster: Cluster, operator: Process, gateway_kinds: None) -> str:
    """Provision both organisations and their environments, approved as production has to be; return the namespace of zone app."""
    name, groups = ROLES["approver"]
    approver = User(cluster=cluster, kubeconfig=cluster.kubeconfig(user=name, groups=groups))
    for organisation in (ORGANISATION, NEIGHBOUR):
        _provision(organisation=organisation, admin=admin, approver=approver)
    return f"{ORGANISATION}--ho-so--app"


@pytest.fixture(scope="session")
def matrix_objects(place: str, break_glass: User, callers: Callers) -> None:
    """Put in place what the catalogue's manifests refer to, and wait until every policy holds: they come one after another.

    Emergency rights stand for the time before the policies: some objects are what was there before, or what slipped.
    """
    policies = catalogue().policies
    items = [item for policy in policies for item in given(policy)]
    break_glass.apply(*items)
    for item in filter(ends, items):
        break_glass.delete(item["kind"], item["metadata"]["name"], item["metadata"].get("namespace", ""))
    for item in filter(ends, items):
        if item["kind"] == "Namespace":
            _until_held(break_glass, item["metadata"]["name"])
    canaries = {case.policy.id: case for case in reversed(cases("bad")) if case.policy.manifests}
    for canary in canaries.values():
        _until_refused(canary, callers)


def _until_held(admin: User, namespace: str) -> None:
    """Wait until all of an ending namespace is gone but what its finalizers hold: nothing of it changes from then on."""

    def held() -> bool:
        remaining = condition(admin.get("namespace", namespace), "NamespaceFinalizersRemaining").get("status") == "True"
        return remaining and not admin.list("serviceaccounts", namespace=namespace)

    eventually(held, what=f"{namespace} to hold what it holds")


def _until_refused(canary: Case, callers: Callers) -> None:
    eventually(lambda: canary.send(callers(canary.role)).refused, what=f"{canary.policy.name} to hold")


def _provision(*, organisation: str, admin: User, approver: User) -> None:
    home = f"org-{organisation}"
    admin.apply(objects.organisation(organisation))
    _until_ready(admin, "organisation", organisation)
    eventually(lambda: admin.get("resourcequota", "citycloud", home).get("status", {}).get("hard"), what="its quota")
    admin.apply(objects.system(organisation, dossier=objects.dossier()))
    members = [{"kind": "User", "name": MEMBER, "role": "viewer"}]
    wanted = {"stage": "production", "size": "l", "zones": list(ZONES), "hosts": ["ho-so"], "members": members}
    admin.apply(objects.environment(organisation, "ho-so", **wanted))
    pending = eventually(lambda: admin.get("environment", "ho-so", home)["status"].get("pending"), what="a pending digest")
    approver.create(objects.approval(organisation, "ho-so-1", target="ho-so", digest=pending["digest"], decisionNo="1/QD-UBND"))
    _until_ready(admin, "environment", "ho-so", home)
    eventually(
        lambda: admin.get("organisation", organisation)["status"].get("allocated", {}).get("environments") == 1,
        what="its budget to be counted",
    )


def _until_ready(admin: User, kind: str, name: str, namespace: str = "") -> None:
    def ready() -> bool:
        return bool(condition(admin.get(kind, name, namespace), "Ready").get("status") == "True")

    eventually(ready, what=f"{kind} {name} to be Ready")


@pytest.fixture(scope="session")
def scratch(place: str, callers: Callers) -> str:
    """A namespace called like a tenant's, of an organisation that is none: no operator looks after it, and every policy holds in it."""
    assert callers("break-glass").call("POST", "/api/v1/namespaces", {"metadata": {"name": SCRATCH}}).code == 201
    return SCRATCH


@pytest.fixture(scope="session")
def store(cluster: Cluster, callers: Callers) -> Iterator[Store]:
    """What sees every object of the cluster."""
    store = Store(cluster=cluster, caller=callers("platform"))
    yield store
    store.close()


@pytest.fixture
def crash(place: str, cluster: Cluster, callers: Callers) -> Iterator[Crash]:
    """Make the API server end as in a crash and start again, without waiting for it.

    Whoever comes after finds it whole: in its first seconds it does not know the schemas of kinds that it was taught, and answers 503 to
    what a mutating policy looks at there.
    """

    def end_and_start() -> None:
        cluster.stop_component("kube-apiserver", gracefully=False)
        cluster.start_api_server(wait=False)

    yield end_and_start
    request = objects.environment(ORGANISATION, "after-the-crash")
    path = callers("platform").path_of(request, named=False)
    eventually(lambda: callers("platform").call("POST", path, request, dry_run=True).code == 201, what="the policies to know our kinds")


@pytest.fixture
def bracket(place: str, callers: Callers, store: Store) -> Bracket:
    """Make brackets around an attack: a control of the same user passes before and after it, and of everything else nothing changes.

    `besides` names an organisation that the attack may do something to; `within` is how many seconds controllers have to clear up what the
    test itself took back; `events` is how many may come.
    """

    @contextlib.contextmanager
    def around(
        who: str | Caller, control: Control, *, besides: str = "", within: float = 0.0, events: int = FEW_EVENTS
    ) -> Iterator[Caller]:
        caller = callers(who) if isinstance(who, str) else who
        _passes(caller=caller, control=control)
        before = store.settled()
        yield caller
        traces = store.traces(before, besides=besides, events=events, within=within)
        assert not traces, "\n".join(traces)
        _passes(caller=caller, control=control)

    return around


def _passes(*, caller: Caller, control: Control) -> None:
    answer = control() if callable(control) else caller.call("POST", caller.path_of(control, named=False), control, dry_run=True)
    assert answer.code in PASSED, f"the control was refused, so that the attack proves nothing: {answer.message}"


@pytest.fixture
def callers_of(cluster: Cluster) -> Iterator[Callable[[str, str], Caller]]:
    """Make a caller for any user and group."""
    made: list[Caller] = []

    def make(user: str, group: str) -> Caller:
        made.append(Caller(kubeconfig=cluster.kubeconfig(user=user, groups=(group,))))
        return made[-1]

    yield make
    for each in made:
        each.close()
