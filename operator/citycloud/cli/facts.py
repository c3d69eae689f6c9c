"""`citycloud facts`: bring the facts of the network, as infra publishes them, into the cluster; tell infra which places are in use."""

import json
import pathlib
from collections.abc import Iterable, Sequence
from typing import Annotated, Any, Final

import rich.console
import rich.text
import typer
from rich.console import RenderableType

from citycloud.cli import connection as wire
from citycloud.cli.difference import body_changes
from citycloud.cli.facts_cluster import (
    Standing,
    Step,
    bring_in,
    read_environments,
    read_standing,
    refuse_losses,
    sites_in_use,
    step_to,
)
from citycloud.cli.failure import Declined, Failure
from citycloud.cli.inert import cell
from citycloud.cli.naming import SYSTEM_NAMESPACE
from citycloud.cli.options import TEXTS, ContextOption, FormatOption, KubeconfigOption, LanguageOption
from citycloud.cli.output import YES, Screen
from citycloud.cli.rendering import grid
from citycloud.facts.changes import Change, Changes
from citycloud.facts.document import Facts
from citycloud.facts.reading import FactsRefused, read_facts

USAGE: Final = "citycloud.dev/facts-usage/v1"

app = typer.Typer(help=TEXTS.say("HelpFacts"), no_args_is_help=True)


@app.command("apply", help=TEXTS.say("HelpFactsApply"), short_help=TEXTS.say("HelpFactsApplyShort"))
def apply_facts(
    file: Annotated[pathlib.Path, typer.Argument(metavar="FACTS.json", help=TEXTS.say("HelpFactsFile"))],
    dry_run: Annotated[bool, typer.Option("--dry-run", help=TEXTS.say("HelpFactsDryRun"))] = False,
    namespace: Annotated[str, typer.Option("--namespace", "-n", help=TEXTS.say("HelpInstalledIn"))] = SYSTEM_NAMESPACE,
    language: LanguageOption = None,
    output: FormatOption = None,
    kubeconfig: KubeconfigOption = None,
    context: ContextOption = None,
) -> None:
    """Bring one document in, or say why not; the help for people stands in the catalogue.

    Everything is judged before the first write: the document, its serial, who relies on what goes, and by a dry run what the API server
    thinks of each object.
    """
    screen = Screen(language=language, output=output)
    with screen.answering():
        facts = _read(file, screen=screen)
        connection = wire.connect(kubeconfig=kubeconfig, context=context)
        standing = read_standing(connection, namespace=namespace)
        step = step_to(facts, standing=standing)
        refuse_losses(connection, changes=step.sites)
        if step:
            bring_in(connection, step, standing=standing, namespace=namespace, dry_run=True)
        writes = bool(step) and not dry_run
        if writes:
            bring_in(connection, step, standing=standing, namespace=namespace, dry_run=False)
        data = as_data(step, standing=standing, written=writes)
        screen.show(data=data, people=as_tables(screen, step, written=writes))
    raise typer.Exit(YES)


@app.command("usage", help=TEXTS.say("HelpFactsUsage"), short_help=TEXTS.say("HelpFactsUsageShort"))
def show_usage(language: LanguageOption = None, kubeconfig: KubeconfigOption = None, context: ContextOption = None) -> None:
    """Write the sites in use as JSON; the help for people stands in the catalogue."""
    screen = Screen(language=language, output=None)
    with screen.answering():
        users = sites_in_use(read_environments(wire.connect(kubeconfig=kubeconfig, context=context)))
        sites = [{"name": site, "environments": environments} for site, environments in users.items()]
        typer.echo(json.dumps({"schema": USAGE, "sites": sites}, ensure_ascii=False, indent=2))


def _read(file: pathlib.Path, *, screen: Screen) -> Facts:
    try:
        return read_facts(file.read_bytes())
    except OSError as error:
        raise Failure("FileUnreadable", path=file, error=error.strerror) from error
    except FactsRefused as refused:
        faults = [screen.say(fault.key, where=fault.where, **fault.parameters) for fault in refused.faults]
        if refused.left_out:
            faults.append(screen.say("FactsMoreFaults", count=refused.left_out))
        raise Declined("FactsRefused", path=file, faults=" · ".join(faults)) from refused


def as_data(step: Step, *, standing: Standing, written: bool) -> dict[str, Any]:
    """Write the answer for programs."""
    return {
        "serial": step.facts.serial,
        "before": standing.serial or None,
        "written": written,
        "sites": _changes_as_data(step.sites),
        "links": _changes_as_data(step.links),
    }


def _changes_as_data(changes: Changes) -> dict[str, Any]:
    return {
        "added": [each.name for each in changes.added],
        "changed": [
            {"name": each.name, "changes": [field.as_data() for field in body_changes(each.before or {}, _after(each))]}
            for each in changes.changed
        ],
        "removed": [each.name for each in changes.removed],
        "unchanged": changes.unchanged,
    }


def as_tables(screen: Screen, step: Step, *, written: bool) -> RenderableType:
    """Write the answer for people."""
    rows = [*_rows("Site", step.sites), *_rows("WanLink", step.links)]
    counts = {"sites": len(step.sites.written), "links": len(step.links.written)}
    gone = len(step.sites.removed) + len(step.links.removed)
    key = "FactsWritten" if written else "FactsWouldBe" if step else "FactsAsTheyAre"
    told = cell(screen.say(key, serial=step.facts.serial, gone=gone, **counts))
    if not rows:
        return told
    columns = ("ColumnHow", "ColumnKind", "ColumnName", "ColumnField", "ColumnBefore", "ColumnAfter")
    return rich.console.Group(grid(screen, title="", columns=columns, rows=rows), told)


def _rows(kind: str, changes: Changes) -> Iterable[Sequence[object]]:
    for how, style, members in (("+", "green", changes.added), ("−", "red", changes.removed)):
        for each in members:
            yield (rich.text.Text(how, style=style), kind, each.name, "", "", "")
    for each in changes.changed:
        for field in body_changes(each.before or {}, _after(each)):
            yield (rich.text.Text("~", style="yellow"), kind, each.name, field.path, field.before, field.after)


def _after(change: Change) -> dict[str, Any]:
    """Return what is to be said, with the serial that is there: that it rises with each change is no news."""
    return {**({"serial": change.before["serial"]} if change.before and "serial" in change.before else {}), **(change.after or {})}
