"""The dashboards in Debian's Chromium, over the city of the panels' tests: the real operator, after what they are about has happened."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext
from tests.monitoring.conftest import programs, prometheus, seeded
from tests.monitoring.test_panels import canary, canary_port, eventful, further, quiet_cluster

from citycloud_dev.assets import AssetError
from citycloud_dev.browser import chromium, missing
from citycloud_dev.drawing import windows
from citycloud_dev.perses import find_page

__all__ = ["canary", "canary_port", "eventful", "further", "programs", "prometheus", "quiet_cluster", "seeded"]


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
