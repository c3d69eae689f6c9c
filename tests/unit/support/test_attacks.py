"""Each of the thirty attacks has a test, and no attack is without its brackets: control, all objects before and after, control."""

import ast
import pathlib
from collections.abc import Iterator

from tests.support.attack import ATTACKS, tally
from tests.support.snapshot import FEW_EVENTS, differences

FOLDER = pathlib.Path(__file__).resolve().parent.parent.parent / "policies"


def _marked() -> Iterator[tuple[str, ast.FunctionDef]]:
    for path in sorted(FOLDER.glob("test_*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef):
                yield from ((number, node) for decorator in node.decorator_list for number in _numbers(decorator))


def _numbers(decorator: ast.expr) -> list[str]:
    if isinstance(decorator, ast.Call) and ast.unparse(decorator.func) == "pytest.mark.attack":
        return [str(ast.literal_eval(argument)) for argument in decorator.args]
    return []


def _is_bracketed(function: ast.FunctionDef) -> bool:
    opened = [item.context_expr for node in ast.walk(function) if isinstance(node, ast.With) for item in node.items]
    return any(isinstance(each, ast.Call) and ast.unparse(each.func) == "bracket" for each in opened)


def test_each_attack_has_a_test_and_no_test_an_attack_that_is_none() -> None:
    assert sorted({number for number, _ in _marked()}) == sorted(ATTACKS)


def test_every_attack_stands_between_brackets() -> None:
    assert [f"{number} {function.name}" for number, function in _marked() if not _is_bracketed(function)] == []


def test_the_tally_counts_an_attack_only_if_every_case_held() -> None:
    assert tally(held=ATTACKS, other=()) == "attacks: 30 of 30"
    assert tally(held=ATTACKS, other=("T11",)) == "attacks: 29 of 30; not T11"
    assert tally(held=ATTACKS[2:], other=()) == "attacks: 28 of 30"


BEFORE = {"configmaps/so-y-te--ho-so--app/a": "7", "events/so-y-te--ho-so--app/x": "1", "citycloud.dev/organisations/so-y-te": "3"}


def test_whatever_came_went_or_changed_is_a_trace() -> None:
    after = {"configmaps/so-y-te--ho-so--app/a": "8", "clusterroles/b": "9"}
    assert differences(BEFORE, after) == [
        "gone: citycloud.dev/organisations/so-y-te",
        "new: clusterroles/b",
        "changed: configmaps/so-y-te--ho-so--app/a",
    ]
    assert differences(BEFORE, BEFORE) == []


def test_what_is_an_organisations_own_may_be_left_out_and_nothing_that_only_looks_like_it() -> None:
    after = BEFORE | {"configmaps/so-y-te--ho-so--app/a": "8", "configmaps/org-so-y-te/b": "9", "configmaps/so-y-te-khac--x--app/c": "9"}
    assert differences(BEFORE, after, besides="so-y-te") == ["new: configmaps/so-y-te-khac--x--app/c"]


def test_a_few_events_are_no_trace_and_a_storm_is_one() -> None:
    few = {f"events/so-y-te--ho-so--app/{number}": "9" for number in range(FEW_EVENTS)}
    assert differences(BEFORE, BEFORE | few) == []
    assert differences(BEFORE, BEFORE | few | {"events/default/y": "9"}) == [f"a storm of {FEW_EVENTS + 1} events"]
