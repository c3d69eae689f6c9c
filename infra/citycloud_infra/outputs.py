"""The generated files of the infrastructure: schema, page of rules, and what follows from the sample city.

Written by `make generate`, compared by `make lint`.
"""

import json
import pathlib
import sys
from collections.abc import Mapping
from typing import Final

from citycloud_infra.model.inventory import json_schema
from citycloud_infra.model.load import read_inventory
from citycloud_infra.model.plan import plan_city
from citycloud_infra.render.drawing import draw
from citycloud_infra.render.facts import facts_document, facts_text
from citycloud_infra.rules.finding import Text, load_texts

SAMPLE: Final = "examples/hanoi-2026/inventory.yaml"
HEAD: Final = """# The rules of an inventory

Generated from `infra/citycloud_infra/rules/texts.yaml`; edit that, then `make generate`. `python -m citycloud_infra check` asks them
all, and with `--against` those that begin with CHG too. Each is tried on wrong inventories of its own in `tests/infra/test_rules.py`.

| rule | what it holds | điều nó giữ | what to do |
|---|---|---|---|
"""


def outputs(root: pathlib.Path) -> dict[str, str]:
    """Build every generated file as text, by its path under `root`."""
    city = plan_city(read_inventory(text=(root / SAMPLE).read_text("utf-8"), file=SAMPLE).inventory)
    return {
        "infra/citycloud_infra/inventory.schema.json": json.dumps(json_schema(), ensure_ascii=False, indent=2) + "\n",
        "docs/network-rules.md": rules_page(load_texts()),
        "docs/images/wan.svg": draw(city),
        "examples/hanoi-2026/facts.json": facts_text(facts_document(city)),
    }


def rules_page(texts: Mapping[str, Text]) -> str:
    """Write the page of rules."""
    rows = (f"| {name} | {text.title['en']} | {text.title['vi']} | {text.remedy['en']} |\n" for name, text in texts.items())
    return HEAD + "".join(rows)


def main() -> None:
    """Write them under the folder that is named."""
    root = pathlib.Path(sys.argv[1])
    for name, text in outputs(root).items():
        (root / name).write_text(text, "utf-8")


if __name__ == "__main__":
    main()
