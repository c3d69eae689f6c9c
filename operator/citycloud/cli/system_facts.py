"""The facts of an information system that a clerk can give in three answers; whatever else is true goes into a file.

What is not said counts as no, and that is shown before anything is written: the level follows from the facts.
"""

import dataclasses
import pathlib
import re
from typing import Any, Final

import yaml

from citycloud.api import InformationSystem, Organisation
from citycloud.cli.connection import Manifest
from citycloud.cli.failure import Failure
from citycloud.cli.naming import Place
from citycloud.cli.wish import one_of

SORTS: Final[dict[str, dict[str, Any]]] = {
    "internal": {"type": "a"},
    "service": {"type": "b"},
    "procedures": {"type": "b", "handlesProcedures": True},
    "infrastructure": {"type": "c", "serves": "province"},
    "control": {"type": "d"},
    "other": {"type": "e"},
}
"""What a system does, in words; infrastructure is the whole city's unless a file says otherwise."""
PERSONAL: Final = re.compile(r"(basic|sensitive):(\d{1,9})")


@dataclasses.dataclass(frozen=True, kw_only=True)
class SystemFacts:
    """What was said of a system that is not there yet."""

    title: str | None = None
    sort: str | None = None
    personal: str | None = None
    owner: str | None = None
    file: pathlib.Path | None = None

    @property
    def given(self) -> bool:
        """Tell whether anything was said."""
        return any(value is not None for value in dataclasses.astuple(self))

    def manifest(self, *, place: Place, name: str, organisation: Organisation) -> Manifest:
        """Write the InformationSystem; raise Failure where a fact is missing or cannot be read."""
        return {
            "apiVersion": "citycloud.dev/v1alpha1",
            "kind": InformationSystem.definition.kind,
            "metadata": {"namespace": place.home, "name": name},
            "spec": _from_file(self.file) if self.file is not None else self._spec(name=name, organisation=organisation),
        }

    def _spec(self, *, name: str, organisation: Organisation) -> dict[str, Any]:
        if self.title is None or self.sort is None or self.personal is None:
            raise Failure("SystemFactsMissing", system=name)
        return {
            "names": {"vi": self.title, "en": self.title},
            **SORTS[sort_of(self.sort)],
            "personalData": personal_data(self.personal),
            "contacts": {"owner": self.owner or organisation.spec.contacts.owner},
        }


def sort_of(text: str) -> str:
    """Take one of the words for what a system does."""
    return one_of(text, option="--system-type", known=tuple(SORTS))


def personal_data(text: str) -> dict[str, Any]:
    """Read `none`, `basic:1000` or `sensitive:250`; raise Failure for anything else."""
    if text == "none":
        return {"kind": "none"}
    match = PERSONAL.fullmatch(text)
    if match is None:
        raise Failure("NoPersonalData", value=text)
    return {"kind": match[1], "subjects": int(match[2])}


def _from_file(path: pathlib.Path) -> dict[str, Any]:
    content = read_yaml(path)
    spec = content.get("spec")
    if content.get("kind") != InformationSystem.definition.kind or not isinstance(spec, dict):
        raise Failure("FileHoldsOther", path=path, kind=InformationSystem.definition.kind)
    return spec


def read_yaml(path: pathlib.Path) -> dict[str, Any]:
    """Read one object from a file; raise Failure where there is none."""
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise Failure("FileUnreadable", path=path, error=" ".join(str(error).split())[:300]) from error
    if not isinstance(content, dict):
        raise Failure("FileUnreadable", path=path, error="YAML")
    return content
