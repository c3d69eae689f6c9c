"""The table and the files that follow from the catalogue, and the catalogue as it is shipped."""

import pathlib
import re
from typing import Any, Final

import pytest
import yaml

from citycloud.policies.catalogue import Catalogue, Policy, load
from citycloud.policies.outputs import HEADER, TABLE_HEADER, chart_file, static_file, table, write

ROOT: Final = pathlib.Path(__file__).resolve().parents[3]
SHIPPED: Final = load(ROOT / "policies" / "admission")
PLACEHOLDER: Final = re.compile(r"@[A-Z_]+@")
VIETNAMESE: Final = re.compile("[À-ỹ]")


def rows(catalogue: Catalogue) -> list[list[str]]:
    lines = table(catalogue).removeprefix(TABLE_HEADER).splitlines()
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines]


def test_the_table_has_one_row_a_policy_and_every_cell_that_its_head_names() -> None:
    columns = TABLE_HEADER.splitlines()[-2].count("|") - 1
    found = rows(SHIPPED)
    assert [row[0].split("**")[1] for row in found] == [policy.id for policy in SHIPPED.policies]
    assert {len(row) for row in found} == {columns}
    for row, policy in zip(found, SHIPPED.policies, strict=True):
        assert row[1] == str(policy.text.level)
        assert policy.text.remedy.vi in row[3].replace("\\|", "|")
        assert all(mechanism in row[4] for mechanism in policy.text.enforced_by)


def test_the_files_are_yaml_and_say_where_they_come_from(tmp_path: pathlib.Path) -> None:
    targets: dict[str, Any] = {name: tmp_path / name for name in ("chart", "documentation", "command_line", "static")}
    write(source=ROOT / "policies" / "admission", **targets)

    for name in ("chart", "command_line", "static"):
        content = targets[name].read_text()
        assert content.startswith(HEADER)
        assert list(yaml.safe_load_all(content))
    assert targets["documentation"].read_text() == table(SHIPPED)


def test_the_chart_puts_a_value_into_every_place_that_asks_for_one() -> None:
    template = (ROOT / "charts" / "citycloud" / "templates" / "policies.yaml").read_text()
    asked = set(PLACEHOLDER.findall(chart_file(SHIPPED)))
    assert asked == set(PLACEHOLDER.findall(template))


def test_no_static_policy_waits_for_a_value_or_has_a_name_of_the_api() -> None:
    content = static_file(SHIPPED)
    assert not PLACEHOLDER.search(content)
    assert {each["metadata"]["name"].rpartition(".static.k8s.io")[1] for each in yaml.safe_load_all(content)} == {".static.k8s.io"}


@pytest.mark.parametrize("policy", SHIPPED.policies, ids=lambda policy: policy.name)
def test_every_text_is_in_both_languages_and_a_remedy_is_a_sentence(policy: Policy) -> None:
    for names in (policy.text.title, policy.text.stops, policy.text.remedy):
        assert VIETNAMESE.search(names.vi), names.vi
        assert not VIETNAMESE.search(names.en), names.en
    for sentence in (policy.text.remedy.vi, policy.text.remedy.en, policy.text.stops.vi, policy.text.stops.en):
        assert sentence.endswith("."), sentence
    assert not policy.text.title.en.endswith(".")


@pytest.mark.parametrize("policy", SHIPPED.policies, ids=lambda policy: policy.name)
def test_every_manifest_says_in_its_first_line_what_it_shows(policy: Policy) -> None:
    for path in (*policy.good, *policy.bad):
        first = path.read_text().splitlines()[0]
        assert re.fullmatch(r"# .+\.", first), f"{path}: {first}"
        assert {"name", "generateName"} & yaml.safe_load(path.read_text())["metadata"].keys(), path
