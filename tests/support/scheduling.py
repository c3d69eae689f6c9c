"""Which worker of pytest-xdist gets which tests next, so that all of them end together and start few clusters.

xdist gives a worker one file after another, those with the most tests first; here the files that take longest come first, whatever the
number of their tests, and small ones fill what is left at the end. A package of tests goes to one worker as a whole, for its tests share
what it has set up. Each worker has clusters of its own, started when the first of its tests asks for one, so a worker stays with the
files whose cluster it has. What mostly waits for somebody else's timers has a worker to itself, the last of three or more, and takes no
core from the others; when that is done, this one takes what is quick.
"""

import dataclasses
from collections.abc import Collection, Iterable, Mapping
from pathlib import PurePosixPath
from typing import Final, Literal

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadFileScheduling
from xdist.workermanage import WorkerController

PACKAGES: Final = ("tests/lab/wan", "tests/monitoring/eventful")
"""Folders whose files share fixtures of the scope `package`."""
QUICK: Final = ("tests/unit/", "tests/infra/")
"""What needs nothing but the processor has no load: it comes last, in files of seconds, and fills what is left."""
Home = Literal["shared", "quiet", "own", "none", "waiting"]
"""The cluster of a unit's tests: one of the two of tests/conftest.py, which a worker keeps, one that goes with the unit, or none; `waiting`
is for what has none and mostly waits."""
KEPT: Final[frozenset[Home]] = frozenset({"shared", "quiet"})


@dataclasses.dataclass(frozen=True)
class Load:
    """About how many seconds a unit of work takes while two cores are both at work, and where."""

    seconds: int
    home: Home


BUSY_WORKERS: Final = 2
"""As many as there are cores."""
NOTHING: Final = Load(seconds=0, home="none")
LOADS: Final[Mapping[str, Load]] = {
    "tests/lab/openstack/test_life.py": Load(seconds=240, home="waiting"),
    "tests/monitoring/eventful": Load(seconds=180, home="own"),
    "tests/lab/openstack/test_resume.py": Load(seconds=160, home="waiting"),
    "tests/lab/openstack/test_plain.py": Load(seconds=130, home="waiting"),
    "tests/lab/wan": Load(seconds=110, home="none"),
    "tests/policies/test_packets.py": Load(seconds=100, home="own"),
    "tests/cluster/test_hanoi_2024.py": Load(seconds=90, home="own"),
    "tests/cluster/test_examples.py": Load(seconds=60, home="own"),
    "tests/cluster/test_doctor.py": Load(seconds=60, home="own"),
    "tests/lab/test_watch.py": Load(seconds=60, home="none"),
    "tests/lab/test_wan_to_tenant.py": Load(seconds=40, home="own"),
    "tests/cluster/test_race.py": Load(seconds=40, home="own"),
    "tests/lab/openstack/test_commands.py": Load(seconds=30, home="waiting"),
    "tests/lab/openstack/test_refusals.py": Load(seconds=15, home="waiting"),
    "tests/monitoring/test_prometheus.py": Load(seconds=120, home="quiet"),  # first of these: it looks at a city in which all is well
    "tests/faults/test_cut_points.py": Load(seconds=110, home="quiet"),
    "tests/faults/test_outages.py": Load(seconds=100, home="quiet"),
    "tests/faults/test_move_cuts.py": Load(seconds=90, home="quiet"),
    "tests/faults/test_life_cuts.py": Load(seconds=80, home="quiet"),
    "tests/faults/test_decision_cuts.py": Load(seconds=60, home="quiet"),
    "tests/story/test_story.py": Load(seconds=50, home="quiet"),
    "tests/cluster/test_canary.py": Load(seconds=40, home="quiet"),
    "tests/cluster/test_reorganisation.py": Load(seconds=60, home="shared"),
    "tests/policies/test_mutants.py": Load(seconds=55, home="shared"),
    "tests/cluster/test_decisions.py": Load(seconds=50, home="shared"),
    "tests/cluster/test_exceptions.py": Load(seconds=50, home="shared"),
    "tests/cluster/test_cli.py": Load(seconds=50, home="shared"),
    "tests/cluster/test_cli_reading.py": Load(seconds=40, home="shared"),
    "tests/cluster/test_waiting.py": Load(seconds=40, home="shared"),
    "tests/policies/test_workloads.py": Load(seconds=40, home="shared"),
    "tests/policies/test_access.py": Load(seconds=30, home="shared"),
    "tests/cluster/test_access.py": Load(seconds=30, home="shared"),
    "tests/policies/test_evidence.py": Load(seconds=25, home="shared"),
    "tests/policies/test_audit.py": Load(seconds=20, home="shared"),
    "tests/policies/test_pods.py": Load(seconds=20, home="shared"),
    "tests/policies/test_static_guards.py": Load(seconds=20, home="shared"),
    "tests/policies/test_volume_sources.py": Load(seconds=20, home="shared"),
    "tests/policies/test_outages.py": Load(seconds=20, home="shared"),
    "tests/cluster/test_waiting_tools.py": Load(seconds=20, home="shared"),
    "tests/cluster/test_provisioning.py": Load(seconds=20, home="shared"),
    "tests/cluster/test_refusals.py": Load(seconds=20, home="shared"),
    "tests/cluster/test_existing.py": Load(seconds=20, home="shared"),
    "tests/cluster/test_monitors.py": Load(seconds=20, home="shared"),
    "tests/cluster/test_placement.py": Load(seconds=20, home="shared"),
    "tests/cluster/test_reach.py": Load(seconds=20, home="shared"),
    "tests/cluster/test_drift.py": Load(seconds=20, home="shared"),
    "tests/cluster/test_life.py": Load(seconds=20, home="shared"),
    "tests/cluster/test_sites.py": Load(seconds=20, home="shared"),
    "tests/cluster/test_approval.py": Load(seconds=15, home="shared"),
    "tests/policies/test_lingering_access.py": Load(seconds=10, home="shared"),
    "tests/policies/test_matrix.py": Load(seconds=10, home="shared"),
    "tests/policies/test_managed_objects.py": Load(seconds=10, home="shared"),
    "tests/policies/test_network_objects.py": Load(seconds=10, home="shared"),
    "tests/policies/test_pod_escapes.py": Load(seconds=10, home="shared"),
    "tests/policies/test_reach_agrees.py": Load(seconds=10, home="shared"),
    "tests/policies/test_bounds.py": Load(seconds=10, home="shared"),
    "tests/policies/test_guards.py": Load(seconds=10, home="shared"),
    "tests/policies/test_large_pods.py": Load(seconds=5, home="shared"),
    "tests/cluster/test_budget.py": Load(seconds=5, home="shared"),
    "tests/policies/test_brackets.py": Load(seconds=5, home="shared"),
    "tests/policies/test_ledger_guards.py": Load(seconds=5, home="shared"),
    "tests/monitoring/test_alerts.py": Load(seconds=60, home="none"),
    "tests/monitoring/test_recordings.py": Load(seconds=20, home="none"),
    "tests/monitoring/test_routing.py": Load(seconds=20, home="none"),
    "tests/monitoring/test_showback.py": Load(seconds=10, home="none"),
    "tests/monitoring/test_chart.py": Load(seconds=5, home="none"),
    "tests/policies/test_packet_exchange.py": Load(seconds=5, home="none"),
}
"""Estimates: what matters is which come early. One that is off by half lets one worker wait for the other at the end, and no more.

The first test on a cluster waits for it, within its own time-out: so `test_mutants`, which takes longest by itself, is said to
take less than `test_reorganisation`.
"""


