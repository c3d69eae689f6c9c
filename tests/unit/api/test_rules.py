"""What the rules that compare fields let through: who may be named, and what may change later."""

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

import pytest

from citycloud.api import City, Environment, Kind, Organisation
from citycloud.api.ledger_entry import CITY

if TYPE_CHECKING:
    from tests.unit.api.conftest import Fields

Rules = Callable[[type[Kind]], list[tuple[str, str]]]
GROUP_RULE: Final = re.compile(r"!self\.startsWith\('([^']+)'\) && !self\.contains\('([^']+)'\)")
MEMBER_RULE: Final = re.compile(r"!self\.exists\(m, m\.name\.startsWith\('([^']+)'\) \|\| m\.name\.contains\('([^']+)'\)\)")
ZONES_RULE: Final = re.compile(
    r"\(has\(oldSelf\.spec\.zones\) && size\(oldSelf\.spec\.zones\) > 0 \? oldSelf\.spec\.zones : (\[.*?\])\)"
    r"\.all\(zone, zone in \(has\(self\.spec\.zones\) && size\(self\.spec\.zones\) > 0 \? self\.spec\.zones : (\[.*?\])\)\)"
)
NAMES: Final = [
    ("so-y-te-admins", True),
    ("Sở Y tế", True),
    ("oidc:system:x", True),
    ("a.b/c@d", True),
    ("system:masters", False),
    ("system:", False),
    ("a,b", False),
    (",", False),
    ("x,system:authenticated", False),
]


def forbids(pattern: re.Pattern[str], expression: str, name: str) -> bool:
    """Evaluate a rule that forbids names which start with one text or hold another."""
    found = pattern.fullmatch(expression)
    assert found, expression
    return name.startswith(found[1]) or found[2] in name


@pytest.mark.parametrize(
    ("kind", "paths"),
    [
        (City, {f"City.spec.access.{role}[]" for role in ("approvers", "securityOfficers", "auditors", "breakGlass")}),
        (Organisation, {f"Organisation.spec.groups.{role}[]" for role in ("admins", "operators", "viewers")}),
    ],
)
@pytest.mark.parametrize(("name", "good"), NAMES)
def test_a_group_is_never_kubernetes_own_and_never_reads_as_two(
    kind: type[Kind], paths: set[str], name: str, good: bool, fields: "Fields"
) -> None:
    """Hold wherever a group is named: the namespace lists them between commas."""
    found = {field.path: field.schema for field in fields(kind) if field.path in paths}

    assert found.keys() == paths
    for schema in found.values():
        (rule,) = schema["x-kubernetes-validations"]
        assert forbids(GROUP_RULE, rule["rule"], name) is not good
        assert (schema["minLength"], schema["maxLength"]) == (1, 128)


@pytest.mark.parametrize(("name", "good"), NAMES)
def test_a_member_is_never_kubernetes_own_and_never_reads_as_two(name: str, good: bool, rules: Rules) -> None:
    (expression,) = {rule for rule, _ in rules(Environment) if rule.startswith("!self.exists(m, m.name.startsWith(")}

    assert forbids(MEMBER_RULE, expression, name) is not good


@pytest.mark.parametrize(
    ("before", "after", "good"),
    [
        (None, None, True),
        (None, ["app"], True),
        (["app"], None, True),
        ([], ["app", "data"], True),
        (["app"], ["data", "app"], True),
        (["app", "data"], ["data", "app"], True),
        (["app", "data"], ["app"], False),
        (["app", "data"], None, False),
        (["data"], ["app"], False),
        (["data"], [], False),
        (None, ["data"], False),
    ],
)
def test_zones_can_be_added_and_never_taken_away(before: list[str] | None, after: list[str] | None, good: bool, rules: Rules) -> None:
    (expression,) = [rule for rule, _ in rules(Environment) if "oldSelf.spec.zones" in rule]
    found = ZONES_RULE.fullmatch(expression)

    assert found, expression
    assert found[1] == found[2] == "['app']"
    assert (set(before or ["app"]) <= set(after or ["app"])) is good


def test_no_organisation_takes_the_ledger_of_the_city(rules: Rules) -> None:
    assert f"self.metadata.name != '{CITY}'" in [rule for rule, _ in rules(Organisation)]
