"""Every reason has its text in both languages, every text has its reason, and no text lacks a parameter."""

import ast
import re
import string
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest
import yaml

from citycloud import controllers, reorganisation

if TYPE_CHECKING:
    from citycloud.controllers.texts import Texts

FOLDER: Final = Path(controllers.__file__).parent
CATALOGUE: Final[dict[str, dict[str, str]]] = yaml.safe_load((FOLDER / "texts.yaml").read_text(encoding="utf-8"))
SPEAKING: Final = (FOLDER, Path(reorganisation.__file__).parent)
TREES: Final = {path.stem: ast.parse(path.read_text(encoding="utf-8")) for folder in SPEAKING for path in sorted(folder.glob("*.py"))}
POSITIONS: Final = {"Refusal": 0, "Reason": 0, "Note": 0, "Aspect": 2, "say": 0, "say_in": 1}
"""Which argument of a call is the key of a text."""
REASON: Final = re.compile(r"[A-Z][A-Za-z]{0,99}")
VIETNAMESE: Final = re.compile("[àáạảãâấầậẩẫăắằặẳẵèéẹẻẽêềếệểễìíịỉĩòóọỏõôồốộổỗơờớợởỡùúụủũưừứựửữỳýỵỷỹđ]", re.IGNORECASE)

each_text = pytest.mark.parametrize("key", CATALOGUE)


def calls() -> Iterator[tuple[str, ast.Call]]:
    """List every call that names a text: what is called, and the call."""
    for tree in TREES.values():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call):
                name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                if name in POSITIONS and len(node.args) > POSITIONS[name]:
                    yield name, node


def constants(node: ast.AST) -> set[str]:
    return {each.value for each in ast.walk(node) if isinstance(each, ast.Constant) and isinstance(each.value, str)}


def named() -> set[str]:
    """List the keys that the code names where a key is expected."""
    keys = {key for name, call in calls() for key in constants(call.args[POSITIONS[name]])}
    tables = [node for node in ast.walk(TREES["resolve"]) if isinstance(node, ast.AnnAssign) and "NOT_ON_A" in ast.unparse(node.target)]
    return keys | {key for table in tables for key in constants(table) if REASON.fullmatch(key) and key in CATALOGUE}


def given(name: str, call: ast.Call) -> set[str] | None:
    """List the parameters of a call; None where they are not written beside it."""
    if name in ("Aspect", "Reason", "Note"):
        extra = call.args[POSITIONS[name] + 1 :]
        if not extra:
            return set()
        return {str(ast.literal_eval(key)) for key in extra[0].keys if key} if isinstance(extra[0], ast.Dict) else None
    return None if any(keyword.arg is None for keyword in call.keywords) else {str(keyword.arg) for keyword in call.keywords}


def placeholders(key: str) -> set[str]:
    return {field for text in CATALOGUE[key].values() for _, field, _, _ in string.Formatter().parse(text) if field}


def test_every_reason_that_the_code_names_has_a_text() -> None:
    assert named() - CATALOGUE.keys() == set()


def test_no_text_is_left_that_nobody_says() -> None:
    spoken = {key for tree in TREES.values() for key in constants(tree)}

    assert CATALOGUE.keys() - spoken == set()


def test_every_text_gets_the_parameters_that_it_needs() -> None:
    checked = set()
    for name, call in calls():
        for key in constants(call.args[POSITIONS[name]]) & CATALOGUE.keys():
            parameters = given(name, call)
            if parameters is not None:
                assert placeholders(key) <= parameters, f"{key} lacks {placeholders(key) - parameters}"
                checked.add(key)

    assert len(checked) > 30


@each_text
def test_a_text_exists_in_both_languages(key: str) -> None:
    assert CATALOGUE[key].keys() == {"vi", "en"}
    assert VIETNAMESE.search(CATALOGUE[key]["vi"])
    assert not VIETNAMESE.search(CATALOGUE[key]["en"])


@each_text
def test_both_languages_of_a_text_say_the_same_facts(key: str) -> None:
    own = [
        {field.removesuffix(f"_{language}") for _, field, _, _ in string.Formatter().parse(text) if field}
        for language, text in CATALOGUE[key].items()
    ]

    assert own[0] == own[1]


@each_text
def test_a_text_with_long_parameters_fits_a_condition(texts: "Texts", key: str) -> None:
    """Keep the text itself short: names and lists come on top of it."""
    said = texts.say(key, **dict.fromkeys(placeholders(key), "x" * 253))

    assert len(said) <= 8192
    assert REASON.fullmatch(key)
    assert all(len(text) < 400 for text in CATALOGUE[key].values())


def test_what_people_wrote_is_quoted_and_never_read_as_a_template(texts: "Texts") -> None:
    said = texts.say("RefusedByDecision", reason="{0.__class__} {digest} {", approval="a")

    assert said.count("{0.__class__} {digest} {") == 2


def test_one_language_can_be_said_alone(texts: "Texts") -> None:
    assert texts.say_in("en", "OverAutomaticSize", size="l", limit="m") == "size l is above the automatic limit m"
    assert texts.say("Ready") == "Sẵn sàng sử dụng. / Ready for use."
    assert texts.keys() == CATALOGUE.keys()
