"""`citycloud doctor`: is citycloud whole on this cluster; for each thing looked at what was seen, and what to do next."""

from typing import Annotated, Any, Final

import rich.table
import typer
from rich.markup import escape

from citycloud.api import KINDS
from citycloud.api.crds import custom_resource_definition
from citycloud.cli.connection import connect
from citycloud.cli.look import look
from citycloud.cli.naming import SYSTEM_NAMESPACE
from citycloud.cli.options import TEXTS, ContextOption, FormatOption, KubeconfigOption, LanguageOption
from citycloud.cli.output import Screen
from citycloud.doctor.findings import Finding, exit_status
from citycloud.doctor.judge import judge
from citycloud.doctor.operator import OperatorRules
from citycloud.doctor.shipped import shipped
from citycloud.rbac import cluster_role, lease_role

STYLES: Final = {"failed": "red", "undecided": "yellow", "warning": "yellow", "note": "cyan", "well": "green"}
MOST_NAMES: Final = 12
"""How many objects a line for people names; a program gets them all."""


def doctor(
    namespace: Annotated[str, typer.Option("--namespace", "-n", help=TEXTS.say("HelpInstalledIn"))] = SYSTEM_NAMESPACE,
    language: LanguageOption = None,
    output: FormatOption = None,
    kubeconfig: KubeconfigOption = None,
    context: ContextOption = None,
) -> None:
    """Look at everything and say what is the matter; the help for people stands in the catalogue."""
    screen = Screen(language=language, output=output)
    with screen.answering():
        facts = look(connection=connect(kubeconfig=kubeconfig, context=context), namespace=namespace)
        rules = OperatorRules(cluster=cluster_role()["rules"], own=lease_role()["rules"])
        definitions = [custom_resource_definition(kind) for kind in KINDS]
        findings = judge(facts=facts, shipped=shipped(), definitions=definitions, rules=rules)
        screen.show(data=as_data(screen=screen, findings=findings), people=as_table(screen, findings))
    raise typer.Exit(exit_status(findings))


def as_data(*, screen: Screen, findings: tuple[Finding, ...]) -> dict[str, Any]:
    """Write the answer for programs."""
    lines = [
        {
            "check": finding.check,
            "state": finding.state,
            "key": finding.key,
            "objects": list(finding.objects),
            **finding.said,
            "text": text_of(screen, finding),
            "next": next_of(screen, finding),
        }
        for finding in findings
    ]
    return {"well": exit_status(findings) == 0, "findings": lines}


def as_table(screen: Screen, findings: tuple[Finding, ...]) -> rich.table.Table:
    """Write the answer for people; a subject is named on its first line."""
    table = rich.table.Table(title=screen.say(_sum(findings)), title_justify="left", show_lines=True)
    for key in ("ColumnSubject", "ColumnState", "ColumnSeen", "ColumnNext"):
        table.add_column(screen.say(key), overflow="fold")  # a name that is cut short cannot be copied
    subject = ""
    for finding in findings:
        check = screen.say(f"Check{finding.check.capitalize()}") if finding.check != subject else ""
        subject = finding.check
        state = f"[{STYLES[finding.state]}]{screen.say(f'Doctor{finding.state.capitalize()}')}[/]"
        table.add_row(check, state, escape(text_of(screen, finding)), escape(next_of(screen, finding)))
    return table


def _sum(findings: tuple[Finding, ...]) -> str:
    return {0: "DoctorSumWell", 1: "DoctorSumFailed", 2: "DoctorSumUndecided", 3: "DoctorSumWarning"}[exit_status(findings)]


def text_of(screen: Screen, finding: Finding) -> str:
    """Say what was seen."""
    return screen.say(f"Found{finding.key}", **_parameters(finding))


def next_of(screen: Screen, finding: Finding) -> str:
    """Say what to do next; nothing where nothing is the matter."""
    key = f"Found{finding.key}Next"
    return screen.say(key, **_parameters(finding)) if finding.state != "well" and screen.knows(key) else ""


def _parameters(finding: Finding) -> dict[str, Any]:
    more = len(finding.objects) - MOST_NAMES
    names = ", ".join(finding.objects[:MOST_NAMES]) + (f" … (+{more})" if more > 0 else "")
    return {"names": names or "–", **finding.said}
