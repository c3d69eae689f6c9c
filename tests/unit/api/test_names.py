"""Which names, quantities and digests the API takes: the tables that a department runs into first."""

import re
from collections.abc import Callable
from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from citycloud.api import (
    KINDS,
    Approval,
    City,
    Environment,
    InformationSystem,
    Kind,
    Organisation,
    OrgChange,
    PolicyException,
    SecurityProfile,
    SizeClass,
)
from citycloud.api.common import DIGEST, QUANTITY, SLUG, slug_rule
from citycloud.plan import quantity

Rules = Callable[[type[Kind]], list[tuple[str, str]]]
BOUNDS: Final = re.compile(r"size\(([a-z.]+)\) >= (\d+) && size\(\1\) <= (\d+) && \1\.matches\('(.+)'\)")
LARGEST_SIGNED: Final = 2**63 - 1
ASCII: Final = st.characters(codec="ascii")
SLUGS: Final = st.from_regex(SLUG.replace("$", r"\Z"), alphabet=ASCII)
QUANTITIES: Final = st.from_regex(QUANTITY.replace("$", r"\Z"), alphabet=ASCII)


def takes(pattern: str, text: str) -> bool:
    """Match as CEL does, where `$` is the very end of the text."""
    return re.fullmatch(pattern.removeprefix("^").removesuffix("$"), text) is not None


def lets_through(expression: str, name: str) -> bool:
    """Evaluate a rule made by `slug_rule`."""
    found = BOUNDS.fullmatch(expression)
    assert found, expression
    return int(found[2]) <= len(name) <= int(found[3]) and takes(found[4], name)


@pytest.mark.parametrize("text", ["a", "so-y-te", "a1", "x-1", "phuong-12", "h26x10", "a-b-c-d"])
def test_a_slug_of_letters_digits_and_single_hyphens_is_taken(text: str) -> None:
    assert takes(SLUG, text)


@pytest.mark.parametrize(
    "text", ["", "1a", "-a", "a-", "a--b", "A", "sở-y-tế", "a_b", "a.b", "a b", "a/b", "a\n", "số-1", "--", "a-B", "٣a", "a٣"]
)
def test_a_name_that_could_mean_two_things_is_refused(text: str) -> None:
    assert not takes(SLUG, text)


@given(text=SLUGS)
@settings(max_examples=50, deadline=None)
def test_no_slug_holds_the_separator_of_namespaces(text: str) -> None:
    assert "--" not in text
    assert text == text.strip("-")


@pytest.mark.parametrize(
    "text", ["0", "1", "100m", "250", "16Gi", "2Ti", "512Mi", "64Ki", "999Ti", "999999Gi", "999999999999999", "999999999999999m"]
)
def test_a_quantity_as_people_write_it_is_taken(text: str) -> None:
    assert takes(QUANTITY, text)


@pytest.mark.parametrize(
    "text",
    ["", "-1", "1.5", "0.5", "1e3", "1k", "1M", "1G", "1Pi", "Gi", "01", "0m", "0Gi", "1 Gi", "1gi", "+1", "1000Ti", "1mi", "1\n", "٣"],
)
def test_a_quantity_in_another_form_is_refused(text: str) -> None:
    assert not takes(QUANTITY, text)


@given(text=QUANTITIES)
@settings(max_examples=100, deadline=None)
def test_every_quantity_that_is_taken_can_be_read_and_added_up_in_64_bits(text: str) -> None:
    assert 0 <= quantity.parse(text) < LARGEST_SIGNED


@pytest.mark.parametrize(
    ("text", "good"),
    [
        ("sha256:" + "0" * 64, True),
        ("sha256:" + "abcdef0123456789" * 4, True),
        ("sha256:" + "0" * 63, False),
        ("sha256:" + "0" * 65, False),
        ("sha256:" + "A" * 64, False),
        ("sha1:" + "0" * 64, False),
        ("0" * 64, False),
        ("sha256:" + "0" * 64 + "\n", False),
    ],
)
def test_a_digest_is_sha256_in_small_letters(text: str, good: bool) -> None:
    assert takes(DIGEST, text) is good


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        (Organisation, ["ubn", "so-y-te", "x" * 24], ["ab", "x" * 25, "so--y", "Ubn", "1ab"]),
        (InformationSystem, ["hso", "x" * 24], ["hs", "x" * 25, "h--s"]),
        (Environment, ["prd", "ho-so-prod", "x" * 24], ["pr", "x" * 25, "ho--so", "ho-so-"]),
        (SecurityProfile, ["v", "vn-2026-l3", "x" * 40], ["", "x" * 41, "vn--l3"]),
        (SizeClass, ["s", "xl", "x" * 40], ["", "x" * 41, "S"]),
        (PolicyException, ["h", "ho-so-registry", "x" * 40], ["", "x" * 41, "h--s"]),
        (OrgChange, ["merge-2025-03-stnmt", "x" * 40], ["", "x" * 41, "a--b"]),
    ],
    ids=lambda value: value.__name__ if isinstance(value, type) else None,
)
def test_the_name_of_an_object_is_a_slug_of_fitting_length(kind: type[Kind], good: list[str], bad: list[str], rules: Rules) -> None:
    (expression,) = [rule for rule, _ in rules(kind) if rule.startswith("size(self.metadata.name)")]

    assert [name for name in good if not lets_through(expression, name)] == []
    assert [name for name in bad if lets_through(expression, name)] == []


def test_there_is_one_city_and_its_name_is_city(rules: Rules) -> None:
    assert "self.metadata.name == 'city'" in {rule for rule, _ in rules(City)}


def test_every_kind_but_decisions_holds_its_name_to_a_rule(rules: Rules) -> None:
    free = {kind for kind in KINDS if not any("self.metadata.name" in rule for rule, _ in rules(kind))}

    assert free == {Approval}


@given(shortest=st.integers(1, 10), more=st.integers(0, 30), name=SLUGS)
@settings(max_examples=50, deadline=None)
def test_a_slug_rule_counts_characters_inclusively(shortest: int, more: int, name: str) -> None:
    expression = slug_rule(longest=shortest + more, shortest=shortest)["rule"]

    assert lets_through(expression, name) == (shortest <= len(name) <= shortest + more)


@pytest.mark.parametrize(
    ("label", "good"),
    [
        ("ho-so", True),
        ("1cua", True),
        ("a", True),
        ("a--b", True),
        ("ho.so", False),
        ("-a", False),
        ("a-", False),
        ("Ho", False),
        ("", False),
    ],
)
def test_a_host_label_has_no_dots_so_the_city_decides_the_domain(label: str, good: bool, rules: Rules) -> None:
    (expression,) = {rule for rule, message in rules(Environment) if "host label" in message}
    pattern = expression.removeprefix("self.matches('").removesuffix("')")

    assert takes(pattern, label) is good


@pytest.mark.parametrize(
    ("code", "good"),
    [
        ("H26", True),
        ("H26.X10", True),
        ("G01.01.02", True),
        ("h26", False),
        ("H2", False),
        ("H26.", False),
        ("H26.x1", False),
        ("H26X10", False),
    ],
)
def test_an_agency_code_reads_like_decision_20_of_2020(code: str, good: bool, rules: Rules) -> None:
    (expression,) = [rule for rule, message in rules(Organisation) if "agency code reads" in message]
    pattern = expression.partition("self.matches('")[2].removesuffix("')").replace("\\\\", "\\")

    assert takes(pattern, code) is good
