"""A policy as people know it: its number with the title that it was shipped with."""

from citycloud.cli.output import Screen
from citycloud.evidence.shipped import shipped


def policy_text(screen: Screen, policy: str) -> str:
    """Name a policy with its title; one that this version does not know, by its number alone."""
    title = titles_of(policy).get(screen.language.value)
    return policy if title is None else f"{policy}: {title}"


def titles_of(policy: str) -> dict[str, str]:
    """Return the title of a policy in both languages; nothing where this version does not know it."""
    known = shipped().get(policy)
    return {} if known is None else known.title.model_dump()
