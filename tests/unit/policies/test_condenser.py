"""From the rules of a policy to one question: what is asked stays the same, and each variable is computed no more often than before."""

from typing import Any

import pytest

from citycloud.policies.catalogue import CatalogueError, Manifest
from citycloud.policies.condenser import condensed, inlined


def compiled(id_: str, *rules: str, demanded: str = "", **variables: str) -> Manifest:
    """Write a spec as the compiler does."""
    prefix = id_.lower()
    names = [f"{prefix}_rule{number}" for number, _ in enumerate(rules, start=1)]
    last = {f"{prefix}_demanded": demanded} if demanded else {}
    every = variables | dict(zip(names, rules, strict=True)) | last
    guard = f"!variables.{prefix}_demanded || " if demanded else ""
    return {
        "failurePolicy": "Fail",
        "matchConstraints": {"a": "b"},
        "variables": [{"name": name, "expression": expression} for name, expression in every.items()],
        "validations": [
            {"expression": f"{guard}variables.{name}", "messageExpression": f"'{id_} ' + '{name}'", "message": f"{id_}: Title."}
            for name in names
        ],
    }


def made(*specs: Manifest) -> tuple[dict[str, str], dict[str, Any]]:
    spec = condensed(specs, order=())
    (rule,) = spec["validations"]
    return {each["name"]: each["expression"] for each in spec.get("variables", ())}, rule


def test_a_single_rule_needs_no_variables() -> None:
    variables, rule = made(
        compiled("P50", "variables.a.size() == 0", demanded="variables.d == ''", a="object.spec.b.map(x, x + 1)", d="''")
    )
    assert variables == {}
    assert rule["expression"] == "(!(('') == '') || (((object.spec.b.map(x, x + 1)).size() == 0)))"
    assert rule["messageExpression"] == "'P50 ' + 'p50_rule1'"
    assert (rule["message"], rule["reason"]) == ("P50: Title.", "Forbidden")


def test_several_rules_become_one_question_and_the_first_that_refuses_says_its_text() -> None:
    variables, rule = made(compiled("P50", "a", "b", demanded="d"), compiled("P51", "c"))
    assert variables == {
        "holds": "(!(d) || ((a) && (b))) && (c)",
        "refusals": "[!(d) ? '' : !(a) ? 'P50 ' + 'p50_rule1' : !(b) ? 'P50 ' + 'p50_rule2' : '', "
        "!(c) ? 'P51 ' + 'p51_rule1' : ''].filter(text, text != '')",
    }
    assert rule["expression"] == "variables.holds"
    assert rule["messageExpression"].startswith("variables.holds ? '' : variables.refusals[0]")
    assert rule["message"].startswith("P50, P51: ")


def test_what_is_asked_for_twice_stays_a_variable() -> None:
    variables, _ = made(compiled("P50", "variables.a + variables.a == 2", a="1 + object.b"))
    assert list(variables) == ["a"]


def test_what_is_asked_for_within_a_macro_stays_a_variable_unless_it_is_plain() -> None:
    variables, rule = made(compiled("P50", "object.c.all(x, x in variables.a || x == variables.b)", a="object.a + object.b", b="object.b"))
    assert list(variables) == ["a"]
    assert "x == (object.b)" in rule["expression"]


def test_a_name_within_a_text_is_no_variable() -> None:
    _, rule = made(compiled("P50", "object.a == 'variables.a' && variables.a", a="object.b"))
    assert rule["expression"] == "(object.a == 'variables.a' && (object.b))"


def test_identities_stay_variables_for_the_doctor_to_read() -> None:
    variables, _ = made(compiled("P50", "variables.isOurs", isOurs="request.userInfo.username == '@OPERATOR@'"))
    assert variables == {"isOurs": "request.userInfo.username == '@OPERATOR@'"}


def test_what_only_a_refusal_asks_for_is_no_variable_of_every_request() -> None:
    first = compiled("P50", "a", "b", c="object.c + object.d")
    first["validations"][0]["messageExpression"] = "variables.c + variables.c"
    variables, _ = made(first)
    assert list(variables) == ["holds", "refusals"]


def test_what_asks_the_authorizer_is_a_manifest_of_one_rule() -> None:
    with pytest.raises(CatalogueError, match="P50"):
        made(compiled("P50", "a", "authorizer.path('/').check('get').allowed()"))


def test_a_mutating_policy_keeps_its_mutations_and_loses_what_it_asks_for_once() -> None:
    mutations = [{"patchType": "JSONPatch", "jsonPatch": {"expression": f"variables.{name} ? [] : []"}} for name in ("a", "b")]
    spec = {
        "mutations": mutations,
        "variables": [{"name": "a", "expression": "object.a.all(x, x)"}, {"name": "b", "expression": "has(object.b)"}],
    }
    written = inlined(spec)
    assert "variables" not in written
    assert [each["jsonPatch"]["expression"] for each in written["mutations"]] == [
        "(object.a.all(x, x)) ? [] : []",
        "(has(object.b)) ? [] : []",
    ]
