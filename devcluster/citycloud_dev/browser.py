"""A real browser for what people look at: Debian's Chromium with letters for Vietnamese, driven by Playwright.

`python -m citycloud_dev.browser` installs what can be had and says aloud what cannot.
"""

import contextlib
import os
import pathlib
import shutil
import sys
from collections.abc import Iterator
from typing import Final

from playwright.sync_api import Browser, sync_playwright

from citycloud_dev.processes import ProcessError, run_tool

PROGRAMS: Final = {"chromium": "chromium", "fc-list": "fontconfig"}
"""Each program, and the Debian package that has it."""
FONTS: Final = "fonts-noto-core"
APT_SECONDS: Final = 900.0
ASK_SECONDS: Final = 60.0


def missing() -> list[str]:
    """Name what this machine lacks, each with what to do about it; nothing means that pages can be looked at."""
    packages = missing_packages()
    if packages:
        return [f"install the Debian packages {', '.join(packages)}"]
    try:
        run_tool(["chromium", "--version"], name="chromium --version", seconds=ASK_SECONDS)
    except ProcessError as error:
        return [str(error)]
    return []


def missing_packages() -> list[str]:
    """Name the Debian packages that are not installed: programs, and letters for Vietnamese."""
    packages = {package for program, package in PROGRAMS.items() if shutil.which(program) is None}
    if "fontconfig" in packages or not run_tool(["fc-list", "Noto Sans:lang=vi", "family"], name="fc-list", seconds=ASK_SECONDS).strip():
        packages.add(FONTS)
    return sorted(packages)


def install_packages() -> None:
    """Install the missing packages where this is root on a Debian; say so where it fails."""
    packages = missing_packages()
    if not packages or os.geteuid() != 0 or shutil.which("apt-get") is None:
        return
    print(f"installing {', '.join(packages)} …", file=sys.stderr, flush=True)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for arguments in (["update"], ["install", "-y", "--no-install-recommends", *packages]):
        try:
            run_tool(["apt-get", *arguments], name=f"apt-get {arguments[0]}", seconds=APT_SECONDS, environment=environment)
        except ProcessError as error:
            print(error, file=sys.stderr)


@contextlib.contextmanager
def chromium() -> Iterator[Browser]:
    """Run Chromium; for root without its sandbox, which refuses root."""
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=pathlib.Path(str(shutil.which("chromium"))), args=arguments)
        try:
            yield browser
        finally:
            browser.close()


def main() -> int:
    """Get everything ready; where that cannot be, name what is missing: the tests in a browser are skipped then."""
    install_packages()
    lacking = missing()
    if lacking:
        print(f"no browser here: {'; '.join(lacking)}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
