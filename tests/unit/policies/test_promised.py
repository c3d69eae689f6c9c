"""What people were told is refused is refused: no policy of the published table has gone."""

import pathlib
import re
from typing import Final

import pytest
from tests.support.cases import catalogue

TABLE: Final = pathlib.Path(__file__).parents[3] / "docs" / "policies.md"
PROMISED: Final = re.findall(r"^\| \*\*(P\d+)\*\* ", TABLE.read_text("utf-8"), re.MULTILINE)


@pytest.mark.parametrize("policy", PROMISED)
def test_a_policy_that_was_promised_is_there(policy: str) -> None:
    assert policy in {each.id for each in catalogue().policies}


def test_as_many_are_promised_as_a_city_was_promised() -> None:
    assert len(PROMISED) >= 40
