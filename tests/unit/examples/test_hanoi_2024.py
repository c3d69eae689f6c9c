"""The city of three tiers is what the press and the statistics say of it, and one set of re-organisations makes today's of it."""

import collections
import random
from typing import Final

import pytest
from tests.support import hanoi, simulation

from citycloud.reorganisation.facts import Amount, Facts
from citycloud.reorganisation.plan import make_plan

PILOTS: Final = 13
SEEDS: Final = (1, 2, 3)


@pytest.fixture(scope="module")
def after() -> Facts:
    """Carry out every change in the order of the file."""
    facts = hanoi.facts()
    for change in hanoi.changes():
        facts = simulation.carried_out(spec=change.spec, facts=facts)
    return facts


def test_three_tiers_with_the_departments_and_the_pilots_of_that_time() -> None:
    organisations = hanoi.organisations(hanoi.BEFORE)
    kinds = collections.Counter((each.spec.tier, each.spec.kind) for each in organisations.values())
    assert sum(count for (tier, _), count in kinds.items() if tier == "commune") == 526
    assert kinds["legacy-district", "other"] == 30
    assert kinds["city", "department"] == 21
    places = {name for name, each in organisations.items() if each.metadata.labels.get("citycloud.dev/mission") == "A68"}
    assert len(places) == PILOTS + 2, "13 pilots and two models"
    homes = {place.organisation for place in hanoi.environments(hanoi.BEFORE)}
    assert places <= homes, "each of them has something that runs"


def test_codes_are_unique_and_stay_with_an_organisation_that_goes_on() -> None:
    before, now = hanoi.organisations(hanoi.BEFORE), hanoi.organisations(hanoi.NOW)
    both = {**now, **before}
    assert len({each.spec.code for each in both.values()}) == len(both)
    assert all(before[name].spec.code == now[name].spec.code for name in before.keys() & now.keys())
    assert all(each.metadata.labels["citycloud.dev/placeholder"] == "true" for each in both.values())


def test_every_organisation_that_is_no_more_ends_in_exactly_one_change() -> None:
    before, now = hanoi.organisations(hanoi.BEFORE), hanoi.organisations(hanoi.NOW)
    ends = collections.Counter(name for change in hanoi.changes() for name in change.spec.origin if name not in change.spec.to)
    assert ends == dict.fromkeys(before.keys() - now.keys(), 1)
    assert {change.spec.action for change in hanoi.changes()} == {"merge", "split", "rename", "abolish"}


def test_the_end_is_the_city_of_today(after: Facts) -> None:
    assert {name for name, office in after.offices.items() if office.valid_to is None} == hanoi.organisations(hanoi.NOW).keys()


def test_who_ended_is_followed_by_organisations_of_today_and_keeps_the_name(after: Facts) -> None:
    before, now = hanoi.organisations(hanoi.BEFORE).keys(), hanoi.organisations(hanoi.NOW).keys()
    ended = [office for office in after.offices.values() if office.valid_to is not None]
    assert {office.name for office in ended} == before - now
    for office in ended:
        assert office.successors
        assert office.successors <= now, office.name


def test_every_environment_has_exactly_one_home_and_it_is_one_of_today(after: Facts) -> None:
    before = hanoi.environments(hanoi.BEFORE)
    assert len(after.sites) == len(before)
    assert {place.organisation for place in after.sites} <= hanoi.organisations(hanoi.NOW).keys()
    assert after.sites.keys() >= hanoi.environments(hanoi.NOW).keys()
    assert after.works.keys() >= hanoi.systems(hanoi.NOW)
    assert all(
        (place.organisation, site.system) in {(work.organisation, work.name) for work in after.works} for place, site in after.sites.items()
    )


def test_what_is_held_is_what_was_held(after: Facts) -> None:
    def total(facts: Facts) -> Amount:
        held = Amount()
        for office in facts.offices.values():
            held = held.plus(office.held)
        return held

    assert total(after) == total(hanoi.facts())
    assert all(office.held.over(office.budget) is None for office in after.offices.values())


@pytest.mark.parametrize("seed", SEEDS)
def test_in_another_order_and_with_the_steps_of_each_mixed_up_it_ends_the_same(after: Facts, seed: int) -> None:
    chance = random.Random(seed)
    changes = hanoi.changes()
    chance.shuffle(changes)
    facts = hanoi.facts()
    for change in changes:
        facts = simulation.carried_out(spec=change.spec, facts=facts, choose=chance.choice)
    assert facts.sites.keys() == after.sites.keys()
    assert facts.works.keys() == after.works.keys()
    assert {name: (office.valid_to, office.held) for name, office in facts.offices.items()} == {
        name: (office.valid_to, office.held) for name, office in after.offices.items()
    }


def test_once_more_there_is_nothing_left_to_do(after: Facts) -> None:
    for change in hanoi.changes():
        plan = make_plan(spec=change.spec, facts=after, running=True)
        assert not plan.left, change.metadata.name


def test_the_readme_counts_right() -> None:
    readme = (hanoi.ROOT / "examples" / "README.md").read_text("utf-8")
    told = {
        "organisations": len(hanoi.organisations(hanoi.BEFORE)),
        "information systems": len(hanoi.systems(hanoi.BEFORE)),
        "environments": len(hanoi.environments(hanoi.BEFORE)),
        "re-organisations": len(hanoi.changes()),
    }
    for what, count in told.items():
        assert f"| {what} | {count}" in readme
