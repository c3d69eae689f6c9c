"""The book of budgets: whatever is asked for in whatever order, nobody together holds more than there is."""

import dataclasses
from typing import Final, Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from citycloud.api.organisation import Budget
from citycloud.api.size_class import ContainerLimits, SizeClassSpec
from citycloud.controllers.allocation import Allocations, Demand, Shortage, Total
from citycloud.engine.queue import Key

HOME: Final = "org-so-y-te"
BUDGET: Final = Budget(environments=3, cpu="8", memory="16Gi", storage="100Gi")
GIB: Final = 1000 * 2**30


def key(name: str, home: str = HOME) -> Key:
    return Key("Environment", home, name)


def demand(cpu: int, memory: int = 1, storage: int = 1) -> Demand:
    """Ask for cores and GiB."""
    return Demand(cpu=cpu * 1000, memory=memory * GIB, storage=storage * GIB)


demands = st.builds(demand, st.integers(0, 9), st.integers(0, 17), st.integers(0, 101))


@dataclasses.dataclass(frozen=True)
class Step:
    action: Literal["hold", "settle", "release"]
    key: Key
    demand: Demand


steps = st.lists(
    st.builds(
        Step, st.sampled_from(("hold", "hold", "hold", "settle", "release")), st.sampled_from([key(name) for name in "abcde"]), demands
    ),
    max_size=30,
)


@given(sequence=steps)
@settings(max_examples=200, deadline=None)
def test_no_sequence_of_requests_ever_exceeds_a_budget(sequence: list[Step]) -> None:
    """Settle only what was held, as the controller does: it settles at the size that it applied."""
    book = Allocations()
    for step in sequence:
        held = book.holds(step.key)
        if step.action == "hold":
            shortage = book.try_hold(key=step.key, demand=step.demand, budget=BUDGET)
            assert book.holds(step.key) == (held if shortage else step.demand.larger(held or step.demand))
        elif step.action == "release":
            assert book.release(step.key) == (held is not None)
        elif held is not None and held.larger(step.demand) == held:
            book.settle(key=step.key, demand=step.demand)
        total = book.total(HOME)
        assert total.environments <= BUDGET.environments
        assert total.cpu <= 8000
        assert total.memory <= 16 * GIB
        assert total.storage <= 100 * GIB


@given(asked=st.lists(demands, min_size=1, max_size=6))
@settings(max_examples=60, deadline=None)
def test_asking_again_for_the_same_changes_nothing(asked: list[Demand]) -> None:
    book = Allocations()
    for number, each in enumerate(asked):
        first = book.try_hold(key=key(str(number)), demand=each, budget=BUDGET)
        before = book.total(HOME)
        assert book.try_hold(key=key(str(number)), demand=each, budget=BUDGET) == first
        assert book.total(HOME) == before


@pytest.mark.parametrize(
    ("wanted", "shortage"),
    [
        (demand(9), Shortage("cpu", "9", "8")),
        (demand(1, memory=17), Shortage("memory", "17Gi", "16Gi")),
        (demand(1, storage=101), Shortage("storage", "101Gi", "100Gi")),
        (demand(8, 16, 100), None),
        (demand(0, 0, 0), None),
    ],
)
def test_a_refusal_says_what_is_short_and_how_much_is_left(wanted: Demand, shortage: Shortage | None) -> None:
    assert Allocations().try_hold(key=key("a"), demand=wanted, budget=BUDGET) == shortage


def test_the_place_after_the_last_is_refused() -> None:
    book = Allocations()
    for name in "abc":
        assert book.try_hold(key=key(name), demand=demand(1), budget=BUDGET) is None

    assert book.try_hold(key=key("d"), demand=demand(0, 0, 0), budget=BUDGET) == Shortage("environments", "1", "0")


def test_a_budget_that_shrank_takes_nothing_away_and_gives_nothing_more() -> None:
    book = Allocations()
    book.try_hold(key=key("a"), demand=demand(4), budget=BUDGET)
    smaller = BUDGET.model_copy(update={"cpu": "2"})

    assert book.try_hold(key=key("a"), demand=demand(4), budget=smaller) is None
    assert book.try_hold(key=key("a"), demand=demand(3), budget=smaller) is None
    assert book.try_hold(key=key("a"), demand=demand(5), budget=smaller) == Shortage("cpu", "5", "2")
    assert book.try_hold(key=key("b"), demand=demand(1), budget=smaller) == Shortage("cpu", "1", "0")


