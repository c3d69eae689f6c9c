"""The operator is killed before and after each write of a life: an environment rests, wakes, is given back, taken up again and purged."""

import dataclasses
import json
from collections.abc import Callable
from typing import Final

import pytest
from tests.faults.test_cut_points import CutPoint, state
from tests.support import objects
from tests.support.kube import Object, User, condition, eventually
from tests.support.proxy import Proxy

from citycloud_dev.cluster import Cluster
from citycloud_dev.install import start_operator
from citycloud_dev.processes import Process

StartOperator = Callable[..., Process]


@dataclasses.dataclass(frozen=True)
class Action:
    """What somebody wants of an environment that is in a state, how many writes that takes, and the phase it ends in."""

    before: str
    wanted: str
    writes: int
    ends: str
    stage: str = "development"


ACTIONS: Final = {
    "nghi": Action(before="active", wanted="suspended", writes=3, ends="Suspended"),
    "chay-lai": Action(before="suspended", wanted="active", writes=3, ends="Ready"),
    "tra": Action(before="active", wanted="retired", writes=7, ends="Retired"),
    "lay-lai": Action(before="retired", wanted="active", writes=7, ends="Ready"),
    "xoa": Action(before="active", wanted="retired", writes=3, ends="Purged", stage="sandbox"),
}
"""Writes about one environment of one zone with one Deployment; a sandbox has no days of grace."""
CASES: Final = [
    pytest.param(name, number, sent, id=f"{name}-{number}-{'sau' if sent else 'truoc'}")
    for name, action in ACTIONS.items()
    for number in range(1, action.writes + 1)
    for sent in ((False, True) if number == 1 else (True,))
]
"""These writes come one after another: what the API server holds before the next one is what it holds after this one."""


@pytest.fixture(scope="session")
def places(platform: User, desk: str, quiet_cluster: Cluster) -> None:
    """One environment for each case, at work or at rest, each with a Deployment; left by an operator that is gone again."""
    names = {str(case.id): ACTIONS[str(case.values[0])] for case in CASES}
    first = start_operator(quiet_cluster)
    platform.apply(*(objects.environment(desk, name, stage=action.stage) for name, action in names.items()))
    for name in names:
        until(platform, desk, name, "Ready")
    platform.apply(*(deployment(f"{desk}--{name}--app") for name in names))
    resting = {name: each.before for name, each in names.items() if each.before != "active"}
    platform.apply(*(objects.environment(desk, name, stage="development", state=before) for name, before in resting.items()))
    for name, before in resting.items():
        until(platform, desk, name, before.capitalize())
    assert first.stop() == 0, first.tail()


def deployment(namespace: str) -> Object:
    pod = {"metadata": {"labels": {"app": "web"}}, "spec": objects.pod(namespace, "web")["spec"]}
    spec = {"replicas": 2, "selector": {"matchLabels": {"app": "web"}}, "template": pod}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"namespace": namespace, "name": "web"}, "spec": spec}


def until(platform: User, desk: str, name: str, phase: str) -> None:
    eventually(lambda: platform.get("environment", name, f"org-{desk}")["status"].get("phase") == phase, what=f"{name} to be {phase}")


def end_of(platform: User, desk: str, name: str) -> str:
    """Write what is there in the end, without what differs between two of the same kind."""
    namespace = f"{desk}--{name}--app"
    found = platform.find("deployment", "web", namespace)
    runs = (found["spec"]["replicas"], found["metadata"]["annotations"].get("citycloud.dev/before-pause")) if found else None
    status = platform.get("environment", name, f"org-{desk}")["status"]
    kept = {key: status.get(key) for key in ("phase", "level", "namespaces", "pending")}
    said = [(each["type"], each["status"], each["reason"]) for each in status["conditions"]]
    text = json.dumps([runs, kept, said, status.get("approved", {}).get("spec")], sort_keys=True)
    return "\n".join([*state(platform, desk, name), text.replace(name, "NAME")])


@pytest.fixture(scope="session")
def ends() -> dict[str, str]:
    """What each action ends in, noted by its first case."""
    return {}


@pytest.mark.usefixtures("places")
@pytest.mark.parametrize(("action", "number", "sent"), CASES)
def test_killed_at_any_write_of_a_life_it_ends_in_the_same_state(
    platform: User, desk: str, start: StartOperator, proxy: Proxy, ends: dict[str, str], action: str, number: int, sent: bool
) -> None:
    wanted = ACTIONS[action]
    name = f"{action}-{number}-{'sau' if sent else 'truoc'}"
    platform.patch("environment", name, {"spec": {"state": wanted.wanted}}, f"org-{desk}")
    cut = CutPoint(number=number, sent=sent, concerns=name)
    proxy.before, proxy.after = cut.before, cut.after
    cut.process = start()
    assert cut.reached.wait(timeout=30), "the cut point was reached"
    bindings = platform.list("rolebindings", namespace=f"{desk}--{name}--app")
    quota = platform.find("resourcequota", "citycloud", f"{desk}--{name}--app")
    assert not bindings or quota is not None, "nobody is let in where nothing is bounded"
    proxy.before = proxy.after = lambda method, path: None
    start()
    until(platform, desk, name, wanted.ends)
    assert condition(platform.get("environment", name, f"org-{desk}"), "Ready")["reason"] == wanted.ends
    ended = end_of(platform, desk, name)
    assert ended == ends.setdefault(action, ended)
