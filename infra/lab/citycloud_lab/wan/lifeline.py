"""What keeps daemons from outliving the laboratory that also change their user.

The kernel ends a child with its parent (citycloud_dev.processes), but forgets to where the child becomes another user, as FRR's daemons do.
So they are born into a process namespace whose first process stays root and ends with the parent: with it the kernel ends all the others.
"""

import contextlib
import ctypes
import os
import pathlib
from collections.abc import Iterator
from typing import Final

from citycloud_dev.processes import Process, wait_until

CLONE_NEWPID: Final = 0x20000000
FIRST: Final = ["unshare", "--pid", "--fork", "--kill-child", "sleep", "infinity"]
SECONDS: Final = 20.0
_OWN: Final = "/proc/thread-self/ns/pid_for_children"
_LIBC: Final = ctypes.CDLL(None, use_errno=True)


class Lifeline:
    """A process namespace that ends with this process, or before."""

    def __init__(self, *, log: pathlib.Path) -> None:
        self._first = Process(name="lifeline", command=FIRST, log=log)
        self._path = pathlib.Path(f"/proc/{self._first.pid}/ns/pid_for_children")
        wait_until(self._begun, what="a process namespace", seconds=SECONDS)

    @contextlib.contextmanager
    def entered(self) -> Iterator[None]:
        """Have this thread's children be born inside, for the length of a block."""
        here, there = (os.open(each, os.O_RDONLY | os.O_CLOEXEC) for each in (_OWN, self._path))
        try:
            _turn(there)
            try:
                yield
            finally:
                _turn(here)
        finally:
            os.close(here)
            os.close(there)

    def cut(self) -> None:
        """End everything that was born inside."""
        self._first.stop(gracefully=False)

    def _begun(self) -> bool:
        """Tell whether the namespace is another one and has its first process: before, nobody can be born there."""
        self._first.check()
        try:
            return self._path.readlink() != pathlib.Path("/proc/self/ns/pid").readlink()
        except FileNotFoundError:
            return False


def _turn(file: int) -> None:
    if _LIBC.setns(file, CLONE_NEWPID) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"entering a process namespace: {os.strerror(number)}")
