"""What the controllers of a small city told of, as Events would."""

from collections.abc import Mapping
from typing import Any

from citycloud.api import Kind
from citycloud.controllers.announcements import announcements
from citycloud.controllers.texts import Texts
from citycloud.engine.queue import Key
from citycloud.telemetry.events import Announcement


class News:
    """Everything told so far, oldest first."""

    def __init__(self, *, texts: Texts) -> None:
        self._texts = texts
        self.told: list[tuple[str, Announcement]] = []

    def tell(self, key: Key, model: Kind, status: Mapping[str, Any]) -> None:
        """Take what one status write is worth."""
        self.told += [(key.name, each) for each in announcements(model=model, status=status, texts=self._texts)]

    def of(self, name: str) -> list[tuple[str, str]]:
        """List kind of news and reason of one object's, and forget it."""
        found = [(each.action, each.reason) for about, each in self.told if about == name]
        self.told = [pair for pair in self.told if pair[0] != name]
        return found
