"""`citycloud retire`: give an environment back; its data go after the days of grace, and until then it can be taken back."""

from citycloud.cli.life import Turn, purge_text
from citycloud.cli.naming import place_of
from citycloud.cli.options import ContextOption, FormatOption, KubeconfigOption, LanguageOption, PlaceArgument, YesOption
from citycloud.cli.output import Screen
from citycloud.cli.session import Session


def retire(
    environment: PlaceArgument,
    yes: YesOption = False,
    language: LanguageOption = None,
    output: FormatOption = None,
    kubeconfig: KubeconfigOption = None,
    context: ContextOption = None,
) -> None:
    """Give it back; the help for people stands in the catalogue."""
    screen = Screen(language=language, output=output)
    with screen.answering():
        place = place_of(environment)
        session = Session.open(screen=screen, yes=yes, kubeconfig=kubeconfig, context=context)
        turn = Turn.to("retired", session=session, place=place)
        turn.try_it()
        shown, moment = purge_text(turn)
        rows = turn.rows()
        rows.add("RowPurge", screen.say("PurgedAt", moment=shown), style="bold red")
        rows.add("RowUndo", f"citycloud resume {place}")
        session.dialogue.confirm_by_name(rows.table(), name=place.environment)
        turn.take(purge=moment, undo=f"citycloud resume {place}")
