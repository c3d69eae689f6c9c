"""From bytes to a facts document that fits, or everything that is wrong with it."""

import hashlib
import json
from typing import Any, Final

import pydantic

from citycloud.facts.document import SCHEMA, Facts
from citycloud.facts.rules import Fault, faults_of

MOST_FAULTS: Final = 50
"""More than this nobody reads at once; the rest comes up when these are mended."""


class FactsRefused(Exception):
    """The document is not applied; `faults` say why, and `left_out` how many more there are."""

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__([fault.key for fault in faults[:MOST_FAULTS]])
        self.faults = tuple(faults[:MOST_FAULTS])
        self.left_out = max(0, len(faults) - MOST_FAULTS)


def read_facts(content: bytes) -> Facts:
    """Read a document; raise FactsRefused where it is of another version, has another form, or its parts do not fit."""
    try:
        data = json.loads(content)
    except ValueError as error:
        raise FactsRefused([Fault("FactsNoJson", "$", {"error": error})]) from error
    if not isinstance(data, dict) or data.get("schema") != SCHEMA:
        found = data.get("schema") if isinstance(data, dict) else None
        raise FactsRefused([Fault("FactsSchemaUnknown", "schema", {"found": found or "–", "known": SCHEMA})])
    try:
        facts = Facts.model_validate_json(content)
    except pydantic.ValidationError as error:
        raise FactsRefused([_misshapen(each) for each in error.errors(include_url=False, include_input=False)]) from error
    faults = faults_of(facts)
    if faults:
        raise FactsRefused(faults)
    return facts


def digest_of(facts: Facts) -> str:
    """Digest what a document says, whatever the order of its keys and its spaces."""
    text = json.dumps(facts.as_data(), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


def _misshapen(error: Any) -> Fault:
    where = ""
    for part in error["loc"]:
        where += f"[{part}]" if isinstance(part, int) else f".{part}" if where else part
    return Fault("FactsMisshapen", where or "$", {"error": error["msg"]})
