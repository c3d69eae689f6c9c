"""`citycloud approve`: see exactly what is asked for, and let it through."""

from typing import Annotated

import typer

from citycloud.cli.cases import case_of
from citycloud.cli.decision import decide
from citycloud.cli.options import (
    TEXTS,
    WAIT_SECONDS,
    ContextOption,
    DecidedArgument,
    ExceptionOption,
    FormatOption,
    KubeconfigOption,
    LanguageOption,
    OrgChangeOption,
    WaitOption,
    YesOption,
)
from citycloud.cli.output import Screen
from citycloud.cli.session import Session


def approve(
    environment: DecidedArgument = None,
    exception: ExceptionOption = None,
    org_change: OrgChangeOption = None,
    decision_no: Annotated[str, typer.Option(help=TEXTS.say("HelpDecisionNo"))] = "",
    reason: Annotated[str, typer.Option(help=TEXTS.say("HelpReason"))] = "",
    wait: WaitOption = WAIT_SECONDS,
    yes: YesOption = False,
    language: LanguageOption = None,
    output: FormatOption = None,
    kubeconfig: KubeconfigOption = None,
    context: ContextOption = None,
) -> None:
    """Decide; the help for people stands in the catalogue."""
    screen = Screen(language=language, output=output)
    with screen.answering():
        look = case_of(environment=environment, exception=exception, org_change=org_change)
        session = Session.open(screen=screen, yes=yes, kubeconfig=kubeconfig, context=context)
        decide(session, case=look(session), decision="approve", reason=reason, number=decision_no, wait=wait)
