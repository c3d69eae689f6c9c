"""`python -m citycloud_infra`: each command is a function in a module of its own and added here."""

import typer

from citycloud_infra.cli.check import check
from citycloud_infra.cli.diff import diff
from citycloud_infra.cli.facts import facts
from citycloud_infra.cli.labs import add_to
from citycloud_infra.cli.plan import plan
from citycloud_infra.cli.render import render
from citycloud_infra.cli.stacks import destroy, preview, refresh, up
from citycloud_infra.cli.usage import usage

HELP = "Mạng và máy của thành phố từ một bản kiểm kê. / The city's network and machines from one inventory."


def build() -> typer.Typer:
    """Put the command line together."""
    app = typer.Typer(help=HELP, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
    for command in (check, plan, render, diff, facts, usage, up, preview, refresh, destroy):
        app.command()(command)
    add_to(app)
    return app


def main() -> None:
    """Run the command line."""
    build()()
