"""What `kubectl explain` tells of every field, and that no field can be filled without end."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

import pytest

from citycloud.api import KINDS, Kind

if TYPE_CHECKING:
    from tests.unit.api.conftest import Fields

each_kind = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.definition.kind)

LARGEST_OBJECT: Final = 3_145_728
"""The API server takes no larger request, so a wider bound would be none."""


def _bounded_text(schema: dict[str, Any]) -> bool:
    return "enum" in schema or schema.get("format") in ("date", "date-time") or 0 < schema.get("maxLength", 0) <= LARGEST_OBJECT


def _bounded_map(schema: dict[str, Any]) -> bool:
    return bool(schema.get("properties")) or "maxProperties" in schema


BOUNDED: Final[dict[str, Callable[[dict[str, Any]], bool]]] = {
    "string": _bounded_text,
    "integer": lambda schema: "minimum" in schema,
    "number": lambda schema: "minimum" in schema and "maximum" in schema,
    "array": lambda schema: "maxItems" in schema,
    "object": _bounded_map,
    "boolean": lambda schema: True,
}


@each_kind
def test_every_field_is_described_in_a_whole_sentence(kind: type[Kind], fields: "Fields") -> None:
    descriptions = {field.path: field.schema.get("description", "") for field in fields(kind) if field.named}

    assert [path for path, text in descriptions.items() if not text.endswith((".", ")", "…"))] == []


@each_kind
def test_every_field_has_a_bound(kind: type[Kind], fields: "Fields") -> None:
    unbounded = [field.path for field in fields(kind) if not BOUNDED[field.schema["type"]](field.schema)]

    assert unbounded == []


@each_kind
def test_every_number_that_people_write_has_a_largest_value(kind: type[Kind], fields: "Fields") -> None:
    numbers = [field for field in fields(kind) if field.schema["type"] == "integer" and ".spec" in field.path]

    assert [field.path for field in numbers if "maximum" not in field.schema] == []


@each_kind
def test_the_schema_is_one_that_the_api_server_takes(kind: type[Kind], fields: "Fields") -> None:
    """Hold the rules of structural schemas: a type everywhere, no unions, no references."""
    for field in fields(kind):
        assert field.schema.get("type") in BOUNDED, field.path
        assert not field.schema.keys() & {"anyOf", "oneOf", "allOf", "$ref", "title", "const", "propertyNames", "prefixItems"}, field.path
        assert not (field.schema.get("properties") and field.schema.get("additionalProperties")), field.path


@each_kind
def test_what_is_required_exists(kind: type[Kind], fields: "Fields") -> None:
    for field in fields(kind):
        assert set(field.schema.get("required", ())) <= set(field.schema.get("properties", {})), field.path


@each_kind
def test_a_default_is_a_value_that_the_field_takes(kind: type[Kind], fields: "Fields") -> None:
    python_types = {"string": str, "integer": int, "array": list, "object": dict, "boolean": bool}
    for field in fields(kind):
        default = field.schema.get("default")
        if default is None:
            continue
        assert isinstance(default, python_types[field.schema["type"]]), field.path
        assert default in field.schema.get("enum", [default]), field.path
