"""What the operator knows of its children: its own writes disturb nobody, everybody else's change is noticed once."""

import copy
from typing import TYPE_CHECKING, Any

import pytest

from citycloud.api.common import HOLDS_ANNOTATION
from citycloud.engine.applier import digest_of
from citycloud.engine.observed import DIGEST_ANNOTATION, Observed, child_key
from citycloud.engine.queue import Key
from citycloud.kube.client import Manifest
from citycloud.kube.resources import BY_KIND, CONFIG_MAP, NAMESPACE

if TYPE_CHECKING:
    from tests.unit.engine.conftest import FakeApi, Make


class Bench:
    """Observed children beside the server that holds them."""

    def __init__(self, *, api: "FakeApi", make: "Make") -> None:
        self.api = api
        self.make = make
        self.notified: list[Key] = []
        self.drifted: list[str] = []
        self.observed = Observed(
            owner_of=make.owner_of, on_change=self.notified.append, on_drift=lambda _, child: self.drifted.append(child.name)
        )

    def stamped(self, manifest: Manifest) -> Manifest:
        """Add the digest, as the applier does."""
        stamped = copy.deepcopy(manifest)
        stamped["metadata"].setdefault("annotations", {})[DIGEST_ANNOTATION] = digest_of(manifest)
        return stamped

    def write(self, manifest: Manifest) -> Manifest:
        """Write as the operator does and take the answer."""
        stamped = self.stamped(manifest)
        self.observed.expect(key=child_key(stamped), digest=stamped["metadata"]["annotations"][DIGEST_ANNOTATION])
        answer = self.api.store(stamped)
        self.observed.record(key=child_key(stamped), answer=answer)
        return answer

    def event(self, manifest: Manifest) -> None:
        """Deliver the event of a stored object."""
        self.observed.put(resource=BY_KIND[manifest["kind"]], body={"metadata": manifest["metadata"]})

    def lists(self, *answers: Manifest) -> None:
        """List all ConfigMaps as a watch does: each one, then that there are no others."""
        for answer in answers:
            self.event(answer)
        listed = {(each["metadata"]["namespace"], each["metadata"]["name"]) for each in answers}
        self.observed.keep_only(resource=CONFIG_MAP, listed=listed)

    def foreign(self, manifest: Manifest) -> Manifest:
        """Let somebody take over a label of ours."""
        changed = self.api.store(self.stamped(manifest))
        del changed["metadata"]["managedFields"][0]["fieldsV1"]["f:metadata"]["f:labels"]["f:owner"]
        return changed


@pytest.fixture
def bench(api: "FakeApi", make: "Make") -> Bench:
    return Bench(api=api, make=make)


@pytest.fixture
def config(make: "Make") -> Manifest:
    return make.child("ConfigMap", "citycloud-environment", data={"zone": "app"})


def test_the_echo_of_our_own_write_wakes_nobody(bench: Bench, config: Manifest) -> None:
    answer = bench.write(config)
    bench.event(answer)

    assert bench.notified == []
    assert bench.observed.children(bench.make.owner).keys() == {child_key(config)}


def test_an_echo_that_comes_before_its_answer_wakes_nobody(bench: Bench, config: Manifest) -> None:
    stamped = bench.stamped(config)
    bench.observed.expect(key=child_key(config), digest=stamped["metadata"]["annotations"][DIGEST_ANNOTATION])
    answer = bench.api.store(stamped)
    bench.event(answer)
    bench.observed.record(key=child_key(stamped), answer=answer)

    assert bench.notified == []


def test_after_a_write_that_failed_no_echo_is_expected(bench: Bench, config: Manifest) -> None:
    """Write, fail, and see the object come all the same: whoever brought it, the owner has to look."""
    stamped = bench.stamped(config)
    bench.observed.expect(key=child_key(config), digest=stamped["metadata"]["annotations"][DIGEST_ANNOTATION])
    bench.observed.give_up(child_key(config))
    bench.event(bench.api.store(stamped))

    assert bench.notified == [bench.make.owner]


def test_somebody_elses_change_wakes_the_owner_once(bench: Bench, config: Manifest) -> None:
    bench.write(config)
    changed = bench.foreign(config)
    bench.event(changed)
    bench.event(changed)

    assert bench.notified == [bench.make.owner]


