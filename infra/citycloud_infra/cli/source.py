"""From the command line to a plan: the file is read and every rule is asked before anything follows from it."""

import json
import pathlib
from collections.abc import Mapping, Sequence
from typing import Annotated, Final

import typer

from citycloud_infra.cli.screen import BROKEN, Screen
from citycloud_infra.model.load import Document, Unreadable, read_inventory
from citycloud_infra.model.plan import CityPlan, plan_city
from citycloud_infra.rules.check import check_inventory, errors
from citycloud_infra.rules.finding import Finding, load_texts

USAGE_SCHEMA: Final = "citycloud.dev/facts-usage/v1"
InventoryArgument = Annotated[pathlib.Path, typer.Argument(metavar="INVENTORY", help="inventory.yaml")]
UsageOption = Annotated[
    pathlib.Path | None,
    typer.Option("--usage", metavar="FILE", help="`citycloud facts usage`: nơi đang được dùng / sites that environments use"),
]


def read(screen: Screen, path: pathlib.Path) -> Document:
    """Read one inventory, or end the command with what is wrong, line by line."""
    try:
        return read_inventory(text=path.read_text("utf-8"), file=str(path))
    except (OSError, UnicodeDecodeError) as error:
        raise screen.stop("Unopened", file=path, error=error) from error
    except Unreadable as error:
        for fault in error.faults:
            place = f"{fault.file}:{fault.line}: {fault.field}: "
            screen.beside.print(place + screen.pick(vi=fault.vi, en=fault.en), markup=False, highlight=False)
        raise screen.stop("Unreadable", count=len(error.faults)) from error


def planned(screen: Screen, path: pathlib.Path) -> CityPlan:
    """Plan an inventory that every rule agrees with, or end the command with what they say."""
    return plan_city(ruled(screen, path).inventory)


def ruled(screen: Screen, path: pathlib.Path) -> Document:
    """Read an inventory that every rule agrees with, or end the command with what they say."""
    document = read(screen, path)
    findings = check_inventory(document.inventory, texts=load_texts())
    show_findings(screen, document=document, findings=findings, beside=True)
    if list(errors(findings)):
        raise screen.stop("Refused", status=BROKEN, file=path)
    return document


def read_usage(screen: Screen, path: pathlib.Path | None) -> Mapping[str, tuple[str, ...]]:
    """Read which sites environments use, as the cluster tells; nothing where no file is named."""
    if path is None:
        return {}
    try:
        content = json.loads(path.read_text("utf-8"))
        if content["schema"] != USAGE_SCHEMA:
            raise screen.stop("UnknownUsage", file=path, schema=content["schema"], known=USAGE_SCHEMA)
        return {site["name"]: tuple(site["environments"]) for site in content["sites"]}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise screen.stop("Unopened", file=path, error=error) from error


def show_findings(screen: Screen, *, document: Document, findings: Sequence[Finding], beside: bool = False) -> None:
    """Write each finding in one line, as compilers do: file, line, rule, field, what is wrong and what to do."""
    console = screen.beside if beside else screen.out
    for finding in findings:
        place = f"{document.file}:{document.line(finding.path)}: {finding.rule} {finding.severity}: {finding.field}: "
        console.print(place + screen.pick(vi=finding.vi, en=finding.en), markup=False, highlight=False)
