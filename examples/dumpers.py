"""How the generated files look: YAML for readers, once as objects of the API server have it, once as short as a file kept by hand."""

from collections.abc import Iterable
from typing import Any, Final

import yaml

WIDTH: Final = 140
"""The longest line, in characters."""
BEFORE: Final = 12
"""What may stand on a line before a collection: its indentation, a dash, its key."""
PAIR: Final = 2
"""Two characters: a pair of brackets or quotes, or a comma or colon with its blank."""
QUOTED: Final = frozenset(":,#[]{}")
"""Text with one of these is quoted within brackets."""


class Dumper(yaml.SafeDumper):
    """Write YAML for readers: equal values are written twice, not as an alias."""

    def ignore_aliases(self, _data: object) -> bool:
        """Refuse an alias, whatever the value."""
        return True

    def quote_numbers(self, value: str) -> yaml.ScalarNode:
        """Quote text that any reader of YAML 1.1 or 1.2 might take for a number: 09952 is one to some and none to others."""
        return self.represent_scalar("tag:yaml.org,2002:str", value, style="'" if value.replace(".", "", 1).isdigit() else None)


Dumper.add_representer(str, Dumper.quote_numbers)


class ShortDumper(Dumper):
    """Write whatever fits on one line on one line: an uplink, a list of segments, a name in two languages."""

    def represent_mapping(self, tag: str, mapping: Any, flow_style: bool | None = None) -> yaml.MappingNode:
        """Decide after the parts are there: what is too long for a line is so for all that it is part of."""
        node = super().represent_mapping(tag, mapping, flow_style)
        node.flow_style = length(node) <= WIDTH - BEFORE
        return node

    def represent_sequence(self, tag: str, sequence: Iterable[Any], flow_style: bool | None = None) -> yaml.SequenceNode:
        """Decide after the parts are there."""
        node = super().represent_sequence(tag, sequence, flow_style)
        node.flow_style = length(node) <= WIDTH - BEFORE
        return node


def length(node: yaml.Node) -> int:
    """Return how many characters a node takes on one line."""
    if isinstance(node, yaml.ScalarNode):
        return len(node.value) + (PAIR if node.style or QUOTED & set(node.value) else 0)
    parts = [part for each in node.value for part in (each if isinstance(each, tuple) else (each,))]
    return sum(length(part) + PAIR for part in parts) + (0 if parts else PAIR)
