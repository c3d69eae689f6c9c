"""`citycloud refuse`: see exactly what is asked for, and say why not."""

from typing import Annotated

import typer

from citycloud.cli.cases import case_of
from citycloud.cli.decision import decide
from citycloud.cli.failure import Failure
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


def refuse(
    environment: DecidedArgument = None,
    exception: ExceptionOption = None,
    org_change: OrgChangeOption = None,
    reason: Annotated[str, typer.Option(help=TEXTS.say("HelpReason"))] = "",
    decision_no: Annotated[str, typer.Option(help=TEXTS.say("HelpDecisionNo"))] = "",
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
        if not reason.strip():
            raise Failure("FlagMissing", flag="--reason")
        session = Session.open(screen=screen, yes=yes, kubeconfig=kubeconfig, context=context)
        decide(session, case=look(session), decision="refuse", reason=reason, number=decision_no, wait=wait)