def test_a_new_version_that_touches_nothing_of_ours_wakes_nobody(bench: Bench, config: Manifest) -> None:
    """Let controllers of Kubernetes count and annotate: a quota's status changes with every pod."""
    bench.write(config)
    for _ in range(3):
        later = bench.api.store(bench.stamped(config))
        later["metadata"]["managedFields"].append(
            {"manager": "kube-controller-manager", "operation": "Update", "fieldsV1": {"f:status": {}}}
        )
        bench.event(later)

    assert bench.notified == []


def test_a_change_of_the_intent_behind_our_back_wakes_the_owner(bench: Bench, config: Manifest) -> None:
    bench.write(config)
    changed = bench.api.store(bench.stamped({**config, "data": {"zone": "data"}}))
    bench.event(changed)

    assert bench.notified == [bench.make.owner]


def test_an_old_event_does_not_undo_what_a_newer_answer_said(bench: Bench, config: Manifest) -> None:
    first = bench.write(config)
    second = bench.write({**config, "data": {"zone": "data"}})
    bench.event(first)

    assert bench.notified == []
    (child,) = bench.observed.children(bench.make.owner).values()
    assert child.version == int(second["metadata"]["resourceVersion"])


def test_an_old_answer_does_not_undo_what_a_newer_event_said(bench: Bench, config: Manifest) -> None:
    stamped = bench.stamped(config)
    answer = bench.api.store(stamped)
    changed = bench.foreign(config)
    bench.event(changed)
    bench.notified.clear()
    bench.observed.record(key=child_key(stamped), answer=answer)

    (child,) = bench.observed.children(bench.make.owner).values()
    assert child.version == int(changed["metadata"]["resourceVersion"])


def test_a_deletion_wakes_the_owner(bench: Bench, config: Manifest) -> None:
    answer = bench.write(config)
    bench.observed.drop(resource=CONFIG_MAP, body={"metadata": answer["metadata"]})

    assert bench.notified == [bench.make.owner]
    assert bench.observed.children(bench.make.owner) == {}
    assert list(bench.observed.owners()) == []


def test_a_late_deletion_of_a_predecessor_is_ignored(bench: Bench, config: Manifest) -> None:
    answer = bench.write(config)
    bench.observed.drop(resource=CONFIG_MAP, body={"metadata": {**answer["metadata"], "uid": "of-the-one-before"}})

    assert bench.notified == []
    assert bench.observed.count() == 1


def test_our_own_deletion_wakes_nobody(bench: Bench, config: Manifest) -> None:
    answer = bench.write(config)
    bench.observed.forget(child_key(config))
    bench.observed.drop(resource=CONFIG_MAP, body={"metadata": answer["metadata"]})

    assert bench.notified == []
    assert bench.observed.count() == 0


def test_a_successor_of_the_same_name_is_somebody_else(bench: Bench, config: Manifest) -> None:
    """Take a lower version too: a restored cluster counts anew."""
    bench.write(config)
    answer = bench.write(config)
    bench.event({**answer, "metadata": {**answer["metadata"], "uid": "another", "resourceVersion": "1"}})

    assert bench.notified == [bench.make.owner]


def test_a_list_finds_what_vanished_while_nobody_watched(bench: Bench, config: Manifest) -> None:
    bench.write(config)
    kept = bench.write(bench.make.child("ConfigMap", "other"))
    bench.write(bench.make.child("ResourceQuota", "citycloud"))
    bench.lists(kept)

    assert bench.notified == [bench.make.owner]
    assert {key.name for key in bench.observed.children(bench.make.owner)} == {"other", "citycloud"}


def test_a_list_tells_objects_of_one_name_apart_by_their_namespace(bench: Bench, config: Manifest) -> None:
    elsewhere = bench.make.child("ConfigMap", config["metadata"]["name"], namespace="abc--env--data")
    bench.write(config)
    bench.lists(bench.write(elsewhere))

    assert bench.observed.children(bench.make.owner).keys() == {child_key(elsewhere)}


def test_a_list_of_what_is_known_wakes_nobody(bench: Bench, config: Manifest) -> None:
    answer = bench.write(config)
    bench.lists(answer)

    assert bench.notified == []


