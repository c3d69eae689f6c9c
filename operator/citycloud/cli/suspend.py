"""`citycloud suspend`: let an environment rest, with its data kept."""

from citycloud.cli.life import Turn
from citycloud.cli.naming import place_of
from citycloud.cli.options import ContextOption, FormatOption, KubeconfigOption, LanguageOption, PlaceArgument, YesOption
from citycloud.cli.output import Screen
from citycloud.cli.session import Session


def suspend(
    environment: PlaceArgument,
    yes: YesOption = False,
    language: LanguageOption = None,
    output: FormatOption = None,
    kubeconfig: KubeconfigOption = None,
    context: ContextOption = None,
) -> None:
    """Let it rest; the help for people stands in the catalogue."""
    screen = Screen(language=language, output=output)
    with screen.answering():
        place = place_of(environment)
        session = Session.open(screen=screen, yes=yes, kubeconfig=kubeconfig, context=context)
        turn = Turn.to("suspended", session=session, place=place)
        turn.try_it()
        session.dialogue.confirm(turn.rows().table(), key="SendIt", environment=place)
        turn.take()
