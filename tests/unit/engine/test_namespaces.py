"""A namespace holds data: it is never removed, never left open, and never another one's."""

from typing import TYPE_CHECKING

from citycloud.engine.applier import NotOurs, Step, digest_of
from citycloud.engine.observed import DIGEST_ANNOTATION, ChildKey, child_key

if TYPE_CHECKING:
    from tests.unit.engine.conftest import ApplierBench


async def test_a_namespace_is_never_removed_because_it_is_no_longer_wanted(bench: "ApplierBench") -> None:
    await bench.converge(bench.steps())
    applied = await bench.converge([])

    assert applied.error is None
    assert "Namespace" in {key.kind for key in bench.api.objects}
    assert "Namespace" not in {key.kind for key in bench.api.writes()}


async def test_a_namespace_that_is_no_longer_wanted_keeps_everything_that_closes_it(bench: "ApplierBench") -> None:
    """Take the access away and nothing else: without its policy and its quota, what still runs there would be open and unbounded."""
    await bench.converge(bench.steps())
    before = set(bench.api.objects)
    other = bench.make.child("Namespace", "abc--env--data")
    await bench.converge([Step("namespaces", (other,))])

    assert {key.kind for key in bench.api.writes("delete")} == {"RoleBinding"}
    assert len(bench.api.writes("delete")) == 2
    assert set(bench.api.objects) == {key for key in before if key.kind != "RoleBinding"} | {child_key(other)}


async def test_an_opening_in_a_namespace_that_is_wanted_goes_with_its_wish(bench: "ApplierBench") -> None:
    opening = bench.make.child("NetworkPolicy", "allow-flows-in")
    await bench.converge([*bench.steps(), Step("flows", (opening,))])
    await bench.converge(bench.steps())

    assert bench.api.writes("delete") == [child_key(opening)]


async def test_a_namespace_that_somebody_else_made_is_not_touched(bench: "ApplierBench") -> None:
    bench.api.store({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "abc--env--app"}}, manager="kubectl-create")
    before = dict(bench.api.objects)
    applied = await bench.converge(bench.steps())

    assert isinstance(applied.error, NotOurs)
    assert applied.error.name == "abc--env--app"
    assert bench.api.objects == before
    assert applied.completed == frozenset()


async def test_a_namespace_that_only_wears_our_labels_is_not_taken_over(bench: "ApplierBench") -> None:
    """Let labels alone prove nothing: no digest, no field of ours."""
    bench.api.store(bench.make.namespace(), manager="kubectl-create")
    bench.restart()
    applied = await bench.converge(bench.steps())

    assert isinstance(applied.error, NotOurs)
    assert bench.api.writes("apply") == []


async def test_our_own_namespace_is_taken_up_again_where_the_answer_was_lost(bench: "ApplierBench") -> None:
    await bench.converge(bench.steps()[:1])
    bench.observed.forget(ChildKey("Namespace", "", "abc--env--app"))
    applied = await bench.converge(bench.steps())

    assert applied.error is None
    assert len(applied.completed) == 4


async def test_our_own_namespace_that_was_forgotten_is_brought_up_to_date(bench: "ApplierBench") -> None:
    """Change the wish between a lost answer and the next attempt: what is there says the old one."""
    await bench.converge(bench.steps()[:1])
    bench.observed.forget(ChildKey("Namespace", "", "abc--env--app"))
    namespace = bench.make.namespace(**{"citycloud.dev/profile": "another"})
    applied = await bench.converge([Step("namespaces", (namespace,))])

    assert applied.completed == {"namespaces"}
    stored = bench.api.objects[child_key(namespace)]["metadata"]["annotations"]
    assert (stored["citycloud.dev/profile"], stored[DIGEST_ANNOTATION]) == ("another", digest_of(namespace))
