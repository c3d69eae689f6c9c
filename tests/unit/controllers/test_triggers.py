"""Which objects are looked at again when one changes: all that were decided by looking at it, and no others."""

import itertools
from typing import TYPE_CHECKING, Any, Final

import pytest
from tests.support import sites

from citycloud.api import KINDS
from citycloud.controllers.site_uses import SiteUses
from citycloud.controllers.triggers import owner_of, trigger
from citycloud.engine.queue import Key, Priority, WorkQueue
from citycloud.engine.world import World

if TYPE_CHECKING:
    from tests.unit.controllers.conftest import Sample

HOME: Final = "org-so-y-te"
BY_NAME: Final = {kind.definition.kind: kind for kind in KINDS}
RISK: Final = {
    "kind": "PolicyException",
    "metadata": {"namespace": HOME, "name": "risk"},
    "spec": {
        "environment": "one",
        "policy": "P04",
        "reason": "x",
        "compensatingMeasure": "x",
        "expiresAt": "2026-12-31T00:00:00Z",
    },
}
ENVIRONMENTS: Final = {Key("Environment", HOME, name) for name in ("one", "two")}


class _Clock:
    def monotonic(self) -> float:
        return 0.0

    def now(self) -> Any:
        raise NotImplementedError


class _NotingQueue(WorkQueue):
    """Notes what is put, and how urgently, instead of keeping it."""

    def __init__(self, *, woken: dict[Key, Priority]) -> None:
        super().__init__(clock=_Clock())
        self._woken = woken

    def put(self, key: Key, *, priority: Priority = Priority.USER) -> None:
        self._woken[key] = min(priority, self._woken.get(key, priority))


class Bench:
    """A world with two environments, one of them decided, and everything that was woken by a change."""

    def __init__(self, *, sample: "Sample", settled: bool = True) -> None:
        self.settled = False
        self._versions = itertools.count(2)
        self.woken: dict[Key, Priority] = {}
        queue = _NotingQueue(woken=self.woken)
        self.world = World(on_change=lambda *change: on_change(*change))
        self.site_uses = SiteUses(queue=queue)
        on_change = trigger(queue=queue, world=self.world, site_uses=self.site_uses, is_settled=lambda: self.settled)
        self.bodies = {(body["kind"], body["metadata"]["name"]): body for body in sample.bodies()}
        for name in ("one", "two"):
            self.bodies["Environment", name] = sample.environment(name)
        self.bodies["Approval", "of-one"] = sample.approval("of-one", digest="sha256:" + "0" * 64, target="one")
        self.bodies["Approval", "of-risk"] = sample.approval("of-risk", digest="sha256:" + "0" * 64, target="risk", kind="PolicyException")
        self.bodies["PolicyException", "risk"] = sample.framed(RISK)
        _, self.bodies["LedgerEntry", "so-y-te.00000000"] = sample.counting(
            self.bodies["Approval", "of-one"], index=0, subject_uid="uid-org-so-y-te-one"
        )
        self.bodies["Site", "phuong-mot"] = {
            **sites.site("phuong-mot"),
            "metadata": {"uid": "s", "name": "phuong-mot", "resourceVersion": "1"},
        }
        for body in self.bodies.values():
            self.world.put(kind=BY_NAME[body["kind"]], body=body)
        self.woken.clear()
        self.settled = settled

    def change(self, kind: str, name: str) -> dict[Key, Priority]:
        """Change an object and tell who was woken."""
        self.put(self.bodies[kind, name], generation=2)
        return self.woken

    def put(self, body: dict[str, Any], **metadata: Any) -> None:
        """Deliver the next version of an object."""
        newer = {**body["metadata"], **metadata, "resourceVersion": str(next(self._versions))}
        self.world.put(kind=BY_NAME[body["kind"]], body={**body, "metadata": newer})

    def remove(self, kind: str, name: str) -> dict[Key, Priority]:
        self.world.drop(kind=BY_NAME[kind], metadata=self.bodies[kind, name]["metadata"])
        return self.woken


