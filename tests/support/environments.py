"""Virtual environments of their own for what wants other versions than the rest: made once a machine, by pinned requirements."""

import fcntl
import hashlib
import pathlib
import subprocess
import sys

from citycloud_dev.assets import cache_folder

REQUIREMENTS = pathlib.Path(__file__).parents[2] / "requirements"
INSTALL_SECONDS = 600


def interpreter(name: str) -> pathlib.Path:
    """Return the Python of the environment that `requirements/<name>.txt` describes."""
    requirements = REQUIREMENTS / f"{name}.txt"
    digest = hashlib.sha256(requirements.read_bytes() + f"{sys.base_prefix} {sys.version}".encode()).hexdigest()[:16]
    folder = cache_folder() / f"{name}-{digest}"
    folder.mkdir(parents=True, exist_ok=True)
    python, ready = folder / "venv" / "bin" / "python", folder / ".ready"
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not ready.exists():
            _run([sys.executable, "-m", "venv", "--clear", str(folder / "venv")])
            _run([str(python), "-m", "pip", "install", "--quiet", "--require-hashes", "-r", str(requirements)])
            ready.touch()
    return python


def _run(command: list[str]) -> None:
    subprocess.run(command, check=True, timeout=INSTALL_SECONDS)