def test_nothing_is_decided_before_every_kind_was_listed(bench: Bench) -> None:
    kinds = frozenset({"ConfigMap", "Namespace"})
    bench.observed.keep_only(resource=CONFIG_MAP, listed=set())
    assert not bench.observed.synced(kinds)
    bench.observed.keep_only(resource=NAMESPACE, listed=set())
    assert bench.observed.synced(kinds)


@pytest.mark.parametrize("labels", [{}, {"app.kubernetes.io/managed-by": "citycloud"}])
def test_a_child_that_lost_its_labels_is_missed_by_its_owner(bench: Bench, config: Manifest, labels: dict[str, str]) -> None:
    bench.write(config)
    changed = bench.foreign(config)
    changed["metadata"]["labels"] = labels
    bench.event(changed)

    assert bench.notified == [bench.make.owner]
    assert bench.observed.children(bench.make.owner) == {}


def test_a_child_that_was_given_to_another_owner_wakes_both(bench: Bench, config: Manifest) -> None:
    bench.write(config)
    changed = bench.foreign(config)
    changed["metadata"]["labels"]["owner"] = "other"
    bench.event(changed)

    assert set(bench.notified) == {bench.make.owner, bench.make.other}
    assert list(bench.observed.owners()) == [bench.make.other]


def test_a_strangers_object_is_not_kept(bench: Bench, config: Manifest) -> None:
    stored = bench.api.store({**config, "metadata": {**config["metadata"], "labels": {}}}, manager="helm")
    bench.event(stored)

    assert (bench.observed.count(), bench.notified) == (0, [])


def test_what_a_namespace_holds_is_remembered(bench: Bench) -> None:
    bench.write(bench.make.namespace(**{HOLDS_ANNOTATION: "cpu=2,memory=4Gi,storage=40Gi"}))

    (child,) = bench.observed.children(bench.make.owner).values()
    assert child.holds == "cpu=2,memory=4Gi,storage=40Gi"


@pytest.mark.parametrize("event", ["put", "drop"])
def test_an_object_with_bare_metadata_is_taken(bench: Bench, event: str) -> None:
    metadata: dict[str, Any] = {"name": "x", "uid": "u", "resourceVersion": "7"}
    getattr(bench.observed, event)(resource=NAMESPACE, body={"metadata": metadata})

    assert bench.observed.count() == 0


def test_what_is_passed_on_is_the_heirs_until_it_carries_other_labels(bench: Bench, config: Manifest) -> None:
    """Pass on before and after the child is seen; either way it is nobody else's, and what comes of it wakes the heir."""
    heir, before, key = Key("Environment", "org-so-c", "ho-so"), bench.make.owner, child_key(config)
    bench.write(config)
    bench.observed.pass_on(owner=before, heir=heir)
    assert bench.observed.children(heir).keys() == {key}
    assert bench.observed.children(before) == {}
    assert bench.observed.inherited(heir)
    bench.event(bench.foreign(config))
    assert bench.notified == [heir]
    assert bench.observed.children(heir).keys() == {key}
    bench.observed.end_passing_on(before)
    assert not bench.observed.inherited(heir)
    bench.event(bench.foreign(config))
    assert bench.observed.children(before).keys() == {key}, "now its labels alone say whose it is"


def test_a_child_that_is_gone_is_inherited_no_more(bench: Bench, config: Manifest) -> None:
    heir = Key("Environment", "org-so-c", "ho-so")
    bench.observed.pass_on(owner=bench.make.owner, heir=heir)
    answer = bench.write(config)
    assert bench.observed.inherited(heir)
    bench.observed.drop(resource=CONFIG_MAP, body={"metadata": answer["metadata"]})
    assert not bench.observed.inherited(heir)
    assert bench.observed.children(heir) == {}


@pytest.mark.parametrize("asked", [True, False])
def test_what_goes_with_a_namespace_whose_end_was_asked_for_is_no_drift_though_it_is_told_of_first(bench: Bench, asked: bool) -> None:
    namespace, child = bench.write(bench.make.namespace()), bench.write(bench.make.child("NetworkPolicy", "default-deny"))
    if asked:
        bench.observed.ending(child_key(bench.make.namespace()))

    bench.observed.drop(resource=BY_KIND["NetworkPolicy"], body={"metadata": child["metadata"]})
    bench.observed.drop(resource=NAMESPACE, body={"metadata": namespace["metadata"]})

    assert bench.drifted == ([] if asked else ["default-deny", namespace["metadata"]["name"]])
