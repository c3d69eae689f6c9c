"""A process that keeps something up after the command that started it has ended: a folder says which, and later commands find it there.

What it keeps are its children, which the kernel ends with it (citycloud_dev.processes). A process id alone names whoever has it now, after
a crash or a restart of the machine somebody else; with the moment at which it began it names one process for ever.
"""

import contextlib
import dataclasses
import os
import pathlib
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Final

from citycloud_dev.processes import ProcessError, wait_until

LOOK_SECONDS: Final = 0.5
"""How often a keeper looks after what it keeps."""
LAST_WORDS: Final = 3000
STATE, BEGAN = 0, 19
"""Fields of /proc/<pid>/stat (proc(5)), counted from the one after the name, which may hold anything."""
DEAD: Final = "ZX"
Up = Callable[[], AbstractContextManager[Callable[[], object]]]
"""Brings up what is to be kept, gives what looks after it, and takes it down."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Keeper:
    """Whoever keeps up what is in a folder."""

    folder: pathlib.Path

    @property
    def log(self) -> pathlib.Path:
        """File with what the keeper wrote; a folder that has it is one that something was kept in."""
        return self.folder / "keeper.log"

    @property
    def pid(self) -> int | None:
        """Return its process id; None where there is none, or none any more."""
        try:
            text = self._noted.read_text()
            pid = int(text.split()[0])
        except (OSError, ValueError, IndexError):
            return None
        return pid if text == _identity(pid) else None

    @property
    def is_up(self) -> bool:
        """Tell whether all is up that it keeps."""
        return self.pid is not None and self._ready.exists()

    def start(self, command: Sequence[str], *, what: str, seconds: float) -> None:
        """Start the keeper and return when all is up. Raise ProcessError with its last words where it ends before."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._ready.unlink(missing_ok=True)
        with self.log.open("ab") as output:
            child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True)
        self._noted.write_text(_identity(child.pid))  # so that `stop` finds it from its first moment

        def settled() -> bool:
            if child.poll() is not None:
                raise ProcessError(f"{what} did not come up:\n{self.log.read_text(errors='replace')[-LAST_WORDS:]}")
            return self.is_up

        wait_until(settled, what=what, seconds=seconds, every=0.1)

    def keep(self, up: Up) -> None:
        """Be the keeper, until told to stop."""
        stopped: list[int] = []
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda received, _: stopped.append(received))
        self._noted.write_text(_identity(os.getpid()))
        try:
            with up() as look_after:
                self._ready.touch()
                while not stopped:
                    look_after()
                    time.sleep(LOOK_SECONDS)
        finally:
            self._noted.unlink(missing_ok=True)

    def stop(self, *, what: str, seconds: float) -> bool:
        """Have the keeper take everything down and end; tell whether there was one."""
        pid = self.pid
        if pid is None:
            return False
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM)
        wait_until(lambda: self.pid is None, what=f"{what} to stop", seconds=seconds)
        return True

    @property
    def _noted(self) -> pathlib.Path:
        return self.folder / "keeper.pid"

    @property
    def _ready(self) -> pathlib.Path:
        return self.folder / "ready"


def _identity(pid: int) -> str:
    """Return what names a process for ever; nothing where it has ended, also where nobody has taken note of its end."""
    try:
        fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return ""
    return "" if fields[STATE] in DEAD else f"{pid} {fields[BEGAN]}"
