"""The catalogue of the command line: both languages say the same, and code and catalogue know each other."""

import re
import string
from pathlib import Path
from typing import Final

import pytest

from citycloud.cli import options
from citycloud.cli.options import TEXTS
from citycloud.cli.why import ACTORS
from citycloud.controllers.texts import Texts

SOURCE: Final = "\n".join(path.read_text() for path in sorted(Path(options.__file__).parent.glob("*.py")))
SAID: Final = set(
    re.findall(r'(?:say|tell|add|question|Failure|Declined|Refused|Forbidden)\(\s*"([A-Z]\w+)"(?!\s*\+)', SOURCE)
    + re.findall(r'key="([A-Z]\w+)"', SOURCE)
    + re.findall(r'"((?:Column|Row)[A-Z]\w+)"', SOURCE)
)


def parameters(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("key", sorted(TEXTS.keys()))
def test_both_languages_take_the_same_parameters(key: str) -> None:
    vi, en = (TEXTS._catalogue[key][language] for language in ("vi", "en"))
    assert parameters(vi) == parameters(en)
    assert vi.strip()
    assert en.strip()


def test_no_text_stands_twice() -> None:
    catalogue = Path(options.__file__).with_name("texts.yaml").read_text()
    keys = re.findall(r"^(\w+):", catalogue, re.MULTILINE)
    assert sorted(keys) == sorted(TEXTS.keys())


def test_every_text_that_is_said_is_there() -> None:
    assert TEXTS.keys() >= SAID
    assert len(SAID) > 100, "the search of the source finds what it looks for"


def test_whoever_has_to_act_is_known_for_reasons_that_exist() -> None:
    assert set(ACTORS) <= Texts.load().keys()
    assert {f"Actor{actor}" for actor in ACTORS.values()} <= TEXTS.keys()
