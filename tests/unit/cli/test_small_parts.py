"""Prices, dates, names, members, halves of texts: the small pure parts of the command line."""

import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support import objects, recorded

from citycloud.api import City, Environment
from citycloud.api.city import Prices
from citycloud.api.environment import EnvironmentSpec, Member
from citycloud.cli.bilingual import in_language
from citycloud.cli.difference import plan_changes, spec_changes
from citycloud.cli.failure import Failure
from citycloud.cli.life import purge_moment
from citycloud.cli.members import changed, member_of
from citycloud.cli.moments import day_of, expiry_on, last_day, moment_in
from citycloud.cli.naming import organisation_or_place, place_of
from citycloud.cli.options import Language
from citycloud.cli.prices import as_money, monthly_cost
from citycloud.cli.wish import Wish
from citycloud.controllers.allocation import Demand

NOW = datetime.datetime(2026, 9, 1, 18, tzinfo=datetime.UTC)
"""Already the second of September in Hanoi."""
GIB = 1000 * 2**30


def a_city(**changes: Any) -> City:
    return City.model_validate(objects.city(**changes))


def failing(call: Any, *arguments: Any, **named: Any) -> str:
    with pytest.raises(Failure) as failure:
        call(*arguments, **named)
    return failure.value.key


def test_a_cost_adds_up_exactly_and_half_a_unit_counts() -> None:
    prices = Prices.model_validate({"cpuMonth": 250_000, "memoryGiBMonth": 60_000, "storageGiBMonth": 2_500})
    assert monthly_cost(demand=Demand(cpu=8000, memory=16 * GIB, storage=200 * GIB), prices=prices) == 2_000_000 + 960_000 + 500_000
    assert monthly_cost(demand=Demand(cpu=1, memory=0, storage=0), prices=Prices(cpu_month=500)) == 1
    assert monthly_cost(demand=Demand(cpu=1, memory=0, storage=0), prices=Prices(cpu_month=499)) == 0


def test_money_is_written_as_its_readers_do() -> None:
    assert as_money(3_460_000, currency="VND", language=Language.VI) == "3.460.000 ₫"
    assert as_money(3_460_000, currency="VND", language=Language.EN) == "3,460,000 VND"


def test_a_last_day_ends_with_the_day_in_the_city() -> None:
    city = a_city()
    assert expiry_on(datetime.date(2026, 9, 2), city=city, now=NOW) == "2026-09-02T17:00:00Z"
    assert failing(expiry_on, datetime.date(2026, 9, 1), city=city, now=NOW) == "DayIsOver"
    assert failing(expiry_on, datetime.date(2026, 9, 9), city=a_city(timeZone="Sao/Hoa"), now=NOW) == "NoTimeZone"
    ends = datetime.datetime(2026, 9, 2, 17, tzinfo=datetime.UTC)
    assert last_day(city, ends) == "2026-09-02"
    assert last_day(city, NOW) == moment_in(city, NOW) == "2026-09-02 01:00"
    assert moment_in(a_city(timeZone="Sao/Hoa"), NOW) == "2026-09-01 18:00 UTC"
    assert last_day(city, None) == "–"


@pytest.mark.parametrize("text", ["", "mai", "2026-02-30", "20260901", "2026-9-1", "2026-09-01T00:00", "٢٠٢٦-09-01"])
def test_what_is_no_day_is_said_so(text: str) -> None:
    assert failing(day_of, text) == "NoDay"


@pytest.mark.parametrize(
    "text", ["", "/", "a", "so-y-te", "so-y-te/", "/ho-so", "a/../b", "a/b/c", "a/b?x", "A/b", "a--b/c", "a/b\n", "a/%2e"]
)
def test_what_is_no_environment_never_becomes_a_path(text: str) -> None:
    assert failing(place_of, text) == "NoEnvironment"


def test_an_organisation_or_one_of_its_environments() -> None:
    assert organisation_or_place("so-y-te") == ("so-y-te", None)
    organisation, place = organisation_or_place("so-y-te/ho-so")
    assert (organisation, str(place), place.home if place else "") == ("so-y-te", "so-y-te/ho-so", "org-so-y-te")
    assert failing(organisation_or_place, "..") == "NoOrganisation"


