"""What a step of a plan needs, followed to the first step."""

from collections.abc import Mapping


def needed(name: str, needs: Mapping[str, tuple[str, ...]]) -> set[str]:
    """Name every step that has to hold before this one is written."""
    return set(needs[name]).union(*(needed(need, needs) for need in needs[name]))
