"""A budget holds exactly, however many environments are asked for at once."""

import collections
from collections.abc import Callable, Iterator

import pytest
from tests.support import objects
from tests.support.kube import User, condition, eventually

Office = Callable[..., str]


def phases(admin: User, name: str) -> collections.Counter[str]:
    items = admin.list("environments", namespace=f"org-{name}")
    return collections.Counter(item.get("status", {}).get("phase", "") for item in items)


def test_the_sum_of_all_quotas_never_exceeds_the_budget(admin: User, office: Office) -> None:
    name = office(budget={"environments": 20, "cpu": "11", "memory": "400Gi", "storage": "4Ti"})
    sizes = ["s", "m", "s", "m", "s", "s"]
    admin.apply(*(objects.environment(name, f"co-{number}", size=size) for number, size in enumerate(sizes)))
    eventually(lambda: "" not in phases(admin, name), what="every decision")
    quotas = admin.list("resourcequotas", selector=f"citycloud.dev/organisation={name},citycloud.dev/zone")
    total = sum(int(quota["spec"]["hard"]["requests.cpu"]) for quota in quotas)
    assert total <= 11
    assert total >= 10 or phases(admin, name)["Refused"]


def test_a_larger_budget_lets_those_in_who_wait(admin: User, office: Office) -> None:
    small = {"environments": 1, "cpu": "200", "memory": "400Gi", "storage": "4Ti"}
    name = office(budget=small)
    admin.apply(*(objects.environment(name, f"doi-{number}") for number in range(3)))
    eventually(lambda: phases(admin, name) == {"Ready": 1, "Refused": 2}, what="one place to be given")
    admin.apply(objects.organisation(name, budget=small | {"environments": 3}))
    eventually(lambda: phases(admin, name) == {"Ready": 3}, what="the others to get in")


@pytest.fixture
def wider_size(admin: User) -> Iterator[str]:
    """A size that is larger than s by no more than what nobody has to approve."""
    small = admin.get("sizeclass", "s")
    spec = {"order": 15, "quota": small["spec"]["quota"] | {"requests.cpu": "3"}, "container": small["spec"]["container"]}
    admin.apply({"apiVersion": small["apiVersion"], "kind": "SizeClass", "metadata": {"name": "s-rong"}, "spec": spec})
    yield "s-rong"
    admin.delete("sizeclass", "s-rong")


def test_growing_is_counted_once(admin: User, office: Office, wider_size: str) -> None:
    name = office(budget={"environments": 5, "cpu": "3", "memory": "400Gi", "storage": "4Ti"})
    admin.apply(objects.environment(name, "lon-len"))
    eventually(lambda: phases(admin, name) == {"Ready": 1}, what="the first size")
    admin.apply(objects.environment(name, "lon-len", size=wider_size))
    eventually(
        lambda: admin.get("resourcequota", "citycloud", f"{name}--lon-len--app")["spec"]["hard"]["requests.cpu"] == "3",
        what="the larger size: 3 of 3 cores, the 2 it had before not counted twice",
    )


def test_a_host_belongs_to_who_came_first(admin: User, office: Office) -> None:
    name = office()
    admin.apply(objects.environment(name, "truoc", zones=["dmz"], hosts=["cong"]))
    eventually(lambda: phases(admin, name) == {"Ready": 1}, what="the first one")
    admin.apply(objects.environment(name, "sau", zones=["dmz"], hosts=["cong"]))
    eventually(lambda: phases(admin, name) == {"Ready": 1, "Refused": 1}, what="the second one to be refused")
    assert "truoc" in condition(admin.get("environment", "sau", f"org-{name}"), "Ready")["message"]
