"""Quantities as exact numbers: thousandths, so that `100m` and `16Gi` add up without rounding.

The forms are those the CRDs let through (api.common.QUANTITY); the sum of a whole city fits 64 bits.
"""

import functools
import re
from typing import Final

_UNITS: Final = {"": 1000, "m": 1, "Ki": 1000 * 2**10, "Mi": 1000 * 2**20, "Gi": 1000 * 2**30, "Ti": 1000 * 2**40}
_FORM: Final = re.compile(r"(\d+)(m|Ki|Mi|Gi|Ti|)")


def parse(text: str) -> int:
    """Read a quantity as thousandths; raise ValueError where it has another form."""
    match = _FORM.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is no quantity: a whole number with m, Ki, Mi, Gi or Ti")
    return int(match[1]) * _UNITS[match[2]]


def whole(text: str) -> int:
    """Read a count as a whole number, rounded down."""
    return parse(text) // 1000


def show(thousandths: int) -> str:
    """Write thousandths as the shortest exact quantity."""
    if thousandths % 1000:
        return f"{thousandths}m"
    whole = thousandths // 1000
    for unit in ("Ti", "Gi", "Mi", "Ki"):
        size = _UNITS[unit] // 1000
        if whole and whole % size == 0:
            return f"{whole // size}{unit}"
    return str(whole)


@functools.lru_cache(maxsize=1024)
def share(*, resource: str, text: str, parts: int) -> str:
    """Take one of `parts` equal shares, rounded down: cpu to thousandths, large amounts to Mi, everything else to whole numbers."""
    thousandths = parse(text) // parts
    if resource.endswith("cpu"):
        return show(thousandths)
    step = _UNITS["Mi"] if thousandths >= _UNITS["Gi"] else _UNITS[""]
    return show(thousandths - thousandths % step)
