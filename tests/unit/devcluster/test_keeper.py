"""Whoever keeps something up after the command that started it: it says when all is up, and nobody else is ever taken for it."""

import os
import pathlib
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from typing import Final

import pytest

from citycloud_dev.keeper import Keeper
from citycloud_dev.processes import ProcessError, wait_until

SECONDS: Final = 20.0
pytestmark = pytest.mark.filterwarnings("ignore:subprocess .* is still running:ResourceWarning")  # whoever starts one usually ends then
KEEPS: Final = textwrap.dedent("""
    import contextlib, pathlib, sys
    from citycloud_dev.keeper import Keeper

    folder = pathlib.Path(sys.argv[1])

    @contextlib.contextmanager
    def kept():
        (folder / "lamp").write_text("on")
        try:
            yield lambda: (folder / "looked-after").touch()
        finally:
            (folder / "lamp").write_text("off")

    Keeper(folder=folder).keep(kept)
""")
FAILS: Final = "print('no oil'); raise SystemExit(1)"


@pytest.fixture
def keeper(tmp_path: pathlib.Path) -> Iterator[Keeper]:
    each = Keeper(folder=tmp_path / "house")
    yield each
    each.stop(what="the lamp", seconds=SECONDS)


def start(keeper: Keeper, program: str = KEEPS) -> None:
    keeper.start([sys.executable, "-c", program, str(keeper.folder)], what="the lamp", seconds=SECONDS)


def test_what_is_kept_is_up_when_start_returns_and_down_when_stop_does(keeper: Keeper) -> None:
    assert not keeper.is_up
    start(keeper)
    assert keeper.is_up
    assert (keeper.folder / "lamp").read_text() == "on"
    wait_until((keeper.folder / "looked-after").exists, what="it to be looked after", seconds=SECONDS)
    assert keeper.stop(what="the lamp", seconds=SECONDS)
    assert (keeper.folder / "lamp").read_text() == "off"
    assert not keeper.is_up
    assert not keeper.stop(what="the lamp", seconds=SECONDS)


def test_one_that_does_not_come_up_can_be_stopped_before_it_says_a_word(keeper: Keeper) -> None:
    with pytest.raises(ProcessError, match=r"gave up after 0\.2 s waiting for the lamp"):
        keeper.start(["sleep", "60"], what="the lamp", seconds=0.2)
    assert not keeper.is_up
    assert keeper.stop(what="the lamp", seconds=SECONDS)


def test_one_that_fails_is_heard(keeper: Keeper) -> None:
    with pytest.raises(ProcessError, match=r"the lamp did not come up:\nno oil"):
        start(keeper, FAILS)
    assert keeper.pid is None


@pytest.mark.parametrize("noted", ["", "not a number", "{pid}", "{pid} 1", "4194305 1"])
def test_whoever_has_the_number_now_is_neither_taken_for_it_nor_stopped(noted: str, keeper: Keeper) -> None:
    """This very process has it: the signal would end the tests."""
    keeper.folder.mkdir()
    (keeper.folder / "keeper.pid").write_text(noted.format(pid=os.getpid()))
    (keeper.folder / "ready").touch()
    assert not keeper.is_up
    assert not keeper.stop(what="the lamp", seconds=SECONDS)


def test_one_that_was_killed_is_gone_though_nobody_took_note(keeper: Keeper) -> None:
    with subprocess.Popen(["sleep", "60"]) as child:
        keeper.folder.mkdir()
        began = pathlib.Path(f"/proc/{child.pid}/stat").read_text().split()[21]
        (keeper.folder / "keeper.pid").write_text(f"{child.pid} {began}")
        assert keeper.pid == child.pid
        child.kill()
        wait_until(lambda: keeper.pid is None, what="its end", seconds=SECONDS)
