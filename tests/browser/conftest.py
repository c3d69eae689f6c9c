"""The dashboards in Debian's Chromium, over the real operator of the small city that the monitoring's tests watch."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext
from tests.monitoring.conftest import further, programs, prometheus, seeded

from citycloud_dev.assets import AssetError
from citycloud_dev.browser import chromium, missing
from citycloud_dev.drawing import windows
from citycloud_dev.perses import find_page

__all__ = ["further", "programs", "prometheus", "seeded"]


@pytest.fixture(scope="session")
def page_folder() -> Path:
    """The built page; skip, saying why, where this machine cannot build it."""
    try:
        return find_page()
    except AssetError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="module")
def window() -> Iterator[Mapping[str, BrowserContext]]:
    """A window of Chromium for each language, closed with its module: while it is open, no other test could run a loop of its own."""
    if lacking := missing():
        pytest.skip("; ".join(lacking))
    with chromium() as browser:
        yield windows(browser)
