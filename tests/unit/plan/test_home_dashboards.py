"""A department's dashboard in its home: of that department and of no other, and none where Perses is not there."""

from typing import TYPE_CHECKING

from tests.support.steps import needed

from citycloud.dashboards import department_views
from citycloud.plan.home import DASHBOARDS, NEEDS, plan_home

if TYPE_CHECKING:
    from tests.unit.plan.conftest import Make


def test_a_home_has_one_in_each_language_in_which_nothing_can_be_chosen(make: "Make") -> None:
    home = make.home()
    dashboards = plan_home(subject=home, views=department_views())[DASHBOARDS]

    assert [each["metadata"]["name"] for each in dashboards] == ["citycloud-department-en", "citycloud-department-vi"]
    for each in dashboards:
        assert each["metadata"]["namespace"] == home.namespace
        first, *others = each["spec"]["config"]["variables"]
        assert (first["kind"], first["spec"]["value"], first["spec"]["constant"]) == ("TextVariable", home.organisation, True)
        assert "organisation" not in {other["spec"]["name"] for other in others}
        assert each["spec"]["config"]["panels"]


def test_there_is_none_where_perses_is_not(make: "Make") -> None:
    assert plan_home(subject=make.home())[DASHBOARDS] == []


def test_what_can_be_looked_at_comes_after_everything_that_closes() -> None:
    assert needed(DASHBOARDS, NEEDS) == set(NEEDS) - {DASHBOARDS}
