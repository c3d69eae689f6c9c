"""Children are brought to what is wanted: closed first, and only what differs."""

import asyncio
import dataclasses
import itertools
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.support.steps import needed

from citycloud.engine.applier import FAN_OUT, Applied, Step, digest_of
from citycloud.engine.observed import ChildKey, child_key
from citycloud.kube import errors
from citycloud.kube.client import Manifest

if TYPE_CHECKING:
    from tests.unit.engine.conftest import ApplierBench, Make


def side_by_side(bench: "ApplierBench") -> list[Step]:
    """Want the small environment with quota and isolation beside each other."""
    namespaces, quota, isolation, access = bench.steps()
    closing = [dataclasses.replace(step, needs=("namespaces",)) for step in (quota, isolation)]
    return [namespaces, *closing, dataclasses.replace(access, needs=("quota", "isolation"))]


Plan = list[tuple[int, tuple[str, ...]]]
"""Of each step how many objects it has, and which of the steps before it it needs."""


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    plan: Plan = []
    for size in draw(st.lists(st.integers(0, 4), min_size=1, max_size=6)):
        before = [f"s{number}" for number in range(len(plan))]
        plan.append((size, tuple(sorted(draw(st.sets(st.sampled_from(before)))) if before else ())))
    return plan


def kinds(keys: list[ChildKey]) -> list[str]:
    return [kind for kind, _ in itertools.groupby(key.kind for key in keys)]


async def test_the_steps_are_written_one_after_the_other(bench: "ApplierBench") -> None:
    applied = await bench.converge(bench.steps())

    assert applied == Applied(completed=frozenset({"namespaces", "quota", "isolation", "access"}), writes=6)
    written = bench.api.writes()
    assert written[0].kind == "Namespace"
    assert {key.kind for key in written[1:3]} == {"ResourceQuota", "LimitRange"}
    assert written[3].kind == "NetworkPolicy"
    assert {key.kind for key in written[4:]} == {"RoleBinding"}
    assert sorted(bench.told) == sorted((key.kind, "create") for key in written)


async def test_no_write_of_a_step_begins_before_the_step_before_has_ended(bench: "ApplierBench") -> None:
    quotas = [bench.make.child("ResourceQuota", f"q{number}") for number in range(20)]
    bench.fail("apply", quotas[-1], errors.ServerError("trouble", code=500))
    applied = await bench.converge([Step("quota", tuple(quotas)), Step("access", (bench.make.child("RoleBinding", "b"),))])

    assert applied.completed == frozenset()
    assert kinds(bench.api.writes()) == ["ResourceQuota"]


async def test_nothing_is_written_when_nothing_has_changed(bench: "ApplierBench") -> None:
    await bench.converge(bench.steps())
    again = await bench.converge(bench.steps())

    assert (again.writes, bench.api.log) == (0, [])
    assert again.completed == {"namespaces", "quota", "isolation", "access"}


async def test_a_restart_over_unchanged_objects_writes_nothing(bench: "ApplierBench") -> None:
    await bench.converge(bench.steps())
    bench.restart()

    assert (await bench.converge(bench.steps())).writes == 0
    assert bench.api.log == []


async def test_only_what_changed_is_written(bench: "ApplierBench") -> None:
    await bench.converge(bench.steps())
    steps = bench.steps()
    steps[1] = Step("quota", (bench.make.child("ResourceQuota", "citycloud", spec={"hard": {"pods": "16"}}), steps[1].manifests[1]))
    applied = await bench.converge(steps)

    assert applied.writes == 1
    assert [(operation, key.kind) for operation, key in bench.api.log] == [("apply", "ResourceQuota")]
    assert bench.told[-1] == ("ResourceQuota", "apply")


async def test_a_field_that_somebody_took_over_is_taken_back(bench: "ApplierBench") -> None:
    await bench.converge(bench.steps())
    deny = next(each for key, each in bench.api.objects.items() if key.name == "default-deny")
    deny["metadata"]["resourceVersion"] = "999"
    del deny["metadata"]["managedFields"][0]["fieldsV1"]["f:spec"]["f:policyTypes"]
    bench.api.feed(bench.observed)
    await bench.converge(bench.steps())

    assert [key.name for key in bench.api.writes()] == ["default-deny"]


