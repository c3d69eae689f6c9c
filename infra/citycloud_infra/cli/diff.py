"""`diff`: what a change of the inventory does to routers, and whom it touches, before anything is done."""

import collections
import difflib
import pathlib
from collections.abc import Mapping
from typing import Annotated, Final

import typer

from citycloud_infra.cli.screen import BROKEN, LanguageOption, Screen
from citycloud_infra.cli.source import UsageOption, read_usage, ruled, show_findings
from citycloud_infra.model.plan import plan_city
from citycloud_infra.render.city import render_city
from citycloud_infra.rules.change import Change, removed_sites
from citycloud_infra.rules.check import check_change, errors
from citycloud_infra.rules.finding import load_texts

CONTEXT: Final = 2
MOST_NAMES: Final = 20
MOST_FILES: Final = 30
"""A change of a hub touches thousands of files: the first say what it does."""


class AnyKeys:
    """Keys of nobody: comparing needs no real ones, because a key never changes with the inventory."""

    def public(self, *, node: str, interface: str) -> str:
        """Return the same for the same end."""
        return f"{node}/{interface}"


def diff(
    before: Annotated[pathlib.Path, typer.Argument(metavar="BEFORE", help="bản đang có hiệu lực / the one that is in force")],
    after: Annotated[pathlib.Path, typer.Argument(metavar="AFTER", help="bản mới / the new one")],
    text: Annotated[bool, typer.Option("--text", help="từng dòng / line by line")] = False,
    everything: Annotated[bool, typer.Option("--all", help="không rút gọn / name everything")] = False,
    usage: UsageOption = None,
    language: LanguageOption = None,
) -> None:
    """Thay đổi gì, chạm đến nơi nào. / What changes, and which sites it touches."""
    screen = Screen(language=language)
    with screen.step("Comparing"):
        old, new = ruled(screen, before), ruled(screen, after)
        old_texts, texts = (render_city(plan_city(each.inventory), keys=AnyKeys()) for each in (old, new))
    change = Change(before=old.inventory, after=new.inventory, in_use=read_usage(screen, usage))
    changed = {name for name in {*texts, *old_texts} if texts.get(name) != old_texts.get(name)}
    _show_sites(screen, change=change, touched=by_place(changed), most=len(changed) if everything else MOST_NAMES)
    _show_files(screen, changed=changed, before=old_texts, after=texts, most=len(changed) if everything else MOST_FILES)
    if text:
        for name in sorted(changed):
            lines = difflib.unified_diff(
                old_texts.get(name, "").splitlines(),
                texts.get(name, "").splitlines(),
                f"before/{name}",
                f"after/{name}",
                lineterm="",
                n=CONTEXT,
            )
            screen.out.print("\n".join(lines), markup=False, highlight=False)
    findings = check_change(change, texts=load_texts())
    show_findings(screen, document=new, findings=findings)
    if list(errors(findings)):
        raise typer.Exit(BROKEN)


def by_place(names: set[str]) -> dict[str, int]:
    """Count the changed files of each place: the first folder of a file's name is whose router it is for."""
    return dict(collections.Counter(name.partition("/")[0] for name in names if "/" in name))


def _show_sites(screen: Screen, *, change: Change, touched: Mapping[str, int], most: int) -> None:
    before = {site.name for site in change.before.sites}
    added = [site.name for site in change.after.sites if site.name not in before]
    removed = removed_sites(change)
    hubs = {hub.name for hub in (*change.before.hubs, *change.after.hubs)}
    altered = sorted(set(touched) & (before - set(removed)))
    rows = (("Added", added), ("Removed", removed), ("Altered", altered), ("HubsTouched", sorted(set(touched) & hubs)))
    table = screen.table("Touched", "What", "Count", "Which")
    for key, names in rows:
        table.add_row(screen.say(key), str(len(names)), _some(names, most=most) or "–")
    untouched = len(before) - len(removed) - len(altered)
    table.add_row(screen.say("Untouched"), str(untouched), "")
    screen.out.print(table)


def _show_files(screen: Screen, *, changed: set[str], before: Mapping[str, str], after: Mapping[str, str], most: int) -> None:
    table = screen.table("Files", "File", "LinesAdded", "LinesRemoved", numbers=2)
    for name in sorted(changed)[:most]:
        old, new = before.get(name, "").splitlines(), after.get(name, "").splitlines()
        lines = [line for line in difflib.unified_diff(old, new, lineterm="", n=0) if not line.startswith(("---", "+++", "@@"))]
        table.add_row(name, str(sum(line.startswith("+") for line in lines)), str(sum(line.startswith("-") for line in lines)))
    screen.out.print(table)
    if len(changed) > most:
        screen.out.print(screen.say("FilesMore", count=len(changed) - most), highlight=False)


def _some(names: list[str], *, most: int) -> str:
    return ", ".join(names[:most]) + (f" … (+{len(names) - most})" if len(names) > most else "")
