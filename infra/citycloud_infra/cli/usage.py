"""`usage`: which numbers are taken, free and retired, and which sites environments of the cluster let in."""

import itertools
from collections.abc import Iterator

from citycloud_infra.cli.screen import LanguageOption, Screen
from citycloud_infra.cli.source import InventoryArgument, UsageOption, read, read_usage
from citycloud_infra.model.base import HIGHEST_SITE


def usage(inventory: InventoryArgument, usage: UsageOption = None, language: LanguageOption = None) -> None:
    """Số nào còn trống, nơi nào đang được dùng. / Which numbers are free, which sites are in use."""
    screen = Screen(language=language)
    city = read(screen, inventory).inventory
    taken = {site.id for site in city.sites}
    retired = {each.id for each in city.retired}
    free = sorted(set(range(1, HIGHEST_SITE + 1)) - taken - retired)
    screen.out.print(
        screen.say("Numbers", taken=len(taken), retired=len(retired), free=len(free), spans=", ".join(spans(free)) or "–"), highlight=False
    )
    in_use = read_usage(screen, usage)
    if not in_use:
        return
    known = {site.name for site in city.sites}
    table = screen.table("InUse", "Site", "Environments")
    for name, environments in sorted(in_use.items()):
        if environments:
            table.add_row(name if name in known else screen.say("UnknownSite", site=name), "\n".join(environments))
    screen.out.print(table)


def spans(numbers: list[int]) -> Iterator[str]:
    """Write numbers as spans: 3–7, 9."""
    for _, group in itertools.groupby(enumerate(numbers), key=lambda each: each[1] - each[0]):
        members = [number for _, number in group]
        yield f"{members[0]}–{members[-1]}" if len(members) > 1 else str(members[0])