async def test_what_was_deleted_comes_back(bench: "ApplierBench") -> None:
    await bench.converge(bench.steps())
    gone = next(key for key in bench.api.objects if key.name == "default-deny")
    del bench.api.objects[gone]
    bench.api.feed(bench.observed)
    await bench.converge(bench.steps())

    assert bench.api.writes() == [gone]


async def test_what_is_no_longer_wanted_goes_before_anything_is_written_and_access_before_all(bench: "ApplierBench") -> None:
    opening = Step("flows", (bench.make.child("NetworkPolicy", "allow-flows-in"), bench.make.child("ConfigMap", "a")))
    await bench.converge([*bench.steps(), opening])
    await bench.converge([Step("namespaces", (bench.make.namespace(new="x"),)), *bench.steps()[1:3]])

    assert [operation for operation, _ in bench.api.log] == ["delete"] * 4 + ["apply"]
    assert [key.kind for key in bench.api.writes("delete")] == ["RoleBinding", "RoleBinding", "ConfigMap", "NetworkPolicy"]
    assert bench.told.count(("RoleBinding", "delete")) == 2


async def test_existing_objects_are_written_before_new_ones_of_their_step(bench: "ApplierBench") -> None:
    """Let shares shrink before others begin, so that they never add up to more than the whole."""
    first = [bench.make.child("ResourceQuota", f"q{number}", spec={"hard": {"pods": "8"}}) for number in (1, 2)]
    await bench.converge([Step("quota", tuple(first))])
    second = [bench.make.child("ResourceQuota", f"q{number}", spec={"hard": {"pods": "4"}}) for number in (4, 3, 2, 1)]
    await bench.converge([Step("quota", tuple(second))])

    assert [set(pair) for pair in ([key.name for key in bench.api.writes()][:2], [key.name for key in bench.api.writes()][2:])] == [
        {"q1", "q2"},
        {"q3", "q4"},
    ]


async def test_one_owner_never_takes_every_connection(bench: "ApplierBench") -> None:
    await bench.converge([Step("many", tuple(bench.make.child("ConfigMap", f"c{number}") for number in range(50)))])

    assert bench.api.most_at_once == FAN_OUT
    assert len(bench.api.objects) == 50


async def test_steps_side_by_side_share_the_places_of_their_owner(bench: "ApplierBench") -> None:
    maps = [bench.make.child("ConfigMap", f"c{number}") for number in range(50)]
    await bench.converge_as_needed([Step("some", tuple(maps[:25])), Step("others", tuple(maps[25:]))])

    assert bench.api.most_at_once == FAN_OUT
    assert len(bench.api.objects) == 50


async def test_a_failure_is_told_with_its_object_and_stops_the_steps_after_it(bench: "ApplierBench") -> None:
    steps = bench.steps()
    error = errors.Forbidden("no", code=403)
    bench.fail("apply", steps[2].manifests[0], error)
    applied = await bench.converge(steps)

    assert applied.completed == {"namespaces", "quota"}
    assert (applied.error, applied.failed) == (error, child_key(steps[2].manifests[0]))
    assert "RoleBinding" not in {key.kind for key in bench.api.objects}


@given(plan=plans(), failing=st.sets(st.integers(0, 5)))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_a_step_waits_for_what_it_needs_and_is_not_begun_where_that_failed(
    bench: "ApplierBench", plan: Plan, failing: set[int]
) -> None:
    bench.api.objects.clear()
    bench.api.moments.clear()
    bench.restart()
    made = {f"s{at}": [bench.make.child("ConfigMap", f"c{at}-{number}") for number in range(size)] for at, (size, _) in enumerate(plan)}
    bench.api.failures = {("apply", "ConfigMap", f"c{at}-0"): errors.Forbidden("no", code=403) for at in failing}
    needs = {name: needs for name, (_, needs) in zip(made, plan, strict=True)}
    steps = [Step(name, tuple(made[name]), needs[name]) for name in made]
    applied = await bench.converge_as_needed(steps)

    moments = bench.api.moments
    failed = {name for at, name in enumerate(made) if at in failing and made[name]}
    for step in steps:
        own = {("begun", child_key(each)) for each in step.manifests}
        earlier = moments[: next((at for at, moment in enumerate(moments) if moment in own), len(moments))]
        if len(earlier) < len(moments):
            assert not failed.intersection(step.needs)
            assert all(("answered", child_key(each)) in earlier for need in step.needs for each in made[need])
    stopped = {step.name for step in steps if failed.intersection({step.name, *needed(step.name, needs)})}
    assert applied.completed == set(made) - stopped
    assert (applied.error is None) == (not failed)


