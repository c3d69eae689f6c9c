"""The operator is killed before and after each kind of write of a re-organisation: nothing is lost or doubled, all ends the same."""

import functools
import json
import re
from collections.abc import Callable, Iterator

import pytest
from tests.faults.test_cut_points import CutPoint
from tests.support import objects
from tests.support.kube import Object, User, condition, eventually
from tests.support.proxy import Proxy

from citycloud_dev.access import MASTERS
from citycloud_dev.cluster import Cluster
from citycloud_dev.processes import Process

StartOperator = Callable[..., Process]
SECONDS = 60.0
OPERATOR = "system:serviceaccount:citycloud-system:citycloud-operator"
CHILDREN = "namespaces,resourcequotas,limitranges,networkpolicies,rolebindings,configmaps,serviceaccounts"
WRITES = {
    "begun": ("/orgchanges/", 1),
    "closed": ("/organisations/{old}", 1),
    "system-copied": ("/org-{new}/informationsystems", 1),
    "environment-copied": ("/org-{new}/environments", 1),
    "said-where": ("/org-{old}/environments/ho-so/status", 1),
    "status-carried": ("/org-{new}/environments/ho-so/status", 1),
    "namespace-relabelled": ("/namespaces/{old}--ho-so--app", 1),
    "access-half-moved": ("/{old}--ho-so--app/rolebindings", 2),
    "judged-there": ("/org-{new}/environments/ho-so/status", 2),
    "old-one-deleted": ("/org-{old}/environments/ho-so", 2),
    "old-system-deleted": ("/org-{old}/informationsystems/", 1),
    "reported-on": ("/orgchanges/", 2),
}
"""Parts of paths, and which of the writes to them: in the order in which they happen, each told apart from the ones before it."""

CASES = [pytest.param("begun", False, id="before-anything"), *(pytest.param(write, True, id=f"after-{write}") for write in WRITES)]
"""These writes come one after another: what the API server holds before the next one is what it holds after this one."""


@pytest.fixture(scope="session")
def decider(quiet_cluster: Cluster) -> User:
    """An approver of the city."""
    return User(cluster=quiet_cluster, kubeconfig=quiet_cluster.kubeconfig(user="lanh-dao", groups=("citycloud-approvers",)))


@pytest.fixture(scope="session")
def ends() -> dict[str, str]:
    """What an undisturbed re-organisation ends in, noted by the first test."""
    return {}


@pytest.fixture
def pair(platform: User, start: StartOperator, numbers: Iterator[int]) -> tuple[str, str]:
    """A department at work and one that is to take over, and a reported re-organisation, left by an operator that is gone again."""
    number = next(numbers)
    old, new = f"don-vi-cu-{number}", f"don-vi-moi-{number}"
    first = start()
    platform.apply(objects.organisation(old), objects.organisation(new))
    for name in (old, new):
        eventually(functools.partial(counted, platform, name), what=f"the home of {name}")
    platform.apply(objects.system(old), objects.environment(old, "ho-so"))
    ready(platform, old)
    platform.create(objects.pod(f"{old}--ho-so--app", "web"))
    platform.apply(change(old, new))
    eventually(lambda: pending(platform, old), what="it to wait")
    assert first.stop() == 0, first.tail()
    return old, new


def counted(platform: User, name: str) -> bool:
    quota = platform.find("resourcequota", "citycloud", f"org-{name}")
    return bool(quota and quota.get("status", {}).get("hard"))


def change(old: str, new: str) -> Object:
    spec = {"action": "rename", "from": [old], "to": [new], "effectiveDate": "2025-03-01", "dryRun": False, "legalBasis": {"id": "12/NQ"}}
    return {"apiVersion": objects.API_VERSION, "kind": "OrgChange", "metadata": {"name": f"doi-{old}"}, "spec": spec}


def pending(platform: User, old: str) -> str | None:
    found: str | None = platform.get("orgchange", f"doi-{old}").get("status", {}).get("pending", {}).get("digest")
    return found


def ready(platform: User, office: str) -> Object:
    def look() -> Object | None:
        item = platform.find("environment", "ho-so", f"org-{office}")
        return item if item is not None and condition(item, "Ready").get("status") == "True" else None

    found: Object = eventually(look, what=f"ho-so of {office} to be Ready", seconds=SECONDS)
    return found


def decide(platform: User, decider: User, old: str) -> None:
    """Decide while nobody carries it out."""
    decision = {"target": {"kind": "OrgChange", "name": f"doi-{old}"}, "digest": pending(platform, old), "decision": "approve"}
    metadata = {"namespace": "citycloud-system", "name": f"doi-{old}"}
    decider.create({"apiVersion": objects.API_VERSION, "kind": "Approval", "metadata": metadata, "spec": decision})


