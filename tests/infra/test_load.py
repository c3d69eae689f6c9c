"""What an engineer reads when the file itself is wrong: file, line and field."""

import json

import jsonschema
import pytest
from tests.infra.inventories import SMALL, small

from citycloud_infra.model.inventory import json_schema
from citycloud_infra.model.load import Unreadable, read_inventory

TEXT = SMALL.read_text("utf-8")


def faults(text: str) -> list[str]:
    with pytest.raises(Unreadable) as caught:
        read_inventory(text=text, file="inventory.yaml")
    return [str(fault) for fault in caught.value.faults]


def line_of(text: str, part: str) -> int:
    return text[: text.index(part)].count("\n") + 1


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        ("rateMbps: 50,", "rateMbps: -5,", "sites[3].uplinks[0].rateMbps"),
        ("rateMbps: 50,", "rateMpbs: 50,", "sites[3].uplinks[0].rateMpbs"),
        ("ipv4: 198.51.100.17", "ipv4: 198.51.100.317", "sites[3].uplinks[0].ipv4"),
        ("kind: ward\n", "kind: village\n", "sites[1].kind"),
        ("nodeRange: 10.1.16.0/24", "nodeRange: 10.1.16.9/24", "compute.clusters[0].nodeRange"),
        ("name: kho-luu-tru", "name: Kho_lưu", "sites[3].name"),
    ],
)
def test_a_wrong_value_is_named_with_file_line_and_field(old: str, new: str, field: str) -> None:
    text = TEXT.replace(old, new, 1)
    assert f"inventory.yaml:{line_of(text, new)}: {field}: " in "\n".join(faults(text))


def test_a_missing_field_is_named_with_the_entry_that_lacks_it() -> None:
    text = TEXT.replace("  preference: 50\n", "", 1)
    (fault,) = faults(text)
    assert fault.startswith(f"inventory.yaml:{line_of(text, '- id: 2')}: hubs[1].preference: ")
    assert fault.endswith("this field is missing; add it")


def test_a_key_that_stands_twice_is_refused() -> None:
    text = TEXT.replace("  rooms: 2\n", "  rooms: 2\n  rooms: 3\n", 1)
    (fault,) = faults(text)
    assert fault.startswith(f"inventory.yaml:{line_of(text, 'rooms: 3')}: sites[0].rooms: ")


@pytest.mark.parametrize("text", ["", "- 1\n- 2\n", "a: [1", "\tx: 1", "kind: &a [*a]\n", "!!python/object:os.system {}"])
def test_what_is_no_inventory_is_refused_with_a_line(text: str) -> None:
    assert all(fault.startswith("inventory.yaml:") for fault in faults(text))


def test_a_place_in_the_file_is_found_for_what_a_rule_says() -> None:
    document = read_inventory(text=TEXT, file="inventory.yaml")
    assert document.line(("sites", 3, "uplinks", 1, "via")) == line_of(TEXT, "{carrier: lease, role: backup, rateMbps: 20")
    assert document.line(("sites",)) == line_of(TEXT, "sites:")


def test_the_schema_takes_what_the_model_takes() -> None:
    schema = json_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    content = json.loads(json.dumps(small(), default=str))
    assert list(validator.iter_errors(content)) == []
    content["hubs"][0]["preferred"] = True
    assert [error.json_path for error in validator.iter_errors(content)] == ["$.hubs[0]"]
