"""`facts`: the document that the cluster is told, checked by the schema that the operator publishes."""

import functools
import importlib.resources
import json
import pathlib
from typing import Annotated, Any

import jsonschema
import typer

from citycloud_infra.cli.screen import LanguageOption, Screen
from citycloud_infra.cli.source import InventoryArgument, planned
from citycloud_infra.render.facts import facts_document, facts_text

SCHEMA = "facts.schema.json"


def facts(
    inventory: InventoryArgument,
    into: Annotated[pathlib.Path | None, typer.Option("--into", metavar="FILE", help="tệp đích / where to")] = None,
    language: LanguageOption = None,
) -> None:
    """Viết dữ kiện cho cụm: `citycloud facts apply`. / Write the facts for the cluster."""
    screen = Screen(language=language)
    city = planned(screen, inventory)
    document = facts_document(city)
    errors = sorted(validator().iter_errors(document), key=lambda error: list(map(str, error.absolute_path)))
    if errors:
        raise screen.stop("FactsUnfit", field=errors[0].json_path, error=errors[0].message)
    text = facts_text(document)
    if into is None:
        typer.echo(text, nl=False)
    else:
        into.write_text(text, "utf-8")
        screen.out.print(
            screen.say("FactsWritten", file=into, serial=document["serial"], sites=len(document["sites"]), links=len(document["links"])),
            highlight=False,
        )


@functools.cache
def validator() -> jsonschema.Draft202012Validator:
    """Read the schema that operator and infrastructure share."""
    schema: dict[str, Any] = json.loads(importlib.resources.files("citycloud_infra").joinpath(SCHEMA).read_text("utf-8"))
    return jsonschema.Draft202012Validator(schema)