@pytest.mark.parametrize(
    ("text", "member"),
    [
        ("user:an:viewer", ("User", "an", "viewer", None)),
        ("group:nha-thau:admin:2027-03-31", ("Group", "nha-thau", "admin", datetime.date(2027, 3, 31))),
        ("user:oidc:an@x:operator:2027-03-31", ("User", "oidc:an@x", "operator", datetime.date(2027, 3, 31))),
        ("USER:admin:viewer:viewer", ("User", "admin:viewer", "viewer", None)),
    ],
)
def test_a_member_is_read_whatever_colons_the_name_holds(text: str, member: tuple[Any, ...]) -> None:
    found = member_of(text)
    assert (found.kind, found.name, found.role, found.until) == member


@pytest.mark.parametrize("text", ["an", "user:an", "user:an:king", "robot:an:viewer", "user::viewer", "user:an:viewer:2027-3-1"])
def test_what_is_no_member_is_said_so(text: str) -> None:
    assert failing(member_of, text) == "NoMember"


def test_a_member_is_never_there_twice() -> None:
    before = [Member(kind="User", name="an", role="viewer"), Member(kind="Group", name="an", role="viewer")]
    after = changed(
        before, added=[Member(kind="User", name="an", role="admin"), Member(kind="User", name="an", role="operator")], removed=[]
    )
    assert [(each.kind, each.role) for each in after] == [("Group", "viewer"), ("User", "operator")]
    assert [each.kind for each in changed(before, added=[], removed=[("User", "an")])] == ["Group"]
    assert failing(changed, before, added=[], removed=[("User", "binh")]) == "NotAMember"


@given(st.text(max_size=20))
def test_the_middle_separator_parts_the_languages_whatever_was_put_in(name: str) -> None:
    message = f"Từ chối: {name}. / Refused: {name}."
    assert in_language(message, Language.VI) == f"Từ chối: {name}."
    assert in_language(message, Language.EN) == f"Refused: {name}."


def test_a_text_in_one_language_stays_whole() -> None:
    assert in_language("exceeded quota", Language.VI) == "exceeded quota"


def test_specs_are_compared_field_by_field() -> None:
    before = EnvironmentSpec.model_validate({"system": "he-thong", "stage": "test", "size": "s", "zones": ["app"]})
    after = EnvironmentSpec.model_validate(
        {"system": "he-thong", "stage": "test", "size": "l", "zones": ["app", "data"], "justification": "x"}
    )
    changes = {each.path: (each.before, each.after) for each in spec_changes(before, after)}
    assert changes == {"size": ("s", "l"), "zones": ("app", "app, data"), "justification": (None, "x")}
    assert {each.path for each in spec_changes(None, before)} == {"system", "stage", "size", "zones"}
    assert spec_changes(before, before) == ()


def test_plans_are_compared_object_by_object() -> None:
    def made(name: str, **spec: Any) -> dict[str, Any]:
        return {"kind": "ResourceQuota", "metadata": {"name": name, "namespace": "a"}, "spec": spec}

    changes = plan_changes([made("gone"), made("kept", cpu="1"), made("same")], [made("same"), made("kept", cpu="2"), made("new")])
    assert [(each.how, each.name) for each in changes] == [("removed", "gone"), ("added", "new"), ("changed", "kept")]
    assert [(each.path, each.before, each.after) for each in changes[2].changes] == [("spec.cpu", "1", "2")]


@pytest.mark.parametrize(
    ("days", "stage", "wanted"),
    [({"default": 30, "test": 2}, "test", 2), ({"default": 10}, "test", 10), ({"sandbox": 0, "default": 9}, "sandbox", 0)],
)
def test_data_go_after_the_grace_of_the_stage(days: dict[str, int], stage: str, wanted: int) -> None:
    environment = Environment.model_validate(recorded.environment(stage=stage))
    found = purge_moment(environment=environment, city=a_city(lifecycle={"graceDays": days}), now=NOW)
    assert found - NOW == datetime.timedelta(days=wanted)


def test_a_wish_adds_and_takes_and_leaves_the_rest() -> None:
    before = EnvironmentSpec.model_validate({"system": "he-thong", "stage": "test", "size": "s", "hosts": ["a", "b"]})
    wish = Wish(size="l", zones=("data",), hosts=("c", "b"), without_hosts=("a",))
    assert wish.changes(before=before, city=a_city(), now=NOW) == {"size": "l", "zones": ["app", "data"], "hosts": ["b", "c"]}
    assert Wish().changes(before=before, city=a_city(), now=NOW) == {}


def test_a_last_day_is_written_only_where_one_was_said() -> None:
    assert "expiresAt" not in Wish(stage="sandbox").spec(city=a_city(), now=NOW)
    assert Wish(stage="sandbox", until=datetime.date(2026, 9, 3)).spec(city=a_city(), now=NOW)["expiresAt"] == "2026-09-03T17:00:00Z"
