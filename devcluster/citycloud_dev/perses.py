"""The page that draws the dashboards: Perses' own components, built once from pinned npm packages and cached by the hash of their sources.

Grafana comes neither from Debian nor from npm, Perses does; so what a city sees is looked at here in Perses (docs/monitoring.md). Packages
and page go into the cache and never into a work tree. `python -m citycloud_dev.perses` builds it, or says aloud why not.
"""

import fcntl
import hashlib
import pathlib
import shutil
import subprocess
import sys
from collections.abc import Sequence
from typing import Final

from citycloud_dev.assets import SOURCES, AssetError, cache_folder

PAGE: Final = SOURCES.parent / "monitoring" / "perses"
PACKAGES: Final = ("package.json", "package-lock.json")
PARTS: Final = ("index.html", "main.jsx", "TopBar.jsx", "theme.js", "words.js", "vite.config.js")
SMALLEST_NODE: Final = (20, 19)
"""What Vite asks for."""
NPM_SECONDS: Final = 900
BUILD_SECONDS: Final = 600


def find_page() -> pathlib.Path:
    """Find or build the page; return the folder to serve. Raises AssetError where Node.js is missing or a build fails."""
    packages = cache_folder() / f"perses-{_digest(PACKAGES)}"
    page = packages / f"page-{_digest(PARTS)}"
    packages.mkdir(parents=True, exist_ok=True)
    with (packages / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (page / "built").exists():
            _need_node()
            _install(packages)
            _build(packages=packages, page=page)
    return page / "built"


def _digest(names: Sequence[str]) -> str:
    digest = hashlib.sha256()
    for name in names:
        digest.update((PAGE / name).read_bytes())
    return digest.hexdigest()[:16]


def _need_node() -> None:
    wanted = ".".join(map(str, SMALLEST_NODE))
    for program in ("node", "npm"):
        if shutil.which(program) is None:
            raise AssetError(f"no {program} here: install Node.js {wanted} or newer with npm")
    version = _run(["node", "--version"], folder=PAGE, seconds=60).strip()
    if tuple(int(part) for part in version.removeprefix("v").split(".")[:2]) < SMALLEST_NODE:
        raise AssetError(f"Node.js {version} is too old: install {wanted} or newer")


def _install(packages: pathlib.Path) -> None:
    """Install the packages of the lock file, once; none of them may run a script of its own here."""
    marker = packages / ".installed"
    if marker.exists():
        return
    print("installing the packages of the dashboards' page (once per machine, about a minute) …", file=sys.stderr, flush=True)
    for name in PACKAGES:
        shutil.copy(PAGE / name, packages / name)
    _run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"], folder=packages, seconds=NPM_SECONDS)
    marker.touch()


def _build(*, packages: pathlib.Path, page: pathlib.Path) -> None:
    """Build the page below its packages, where Node.js looks for them; it appears only when it is whole."""
    print("building the dashboards' page …", file=sys.stderr, flush=True)
    page.mkdir(exist_ok=True)
    for name in PARTS:
        shutil.copy(PAGE / name, page / name)
    vite = str(packages / "node_modules" / ".bin" / "vite")
    _run([vite, "build", "--outDir", "partial", "--emptyOutDir"], folder=page, seconds=BUILD_SECONDS)
    (page / "partial").rename(page / "built")


def _run(command: list[str], *, folder: pathlib.Path, seconds: float) -> str:
    try:
        result = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=seconds, check=False)
    except subprocess.TimeoutExpired as error:
        raise AssetError(f"{pathlib.Path(command[0]).name} {' '.join(command[1:2])} took longer than {seconds:g} s") from error
    if result.returncode != 0:
        raise AssetError(f"{pathlib.Path(command[0]).name} {' '.join(command[1:2])} failed:\n{(result.stderr or result.stdout)[-4000:]}")
    return result.stdout


def main() -> int:
    """Build the page; where that cannot be, say why: the tests in a browser are skipped then."""
    try:
        find_page()
    except AssetError as error:
        print(f"no dashboards' page here: {error}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
