"""`check`: every rule, asked of one inventory and, with `--against`, of the step from the one that is in force."""

import pathlib
from typing import Annotated

import typer

from citycloud_infra.cli.screen import BROKEN, LanguageOption, Screen
from citycloud_infra.cli.source import InventoryArgument, UsageOption, read, read_usage, show_findings
from citycloud_infra.rules.change import Change
from citycloud_infra.rules.check import CHANGES, FIRST, THEN, check_change, check_inventory, errors
from citycloud_infra.rules.finding import load_texts


def check(
    inventory: InventoryArgument,
    against: Annotated[
        pathlib.Path | None, typer.Option("--against", metavar="INVENTORY", help="bản đang có hiệu lực / the one that is in force")
    ] = None,
    usage: UsageOption = None,
    language: LanguageOption = None,
) -> None:
    """Hỏi mọi quy tắc; thoát 1 nếu có lỗi. / Ask every rule; ends with 1 where one is broken."""
    screen = Screen(language=language)
    document = read(screen, inventory)
    texts = load_texts()
    findings = check_inventory(document.inventory, texts=texts)
    asked = len(FIRST) + len(THEN)
    if against is not None:
        before = read(screen, against).inventory
        change = Change(before=before, after=document.inventory, in_use=read_usage(screen, usage))
        findings += check_change(change, texts=texts)
        asked += len(CHANGES)
    show_findings(screen, document=document, findings=findings)
    broken = len(list(errors(findings)))
    screen.out.print(screen.say("Checked", file=inventory, asked=asked, broken=broken, warned=len(findings) - broken), highlight=False)
    if broken:
        raise typer.Exit(BROKEN)
