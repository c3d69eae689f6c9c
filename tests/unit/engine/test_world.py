"""What the operator knows of the custom resources: an event that says nothing new wakes nobody, and no change is missed."""

import copy
import logging
from typing import Any, Final

import pytest
from tests.unit.engine.environments import body

from citycloud.api import Approval, City, Environment, Kind, Organisation
from citycloud.engine.queue import Key
from citycloud.engine.world import World, key_of

KEY: Final = Key("Environment", "org-so-y-te", "ho-so-test")
STATUS: Final = {"observedGeneration": 1, "phase": "Ready"}


class Bench:
    """A world and what it told."""

    def __init__(self) -> None:
        self.changes: list[tuple[Key, Kind]] = []
        self.world = World(on_change=lambda *change: self.changes.append(change))

    def put(self, **changes: Any) -> None:
        self.world.put(kind=Environment, body=body(**changes))

    @property
    def environment(self) -> Environment:
        found = self.world.environment(KEY)
        assert found is not None
        return found


@pytest.fixture
def bench() -> Bench:
    return Bench()


def test_a_new_object_is_told_and_can_be_read(bench: Bench) -> None:
    bench.put()

    assert bench.changes == [(KEY, bench.environment)]
    assert bench.environment.spec.size == "s"


@pytest.mark.parametrize(
    "change",
    [
        {"generation": 2},
        {"labels": {"a": "b"}},
        {"annotations": {"citycloud.dev/decided-by": "lan"}},
        {"deletionTimestamp": "2026-09-01T00:00:00Z"},
        {"status": {"phase": "Degraded"}},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_change_that_may_matter_is_told(bench: Bench, change: dict[str, Any]) -> None:
    bench.put()
    bench.put(version=2, **change)

    assert len(bench.changes) == 2
    assert bench.changes[0][1] != bench.changes[1][1] == bench.environment


@pytest.mark.parametrize("change", [{}, {"version": 2}, {"version": 2, "managedFields": [{"manager": "kubectl"}]}])
def test_an_event_that_says_nothing_new_wakes_nobody(bench: Bench, change: dict[str, Any]) -> None:
    bench.put()
    bench.put(**change)

    assert len(bench.changes) == 1


def test_the_echo_of_our_own_status_wakes_nobody(bench: Bench) -> None:
    bench.put()
    bench.world.intend_status(key=KEY, status=STATUS)
    bench.put(version=2, status=STATUS)

    assert len(bench.changes) == 1


def test_the_echo_of_our_own_status_is_what_is_read_next(bench: Bench) -> None:
    """Hold also where the answer to the write was lost: the next decision starts from what is stored."""
    bench.put()
    bench.world.intend_status(key=KEY, status=STATUS)
    bench.put(version=2, status=STATUS)

    assert not bench.world.status_differs(key=KEY, status=STATUS)
    assert bench.environment.status.phase == "Ready"


def test_a_status_that_somebody_else_wrote_is_told(bench: Bench) -> None:
    bench.put()
    bench.world.intend_status(key=KEY, status=STATUS)
    bench.put(version=2, status=STATUS)
    bench.put(version=3, status={**STATUS, "phase": "Degraded"})

    assert len(bench.changes) == 2
    assert bench.world.status_differs(key=KEY, status=STATUS)


def test_the_answer_to_our_write_is_known_at_once_and_its_event_wakes_nobody(bench: Bench) -> None:
    bench.put()
    bench.world.intend_status(key=KEY, status=STATUS)
    bench.world.take_answer(kind=Environment, body=body(version=2, status=STATUS))

    assert bench.environment.status.phase == "Ready"
    bench.put(version=2, status=STATUS)
    assert len(bench.changes) == 1


def test_a_late_echo_does_not_turn_back_what_a_newer_answer_said(bench: Bench) -> None:
    """Two writes in a row: the event of the first comes after the answer to the second."""
    bench.put()
    for version, phase in ((2, "Provisioning"), (3, "Ready")):
        status = {**STATUS, "phase": phase}
        bench.world.intend_status(key=KEY, status=status)
        bench.world.take_answer(kind=Environment, body=body(version=version, status=status))
    bench.put(version=2, status={**STATUS, "phase": "Provisioning"})

    assert bench.environment.status.phase == "Ready"
    assert len(bench.changes) == 1


def test_a_late_answer_does_not_turn_back_what_a_newer_event_said(bench: Bench) -> None:
    """Let somebody write over our status before the answer to our own write is read: theirs is what is stored."""
    bench.put()
    bench.world.intend_status(key=KEY, status=STATUS)
    bench.put(version=3, status={**STATUS, "phase": "Degraded"})
    bench.world.take_answer(kind=Environment, body=body(version=2, status=STATUS))

    assert bench.environment.status.phase == "Degraded"
    assert bench.world.status_differs(key=KEY, status=STATUS)


@pytest.mark.parametrize("version", [1, 4, 5])
def test_an_old_event_says_nothing(bench: Bench, version: int) -> None:
    """Take a list that is older than what the watch has told already."""
    bench.put(version=5, generation=2)
    bench.put(version=version, generation=1, labels={"old": "yes"})

    assert len(bench.changes) == 1
    assert bench.environment.metadata.generation == 2


def test_a_successor_is_another_object_whatever_its_version(bench: Bench) -> None:
    bench.put(version=5)
    bench.put(version=2, uid="second")

    assert len(bench.changes) == 2
    assert bench.environment.metadata.uid == "second"


def test_an_answer_that_knows_a_newer_spec_waits_for_its_event(bench: Bench) -> None:
    bench.put()
    bench.world.take_answer(kind=Environment, body=body(version=3, generation=2, status=STATUS))

    assert bench.environment.metadata.generation == 1
    bench.put(version=3, generation=2, status=STATUS)
    assert len(bench.changes) == 2


def test_an_answer_for_an_object_that_is_gone_brings_nothing_back(bench: Bench) -> None:
    bench.put()
    bench.world.drop(kind=Environment, metadata=body()["metadata"])
    bench.world.take_answer(kind=Environment, body=body(version=2, status=STATUS))

    assert bench.world.environment(KEY) is None
    assert not bench.world.status_differs(key=KEY, status=STATUS)


def test_a_deletion_is_told_and_forgotten(bench: Bench) -> None:
    bench.put()
    last = bench.environment
    bench.world.drop(kind=Environment, metadata=body()["metadata"])

    assert bench.changes[1] == (KEY, last)
    assert bench.world.environment(KEY) is None
    assert bench.world.uids(Environment) == set()
    assert list(bench.world.within(Environment, namespace="org-so-y-te")) == []


def test_an_object_that_was_made_again_is_another_one(bench: Bench) -> None:
    bench.put()
    bench.put(uid="second", version=9)

    assert len(bench.changes) == 2
    assert bench.world.uids(Environment) == {"second"}
    bench.world.drop(kind=Environment, metadata=body()["metadata"])
    assert bench.environment.metadata.uid == "second"


def test_what_turned_out_to_be_gone_is_forgotten(bench: Bench) -> None:
    for name in ("one", "two", "three"):
        bench.put(name=name)
    bench.world.forget(kind=Environment, uids={"uid-one", "uid-two", "never-seen"})

    assert {each.metadata.name for each in bench.world.all(Environment)} == {"three"}
    assert {key.name for key, _ in bench.changes[3:]} == {"one", "two"}


def test_an_object_that_cannot_be_read_is_logged_and_the_last_good_one_stays(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    bench.put()
    broken = body(version=2, generation=2)
    broken["spec"]["stage"] = "no-such-stage"
    with caplog.at_level(logging.ERROR):
        bench.world.put(kind=Environment, body=broken)

    assert len(bench.changes) == 1
    assert bench.environment.spec.stage == "test"
    assert [record.message for record in caplog.records] == ["object_unreadable"]


def test_an_object_that_cannot_be_read_counts_as_seen_until_it_is_gone_or_mended(bench: Bench) -> None:
    broken = body()
    broken["spec"]["stage"] = "no-such-stage"
    bench.world.put(kind=Environment, body=broken)
    assert bench.world.uids(Environment) == {"uid-ho-so-test"}
    assert bench.world.environment(KEY) is None
    bench.put(version=2)
    assert bench.world.uids(Environment) == {"uid-ho-so-test"}
    bench.world.drop(kind=Environment, metadata=body()["metadata"])
    assert bench.world.uids(Environment) == set()

    for gone in ("drop", "forget"):
        bench.world.put(kind=Environment, body=broken)
        arguments: dict[str, Any] = {"metadata": broken["metadata"]} if gone == "drop" else {"uids": {"uid-ho-so-test"}}
        getattr(bench.world, gone)(kind=Environment, **arguments)
        assert bench.world.uids(Environment) == set()


def test_a_status_is_written_only_where_it_differs(bench: Bench) -> None:
    assert not bench.world.status_differs(key=KEY, status=STATUS)
    bench.put(status=STATUS)

    assert not bench.world.status_differs(key=KEY, status=dict(reversed(STATUS.items())))
    assert bench.world.status_differs(key=KEY, status={**STATUS, "phase": "Degraded"})


def test_objects_are_found_by_kind_and_namespace(bench: Bench) -> None:
    bench.put()
    elsewhere = body()
    elsewhere["metadata"] |= {"namespace": "org-other", "uid": "elsewhere"}
    bench.world.put(kind=Environment, body=elsewhere)

    assert [each.metadata.namespace for each in bench.world.within(Environment, namespace="org-other")] == ["org-other"]
    assert set(bench.world.keys(Environment)) == {KEY, KEY._replace(namespace="org-other")}
    assert bench.world.city() is None
    assert bench.world.organisation("so-y-te") is None
    assert list(bench.world.all(Approval)) == []


@pytest.mark.parametrize(
    ("kind", "metadata", "key"), [(City, {"name": "city"}, ("City", "", "city")), (Organisation, {"name": "x"}, ("Organisation", "", "x"))]
)
def test_a_cluster_wide_object_has_no_namespace_in_its_key(kind: type[Kind], metadata: dict[str, Any], key: tuple[str, str, str]) -> None:
    assert key_of(kind=kind, metadata=metadata) == key


def test_what_kubectl_and_the_server_note_for_themselves_is_not_kept(bench: Bench) -> None:
    """Leave out what doubles the size of every object and decides nothing."""
    annotations = {"kubectl.kubernetes.io/last-applied-configuration": "{}" * 1000, "citycloud.dev/decided-by": "lan"}
    bench.put(annotations=annotations, managedFields=[{"manager": "kubectl"}])

    assert bench.environment.metadata.annotations == {"citycloud.dev/decided-by": "lan"}


def test_an_event_is_not_changed_by_reading_it(bench: Bench) -> None:
    event = body(status=STATUS)
    before = copy.deepcopy(event)
    bench.world.put(kind=Environment, body=event)

    assert event == before
