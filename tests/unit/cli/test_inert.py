"""What others wrote never does anything to a terminal."""

import json
import unicodedata
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from citycloud.cli.inert import cell, inert, inert_json


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Hồ sơ sức khoẻ", "Hồ sơ sức khoẻ"),
        (unicodedata.normalize("NFD", "Hồ sơ"), unicodedata.normalize("NFD", "Hồ sơ")),
        ("\x1b[31mđỏ\x1b[0m", "\\x1b[31mđỏ\\x1b[0m"),
        ("một\nhai\r\tba", "một\\nhai\\r\\tba"),
        ("\u202egnp.exe\u2066", "\\u202egnp.exe\\u2066"),
        ("\x9b2J\x7f", "\\x9b2J\\x7f"),
        ("a\u200bb\u2028c", "a\\u200bb\\u2028c"),
        ("\U000e0041", "\\U000e0041"),
        ("[bold red]x[/]", "[bold red]x[/]"),
    ],
)
def test_a_text_is_shown_and_not_obeyed(text: str, shown: str) -> None:
    assert inert(text) == shown
    assert cell(text).plain == shown
    assert cell(text).spans == []


@given(st.recursive(st.text() | st.integers(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)))
def test_a_document_stays_equal_and_holds_nothing_that_acts(value: Any) -> None:
    document = inert_json(json.dumps(value, ensure_ascii=False, indent=2))
    assert json.loads(document) == value
    assert not [char for char in document if unicodedata.category(char) in ("Cc", "Cf") and char != "\n"]
