"""What a re-organisation consists of, what is in its way, and that it ends the same in whatever order and from whatever point."""

import dataclasses
import datetime
from collections.abc import Mapping
from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support import simulation

from citycloud.api.org_change import OrgChangeSpec
from citycloud.reorganisation.facts import Amount, Facts, Office, Place, Site, Work, mark
from citycloud.reorganisation.plan import make_plan
from citycloud.reorganisation.steps import Plan

PLENTY: Final = Amount(environments=100, cpu=10**9, memory=10**18, storage=10**18)
ONE: Final = Amount(environments=1, cpu=2000, memory=4000, storage=8000)
MERGER: Final[dict[str, Any]] = {
    "action": "merge",
    "from": ["so-a", "so-b"],
    "to": ["so-c"],
    "effectiveDate": "2025-03-01",
    "legalBasis": {"id": "12/NQ"},
}
SPLIT: Final[dict[str, Any]] = {**MERGER, "action": "split", "from": ["so-a"], "to": ["so-b", "so-c"]}


def spec(base: Mapping[str, Any] = MERGER, **changes: Any) -> OrgChangeSpec:
    return OrgChangeSpec.model_validate({**base, **changes})


def facts(
    *, works: dict[str, Work] | None = None, sites: dict[str, Site] | None = None, busy: dict[str, str] | None = None, **offices: Office
) -> Facts:
    """Three organisations; so-a has one system with one environment, unless said otherwise."""
    known = {name: Office(name=name, budget=PLENTY) for name in ("so-a", "so-b", "so-c")}
    given_ = {name.replace("_", "-"): office for name, office in offices.items()}
    return Facts(
        offices={name: office for name, office in {**known, **given_}.items() if office.budget is not NONE},
        works=_placed({"so-a/thue": Work(uid="w")} if works is None else works),
        sites=_placed({"so-a/thue-test": site()} if sites is None else sites),
        busy=busy or {},
    )


def site(**changes: Any) -> Site:
    return dataclasses.replace(Site(uid="s", system="thue", amount=ONE), **changes)


def _placed(entries: dict[str, Any]) -> dict[Place, Any]:
    return {Place(*text.split("/")): entry for text, entry in entries.items()}


NONE: Final = Amount(environments=-1)
"""The budget of an organisation that is not there."""
GONE: Final = Office(name="", budget=NONE)


def told(plan: Plan) -> list[tuple[str, str, str]]:
    return [(step.what, step.object, step.state) for step in plan.steps]


def reasons(plan: Plan) -> set[str]:
    return {note.key for step in plan.blocked for note in step.notes}


def test_closing_comes_first_and_each_system_stays_together() -> None:
    assert told(make_plan(spec=spec(), facts=facts())) == [
        ("CloseOrganisation", "so-a", "Planned"),
        ("CloseOrganisation", "so-b", "Planned"),
        ("CopySystem", "so-a/thue → so-c/thue", "Planned"),
        ("MoveEnvironment", "so-a/thue-test → so-c/thue-test", "Planned"),
        ("RemoveSystem", "so-a/thue", "Planned"),
    ]


def test_who_is_among_those_that_take_over_goes_on_and_keeps_what_it_has() -> None:
    plan = make_plan(spec=spec(to=["so-a"]), facts=facts(works={"so-a/thue": Work(uid="w"), "so-b/dat": Work(uid="v")}))

    assert told(plan) == [
        ("CloseOrganisation", "so-b", "Planned"),
        ("CopySystem", "so-b/dat → so-a/dat", "Planned"),
        ("RemoveSystem", "so-b/dat", "Planned"),
    ]


def test_a_split_goes_by_its_mapping() -> None:
    works = {"so-a/thue": Work(uid="w"), "so-a/dat": Work(uid="v")}
    mapping = [{"system": "so-a/thue", "to": "so-b"}, {"system": "so-a/dat", "to": "so-c"}]
    plan = make_plan(spec=spec(SPLIT, mapping=mapping), facts=facts(works=works))

    assert [step.object for step in plan.steps if step.what != "RemoveSystem"] == [
        "so-a",
        "so-a/dat → so-c/dat",
        "so-a/thue → so-b/thue",
        "so-a/thue-test → so-b/thue-test",
    ]


