"""`citycloud ledger`: walk the chain of decisions, here or in a file, and name its first break; take it home as JSON or CSV."""

import dataclasses
import enum
import json
import pathlib
from collections.abc import Mapping
from typing import Annotated, Any, Final

import rich.table
import typer
from rich.markup import escape

from citycloud.api import Approval
from citycloud.api.ledger_entry import LedgerEntrySpec
from citycloud.cli.connection import Connection, connect
from citycloud.cli.failure import Failure, Forbidden
from citycloud.cli.options import TEXTS, ContextOption, FormatOption, KubeconfigOption, LanguageOption
from citycloud.cli.output import NO, YES, Screen
from citycloud.controllers.decidable import ledger_of
from citycloud.ledger.export import as_csv, as_data, inert
from citycloud.ledger.reading import NotAnExport, read_export
from citycloud.ledger.verify import Break, Claim, Places, places, verify

CITYCLOUD: Final = "/apis/citycloud.dev/v1alpha1"

app = typer.Typer(help=TEXTS.say("HelpLedger"), no_args_is_help=True)


class ExportFormat(enum.StrEnum):
    """How a ledger is taken home."""

    JSON = "json"
    CSV = "csv"


@dataclasses.dataclass(frozen=True)
class Walk:
    """What was found in one ledger, and its last entry where that can be read.

    `approvals` is None where nothing was compared with them: whoever asked may not read them, or the ledger came out of a file.
    """

    organisation: str
    entries: int
    approvals: int | None
    found: Break | None
    last: LedgerEntrySpec | None
    is_file: bool = False


@app.command("verify", help=TEXTS.say("HelpLedgerVerify"), short_help=TEXTS.say("HelpLedgerVerifyShort"))
def verify_ledgers(
    organisation: Annotated[str | None, typer.Argument(metavar="[ORGANISATION]", help=TEXTS.say("HelpLedgerAll"))] = None,
    file: Annotated[pathlib.Path | None, typer.Option("--file", metavar="EXPORT.json", help=TEXTS.say("HelpLedgerFile"))] = None,
    language: LanguageOption = None,
    output: FormatOption = None,
    kubeconfig: KubeconfigOption = None,
    context: ContextOption = None,
) -> None:
    """Walk one ledger, or all of them; the help for people stands in the catalogue."""
    screen = Screen(language=language, output=output)
    with screen.answering():
        if file is not None:
            walks: tuple[Walk, ...] = (walk_export(file=file, organisation=organisation),)
        else:
            walks = walk(connection=connect(kubeconfig=kubeconfig, context=context), organisation=organisation)
        screen.show(data=walks_as_data(screen=screen, walks=walks), people=walks_as_table(screen=screen, walks=walks))
    raise typer.Exit(NO if any(each.found for each in walks) else YES)


@app.command("export", help=TEXTS.say("HelpLedgerExport"), short_help=TEXTS.say("HelpLedgerExportShort"))
def export_ledger(
    organisation: Annotated[str, typer.Argument(metavar="ORGANISATION", help=TEXTS.say("HelpLedgerOne"))],
    form: Annotated[ExportFormat, typer.Option("--format", help=TEXTS.say("HelpLedgerFormat"))] = ExportFormat.JSON,
    language: LanguageOption = None,
    kubeconfig: KubeconfigOption = None,
    context: ContextOption = None,
) -> None:
    """Write one ledger to standard output; the help for people stands in the catalogue."""
    screen = Screen(language=language, output=None)
    with screen.answering():
        found = read_ledgers(connect(kubeconfig=kubeconfig, context=context)).get(organisation, {})
        if not found:
            raise Failure("LedgerEmpty", organisation=organisation)
        entries = [_readable(entry=entry, organisation=organisation, index=index) for index, entry in sorted(found.items())]
        if form is ExportFormat.CSV:
            typer.echo(as_csv(entries=entries), nl=False)
        else:
            typer.echo(json.dumps(as_data(organisation=organisation, entries=entries), ensure_ascii=False, indent=2))


