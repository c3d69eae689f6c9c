"""`render`: the texts for routers, machines and monitoring, as files in a folder.

WireGuard's texts hold public keys, so they are only written where a folder of keys is named; keys that are missing there are made.
"""

import pathlib
from typing import Annotated, Final

import typer

from citycloud_infra.cli.screen import LanguageOption, Screen
from citycloud_infra.cli.source import InventoryArgument, planned
from citycloud_infra.render.city import render_city
from citycloud_infra.render.keys import KeyFolder, make_keys

MARK: Final = ".citycloud-rendered"
"""Stands in a folder that this command made, so that it never empties one that it did not make."""


def render(
    inventory: InventoryArgument,
    into: Annotated[pathlib.Path, typer.Option("--into", metavar="FOLDER", help="thư mục đích / where to")],
    keys: Annotated[
        pathlib.Path | None,
        typer.Option("--keys", metavar="FOLDER", help="khóa WireGuard, thiếu thì tạo / WireGuard's keys, made where missing"),
    ] = None,
    language: LanguageOption = None,
) -> None:
    """Viết cấu hình cho router, máy và giám sát. / Write the texts for routers, machines and monitoring."""
    screen = Screen(language=language)
    if keys is not None and keys.resolve().is_relative_to(into.resolve()):
        raise screen.stop("KeysInside", keys=keys, folder=into)
    with screen.step("Rendering"):
        city = planned(screen, inventory)
        if keys is not None:
            make_keys(plan=city, folder=keys)
        files = render_city(city, keys=None if keys is None else KeyFolder(keys))
    if into.exists() and any(into.iterdir()) and not (into / MARK).exists():
        raise screen.stop("NotOurs", folder=into, mark=MARK)
    changed, removed = write(folder=into, files=files)
    screen.out.print(screen.say("Rendered", folder=into, files=len(files), changed=changed, removed=removed), highlight=False)


def write(*, folder: pathlib.Path, files: dict[str, str]) -> tuple[int, int]:
    """Write what differs and take away what is no longer; return how many were written and how many removed."""
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / MARK).exists():
        (folder / MARK).touch()
    changed = 0
    for name, text in files.items():
        path = folder / name
        if not path.is_file() or path.read_text("utf-8") != text:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
            changed += 1
    wanted = {folder / name for name in files} | {folder / MARK}
    gone = [path for path in folder.rglob("*") if path.is_file() and path not in wanted]
    for path in gone:
        path.unlink()
    return changed, len(gone)
