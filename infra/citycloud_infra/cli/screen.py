"""How a command speaks: words of the catalogue in one language, tables for people, progress beside them, and how it ends.

Exit status: 0 where everything holds, 1 where a rule is broken, 2 where there is no answer (unreadable file, wrong usage).
"""

import contextlib
import enum
import importlib.resources
import os
import sys
from collections.abc import Iterator
from typing import Annotated, Any, Final

import rich.console
import rich.table
import typer
import yaml

BROKEN: Final = 1
NO_ANSWER: Final = 2
WIDTH: Final = 140
"""Characters of a line that goes into a file or to another program."""
LOCALES: Final = ("LC_ALL", "LC_MESSAGES", "LANG")


class Language(enum.StrEnum):
    """A language of the catalogue."""

    VI = "vi"
    EN = "en"


LanguageOption = Annotated[Language | None, typer.Option("--lang", help="vi | en; mặc định theo máy / by default that of the locale")]


class Screen:
    """Where one command speaks; answers on standard output, everything else on standard error."""

    def __init__(self, *, language: Language | None) -> None:
        self.language = language or _language_of_locale()
        self._texts: dict[str, dict[str, str]] = yaml.safe_load(importlib.resources.files(__package__).joinpath("texts.yaml").read_text())
        self.out = rich.console.Console(soft_wrap=True, width=None if sys.stdout.isatty() or "COLUMNS" in os.environ else WIDTH)
        self.beside = rich.console.Console(stderr=True, soft_wrap=True)

    def say(self, key: str, **facts: Any) -> str:
        """Say one text of the catalogue."""
        return self._texts[key][self.language.value].format(**facts)

    def pick(self, *, vi: str, en: str) -> str:
        """Choose among the two languages of a text."""
        return vi if self.language is Language.VI else en

    def table(self, title: str, *columns: str, numbers: int = 0) -> rich.table.Table:
        """Begin a table; the last `numbers` columns are aligned to the right."""
        table = rich.table.Table(title=self.say(title), title_justify="left", title_style="bold")
        for position, column in enumerate(columns):
            table.add_column(self.say(column), justify="right" if position >= len(columns) - numbers else "left", overflow="fold")
        return table

    @contextlib.contextmanager
    def step(self, key: str) -> Iterator[None]:
        """Show what is being done while it is being done."""
        with self.beside.status(self.say(key)):
            yield

    def stop(self, key: str, *, status: int = NO_ANSWER, **facts: Any) -> typer.Exit:
        """Say why there is no answer; the caller raises what is returned."""
        self.beside.print(self.say(key, **facts), markup=False, highlight=False)
        return typer.Exit(status)


def _language_of_locale() -> Language:
    locale = next((os.environ[name] for name in LOCALES if os.environ.get(name)), "")
    return Language.VI if locale.lower().startswith("vi") else Language.EN
