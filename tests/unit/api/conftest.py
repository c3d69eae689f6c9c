"""What the tests of the API look at: the schema of every kind, field by field."""

import dataclasses
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from citycloud.api import KINDS, Kind
from citycloud.api.crds import custom_resource_definition

Schema = dict[str, Any]


@dataclasses.dataclass(frozen=True)
class Field:
    """One field, item or value of a schema; `named` where it is a property and so has a description of its own."""

    path: str
    schema: Schema
    named: bool


Fields = Callable[[type[Kind]], list[Field]]


@pytest.fixture(scope="session")
def fields() -> Fields:
    """List every field of a kind, depth first, with what lists and maps hold."""
    known = {kind: list(_walk(path=kind.definition.kind, schema=_schema(kind), named=True)) for kind in KINDS}
    return known.__getitem__


@pytest.fixture(scope="session")
def rules(fields: Fields) -> Callable[[type[Kind]], list[tuple[str, str]]]:
    """List every CEL rule of a kind as expression and message."""

    def of(kind: type[Kind]) -> list[tuple[str, str]]:
        return [(rule["rule"], rule["message"]) for field in fields(kind) for rule in field.schema.get("x-kubernetes-validations", ())]

    return of


def _schema(kind: type[Kind]) -> Schema:
    (version,) = custom_resource_definition(kind)["spec"]["versions"]
    schema: Schema = version["schema"]["openAPIV3Schema"]
    return schema


def _walk(*, path: str, schema: Schema, named: bool) -> Iterator[Field]:
    yield Field(path=path, schema=schema, named=named)
    for name, inner in schema.get("properties", {}).items():
        yield from _walk(path=f"{path}.{name}", schema=inner, named=True)
    if "items" in schema:
        yield from _walk(path=f"{path}[]", schema=schema["items"], named=False)
    if isinstance(schema.get("additionalProperties"), dict):
        yield from _walk(path=f"{path}{{}}", schema=schema["additionalProperties"], named=False)
