"""Texts of other people on somebody's terminal: they are shown, and never obeyed.

A name may hold what moves the cursor, colours the line, breaks it, or turns the direction of reading; each such character is written as
an escape. Vietnamese letters, composed or not, stay as they are.
"""

import unicodedata

import rich.text

from citycloud.api.unseen import UNSEEN


def inert(text: object) -> str:
    """Write a text so that a terminal only prints it."""
    return "".join(_escaped(char) if unicodedata.category(char) in UNSEEN else char for char in str(text))


def cell(*lines: object, style: str = "") -> rich.text.Text:
    """Make a cell of a table from texts of whoever wrote them, one a line; no markup in them counts, and none of them breaks a line."""
    return rich.text.Text("\n".join(inert(line) for line in lines), style=style, overflow="fold")


def inert_json(document: str) -> str:
    r"""Escape the same characters in a JSON document, which stays equal: JSON itself writes them as \\uXXXX."""
    return "".join(char if char == "\n" or unicodedata.category(char) not in UNSEEN else _as_json(char) for char in document)


def _escaped(char: str) -> str:
    return char.encode("unicode_escape").decode()


def _as_json(char: str) -> str:
    units = char.encode("utf-16-be", errors="surrogatepass").hex()
    return "".join(f"\\u{units[start : start + 4]}" for start in range(0, len(units), 4))
