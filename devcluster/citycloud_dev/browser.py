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

from citycloud_dev import debian
from citycloud_dev.processes import ProcessError, run_tool

PROGRAMS: Final = {"chromium": "chromium", "fc-list": "fontconfig"}
"""Each program, and the Debian package that has it."""
FONTS: Final = "fonts-noto-core"
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
    packages = set(debian.missing_packages(PROGRAMS))
    if "fontconfig" in packages or not run_tool(["fc-list", "Noto Sans:lang=vi", "family"], name="fc-list", seconds=ASK_SECONDS).strip():
        packages.add(FONTS)
    return sorted(packages)


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
    debian.install(missing_packages())
    lacking = missing()
    if lacking:
        print(f"no browser here: {'; '.join(lacking)}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