@pytest.mark.parametrize(
    ("change", "known", "reason"),
    [
        ({}, facts(so_c=GONE), "SuccessorMissing"),
        ({}, facts(so_b=GONE), "OriginMissing"),
        ({}, facts(so_c=Office(name="so-c", budget=PLENTY, valid_to=datetime.date(2025, 1, 1))), "SuccessorEnded"),
        ({}, facts(so_c=Office(name="so-c", budget=PLENTY, valid_from=datetime.date(2025, 7, 1))), "SuccessorNotYet"),
        ({}, facts(busy={"so-c": "viec-khac"}), "AnotherChange"),
        ({}, facts(so_c=Office(name="so-c", budget=Amount(environments=9, cpu=1999, memory=10**9, storage=10**9))), "SuccessorOverBudget"),
        ({}, facts(so_c=Office(name="so-c", budget=PLENTY, held=PLENTY)), "SuccessorOverBudget"),
        ({}, facts(works={"so-a/thue": Work(uid="w"), "so-c/thue": Work(uid="x")}), "NameTaken"),
        ({}, facts(sites={"so-a/thue-test": site(), "so-c/thue-test": site(uid="t", system="khac")}), "NameTaken"),
        ({}, facts(works={"so-a/thue": Work(uid="w"), "so-b/thue": Work(uid="v")}, sites={}), "NameTwice"),
        ({}, facts(works={}), "NoSystem"),
        ({"action": "split", "from": ["so-a"], "to": ["so-b", "so-c"]}, facts(), "MappingMissing"),
        ({"mapping": [{"system": "so-a/theu", "to": "so-c"}]}, facts(), "MappingUnknown"),
        ({"mapping": [{"system": "so-x/thue", "to": "so-c"}]}, facts(), "MappingUnknown"),
        ({"mapping": [{"system": "so-a/thue", "to": "so-d"}]}, facts(), "MappingElsewhere"),
        ({"mapping": 2 * [{"system": "so-a/thue", "to": "so-c"}]}, facts(), "MappingTwice"),
        ({"action": "abolish", "from": ["so-a"], "to": []}, facts(), "NobodyTakesOver"),
    ],
)
def test_what_is_in_the_way_is_said_before_anything_moves(change: dict[str, Any], known: Facts, reason: str) -> None:
    plan = make_plan(spec=spec(**change), facts=known)

    assert reason in reasons(plan)
    assert plan.blocked


def test_who_ends_without_successor_needs_only_to_be_empty() -> None:
    known = facts(sites={"so-a/thue-test": site(over=True)})
    plan = make_plan(spec=spec({**MERGER, "from": ["so-a"], "to": [], "action": "abolish"}), facts=known)

    assert told(plan) == [("CloseOrganisation", "so-a", "Planned")]


def test_what_is_purged_stays_where_it_was_and_so_does_a_wish_about_nothing() -> None:
    sites = {"so-a/cu": site(over=True), "so-a/vu-vo": site(uid="t", system="khong-co", provisioned=False, amount=Amount())}

    assert not [step for step in make_plan(spec=spec(), facts=facts(sites=sites)).steps if step.what == "MoveEnvironment"]


def test_hosts_and_what_does_not_come_along_are_said() -> None:
    plan = make_plan(spec=spec(), facts=facts(sites={"so-a/thue-test": site(hosts=("a.so-a.x",), waits=True, exceptions=("p04",))}))
    (step,) = [step for step in plan.steps if step.what == "MoveEnvironment"]

    assert [note.key for note in step.notes] == ["HostsStay", "DecideAnew", "ExceptionsEnd"]


def test_what_another_change_has_in_hand_does_not_stop_what_has_begun() -> None:
    assert not make_plan(spec=spec(), facts=facts(busy={"so-c": "khac"}), running=True).blocked


def test_a_system_that_was_changed_after_it_was_copied_is_not_deleted() -> None:
    works = {"so-a/thue": Work(uid="w", content="new"), "so-c/thue": Work(uid="v", content="old", moved_from="so-a/thue/w")}

    assert reasons(make_plan(spec=spec(), facts=facts(works=works), running=True)) == {"SystemChanged"}


def test_a_system_made_anew_under_an_old_name_is_another_one() -> None:
    works = {"so-a/thue": Work(uid="new"), "so-c/thue": Work(uid="v", moved_from="so-a/thue/old")}

    assert "NameTaken" in reasons(make_plan(spec=spec(), facts=facts(works=works)))


def test_halfway_it_is_still_to_be_done_and_counted_where_it_goes() -> None:
    tight = Office(name="so-c", budget=ONE, held=ONE)
    works = {"so-a/thue": Work(uid="w"), "so-c/thue": Work(uid="v", moved_from="so-a/thue/w")}
    known = facts(works=works, so_c=tight)
    (step,) = [step for step in make_plan(spec=spec(), facts=known).steps if step.what == "MoveEnvironment"]
    plan = make_plan(spec=spec(), facts=simulation.halfway(step=step, facts=known), running=True)

    assert ("MoveEnvironment", "so-a/thue-test → so-c/thue-test", "Planned") in told(plan)
    assert not plan.blocked