async def test_steps_that_do_not_need_each_other_are_written_side_by_side_and_hold_or_fail_by_themselves(bench: "ApplierBench") -> None:
    applied = await bench.converge_as_needed(side_by_side(bench))
    assert (applied.error, bench.api.most_at_once) == (None, 3)

    bench.api.objects.clear()
    bench.restart()
    isolation = bench.steps()[2]
    bench.fail("apply", isolation.manifests[0], errors.Forbidden("no", code=403))
    applied = await bench.converge_as_needed(side_by_side(bench))

    assert applied.completed == {"namespaces", "quota"}
    assert applied.failed == child_key(isolation.manifests[0])
    assert "RoleBinding" not in {key.kind for key in bench.api.objects}


async def test_access_that_cannot_be_taken_away_stops_everything(bench: "ApplierBench") -> None:
    await bench.converge(bench.steps())
    steps = bench.steps()
    binding = steps[3].manifests[0]
    error = errors.ServerError("trouble", code=500)
    bench.fail("delete", binding, error)
    applied = await bench.converge([*steps[:3], Step("more", (bench.make.child("ConfigMap", "new"),))])

    assert applied == Applied(completed=frozenset(), error=error, failed=child_key(binding))
    assert bench.api.writes() == [child_key(binding)]


@pytest.mark.parametrize("error", [errors.NotFound("gone", code=404), errors.Conflict("another", code=409)])
async def test_what_was_gone_already_is_gone(bench: "ApplierBench", error: errors.ApiError) -> None:
    await bench.converge(bench.steps())
    binding = bench.steps()[3].manifests[0]
    bench.fail("delete", binding, error)
    applied = await bench.converge(bench.steps()[:3])

    assert applied.error is None
    assert child_key(binding) not in bench.observed.children(bench.make.owner)


async def test_a_wish_for_patience_slows_every_write(bench: "ApplierBench", monkeypatch: pytest.MonkeyPatch) -> None:
    asked_for: list[bool] = []
    monkeypatch.setattr(bench.bucket, "slow_down", lambda: asked_for.append(True))
    bench.fail("apply", bench.steps()[1].manifests[0], errors.TooManyRequests("patience", code=429))
    await bench.converge(bench.steps())

    assert asked_for == [True]


@pytest.mark.parametrize("survived", range(7))
async def test_a_crash_after_any_write_leaves_nobody_inside_and_a_restart_completes_it(bench: "ApplierBench", survived: int) -> None:
    class Crash(BaseException):
        """The process is killed."""

    store, number = bench.api.store, itertools.count()

    def crashing(*args: Manifest) -> Manifest:
        if next(number) == survived:
            raise Crash
        return store(*args)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bench.api, "store", crashing)
        try:
            await bench.converge(bench.steps())
        except* Crash:
            for _ in range(10):
                await asyncio.sleep(0)  # what was under way ends, as it does on the server
    stored = {key.kind for key in bench.api.objects}
    assert "RoleBinding" not in stored or {"Namespace", "ResourceQuota", "LimitRange", "NetworkPolicy"} <= stored

    bench.restart()
    assert len((await bench.converge(bench.steps())).completed) == 4
    bench.restart()
    assert (await bench.converge(bench.steps())).writes == 0
    assert len(bench.api.objects) == 6


def test_a_digest_tells_any_two_wishes_apart_and_not_the_order_of_keys(make: "Make") -> None:
    one = make.child("ConfigMap", "x", data={"a": "1", "b": "2"})
    same = dict(reversed(make.child("ConfigMap", "x", data={"b": "2", "a": "1"}).items()))

    assert digest_of(one) == digest_of(same)
    assert digest_of(one) != digest_of(make.child("ConfigMap", "x", data={"a": "1", "b": "3"}))
    assert len(digest_of(one)) == 16


async def test_a_kind_that_has_just_gone_holds_nothing_up(bench: "ApplierBench") -> None:
    monitor = bench.make.child("PodMonitor", "citycloud")
    bench.api.failures["apply", "PodMonitor", "citycloud"] = errors.NotFound("the server could not find the requested resource", code=404)

    applied = await bench.converge([*bench.steps(), Step("monitoring", (monitor,))])

    assert applied.error is None
    assert "monitoring" in applied.completed
