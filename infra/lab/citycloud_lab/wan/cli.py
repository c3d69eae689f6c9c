"""The commands of this laboratory; what they do is in the modules beside this one."""

import typer

HELP = "Mạng của thành phố trên một máy, cần quyền root. / The city's network on one machine, as root."


def commands() -> typer.Typer:
    """Put the commands together."""
    return typer.Typer(help=HELP, no_args_is_help=True)
