"""What a laboratory takes of the machine's memory: its processes' share of it (PSS), in which a page that several use counts once."""

import collections
import contextlib
import pathlib
import re
from typing import Final

PARENT: Final = re.compile(r"^PPid:\s+(\d+)$", re.MULTILINE)
SHARE: Final = re.compile(r"^Pss:\s+(\d+) kB$", re.MULTILINE)
KIB: Final = 2**10
MIB: Final = 2**20


def memory(keeper: int) -> int:
    """Return the bytes that a process and all that it started take."""
    children: dict[int, list[int]] = collections.defaultdict(list)
    for path in pathlib.Path("/proc").glob("[0-9]*/status"):
        if (parent := _number(path, PARENT)) is not None:
            children[parent].append(int(path.parent.name))
    found = [keeper]
    for each in found:
        found += children[each]
    return sum(KIB * (_number(pathlib.Path(f"/proc/{each}/smaps_rollup"), SHARE) or 0) for each in found)


def _number(path: pathlib.Path, pattern: re.Pattern[str]) -> int | None:
    """Return the number in a file of a process; None where the process is gone."""
    with contextlib.suppress(OSError):
        if match := pattern.search(path.read_text()):
            return int(match.group(1))
    return None
