"""The program as a process: its exit status says what scripts rely on."""

import subprocess
import sys
from typing import Final

CRASHING: Final = """
from citycloud.cli import app
app.app.command("crash")(lambda: 1 / 0)
app.main()
"""


def test_a_fault_of_ours_is_no_answer_and_never_a_no() -> None:
    ended = subprocess.run([sys.executable, "-c", CRASHING, "crash"], capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 2
    assert "ZeroDivisionError" in ended.stderr
