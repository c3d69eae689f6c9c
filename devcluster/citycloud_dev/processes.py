"""Child processes that cannot outlive their parent.

The kernel itself ends each child when the thread that started it dies (prctl PR_SET_PDEATHSIG), so even a killed test run leaves no
control plane behind.
"""

import ctypes
import os
import pathlib
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping
from typing import Final

PR_SET_PDEATHSIG: Final = 1
STOP_SECONDS: Final = 15.0
ELSEWHERE: Final = 0
"""What a child is told of a parent that lives in another process namespace; of one that has died it is told another."""
_LIBC: Final = ctypes.CDLL(None, use_errno=True)


class ProcessError(Exception):
    """A process did not come up or ended by itself; the text ends with the last lines it wrote."""


class Process:
    """One running component and the file it writes its log to."""

    def __init__(self, *, name: str, command: list[str], log: pathlib.Path, environment: Mapping[str, str] | None = None) -> None:
        self.name = name
        self.log = log
        parent = os.getpid()
        with log.open("ab") as output:
            self._popen = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=dict(environment) if environment is not None else None,
                start_new_session=True,
                preexec_fn=lambda: _die_with(parent=parent),
            )

    @property
    def pid(self) -> int:
        """Return the process id."""
        return self._popen.pid

    @property
    def running(self) -> bool:
        """Tell whether the process is alive."""
        return self._popen.poll() is None

    def check(self) -> None:
        """Raise ProcessError where the process has ended by itself."""
        if not self.running:
            raise ProcessError(f"{self.name} ended with status {self._popen.returncode}:\n{self.tail()}")

    def tail(self, *, lines: int = 15) -> str:
        """Return the last lines of the log."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])

    def send(self, signal_number: signal.Signals) -> None:
        """Send a signal to this process alone."""
        if self.running:
            self._popen.send_signal(signal_number)

    def stop(self, *, gracefully: bool = True) -> int:
        """End the process and return its exit status; it is killed where it does not go in time."""
        self.send(signal.SIGTERM if gracefully else signal.SIGKILL)
        try:
            return self._popen.wait(timeout=STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._popen.kill()
            return self._popen.wait(timeout=STOP_SECONDS)


def run_tool(
    command: list[str], *, name: str, seconds: float, environment: Mapping[str, str] | None = None, stdin: str | None = None
) -> str:
    """Run a command to its end and return what it prints; raise ProcessError with its complaint where it fails."""
    result = subprocess.run(command, env=environment, input=stdin, capture_output=True, text=True, timeout=seconds, check=False)
    if result.returncode != 0:
        raise ProcessError(f"{name}: {result.stderr.strip()}")
    return result.stdout


def free_ports(count: int) -> list[int]:
    """Find TCP ports on loopback that nobody listens on just now."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]
    finally:
        for each in sockets:
            each.close()


def wait_until(condition: Callable[[], bool], *, what: str, seconds: float, every: float = 0.05) -> None:
    """Wait until `condition` holds; raise ProcessError naming `what` after `seconds`."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise ProcessError(f"gave up after {seconds:g} s waiting for {what}")
        time.sleep(every)


def _die_with(*, parent: int) -> None:
    _LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() not in (parent, ELSEWHERE):
        os._exit(1)
