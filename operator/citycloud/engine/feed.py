"""Takes one of our own kinds into the world from a watch of our own: Environments, of which thousands change in a burst.

Kopf handles each of their events for a fifth of all that an environment costs the operator, and keeps a memory for each object. And a
watch of our own tells when its list is complete and what is gone, for which kopf's watches need a census.
"""

import dataclasses
from typing import Any

from citycloud.api import Kind
from citycloud.engine.world import World
from citycloud.kube.resources import Resource


@dataclasses.dataclass
class Feed:
    """Where a watch of one kind ends (`citycloud.kube.watch.Sink`)."""

    kind: type[Kind]
    world: World
    listed: bool = False
    """Whether the world has held everything that exists once."""

    def keep_only(self, *, resource: Resource, listed: set[tuple[str, str]]) -> None:
        """Take note that a list is complete."""
        del resource
        self.world.keep_only(kind=self.kind, listed=listed)
        self.listed = True

    def is_echo(self, *, resource: Resource, version: str) -> bool:
        """Read every event: of two an environment, one is news."""
        del resource, version
        return False

    def put(self, *, resource: Resource, body: dict[str, Any]) -> None:
        """Take a new or changed object."""
        del resource
        self.world.put(kind=self.kind, body=body)

    def drop(self, *, resource: Resource, body: dict[str, Any]) -> None:
        """Take note that an object is gone."""
        del resource
        self.world.drop(kind=self.kind, metadata=body["metadata"])
