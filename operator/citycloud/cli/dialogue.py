"""Asking people: only where somebody sits at a terminal, and never instead of a flag."""

import sys
from collections.abc import Callable
from typing import Final

import typer
from rich.console import RenderableType

from citycloud.cli.failure import Declined, Failure
from citycloud.cli.inert import inert
from citycloud.cli.output import Screen

MOST_QUESTIONS: Final = 6
"""More than this and people look for somebody to ask instead."""
YES_WORDS: Final = frozenset({"y", "yes", "c", "co", "có", "đồng ý", "dong y"})


class Dialogue:
    """What one command asks; `yes` answers every confirmation beforehand."""

    def __init__(self, *, screen: Screen, yes: bool) -> None:
        self._screen = screen
        self._yes = yes
        self.asks: Final = is_terminal() and not yes
        self.asked = 0

    def question(self, key: str, *, read: Callable[[str], str], default: str | None = None, flag: str, **parameters: object) -> str:
        """Ask for a fact until `read` takes the answer.

        Where nobody can be asked, take the default, or raise the Failure that names the flag.
        `read` raises Failure for what it does not take.
        """
        if not self.asks:
            if default is None:
                raise Failure("FlagMissing", flag=flag)
            return read(default)
        self.asked += 1
        if self.asked > MOST_QUESTIONS:
            raise Failure("FlagMissing", flag=flag)
        while True:
            answer: str = typer.prompt(inert(self._screen.say(key, **parameters)), default=default, err=True, type=str)
            try:
                return read(answer.strip())
            except Failure as failure:
                typer.echo(inert(self._screen.say(failure.key, **failure.parameters)), err=True)

    def confirm(self, people: RenderableType, *, key: str, **parameters: object) -> None:
        """Show what is about to be written and ask whether it may; raise Declined where it may not, Failure where nobody can be asked."""
        self._screen.preview(people, asks=self.asks)
        if self._yes:
            return
        if not self.asks:
            raise Failure("NeedsYes")
        answer: str = typer.prompt(inert(self._screen.say(key, **parameters)), default="", show_default=False, err=True, type=str)
        if answer.strip().casefold() not in YES_WORDS:
            raise Declined("NothingWritten")

    def confirm_by_name(self, people: RenderableType, *, name: str) -> None:
        """Ask for the name of what is about to be given up, as a confirmation that cannot be given in passing."""
        self._screen.preview(people, asks=self.asks)
        if self._yes:
            return
        if not self.asks:
            raise Failure("NeedsYes")
        answer: str = typer.prompt(self._screen.say("TypeTheName", name=name), default="", show_default=False, err=True, type=str)
        if answer.strip() != name:
            raise Declined("NothingWritten")


def is_terminal() -> bool:
    """Tell whether somebody can be asked."""
    return sys.stdin.isatty()
