"""Does a change ask for more than was approved? What asks for less, or only says it better, needs nobody. Pure."""

from typing import Final

from citycloud.api.environment import EnvironmentSpec, Member

LARGE_INCREASE: Final = 1.5
"""Beyond this share of what is held a human decides, whatever the automatic rules say."""
SETS: Final = ("zones", "hosts", "egress", "allow_from")
"""Lists of which each further entry opens something."""
CHOICES: Final = ("template", "framework", "location")
"""Fields of which another value is another place or another law."""
ROLES: Final = ("viewer", "operator", "admin")
"""From the least to the most."""


def widened_fields(*, before: EnvironmentSpec, after: EnvironmentSpec) -> tuple[str, ...]:
    """Name the fields that ask for more beside the size, as the API spells them."""
    widened = [name for name in SETS if not set(getattr(after, name)) <= set(getattr(before, name))]
    widened += [name for name in CHOICES if getattr(before, name) != getattr(after, name)]
    if any(not any(_covers(wide=old, narrow=new) for old in before.members) for new in after.members):
        widened.append("members")
    if before.expires_at is not None and (after.expires_at is None or after.expires_at > before.expires_at):
        widened.append("expires_at")
    aliases = {name: field.alias or name for name, field in EnvironmentSpec.model_fields.items()}
    return tuple(aliases[name] for name in widened)


def _covers(*, wide: Member, narrow: Member) -> bool:
    """Tell whether one membership allows all that the other does, and for as long."""
    same = (wide.kind, wide.name) == (narrow.kind, narrow.name) and ROLES.index(narrow.role) <= ROLES.index(wide.role)
    return same and (wide.until is None or (narrow.until is not None and narrow.until <= wide.until))
