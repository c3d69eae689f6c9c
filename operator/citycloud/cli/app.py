"""The command `citycloud`: each command is a function in a module of its own and added here."""

import sys
import types

import typer

from citycloud.cli import facts, ledger, report
from citycloud.cli.approve import approve
from citycloud.cli.diff import diff
from citycloud.cli.doctor import doctor
from citycloud.cli.evidence import evidence
from citycloud.cli.members import members
from citycloud.cli.options import TEXTS
from citycloud.cli.output import NO_ANSWER
from citycloud.cli.quota import quota
from citycloud.cli.reach import reach
from citycloud.cli.refuse import refuse
from citycloud.cli.renew import renew
from citycloud.cli.request import request
from citycloud.cli.resume import resume
from citycloud.cli.retire import retire
from citycloud.cli.status import status
from citycloud.cli.suspend import suspend
from citycloud.cli.why import why

app = typer.Typer(help=TEXTS.say("Help"), no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
app.command(help=TEXTS.say("HelpRequest"), short_help=TEXTS.say("HelpRequestShort"))(request)
app.command(help=TEXTS.say("HelpStatus"), short_help=TEXTS.say("HelpStatusShort"))(status)
app.command(help=TEXTS.say("HelpWhy"), short_help=TEXTS.say("HelpWhyShort"))(why)
app.command(help=TEXTS.say("HelpApprove"), short_help=TEXTS.say("HelpApproveShort"))(approve)
app.command(help=TEXTS.say("HelpRefuse"), short_help=TEXTS.say("HelpRefuseShort"))(refuse)
app.command(help=TEXTS.say("HelpDiff"), short_help=TEXTS.say("HelpDiffShort"))(diff)
app.command(help=TEXTS.say("HelpQuota"), short_help=TEXTS.say("HelpQuotaShort"))(quota)
app.command(help=TEXTS.say("HelpMembers"), short_help=TEXTS.say("HelpMembersShort"))(members)
app.command(help=TEXTS.say("HelpSuspend"), short_help=TEXTS.say("HelpSuspendShort"))(suspend)
app.command(help=TEXTS.say("HelpResume"), short_help=TEXTS.say("HelpResumeShort"))(resume)
app.command(help=TEXTS.say("HelpRetire"), short_help=TEXTS.say("HelpRetireShort"))(retire)
app.command(help=TEXTS.say("HelpRenew"), short_help=TEXTS.say("HelpRenewShort"))(renew)
app.command(help=TEXTS.say("HelpReach"), short_help=TEXTS.say("HelpReachShort"))(reach)
app.command(help=TEXTS.say("HelpEvidence"), short_help=TEXTS.say("HelpEvidenceShort"))(evidence)
app.command(help=TEXTS.say("HelpDoctor"), short_help=TEXTS.say("HelpDoctorShort"))(doctor)
app.add_typer(facts.app, name="facts")
app.add_typer(ledger.app, name="ledger")
app.add_typer(report.app, name="report")


@app.callback()
def _group() -> None:
    """Keep `citycloud` a group of commands, however few there are; its help stands in the catalogue."""


def _end_without_answer(kind: type[BaseException], error: BaseException, trace: types.TracebackType | None) -> None:
    """Show a fault of ours in full; Python would end with 1, which here says no."""
    sys.__excepthook__(kind, error, trace)
    sys.exit(NO_ANSWER)


def main() -> None:
    """Run the command line; called as an app, typer would put its own hook in place of ours."""
    sys.excepthook = _end_without_answer
    typer.main.get_command(app)()


if __name__ == "__main__":
    main()