def test_while_a_size_changes_the_larger_of_both_is_held() -> None:
    book = Allocations()
    book.try_hold(key=key("a"), demand=demand(6, memory=1), budget=BUDGET)
    book.try_hold(key=key("a"), demand=demand(2, memory=9), budget=BUDGET)
    assert book.holds(key("a")) == demand(6, memory=9)
    book.settle(key=key("a"), demand=demand(2, memory=9))

    assert book.try_hold(key=key("b"), demand=demand(6), budget=BUDGET) is None


def test_organisations_do_not_share_a_budget() -> None:
    book = Allocations()
    for home in (HOME, "org-so-tu-phap"):
        assert book.try_hold(key=key("a", home), demand=demand(8), budget=BUDGET) is None

    assert book.total(HOME) == Total(environments=1, cpu=8000, memory=GIB, storage=GIB)
    assert book.total("org-nobody") == Total()


def test_after_a_restart_the_largest_that_anybody_wrote_down_counts() -> None:
    book = Allocations()
    book.restore(key=key("a"), demands=[demand(2, memory=9), demand(6, memory=1)], hosts=["a.example"])
    book.restore(key=key("b"), demands=[], hosts=[])

    assert book.holds(key("a")) == demand(6, memory=9)
    assert book.holds(key("b")) is None
    assert book.try_hold(key=key("c"), demand=demand(3), budget=BUDGET) == Shortage("cpu", "3", "2")
    assert book.host_holder(key=key("c"), hosts=["a.example"]) == ("a.example", key("a"))


def test_what_ran_over_budget_before_a_restart_keeps_its_place() -> None:
    book = Allocations()
    book.restore(key=key("a"), demands=[demand(20)], hosts=[])

    assert book.try_hold(key=key("a"), demand=demand(20), budget=BUDGET) is None
    assert book.try_hold(key=key("b"), demand=demand(1), budget=BUDGET) == Shortage("cpu", "1", "0")


def test_hosts_go_to_whoever_comes_first() -> None:
    book = Allocations()
    book.claim_hosts(key=key("a"), hosts=["x.example", "y.example"])

    assert book.host_holder(key=key("b"), hosts=["free.example", "y.example"]) == ("y.example", key("a"))
    assert book.host_holder(key=key("a"), hosts=["x.example", "y.example"]) is None
    assert book.host_holder(key=key("b"), hosts=[]) is None


def test_a_host_that_is_no_longer_wanted_is_free() -> None:
    book = Allocations()
    assert not book.claim_hosts(key=key("a"), hosts=["x.example", "y.example"])
    assert book.claim_hosts(key=key("a"), hosts=["y.example"])

    assert book.host_holder(key=key("b"), hosts=["x.example"]) is None
    assert book.host_holder(key=key("b"), hosts=["y.example"]) is not None


@pytest.mark.parametrize(
    ("before", "after", "given_back"),
    [
        ((), ("x",), False),
        (("x",), ("x",), False),
        (("x",), ("y", "x"), False),
        (("x",), ("y",), True),
        (("x",), (), True),
        ((), (), False),
    ],
)
def test_a_claim_says_whether_somebody_else_may_go_on(before: tuple[str, ...], after: tuple[str, ...], given_back: bool) -> None:
    book = Allocations()
    book.claim_hosts(key=key("a"), hosts=before)

    assert book.claim_hosts(key=key("a"), hosts=after) is given_back
    assert {host for host in ("x", "y") if book.host_holder(key=key("b"), hosts=[host])} == set(after)


def test_whoever_leaves_gives_back_the_place_and_the_hosts() -> None:
    book = Allocations()
    book.try_hold(key=key("a"), demand=demand(8), budget=BUDGET)
    book.claim_hosts(key=key("a"), hosts=["x.example"])

    assert book.release(key("a"))
    assert not book.release(key("a"))
    assert book.total(HOME) == Total()
    assert book.host_holder(key=key("b"), hosts=["x.example"]) is None


@given(each=demands)
@settings(max_examples=50, deadline=None)
def test_what_a_namespace_says_it_holds_reads_back_exactly(each: Demand) -> None:
    assert Demand.parse(each.show()) == each


def test_the_demand_of_a_size_is_what_it_requests() -> None:
    container = ContainerLimits(default={}, default_request={}, max={})
    size = SizeClassSpec(order=1, quota={"requests.cpu": "500m", "requests.memory": "1Gi", "limits.cpu": "4"}, container=container)

    assert Demand.of_size(size) == Demand(cpu=500, memory=GIB, storage=0)
    assert Demand.of_size(size).show() == "cpu=500m,memory=1Gi,storage=0"
    with pytest.raises(ValueError, match="no quantity"):
        Demand.of_size(size.model_copy(update={"quota": {"requests.cpu": "half"}}))
