"""How a ruleset is written: one table that replaces itself at once, sets with an element a line, chains that are closed at their end.

The table is emptied and filled in one transaction, so there is no moment without rules, and what is known of running connections stays.
"""

from collections.abc import Iterable, Sequence
from typing import Final

from citycloud_infra.model.inventory import Inventory
from citycloud_infra.render.tc import class_number

TABLE: Final = "inet citycloud"
CLOSED: Final = "counter drop"
RUNNING: Final = ("ct state established,related accept", "ct state invalid counter drop")
CLAMP: Final = "tcp flags syn tcp option maxseg size set rt mtu"
"""Both ends learn what fits through the tunnel, even where somebody throws the messages away that say it."""
MESSAGES: Final = "meta l4proto { icmp, ipv6-icmp } accept"
NEIGHBOURS: Final = "ip6 saddr { ::, fe80::/10 } meta l4proto ipv6-icmp accept"


def table(lines: Iterable[str]) -> str:
    """Write the whole ruleset."""
    body = "".join(f"\t{line}\n" if line else "\n" for line in lines)
    return f"table {TABLE}\ndelete table {TABLE}\ntable {TABLE} {{\n{body}}}\n"


def elements(*, name: str, type_: str, members: Sequence[str], intervals: bool = False) -> list[str]:
    """Write a set; no two members share a line, so that one more changes none of the others."""
    lines = [f"set {name} {{", f"\ttypeof {type_}"]
    if intervals:
        lines.append("\tflags interval")
    if members:
        lines += ["\telements = {", *(f"\t\t{member}," for member in members), "\t}"]
    return [*lines, "}"]


def chain(name: str, hook: str, rules: Iterable[str], *, policy: str = "drop") -> list[str]:
    """Write a chain at a hook."""
    return [f"chain {name} {{", f"\ttype {hook}; policy {policy};", *(f"\t{rule}" for rule in rules), "}"]


def identifier(name: str) -> str:
    """Return a name as nftables takes it in names of sets."""
    return name.replace("-", "_")


def listed(values: Iterable[str | int]) -> str:
    """Write an anonymous set."""
    return f"{{ {', '.join(str(value) for value in values)} }}"


def classify(inventory: Inventory) -> list[str]:
    """Write the chain that gives every packet the class of its code point, for the trees of tc."""
    entries = ", ".join(f"{each.dscp} : {class_number(each.dscp)}" for each in sorted(inventory.classes, key=lambda each: each.dscp))
    rules = [f"meta priority set {family} dscp map {{ {entries} }}" for family in ("ip", "ip6")]
    return chain("classes", "filter hook postrouting priority mangle", rules, policy="accept")
