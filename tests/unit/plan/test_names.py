"""No two environments ever meet in one namespace, and every name can be read back."""

from typing import TYPE_CHECKING, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from citycloud.plan.names import home_namespace, organisation_of, zone_namespace

if TYPE_CHECKING:
    from tests.unit.plan.conftest import Make

LONGEST_NAME: Final = 63
WORDS: Final = st.lists(st.text("ab1", min_size=1, max_size=6), min_size=1, max_size=4).map("-".join)
NAMES: Final = WORDS.map(lambda text: f"abc{text}"[:24].rstrip("-"))
ZONES: Final = WORDS.map(lambda text: f"z{text}"[:11].rstrip("-"))
SHORT: Final = st.sampled_from(("abc", "abc-d", "d-abc", "abc-d-abc", "d-abc-d"))
"""Names that would collide if hyphens alone kept them apart."""
PLACES: Final = st.tuples(NAMES | SHORT, NAMES | SHORT, ZONES | st.sampled_from(("d", "abc", "app")))


@given(one=PLACES, other=PLACES)
@settings(max_examples=200, deadline=None)
def test_two_zones_never_share_a_namespace(one: tuple[str, str, str], other: tuple[str, str, str]) -> None:
    names = [zone_namespace(organisation=each[0], environment=each[1], zone=each[2]) for each in (one, other)]

    assert (names[0] == names[1]) == (one == other)


@given(place=PLACES)
@settings(max_examples=100, deadline=None)
def test_the_namespace_of_a_zone_says_whose_it_is(place: tuple[str, str, str]) -> None:
    assert tuple(zone_namespace(organisation=place[0], environment=place[1], zone=place[2]).split("--")) == place


@given(place=PLACES)
@settings(max_examples=100, deadline=None)
def test_the_namespace_of_a_zone_is_a_name_that_kubernetes_takes(place: tuple[str, str, str]) -> None:
    assert len(zone_namespace(organisation=place[0], environment=place[1], zone=place[2])) <= LONGEST_NAME


def test_the_longest_names_fill_the_63_characters_exactly() -> None:
    assert len(zone_namespace(organisation="o" * 24, environment="e" * 24, zone="z" * 11)) == LONGEST_NAME


@given(organisation=NAMES | st.sampled_from(("org-abc", "org-org-abc", "abc")), place=PLACES)
@settings(max_examples=100, deadline=None)
def test_a_home_is_found_back_and_is_never_a_zone(organisation: str, place: tuple[str, str, str]) -> None:
    home = home_namespace(organisation)

    assert organisation_of(home) == organisation
    assert home != zone_namespace(organisation=place[0], environment=place[1], zone=place[2])


@given(place=PLACES)
@settings(max_examples=100, deadline=None)
def test_a_zone_is_nobodys_home_unless_it_is_named_like_one(place: tuple[str, str, str]) -> None:
    assert organisation_of(zone_namespace(organisation=place[0], environment=place[1], zone=place[2])) is None


@pytest.mark.parametrize("namespace", ["default", "so-y-te", "kube-system", "organisation", "my-org-abc", "org", ""])
def test_what_is_no_home_is_nobodys(namespace: str) -> None:
    assert organisation_of(namespace) is None


@pytest.mark.parametrize("zone", ["dmz", "app", "data", "management"])
def test_a_subject_names_its_namespaces_the_same_way(make: "Make", zone: str) -> None:
    assert make.subject().namespace(zone) == f"so-y-te--ho-so-test--{zone}"
