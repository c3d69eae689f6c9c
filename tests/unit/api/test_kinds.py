"""How the kinds present themselves to `kubectl`, and what their rules say when they refuse."""

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

import pytest

from citycloud.api import GROUP, KINDS, VERSION, Kind
from citycloud.api.crds import custom_resource_definition

if TYPE_CHECKING:
    from tests.unit.api.conftest import Fields

each_kind = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.definition.kind)

SHORT_NAMES: Final = {
    "LedgerEntry": "ledg",
    "OrgChange": "ochg",
    "PolicyException": "polex",
    "City": "cty",
    "SecurityProfile": "secprof",
    "SizeClass": "size",
    "Site": "site",
    "WanLink": "wanlink",
    "Organisation": "org",
    "InformationSystem": "isys",
    "Environment": "env",
    "Approval": "appr",
}
WRITTEN_BY_DEPARTMENTS: Final = {"InformationSystem", "Environment", "Approval", "PolicyException"}
COLUMNS: Final = {
    "Organisation": ["Kind", "Ready", "Environments", "CPU", "Code", "Owner", "Age"],
    "InformationSystem": ["Level", "Dossier", "Ready", "Name", "Age"],
    "Environment": ["System", "Stage", "Level", "Size", "Phase", "Ready", "Expires", "Namespaces", "Reason", "Age"],
}
OWN_LETTERS: Final = re.compile("[àáạảãâấầậẩẫăắằặẳẵèéẹẻẽêềếệểễìíịỉĩòóọỏõôồốộổỗơờớợởỡùúụủũưừứựửữỳýỵỷỹđ]", re.IGNORECASE)
"""Letters that Vietnamese has and English has not."""


def test_every_kind_has_the_short_name_of_the_documentation() -> None:
    assert {kind.definition.kind: kind.definition.short_names[0] for kind in KINDS} == SHORT_NAMES


def test_no_two_kinds_answer_to_one_name() -> None:
    names = [name for kind in KINDS for name in {*kind.definition.short_names, kind.definition.plural, kind.definition.singular}]

    assert len(names) == len(set(names))


@each_kind
def test_kubectl_get_citycloud_lists_the_kind(kind: type[Kind]) -> None:
    crd = custom_resource_definition(kind)

    assert crd["spec"]["names"]["categories"] == ["citycloud"]
    assert crd["metadata"]["name"] == f"{kind.definition.plural}.{GROUP}"
    assert [(version["name"], version["served"], version["storage"]) for version in crd["spec"]["versions"]] == [(VERSION, True, True)]


@each_kind
def test_what_departments_write_is_namespaced_and_the_rest_is_not(kind: type[Kind]) -> None:
    scope = "Namespaced" if kind.definition.kind in WRITTEN_BY_DEPARTMENTS else "Cluster"

    assert custom_resource_definition(kind)["spec"]["scope"] == scope


@each_kind
def test_the_columns_are_those_of_the_documentation_and_end_with_the_age(kind: type[Kind]) -> None:
    (version,) = custom_resource_definition(kind)["spec"]["versions"]
    shown = [column["name"] for column in version["additionalPrinterColumns"]]

    assert len(shown) > 1
    assert shown[-1] == "Age"
    assert shown == COLUMNS.get(kind.definition.kind, shown)


@each_kind
def test_every_column_shows_a_field_that_exists(kind: type[Kind], fields: "Fields") -> None:
    known = {field.path for field in fields(kind)}
    for column in kind.definition.columns:
        path = re.sub(r"\[[^]]*\]", "[]", column.path.replace(".spec.quota.", ".spec.quota{}~"))
        assert f"{kind.definition.kind}{path.partition('~')[0]}" in known, column.name


@each_kind
def test_a_kind_with_a_status_has_the_subresource_and_describes_it(kind: type[Kind]) -> None:
    (version,) = custom_resource_definition(kind)["spec"]["versions"]
    has_status = "status" in version["schema"]["openAPIV3Schema"]["properties"]

    assert has_status == kind.definition.has_status == (version.get("subresources") == {"status": {}})


@each_kind
def test_every_refusal_is_said_in_vietnamese_and_in_english(kind: type[Kind], rules: Callable[[type[Kind]], list[tuple[str, str]]]) -> None:
    for _, message in rules(kind):
        vietnamese, _, english = message.partition(" / ")
        assert OWN_LETTERS.search(vietnamese), message
        assert english, message
        assert not OWN_LETTERS.search(english), message


def test_conditions_are_merged_by_type_so_that_two_writers_do_not_overwrite_each_other(fields: "Fields") -> None:
    lists = [field for kind in KINDS for field in fields(kind) if field.path.endswith(".conditions")]

    assert lists
    for field in lists:
        assert field.schema["x-kubernetes-list-type"] == "map", field.path
        assert field.schema["x-kubernetes-list-map-keys"] == ["type"], field.path
