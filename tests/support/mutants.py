"""Mutants of a CEL expression: every clause dropped or negated in turn, so that the matrix can be asked whether it would notice.

A clause is an operand of `&&` or `||` at any depth, the body of a macro that asks a yes-or-no question, and an expression as a whole. Only
as much of the grammar is read as that takes: strings, brackets, the two operators, the ternary, and the commas of calls.
"""

import dataclasses
import itertools
import re
from collections.abc import Iterator

ASKING = ("exists", "exists_one", "all", "filter")
_CALL = re.compile(r"(\w+)$")


@dataclasses.dataclass(frozen=True)
class Mutant:
    """One changed expression, and the change in words."""

    what: str
    expression: str


def mutants(expression: str, *, asks: bool = True) -> Iterator[Mutant]:
    """Yield every mutant of an expression; `asks` tells whether its value is yes or no."""
    for start, end, drop in _clauses(expression, 0, len(expression), asks=asks):
        clause = expression[start:end].strip()
        yield Mutant(f"negate {clause}", f"{expression[:start]}!({clause}){expression[end:]}")
        if drop is not None:
            yield Mutant(f"drop {clause}", expression[: drop[0]] + expression[drop[1] :])


def _clauses(text: str, start: int, end: int, *, asks: bool) -> Iterator[tuple[int, int, tuple[int, int] | None]]:
    """Yield start and end of each clause within a part, and what has to be cut out to drop it, where it has neighbours."""
    marks = _marks(text, start, end)
    question = next((at for at, mark in marks if mark == "?"), None)
    if question is not None:
        colon = next(at for at, mark in reversed(marks) if mark == ":")
        yield from _clauses(text, start, question, asks=True)
        yield from _clauses(text, question + 1, colon, asks=asks)
        yield from _clauses(text, colon + 1, end, asks=asks)
        return
    operator = next((sign for sign in ("||", "&&") if any(mark == sign for _, mark in marks)), None)
    if operator is None:
        if asks:
            yield start, end, None
        yield from _inside(text, start, end)
        return
    borders = [start, *(at for at, mark in marks if mark == operator), end]
    for number, (left, right) in enumerate(itertools.pairwise(borders)):
        first = left if number == 0 else left + 2
        drop = (first, min(right + 2, end)) if number == 0 else (left, right)
        yield first, right, drop
        inner = "&&" if any(mark == "&&" for _, mark in _marks(text, first, right)) else None
        yield from _clauses(text, first, right, asks=True) if inner else _inside(text, first, right)


def _inside(text: str, start: int, end: int) -> Iterator[tuple[int, int, tuple[int, int] | None]]:
    """Look into every bracket of an operand: the question of a macro, the arguments of a call, a part in parentheses."""
    at = start
    while at < end:
        if text[at] in "'\"":
            at = _after_string(text, at)
            continue
        if text[at] not in "([{":
            at += 1
            continue
        close = _closing(text, at)
        call = _CALL.search(text[start:at]) if text[at] == "(" else None
        borders = [at, *(mark_at for mark_at, mark in _marks(text, at + 1, close) if mark == ","), close]
        parts = list(itertools.pairwise(borders))
        for number, (left, right) in enumerate(parts):
            asks = _asks(macro=call[1], number=number, parts=len(parts)) if call else text[at] == "("
            operators = any(mark in ("&&", "||", "?") for _, mark in _marks(text, left + 1, right))
            if asks or operators:
                yield from _clauses(text, left + 1, right, asks=asks)
            else:
                yield from _inside(text, left + 1, right)
        at = close + 1


def _asks(*, macro: str, number: int, parts: int) -> bool:
    """Tell whether an argument of a call is a question: the last one of a macro that asks, and what `map` is told to leave out."""
    return (macro in ASKING and parts > 1 and number == parts - 1) or (macro == "map" and parts == 3 and number == 1)


def _marks(text: str, start: int, end: int) -> list[tuple[int, str]]:
    """List the operators, question marks, colons and commas that stand outside of every bracket and string."""
    found, at = [], start
    while at < end:
        if text[at] in "'\"":
            at = _after_string(text, at)
        elif text[at] in "([{":
            at = _closing(text, at) + 1
        elif text[at : at + 2] in ("&&", "||"):
            found.append((at, text[at : at + 2]))
            at += 2
        else:
            if text[at] in ":," or (text[at] == "?" and text[at - 1] not in ".["):
                found.append((at, text[at]))
            at += 1
    return found


def _closing(text: str, at: int) -> int:
    depth = 0
    while True:
        if text[at] in "'\"":
            at = _after_string(text, at)
            continue
        depth += (text[at] in "([{") - (text[at] in ")]}")
        if depth == 0:
            return at
        at += 1


def _after_string(text: str, at: int) -> int:
    quote, at = text[at], at + 1
    while text[at] != quote:
        at += 2 if text[at] == "\\" else 1
    return at + 1
