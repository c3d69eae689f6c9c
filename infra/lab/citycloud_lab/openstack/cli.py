"""The commands of this laboratory; what they do is in the modules beside this one."""

import typer

HELP = "API của OpenStack trên một máy. / OpenStack's API on one machine."


def commands() -> typer.Typer:
    """Put the commands together."""
    return typer.Typer(help=HELP, no_args_is_help=True)