STATES: Final[st.SearchStrategy[dict[str, Any]]] = st.sampled_from(
    [{}, {"over": True}, {"provisioned": False, "amount": Amount()}, {"waits": True}]
)


@st.composite
def towns(draw: st.DrawFn) -> tuple[OrgChangeSpec, Facts]:
    """Some organisations that end, some that take over, and a complete mapping; no two of them know the same names."""
    origins = [f"so-a{number}" for number in range(draw(st.integers(1, 3)))]
    heirs = [f"so-z{number}" for number in range(draw(st.integers(1, 3)))]
    to = heirs + (origins[:1] if draw(st.booleans()) else [])
    works, sites, mapping = {}, {}, []
    for number in range(draw(st.integers(0, 5))):
        place = Place(draw(st.sampled_from(origins + heirs)), f"he-thong-{number}")
        works[place] = Work(uid=f"w{number}")
        for index in range(draw(st.integers(0, 3))):
            sites[Place(place.organisation, f"moi-truong-{number}-{index}")] = dataclasses.replace(
                Site(uid=f"s{number}-{index}", system=place.name, amount=ONE), **draw(STATES)
            )
        if place.organisation in origins:
            mapping.append({"system": str(place), "to": draw(st.sampled_from(to))})
    offices = {name: Office(name=name, budget=PLENTY, held=_held(name, sites)) for name in {*origins, *to}}
    change = spec({**MERGER, "from": origins, "to": to, "mapping": mapping})
    return change, Facts(offices=offices, works=works, sites=sites)


def _held(name: str, sites: dict[Place, Site]) -> Amount:
    total = Amount()
    for place, each in sites.items():
        if place.organisation == name and not each.over:
            total = total.plus(each.amount)
    return total


@given(town=towns(), data=st.data())
@settings(max_examples=300, deadline=None)
def test_in_whatever_order_each_environment_has_one_home_and_nothing_is_lost(
    town: tuple[OrgChangeSpec, Facts], data: st.DataObject
) -> None:
    change, before = town
    listed = {step.object for step in make_plan(spec=change, facts=before).steps}
    after = simulation.carried_out(spec=change, facts=before, choose=lambda steps: data.draw(st.sampled_from(list(steps))))

    assert after == simulation.carried_out(spec=change, facts=before)
    assert {step.object for step in make_plan(spec=change, facts=after, running=True).steps} == listed
    assert sorted(place.name for place in after.sites) == sorted(place.name for place in before.sites)
    assert sorted(place.name for place in after.works) == sorted(place.name for place in before.works)
    left = {place.organisation for place, each in after.sites.items() if not each.over}
    assert not left & (set(change.origin) - set(change.to))
    for move in change.mapping:
        assert any(str(place) == f"{move.to}/{move.system.partition('/')[2]}" for place in after.works)
    totals = [sum(office.held.cpu for office in each.offices.values()) for each in (before, after)]
    assert totals[0] == totals[1]
    assert {name: office.held for name, office in after.offices.items()} == {name: _held(name, dict(after.sites)) for name in after.offices}


@given(town=towns(), data=st.data())
@settings(max_examples=200, deadline=None)
def test_interrupted_halfway_it_goes_on_to_the_same_end(town: tuple[OrgChangeSpec, Facts], data: st.DataObject) -> None:
    change, before = town
    after = simulation.carried_out(spec=change, facts=before)
    known, plan = before, make_plan(spec=change, facts=before)
    for _ in range(data.draw(st.integers(0, len(plan.left)))):
        steps = simulation.possible(plan=plan, facts=known)
        if not steps:
            break
        step = data.draw(st.sampled_from(steps))
        if step.what == "MoveEnvironment":
            half = make_plan(spec=change, facts=simulation.halfway(step=step, facts=known), running=True)
            assert not half.blocked
            assert (step.what, step.object, "Planned") in told(half)
        known = simulation.taken(step=step, spec=change, facts=known)
        plan = make_plan(spec=change, facts=known, running=True)

    assert simulation.carried_out(spec=change, facts=known) == after


def test_a_mark_names_one_object_for_ever() -> None:
    assert mark(place=Place("so-a", "thue"), uid="w") == "so-a/thue/w"
