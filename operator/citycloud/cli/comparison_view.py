"""How comparisons are told: one environment object by object and field by field, many as a list."""

from collections.abc import Sequence
from typing import Any, Final

import rich.console
from rich.console import RenderableType

from citycloud.cli.comparison import Compared
from citycloud.cli.difference import Change, ObjectChange
from citycloud.cli.foresight_view import as_data as foresight_data
from citycloud.cli.foresight_view import as_rows, refusal_text
from citycloud.cli.inert import cell
from citycloud.cli.output import Screen
from citycloud.cli.rendering import ABSENT, changes_table, grid

HOW: Final = {"added": ("+", "green"), "changed": ("~", "yellow"), "removed": ("-", "red")}


def as_data(screen: Screen, compared: Sequence[Compared]) -> dict[str, Any]:
    """Write comparisons for programs."""
    return {"environments": [_one_data(screen, each) for each in compared]}


def as_tables(screen: Screen, compared: Sequence[Compared]) -> RenderableType:
    """Write comparisons for people."""
    if not compared:
        return cell(screen.say("NobodyConcerned"))
    if len(compared) > 1:
        return _many(screen, compared)
    one = compared[0]
    parts: list[RenderableType] = []
    if one.fields:
        parts.append(changes_table(screen, title=screen.say("ChangesOf", environment=one.place), changes=one.fields))
    if one.foresight is not None:
        parts.append(as_rows(screen=screen, foresight=one.foresight).table())
    elif one.refusal is not None:
        parts.append(cell(f"{one.place}: {refusal_text(screen, one.refusal)}", style="bold red"))
    if one.refusal is None:
        parts.append(_objects(screen, one) if one.objects else cell(screen.say("NoObjectChanges", environment=one.place)))
    return rich.console.Group(*parts)


def _one_data(screen: Screen, compared: Compared) -> dict[str, Any]:
    refusal = compared.refusal
    return {
        "environment": str(compared.place),
        "refused": {"reason": refusal.key, "text": refusal_text(screen, refusal)} if refusal is not None else None,
        "fields": [each.as_data() for each in compared.fields],
        "objects": [each.as_data() for each in compared.objects],
    } | ({"foresight": foresight_data(screen=screen, foresight=compared.foresight)} if compared.foresight is not None else {})


def _objects(screen: Screen, compared: Compared) -> RenderableType:
    rows = [
        (cell(HOW[each.how][0], style=HOW[each.how][1]), each.full_name, cell(*(_field(change) for change in each.changes)))
        for each in compared.objects
    ]
    title = screen.say("ObjectChanges", environment=compared.place, **_counts(compared.objects))
    return grid(screen, title=title, columns=("ColumnHow", "ColumnObject", "ColumnFields"), rows=rows)


def _many(screen: Screen, compared: Sequence[Compared]) -> RenderableType:
    rows = []
    for each in compared:
        counts = _counts(each.objects)
        said = cell(refusal_text(screen, each.refusal), style="red") if each.refusal is not None else _fields_of(each)
        rows.append((str(each.place), counts["added"], counts["changed"], counts["removed"], said))
    columns = ("ColumnEnvironment", "ColumnAdded", "ColumnChanged", "ColumnRemoved", "ColumnFields")
    return grid(screen, title=screen.say("DiffOfMany", count=len(rows)), columns=columns, rows=rows)


def _fields_of(compared: Compared) -> Any:
    """Name which kinds of objects change in which fields; the values are in the JSON."""
    fields = {f"{each.kind}: {change.path}" for each in compared.objects for change in each.changes}
    return cell(*sorted(fields))


def _field(change: Change) -> str:
    return f"{change.path}: {change.before or ABSENT} → {change.after or ABSENT}"


def _counts(objects: Sequence[ObjectChange]) -> dict[str, int]:
    return {how: sum(each.how == how for each in objects) for how in HOW}