def walk(*, connection: Connection, organisation: str | None) -> tuple[Walk, ...]:
    """Verify one ledger, or every one that has an entry or that an Approval speaks of."""
    claims = read_claims(connection)  # first: whatever is decided meanwhile is an entry that no claim speaks of yet
    ledgers = read_ledgers(connection)
    known = sorted({*ledgers, *(claims or {})}) if organisation is None else [organisation]
    if organisation is not None and organisation not in ledgers and organisation not in (claims or {}):
        raise Failure("LedgerEmpty", organisation=organisation)
    return tuple(
        Walk(
            organisation=name,
            entries=len(ledgers.get(name, {})),
            approvals=None if claims is None else len(claims.get(name, ())),
            found=verify(organisation=name, entries=ledgers.get(name, {}), claims=(claims or {}).get(name, ())),
            last=_last(ledgers.get(name, {})),
        )
        for name in known
    )


def walk_export(*, file: pathlib.Path, organisation: str | None) -> Walk:
    """Verify what `ledger export` wrote, without any cluster; raise Failure where it wrote something else, or another's ledger."""
    try:
        whose, entries = read_export(file.read_bytes())
    except OSError as error:
        raise Failure("FileUnreadable", path=file, error=error.strerror) from error
    except NotAnExport as error:
        raise Failure("FileNoExport", path=file) from error
    if organisation not in (None, whose):
        raise Failure("FileOfAnother", path=file, organisation=whose)
    found = verify(organisation=whose, entries=entries, claims=())
    return Walk(organisation=whose, entries=len(entries), approvals=None, found=found, last=_last(entries), is_file=True)


def read_ledgers(connection: Connection) -> Mapping[str, Places]:
    """Read every entry that there is, by ledger and place."""
    return places(connection.read_all(f"{CITYCLOUD}/ledgerentries", what="ledgerentries"))


def read_claims(connection: Connection) -> Mapping[str, list[Claim]] | None:
    """Read what all valid Approvals say of their places, by ledger; None where they may not be read."""
    try:
        items = connection.read_all(f"{CITYCLOUD}/approvals", what="approvals")
    except Forbidden:
        return None
    found: dict[str, list[Claim]] = {}
    for approval in map(Approval.model_validate, items):
        place, name = approval.status.ledger, ledger_of(approval)
        if approval.status.valid and place is not None and name is not None:
            claim = Claim(name=approval.metadata.name, uid=approval.metadata.uid, index=place.index, hash=place.hash)
            found.setdefault(name, []).append(claim)
    return found


def walks_as_data(*, screen: Screen, walks: tuple[Walk, ...]) -> dict[str, Any]:
    """Write the answer for programs."""
    ledgers = [
        {
            "organisation": each.organisation,
            "entries": each.entries,
            "approvals": each.approvals,
            "whole": each.found is None,
            "last": {"index": each.last.index, "hash": each.last.hash} if each.last is not None else None,
            "break": None
            if each.found is None
            else {"index": each.found.index, "fault": each.found.fault.value, "approval": each.found.approval, "text": _text(screen, each)},
        }
        for each in walks
    ]
    return {"whole": all(each.found is None for each in walks), "ledgers": ledgers}


def walks_as_table(*, screen: Screen, walks: tuple[Walk, ...]) -> rich.table.Table:
    """Write the answer for people."""
    table = rich.table.Table()
    for key in ("ColumnLedger", "ColumnEntries", "ColumnFound"):
        table.add_column(screen.say(key), overflow="fold")
    for each in walks:
        style = "red" if each.found else "green" if each.approvals is not None else "yellow"
        table.add_row(escape(each.organisation), str(each.entries), f"[{style}]{escape(_text(screen, each))}[/]")
    return table


def _text(screen: Screen, found: Walk) -> str:
    if found.found is None and found.is_file and found.last is not None:
        return screen.say("LedgerWholeFile", index=found.last.index, hash=found.last.hash)
    if found.found is None:
        return screen.say("LedgerWhole" if found.approvals is not None else "LedgerWholeAlone", approvals=found.approvals or 0)
    key = found.found.fault.value
    return screen.say(f"Ledger{key[0].upper()}{key[1:]}", index=found.found.index, approval=inert(found.found.approval) or "–")


def _last(entries: Places) -> LedgerEntrySpec | None:
    return entries[max(entries)] if entries else None


def _readable(*, entry: LedgerEntrySpec | None, organisation: str, index: int) -> LedgerEntrySpec:
    if entry is None:
        raise Failure("LedgerEntryUnreadable", organisation=organisation, index=index)
    return entry
