"""The catalogue of texts for people: code names a key and parameters, the catalogue says it in Vietnamese and English."""

import importlib.resources
from collections.abc import Mapping
from typing import Any

import yaml


class Texts:
    """Both languages of every text, by key."""

    def __init__(self, *, catalogue: Mapping[str, Mapping[str, str]]) -> None:
        self._catalogue = catalogue

    @classmethod
    def load(cls, *, package: str = __package__) -> "Texts":
        """Read the catalogue of a package, by default of this one."""
        content = importlib.resources.files(package).joinpath("texts.yaml").read_text()
        return cls(catalogue=yaml.safe_load(content))

    def say(self, key: str, **parameters: Any) -> str:
        """Say one text as `Vietnamese / English`."""
        return f"{self.say_in('vi', key, **parameters)} / {self.say_in('en', key, **parameters)}"

    def say_in(self, language: str, key: str, **parameters: Any) -> str:
        """Say one text in one language."""
        return self._catalogue[key][language].format(**parameters)

    def keys(self) -> frozenset[str]:
        """Return every key of the catalogue."""
        return frozenset(self._catalogue)
