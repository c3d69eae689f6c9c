"""What a rule says: which rule, where in the file, what is wrong and what to do, in Vietnamese and English."""

import dataclasses
import importlib.resources
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Generic, Literal, TypeVar

import yaml

from citycloud_infra.model.load import dotted

Severity = Literal["error", "warning"]
Path = tuple[str | int, ...]
Subject = TypeVar("Subject")


@dataclasses.dataclass(frozen=True)
class Violation:
    """One place where a rule does not hold; `facts` fill its text."""

    path: Path
    facts: Mapping[str, Any] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Finding:
    """One violation with the words for it."""

    rule: str
    severity: Severity
    path: Path
    vi: str
    en: str

    @property
    def field(self) -> str:
        """Write the path as people do."""
        return dotted(self.path)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Text:
    """The words of one rule: what it holds, what is wrong, what to do."""

    title: Mapping[str, str]
    wrong: Mapping[str, str]
    remedy: Mapping[str, str]

    def fill(self, *, language: str, facts: Mapping[str, Any]) -> str:
        """Say what is wrong and what to do."""
        return f"{self.wrong[language].format(**facts)}; {self.remedy[language].format(**facts)}"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Rule(Generic[Subject]):
    """One named check over a subject: an inventory, or a change of one."""

    id: str
    check: Callable[[Subject], Iterator[Violation]]
    severity: Severity = "error"

    def find(self, subject: Subject, *, texts: Mapping[str, Text]) -> Iterator[Finding]:
        """Say each violation in both languages."""
        text = texts[self.id]
        for violation in self.check(subject):
            yield Finding(
                rule=self.id,
                severity=self.severity,
                path=violation.path,
                vi=text.fill(language="vi", facts=violation.facts),
                en=text.fill(language="en", facts=violation.facts),
            )


def load_texts() -> dict[str, Text]:
    """Read the words of all rules."""
    content = importlib.resources.files(__package__).joinpath("texts.yaml").read_text("utf-8")
    return {name: Text(**words) for name, words in yaml.safe_load(content).items()}