def is_done(platform: User, old: str) -> bool:
    return bool(platform.get("orgchange", f"doi-{old}").get("status", {}).get("phase") == "Done")


def end_of(platform: User, old: str, new: str) -> str:
    """Write what is there in the end, without what differs between two of the same kind."""
    moved = platform.get("environment", "ho-so", f"org-{new}")["status"]
    kept = {key: moved.get(key) for key in ("phase", "namespaces", "namespacePrefix", "hosts", "level", "approved")}
    kept["approved"] = {key: value for key, value in kept["approved"].items() if key != "at"}
    children = sorted(
        re.sub(r'"citycloud.dev/[a-z-]*digest": "[^"]*"', "", objects.without_volatile(item))
        for item in platform.list(CHILDREN, selector="citycloud.dev/environment=ho-so")
        if item["metadata"].get("namespace", item["metadata"]["name"]).startswith(f"{old}--")
    )
    ended = platform.get("organisation", old)["spec"]
    steps = [(each["what"], each["object"], each["state"]) for each in platform.get("orgchange", f"doi-{old}")["status"]["steps"]]
    homes = {
        kind: [item["metadata"]["name"] for each in (old, new) for item in platform.list(kind, namespace=f"org-{each}")]
        for kind in ("environments", "informationsystems")
    }
    text = json.dumps([kept, children, {key: ended.get(key) for key in ("validTo", "successors")}, steps, homes], sort_keys=True)
    return text.replace(old, "OLD").replace(new, "NEW")


@pytest.mark.parametrize(("write", "sent"), CASES)
def test_killed_at_any_write_of_a_move_it_ends_in_the_same_state(
    platform: User,
    decider: User,
    start: StartOperator,
    proxy: Proxy,
    pair: tuple[str, str],
    ends: dict[str, str],
    write: str,
    sent: bool,
) -> None:
    old, new = pair
    zone = f"{old}--ho-so--app"
    pod, namespace = platform.get("pod", "web", zone)["metadata"]["uid"], platform.get("namespace", zone)["metadata"]["uid"]
    decide(platform, decider, old)
    path, number = WRITES[write]
    cut = CutPoint(number=number, sent=sent, concerns=path.format(old=old, new=new))
    proxy.before, proxy.after = cut.before, cut.after
    cut.process = start()
    assert cut.reached.wait(timeout=SECONDS), "the cut point was reached"
    groups = {each["name"] for item in platform.list("rolebindings", namespace=zone) for each in item["subjects"]}
    assert groups <= {f"{each}-{role}" for each in (old, new) for role in ("admins", "operators", "viewers")}
    assert {item["metadata"]["name"] for item in platform.list("networkpolicies", namespace=zone)} >= {"default-deny"}
    proxy.before = proxy.after = lambda method, path: None
    start()
    eventually(lambda: is_done(platform, old), what="the second try", seconds=SECONDS)
    ready(platform, new)
    assert platform.get("pod", "web", zone)["metadata"]["uid"] == pod
    assert platform.get("namespace", zone)["metadata"]["uid"] == namespace
    eventually(
        lambda: [platform.get("organisation", each)["status"]["allocated"]["environments"] for each in pair] == [0, 1],
        what="what both hold",
    )
    ended = end_of(platform, old, new)
    assert ended == ends.setdefault("end", ended)


def test_what_is_on_its_way_is_changed_and_deleted_by_nobody_but_the_operator(quiet_cluster: Cluster, platform: User, desk: str) -> None:
    """The mark is written here under the operator's name, with all rights, while no operator runs: what holds it back is admission."""
    robot = User(cluster=quiet_cluster, kubeconfig=quiet_cluster.kubeconfig(user=OPERATOR, groups=(MASTERS,)))
    platform.apply(objects.environment(desk, "dang-di"))
    status = {"status": {"phase": "Ready", "namespaces": [{"zone": "app", "name": f"{desk}--dang-di--app", "ready": True}]}}
    mark = ("patch", "environment", "dang-di", "-n", f"org-{desk}", "--subresource=status", "--type=merge", "-p")
    robot.run(*mark, json.dumps(status))
    assert "P30" in robot.forbidden("delete", "environment", "dang-di", "-n", f"org-{desk}"), "nobody has taken over yet"
    robot.run(*mark, json.dumps({"status": {"movedTo": "so-khac/dang-di"}}))
    refusal = platform.refused(objects.environment(desk, "dang-di", size="m"), verb="apply")
    assert "P31" in refusal
    assert "so-khac/dang-di" in refusal
    assert "P30" in platform.forbidden("delete", "environment", "dang-di", "-n", f"org-{desk}")
    robot.delete("environment", "dang-di", f"org-{desk}")