def unit_of(file: str) -> str:
    """Name the unit of work that a file belongs to: its package, or itself."""
    return next((package for package in PACKAGES if PurePosixPath(file).is_relative_to(package)), file)


def next_unit(units: Iterable[str], *, held: Collection[Home], elsewhere: Collection[Home], loads: Mapping[str, Load]) -> str:
    """Choose what a worker does next that keeps the clusters `held`, while other workers keep those `elsewhere`.

    The longest that suits it; where none does, the longest there is: one cluster more costs less than a worker that stands idle.
    """

    def suits(home: Home) -> bool:
        return home not in KEPT or home in held or not (held or home in elsewhere)

    def rank(unit: str) -> tuple[bool, bool, int]:
        load = loads.get(unit, NOTHING)
        return load.seconds > 0, suits(load.home), load.seconds

    return max(units, key=rank)


class LongestFirst(LoadFileScheduling):  # type: ignore[misc]  # xdist has no types
    """Files and packages, one after another, the longest first."""

    def __init__(self, config: pytest.Config, log: Producer | None = None, *, loads: Mapping[str, Load] = LOADS) -> None:
        super().__init__(config, log)
        self._loads = loads

    def _split_scope(self, nodeid: str) -> str:
        return unit_of(super()._split_scope(nodeid))

    def _assign_work_unit(self, node: WorkerController) -> None:
        units = self._fit_for(node)
        if not units:
            node.shutdown()
            return
        kept = {each: self._kept(units) for each, units in self.assigned_work.items()}
        elsewhere = {home for each, homes in kept.items() if each is not node for home in homes}
        unit = next_unit(units, held=kept.get(node, set()), elsewhere=elsewhere, loads=self._loads)
        self.workqueue.move_to_end(unit, last=False)
        super()._assign_work_unit(node)

    def _fit_for(self, node: WorkerController) -> list[str]:
        """Choose from what is left: the last worker takes what waits and what is quick, where two others do the rest."""
        if len(self.nodes) <= BUSY_WORKERS:
            return list(self.workqueue)
        waiting = [unit for unit in self.workqueue if self._loads.get(unit, NOTHING).home == "waiting"]
        if node is not self.nodes[-1]:
            return [unit for unit in self.workqueue if unit not in waiting]
        return waiting or [unit for unit in self.workqueue if unit not in self._loads]

    def _kept(self, units: Iterable[str]) -> set[Home]:
        return {self._loads.get(unit, NOTHING).home for unit in units} & KEPT
