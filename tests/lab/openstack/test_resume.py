"""Runs that are killed while the cloud is at work: whoever runs the same command again gets the same city, and nothing twice."""

import collections
import contextlib
import pathlib
from collections.abc import Callable, Iterator

import pytest
from tests.lab.openstack.commands import RUN_SECONDS, Office, kill

from citycloud_dev.processes import wait_until
from citycloud_lab.openstack.laboratory import Laboratory
from citycloud_lab.openstack.leftovers import leftovers

pytestmark = pytest.mark.timeout(1200)  # a handful of runs of the engine, and each takes minutes in a slow hour


@pytest.fixture
def office(cloud: Laboratory, tmp_path: pathlib.Path) -> Iterator[Office]:
    """A town of which only the backbone is built; it is removed again."""
    folder = tmp_path / "resume"
    folder.mkdir()
    office = Office(folder=folder)
    office.write()
    yield office
    done = office.ask("destroy", "--stack", "wan-core")
    assert done.returncode == 0, done.stderr
    with cloud.connect() as connection:
        assert leftovers(connection) == {}


@contextlib.contextmanager
def cut_short(there: Callable[[], bool], *, office: Office, what: str) -> Iterator[None]:
    """Begin an `up`, go on as soon as something is there, and kill it at the end; a run that ends before that fails the test at once."""
    running = office.begin("up", "--stack", "wan-core")
    try:
        wait_until(lambda: running.poll() is not None or there(), what=what, seconds=RUN_SECONDS, every=0.2)
        assert running.poll() is None, office.log.read_text("utf-8")
        yield
    finally:
        kill(running)
    # Such a file is written in place, so a run killed then would leave a state that "failed to load checkpoint: EOF".
    assert list(office.backend.rglob("*.attrs")) == []


def test_a_killed_run_is_taken_up_again_with_what_the_cloud_already_has(office: Office, cloud: Laboratory) -> None:
    with cloud.connect() as connection:

        def networks_that_no_state_knows() -> bool:
            known = {each.get("id") for each in office.state("wan-core").get("resources", ())}
            return any(each.name.startswith("resume-") and each.id not in known for each in connection.network.networks())

        with cut_short(networks_that_no_state_knows, office=office, what="a network"):
            pass
        with cut_short(lambda: any(connection.compute.servers()), office=office, what="a machine"):
            pass
        assert {each["type"] for each in office.state("wan-core")["pending_operations"]} == {"creating"}
        again = office.ask("up", "--stack", "wan-core")
        assert again.returncode == 0, again.stderr
        assert "took away the lock of a run that was killed" in again.stderr
        assert "is there already, taken over as" in again.stderr
        for kind, names in leftovers(connection).items():
            assert [name for name, count in collections.Counter(names).items() if count > 1] == [], kind
    for question in ("preview", "refresh"):
        asked = office.ask(question, "--stack", "wan-core")
        assert asked.stdout.startswith("wan-core: same "), asked.stdout
        assert "," not in asked.stdout


def test_while_somebody_runs_a_stack_nobody_else_does(office: Office) -> None:
    with cut_short(lambda: any((office.backend / "locks").rglob("*.json")), office=office, what="the lock"):
        second = office.ask("up", "--stack", "wan-core")
        assert second.returncode == 1
        assert "wan-core is being run (" in second.stderr
