"""The data files of the legal frameworks: readable, complete, in both languages, and about fields that exist."""

import unicodedata
from typing import Any

import pydantic
import pytest

from citycloud.api.information_system import InformationSystemSpec, InformationSystemStatus, MatchedCriterion
from citycloud.levels import Criterion, framework_names, load_framework
from citycloud.levels.framework import Demand, OneOf, Within

ALL = [(name, criterion) for name in framework_names() for criterion in load_framework(name=name).criteria]
DEMANDS = [(f"{name}/{criterion.id}", demand) for name, criterion in ALL for demand in criterion.when]
LONGEST_TEXT = 200
"""The limit that the API puts on a text in `Names`; the server holds it, the model only a wider one."""


def field_at(path: tuple[str, ...]) -> Any:
    """Find the type of a field of the spec by its camelCase path."""
    model: Any = InformationSystemSpec
    for name in path:
        model = {field.alias: field for field in model.model_fields.values()}[name].annotation
    return model


def each_criterion(function: Any) -> Any:
    return pytest.mark.parametrize("criterion", [pytest.param(criterion, id=f"{name}/{criterion.id}") for name, criterion in ALL])(function)


def test_both_frameworks_are_shipped() -> None:
    assert framework_names() == ("vn-2016", "vn-2026")


@pytest.mark.parametrize("name", framework_names())
def test_a_framework_is_named_like_its_file_and_says_where_it_comes_from(name: str) -> None:
    framework = load_framework(name=name)

    assert framework.name == name
    assert all((framework.names.vi, framework.names.en))
    assert all((framework.source.title, framework.source.clause, framework.source.note))
    assert framework.source.retrieved.year >= 2026


@pytest.mark.parametrize("name", framework_names())
def test_every_level_can_be_reached(name: str) -> None:
    assert {criterion.level for criterion in load_framework(name=name).criteria} == {1, 2, 3, 4, 5}


@pytest.mark.parametrize("name", framework_names())
def test_one_criterion_speaks_of_every_system(name: str) -> None:
    catch_alls = [criterion for criterion in load_framework(name=name).criteria if not criterion.when]

    assert [criterion.level for criterion in catch_alls] == [1]


@pytest.mark.parametrize("name", framework_names())
def test_the_criteria_fit_into_the_status_and_have_names_of_their_own(name: str) -> None:
    ids = [criterion.id for criterion in load_framework(name=name).criteria]

    assert len(set(ids)) == len(ids)
    InformationSystemStatus(matched_criteria=tuple(matched(criterion) for criterion in load_framework(name=name).criteria))


@each_criterion
def test_a_criterion_is_readable_in_both_languages(criterion: Criterion) -> None:
    for text in (criterion.text.vi, criterion.text.en):
        assert text == text.strip()
        assert text.endswith(".")
        assert len(text) <= LONGEST_TEXT
    assert criterion.text.vi != criterion.text.en
    assert not criterion.text.vi.isascii()
    assert criterion.text.en.isascii()
    assert unicodedata.is_normalized("NFC", criterion.text.vi)


@each_criterion
def test_a_criterion_cites_its_article(criterion: Criterion) -> None:
    assert "art " in criterion.article
    assert matched(criterion).article == criterion.article


@pytest.mark.parametrize(("where", "demand"), DEMANDS)
def test_a_demand_is_about_a_field_and_values_that_exist(where: str, demand: Demand) -> None:
    field = pydantic.TypeAdapter(field_at(demand.path))
    match demand.wanted:
        case OneOf(values=values):
            assert [field.validate_python(value, strict=True) for value in values] == list(values), where
        case Within(at_least=at_least, below=below):
            bounds = [bound for bound in (at_least, below) if bound is not None]
            assert bounds, where
            assert [field.validate_python(bound, strict=True) for bound in bounds] == bounds, where


def matched(criterion: Criterion) -> MatchedCriterion:
    return MatchedCriterion.model_validate(
        {"article": criterion.article, "level": criterion.level, "text": {"vi": criterion.text.vi, "en": criterion.text.en}}
    )
