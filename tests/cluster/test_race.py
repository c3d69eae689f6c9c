"""A budget holds exactly however many ask at once: fifty requests for ten places, in twenty organisations side by side.

It has a cluster of its own: the control plane's controllers count a thousand requests and two hundred namespaces for a while after it.
"""

import collections
import concurrent.futures
import random
from collections.abc import Iterator

import pytest
from tests.support import objects
from tests.support.caller import Caller
from tests.support.kube import Object, User, condition, eventually

from citycloud_dev.cluster import Cluster, running_cluster
from citycloud_dev.install import install_citycloud, install_definitions, start_operator

BUDGET = {"environments": 10, "cpu": "200", "memory": "400Gi", "storage": "4Ti"}
NAMES = [f"cuoc-dua-{number}" for number in range(20)]
REQUESTS = 50
THREADS = 10


@pytest.fixture(scope="module")
def racecourse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A control plane with citycloud and its operator, and nothing in it."""
    folder = tmp_path_factory.mktemp("race")
    with running_cluster(folder=folder, nodes=False, before_controllers=install_definitions) as running:
        install_citycloud(running)
        operator = start_operator(running)
        yield running
        assert operator.stop() == 0, operator.tail()


@pytest.fixture
def starter(racecourse: Cluster) -> User:
    """The platform engineer, when every organisation can be asked in."""
    user = User(cluster=racecourse, kubeconfig=racecourse.layout.kubeconfig)
    user.apply(objects.city(), *(objects.organisation(name, budget=BUDGET) for name in NAMES))

    def counted() -> bool:
        quotas = user.list("resourcequotas", selector="app.kubernetes.io/managed-by=citycloud")
        return len([each for each in quotas if each.get("status", {}).get("hard")]) == len(NAMES)

    eventually(counted, what="every home's quota to be counted")
    user.apply(*(objects.system(name) for name in NAMES))
    return user


def ask_at_once(user: User, requests: list[Object]) -> None:
    """Send requests from several threads, in an order nobody chose."""
    random.Random(len(requests)).shuffle(requests)

    def ask(share: list[Object]) -> None:
        caller = Caller(kubeconfig=user.kubeconfig)
        for each in share:
            path = f"/apis/{objects.API_VERSION}/namespaces/{each['metadata']['namespace']}/environments"
            assert caller.call("POST", path, each).code == 201
        caller.close()

    with concurrent.futures.ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(ask, [requests[number::THREADS] for number in range(THREADS)]))


def phases(user: User, name: str) -> collections.Counter[str]:
    items = user.list("environments", namespace=f"org-{name}")
    return collections.Counter(item["status"].get("phase", "") for item in items)


def test_fifty_requests_for_ten_places_give_exactly_ten_in_each_of_twenty_runs(starter: User) -> None:
    ask_at_once(starter, [objects.environment(name, f"cho-{number}") for name in NAMES for number in range(REQUESTS)])
    expected = {name: {"Ready": 10, "Refused": 40} for name in NAMES}
    eventually(lambda: {name: phases(starter, name) for name in NAMES} == expected, what="every decision", seconds=90)
    refused = [item for item in starter.list("environments") if item["status"]["phase"] == "Refused"]
    assert {condition(item, "Ready")["reason"] for item in refused} == {"OverBudget"}
    for name in NAMES:
        assert len(starter.list("namespaces", selector=f"citycloud.dev/organisation={name},citycloud.dev/zone")) == 10
