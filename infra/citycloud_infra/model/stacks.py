"""Which stack holds what: the backbone, the sites in groups, the compute.

A stack is what one run changes, locks and can get stuck with, so it stays small. A site's group follows from its number alone: a site that
comes or goes changes its own group's stack and no other. A group whose last site went stays as long as the retired numbers are listed, or
nothing would ever remove what it holds.
"""

import re
from typing import Final, Literal

from citycloud_infra.model.inventory import Inventory
from citycloud_infra.model.wan import Site

Action = Literal["up", "preview", "refresh", "destroy"]
"""What is done with stacks."""
BACKBONE: Final = "wan-core"
COMPUTE: Final = "compute"
SITES: Final = "wan-sites-"
GROUP: Final = 32
"""Numbers a group: some twenty resources a site at most (three hubs, two lines) keep it below the largest stack."""
LARGEST: Final = 800
"""Resources: the file backend writes the whole state at each step, so that the time of a run grows with the square."""

PARALLEL: Final = 32
"""Requests at once. Measured against a real API: twice as many took twice as long, because the network service serves fewer at a time."""


class UnknownStack(Exception):
    """No stack of the city has this name."""

    def __init__(self, stack: str) -> None:
        super().__init__(
            f"không có ngăn xếp {stack}: hãy dùng {BACKBONE}, {SITES}<nhóm> hoặc {COMPUTE} / "
            f"there is no stack {stack}: use {BACKBONE}, {SITES}<group> or {COMPUTE}"
        )


def group_of(site: int) -> str:
    """Return the stack of a site's number."""
    return f"{SITES}{site // GROUP}"


def stacks(inventory: Inventory) -> tuple[str, ...]:
    """Return the city's stacks in the order in which they are built; they are removed in the opposite order."""
    numbers = (*(site.id for site in inventory.sites), *(each.id for each in inventory.retired))
    groups = sorted({number // GROUP for number in numbers})
    return (BACKBONE, *(f"{SITES}{group}" for group in groups), COMPUTE)


def sites_of(*, inventory: Inventory, stack: str) -> tuple[Site, ...]:
    """Return the sites that a stack holds, in the order of their numbers; none where it is no stack of sites. Raise UnknownStack."""
    if stack not in (BACKBONE, COMPUTE) and not re.fullmatch(f"{SITES}[0-9]+", stack):
        raise UnknownStack(stack)
    return tuple(sorted((site for site in inventory.sites if group_of(site.id) == stack), key=lambda site: site.id))


def reference(*, project: str, stack: str) -> str:
    """Return the full name of a stack, as the file backend has it: its organisation is always called so."""
    return f"organization/{project}/{stack}"
