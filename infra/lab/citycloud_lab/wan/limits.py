"""What a machine's kernel keeps over all namespaces: the neighbours that it knows.

That limit is the machine's and of no namespace. So a laboratory that needs more raises it for the machine, to what a gateway of the city
has (render/cloud_init.py), and leaves it there: nobody knows who else relies on it by then. A laboratory of a few sites needs no more than
every kernel allows.
"""

from typing import Final

from citycloud_dev.processes import run_tool
from citycloud_infra.model.plan import CityPlan
from citycloud_infra.render.cloud_init import NEIGHBOURS
from citycloud_lab.wan.carriers import lines
from citycloud_lab.wan.hosts import hosts

MOST: Final = ("net.ipv4.neigh.default.gc_thresh3", "net.ipv6.neigh.default.gc_thresh3")
SECONDS: Final = 20.0


def raise_limits(plan: CityPlan) -> None:
    """See to it that the kernel knows as many neighbours as a laboratory has."""
    allowed = min(int(run_tool(["sysctl", "--values", name], name=name, seconds=SECONDS)) for name in MOST)
    if neighbours(plan) > allowed:
        run_tool(["sysctl", "--quiet", "--load=-"], name="sysctl", seconds=SECONDS, stdin=NEIGHBOURS)


def neighbours(plan: CityPlan) -> int:
    """Return how many neighbours of one family there are: both ends of tunnels and of hosts' wires, and lines as both ends see them."""
    return 2 * (len(plan.tunnels) + sum(1 for _ in hosts(plan)) + len(plan.hubs) * len(lines(plan)))
