"""The order in which the workers of a test run get their work: long files first, packages whole, no cluster more than needed."""

import pathlib
import types
from collections.abc import Callable, Mapping
from typing import Any, cast

import pytest
from tests.support.scheduling import LOADS, PACKAGES, QUICK, Load, LongestFirst, unit_of
from xdist.remote import Producer
from xdist.workermanage import WorkerController

ROOT = pathlib.Path(__file__).resolve().parents[3]
CITY = ("tests/city/test_asked.py", "tests/city/test_drawn.py")
QUICK_FILES = ("tests/unit/test_x.py", "tests/unit/test_y.py", "tests/unit/test_z.py")
SOME = {
    "tests/a.py": Load(seconds=60, home="quiet"),
    "tests/b.py": Load(seconds=50, home="shared"),
    "tests/c.py": Load(seconds=40, home="shared"),
    "tests/d.py": Load(seconds=30, home="own"),
    "tests/e.py": Load(seconds=10, home="quiet"),
}


class Worker:
    """Stands in for a worker: remembers what it was sent, and does it when told to."""

    def __init__(self, name: str, *, tests: list[str]) -> None:
        self.gateway = types.SimpleNamespace(id=name)
        self.shutting_down = False
        self.waiting: list[int] = []
        self.done: list[str] = []
        self._tests = tests

    def send_runtest_some(self, indices: list[int]) -> None:
        self.waiting += indices

    def shutdown(self) -> None:
        self.shutting_down = True

    def files(self) -> list[str]:
        return list(dict.fromkeys(test.partition("::")[0] for test in self.done))

    def do(self, scheduler: LongestFirst) -> None:
        index = self.waiting.pop(0)
        self.done.append(self._tests[index])
        scheduler.mark_test_complete(cast(WorkerController, self), index)


def run(
    files: Mapping[str, int], *, workers: int, takes: Callable[[str], float] = lambda file: 1, loads: Mapping[str, Load] = SOME
) -> list[Worker]:
    """Let workers do so many tests of each file, and whoever is through first be the next to get something."""
    tests = [f"{file}::test_{number}" for file, number_of in files.items() for number in range(number_of)]
    config: Any = types.SimpleNamespace(getvalue=lambda name: ["popen"] * workers, option=types.SimpleNamespace(loadscopereorder=True))
    scheduler = LongestFirst(config, Producer("test", enabled=False), loads=loads)
    made = [Worker(f"gw{number}", tests=tests) for number in range(workers)]
    for each in made:
        scheduler.add_node(cast(WorkerController, each))
        scheduler.add_node_collection(cast(WorkerController, each), tests)
    scheduler.schedule()
    clocks = dict.fromkeys(made, 0.0)
    while busy := [each for each in made if each.waiting]:
        worker = min(busy, key=lambda each: clocks[each])
        clocks[worker] += takes(tests[worker.waiting[0]].partition("::")[0])
        worker.do(scheduler)
    assert sorted(test for each in made for test in each.done) == sorted(tests), "each is done once"
    return made


def seconds(file: str) -> float:
    """Take as long for a test as its file is said to take in all, for files of one test."""
    return SOME[file].seconds if file in SOME else 0.1


def test_long_files_come_first_and_quick_ones_last_whatever_the_number_of_their_tests() -> None:
    files = {**dict.fromkeys(QUICK_FILES, 50), **dict.fromkeys(sorted(SOME, reverse=True), 1)}
    (worker,) = run(files, workers=1, loads={file: Load(seconds=load.seconds, home="own") for file, load in SOME.items()})
    assert worker.files() == [*SOME, *QUICK_FILES]


def test_a_worker_stays_with_the_cluster_that_it_has_started() -> None:
    first, second = run({**dict.fromkeys(SOME, 1), **dict.fromkeys(QUICK_FILES, 1)}, workers=2, takes=seconds)
    homes = [{SOME[file].home for file in each.files() if file in SOME} for each in (first, second)]
    assert homes == [{"quiet", "own"}, {"shared"}]
    assert first.files()[0] == "tests/a.py"


def test_a_worker_that_would_stand_idle_starts_another_cluster() -> None:
    others = ("tests/b.py", "tests/c.py")
    first, second = run(dict.fromkeys(("tests/a.py", *others), 3), workers=2, takes=lambda file: 100 if file == "tests/b.py" else 1)
    assert first.files() == ["tests/a.py", "tests/c.py"]
    assert second.files() == ["tests/b.py"]


def test_what_mostly_waits_has_a_worker_to_itself_which_then_takes_what_is_quick() -> None:
    loads = SOME | {"tests/w.py": Load(seconds=40, home="waiting"), "tests/v.py": Load(seconds=5, home="waiting")}
    files = dict.fromkeys([*loads, *QUICK_FILES], 3)
    *busy, last = run(files, workers=3, loads=loads, takes=lambda file: loads[file].seconds / 30 if file in loads else 0.1)
    assert last.files() == ["tests/w.py", "tests/v.py", *QUICK_FILES]
    assert {file for each in busy for file in each.files()} == set(SOME)


def test_two_workers_share_what_waits_too() -> None:
    loads = SOME | {"tests/w.py": Load(seconds=100, home="waiting")}
    first, second = run(dict.fromkeys(loads, 3), workers=2, loads=loads)
    assert first.files()[0] == "tests/w.py"
    assert set(first.files()) | set(second.files()) == set(loads)


def test_the_tests_of_a_package_stay_together_in_their_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.support.scheduling.PACKAGES", ("tests/city",))
    workers = run({**dict.fromkeys(CITY, 5), **dict.fromkeys(SOME, 5)}, workers=3)
    (whole,) = [each for each in workers if set(CITY) & set(each.files())]
    found = [test for test in whole.done if test.startswith("tests/city/")]
    assert found == [f"{file}::test_{number}" for file in CITY for number in range(5)]
    between = whole.done[whole.done.index(found[0]) : whole.done.index(found[-1]) + 1]
    assert between == found, "and nothing comes between, so that what they share is set up once"


def test_every_file_that_needs_more_than_the_processor_has_its_load_and_no_other() -> None:
    files = (path.relative_to(ROOT).as_posix() for path in (ROOT / "tests").rglob("test_*.py"))
    assert {unit_of(file) for file in files if not file.startswith(QUICK)} == set(LOADS)


@pytest.mark.parametrize("package", PACKAGES)
def test_a_package_is_one_to_pytest_too(package: str) -> None:
    """Otherwise a fixture of the scope `package` would live to the end of the whole run."""
    assert (ROOT / package / "__init__.py").is_file()
