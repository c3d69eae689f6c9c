"""The mutants that the matrix is measured with: each clause is changed once, and every change is still an expression."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.mutants import mutants

names = st.sampled_from(["a", "b", "c.d", "e.?f.orValue('x')", "'&& || ('", "size(g)", "h[?'k'].orValue({})"])
expressions = st.recursive(
    names,
    lambda inner: st.one_of(
        st.builds("{} && {}".format, inner, inner),
        st.builds("({} || {})".format, inner, inner),
        st.builds("!({})".format, inner),
        st.builds("xs.exists(x, {})".format, inner),
        st.builds("({} ? {} : {})".format, inner, inner, inner),
    ),
    max_leaves=12,
)


def found(expression: str) -> list[str]:
    return ["".join(mutant.expression.split()) for mutant in mutants(expression)]


@pytest.mark.parametrize(
    ("expression", "changed"),
    [
        ("a", ["!(a)"]),
        ("a && b", ["!(a)&&b", "b", "a&&!(b)", "a"]),
        ("a || b && c", ["!(a)||b&&c", "b&&c", "a||!(b&&c)", "a", "a||!(b)&&c", "a||c", "a||b&&!(c)", "a||b"]),
        ("xs.all(x, x == 'a && b')", ["!(xs.all(x,x=='a&&b'))", "xs.all(x,!(x=='a&&b'))"]),
        ("a ? b : c", ["!(a)?b:c", "a?!(b):c", "a?b:!(c)"]),
        ("f(a, (b || c))", ["!(f(a,(b||c)))", "f(a,(!(b)||c))", "f(a,(c))", "f(a,(b||!(c)))", "f(a,(b))"]),
    ],
)
def test_every_clause_is_dropped_and_negated_once(expression: str, changed: list[str]) -> None:
    assert found(expression) == changed


@given(expression=expressions)
@settings(max_examples=200, deadline=None)
def test_no_mutant_is_the_original_and_all_brackets_close(expression: str) -> None:
    original = "".join(expression.split())
    for mutant in found(expression):
        assert mutant != original
        without_strings = mutant.replace("'&&||('", "")
        assert without_strings.count("(") == without_strings.count(")")
