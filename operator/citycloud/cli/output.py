"""How a command answers: a table for people or JSON for programs on standard output, a failure in one line on standard error.

Exit status: 0 yes or allowed, 1 no or refused, 2 wrong usage, something that is not there or may not be read, no answer. `doctor` has one
more, 3, where nothing is broken but something deserves a look.

Whatever others wrote is made inert here, at the way out.
"""

import contextlib
import json
import os
import sys
from collections.abc import Iterator, Mapping
from typing import Any, Final

import rich.console
import typer
from rich.console import RenderableType

from citycloud.cli.failure import Declined, Failure, Refused
from citycloud.cli.inert import inert, inert_json
from citycloud.cli.options import TEXTS, Format, Language

YES: Final = 0
NO: Final = 1
NO_ANSWER: Final = 2
LOCALE_VARIABLES: Final = ("LC_ALL", "LC_MESSAGES", "LANG")


class Screen:
    """Where one command speaks, in one language."""

    def __init__(self, *, language: Language | None, output: Format | None) -> None:
        self.language: Language = language or language_of(os.environ)
        self._as_json = output is Format.JSON or (output is None and not sys.stdout.isatty())

    def say(self, key: str, **parameters: Any) -> str:
        """Say one text of the catalogue."""
        return TEXTS.say_in(self.language, key, **parameters)

    def knows(self, key: str) -> bool:
        """Tell whether the catalogue has a text."""
        return key in TEXTS.keys()  # noqa: SIM118  # a catalogue is no mapping

    def show(self, *, data: Mapping[str, Any], people: RenderableType) -> None:
        """Write an answer: `data` for programs, or `people` for people."""
        if self._as_json:
            typer.echo(inert_json(json.dumps(data, ensure_ascii=False, indent=2)))
        else:
            rich.console.Console().print(people)

    def preview(self, people: RenderableType, *, asks: bool) -> None:
        """Show people what they are about to be asked about; where standard output is for programs, beside it."""
        if not self._as_json:
            rich.console.Console().print(people)
        elif asks:
            rich.console.Console(stderr=True).print(people)

    @contextlib.contextmanager
    def answering(self) -> Iterator[None]:
        """Say a failure in one line and end the command: with `NO` where somebody refused, with `NO_ANSWER` otherwise."""
        try:
            yield
        except Failure as failure:
            typer.echo(inert(f"citycloud: {self.say(failure.key, **failure.parameters)}"), err=True)
            raise typer.Exit(NO if isinstance(failure, Refused | Declined) else NO_ANSWER) from failure


def language_of(environment: Mapping[str, str]) -> Language:
    """Find the language of the locale; whoever has set none that we speak is spoken to in English."""
    locale = next((environment[name] for name in LOCALE_VARIABLES if environment.get(name)), "")
    return Language.VI if locale.partition("_")[0].partition(".")[0].lower() == "vi" else Language.EN
