"""Tables that every command shares; what stands in them is made inert."""

from collections.abc import Iterable, Sequence
from typing import Final

import rich.table
import rich.text

from citycloud.cli.difference import Change
from citycloud.cli.inert import cell, inert
from citycloud.cli.output import Screen

ABSENT: Final = "–"


class Rows:
    """What is known of one thing, label by label."""

    def __init__(self, screen: Screen, *, title: str = "") -> None:
        self._screen = screen
        self._title = title
        self._rows: list[tuple[rich.text.Text, rich.text.Text]] = []

    def add(self, label: str, *lines: object, style: str = "") -> None:
        """Add a row: the key of its label, and its lines."""
        self._rows.append((cell(self._screen.say(label), style="bold"), cell(*lines, style=style)))

    def table(self) -> rich.table.Table:
        """Draw the rows."""
        table = rich.table.Table(title=inert(self._title) or None, title_justify="left", show_header=False)
        for _ in range(2):
            table.add_column(overflow="fold")
        for row in self._rows:
            table.add_row(*row)
        return table


def grid(
    screen: Screen, *, title: str, columns: Sequence[str], rows: Iterable[Sequence[object]], caption: str = "", lines: bool = False
) -> rich.table.Table:
    """Draw a table; `columns` are keys of the catalogue, a cell that is a Text is taken as it is."""
    table = rich.table.Table(
        title=cell(title), title_justify="left", caption=cell(caption) if caption else None, caption_justify="left", show_lines=lines
    )
    for column in columns:
        table.add_column(screen.say(column), overflow="fold")
    for row in rows:
        table.add_row(*(each if isinstance(each, rich.text.Text) else cell(ABSENT if each in (None, "") else each) for each in row))
    return table


def changes_table(screen: Screen, *, title: str, changes: Iterable[Change]) -> rich.table.Table:
    """Draw what changes field by field."""
    rows = [(each.path, each.before, each.after) for each in changes]
    return grid(screen, title=title, columns=("ColumnField", "ColumnBefore", "ColumnAfter"), rows=rows)