ORGANISATION: Final = Key("Organisation", "", "so-y-te")
SYSTEM: Final = Key("InformationSystem", HOME, "ho-so-hanh-nghe")
ONE: Final = Key("Environment", HOME, "one")
DECISION: Final = Key("Approval", HOME, "of-one")
RISK_KEY: Final = Key("PolicyException", HOME, "risk")


@pytest.mark.parametrize(
    ("kind", "name", "woken"),
    [
        ("Environment", "one", {ONE, DECISION, RISK_KEY}),
        ("Environment", "two", {Key("Environment", HOME, "two")}),
        ("InformationSystem", "ho-so-hanh-nghe", {SYSTEM, *ENVIRONMENTS, RISK_KEY}),
        ("Organisation", "so-y-te", {ORGANISATION, *ENVIRONMENTS, RISK_KEY}),
        ("Approval", "of-one", {DECISION, ONE}),
        ("PolicyException", "risk", {RISK_KEY, Key("Approval", HOME, "of-risk"), ONE}),
        ("LedgerEntry", "so-y-te.00000000", set()),
        ("Site", "phuong-mot", {Key("Site", "", "phuong-mot")}),
        ("SizeClass", "s", ENVIRONMENTS),
        ("SecurityProfile", "vn-2026-l3", {*ENVIRONMENTS, RISK_KEY}),
        ("City", "city", {ORGANISATION, SYSTEM, *ENVIRONMENTS, RISK_KEY}),
    ],
)
@pytest.mark.parametrize("action", ["change", "remove"])
def test_a_change_wakes_whoever_was_decided_by_it(sample: "Sample", kind: str, name: str, woken: set[Key], action: str) -> None:
    assert getattr(Bench(sample=sample), action)(kind, name).keys() == woken


@pytest.mark.parametrize(("kind", "name", "key"), [("Environment", "one", ONE), ("Organisation", "so-y-te", ORGANISATION)])
def test_what_a_person_changed_goes_before_what_follows_from_it(sample: "Sample", kind: str, name: str, key: Key) -> None:
    woken = Bench(sample=sample).change(kind, name)

    assert woken.pop(key) is Priority.USER
    assert set(woken.values()) == {Priority.DEPENDENT}


@pytest.mark.parametrize("action", ["change", "remove"])
async def test_a_place_of_the_network_wakes_exactly_those_who_name_it(sample: "Sample", action: str) -> None:
    bench = Bench(sample=sample)
    bench.site_uses.note(key=ONE, sites=frozenset({"phuong-mot"}))
    bench.site_uses.note(key=Key("Environment", HOME, "two"), sites=frozenset({"phuong-hai"}))
    bench.woken.clear()

    assert getattr(bench, action)("Site", "phuong-mot").keys() == {Key("Site", "", "phuong-mot"), ONE}


def test_until_everything_was_seen_each_object_comes_by_itself_and_as_a_backlog(sample: "Sample") -> None:
    bench = Bench(sample=sample, settled=False)

    assert bench.change("Organisation", "so-y-te") == {ORGANISATION: Priority.RESYNC}
    bench.woken.clear()
    assert bench.change("City", "city") == {}


@pytest.mark.parametrize("valid", [True, False])
def test_a_decision_that_was_judged_is_not_judged_again(sample: "Sample", valid: bool) -> None:
    bench = Bench(sample=sample)
    body = bench.bodies["Approval", "of-one"]
    bench.put({**body, "status": {"valid": valid}})
    bench.woken.clear()

    assert bench.change("Environment", "one").keys() == {ONE, RISK_KEY}


@pytest.mark.parametrize(
    ("labels", "owner"),
    [
        ({}, None),
        ({"app.kubernetes.io/managed-by": "citycloud"}, None),
        ({"citycloud.dev/environment": "one"}, None),
        ({"citycloud.dev/organisation": "so-y-te", "citycloud.dev/home": "true"}, ORGANISATION),
        ({"citycloud.dev/organisation": "so-y-te", "citycloud.dev/environment": "one", "citycloud.dev/zone": "app"}, ONE),
    ],
)
def test_the_owner_of_a_child_is_read_from_its_labels(labels: dict[str, str], owner: Key | None) -> None:
    assert owner_of(labels) == owner
