"""The same for many things at once: most of the time is the kernel's and other programs', so threads are enough."""

import concurrent.futures
import os
from collections.abc import Callable, Sequence
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


def side_by_side(work: Callable[[Item], Result], items: Sequence[Item]) -> list[Result]:
    """Do the same with each, as many at once as there are processors, and return what came of it; raise what the first that fails raises.

    What starts a process that is to stay does not belong here: the process ends with its thread (citycloud_dev.processes).
    """
    with concurrent.futures.ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        return list(pool.map(work, items))
