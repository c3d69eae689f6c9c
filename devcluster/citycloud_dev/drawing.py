"""One dashboard as a person sees it, drawn in a real browser; `make screenshots` keeps a picture of each.

A panel is drawn once it comes into view, so the window is as high as the whole dashboard.
"""

import contextlib
import dataclasses
import json
import pathlib
import sys
from collections.abc import Iterator
from typing import Any, Final

from playwright.sync_api import Browser, BrowserContext, Error, Page, Request, Response

from citycloud_dev.assets import AssetError
from citycloud_dev.browser import chromium, missing
from citycloud_dev.dashboards import LANGUAGES, Site, choice, chosen_site, serving

PANEL: Final = "[data-testid=panel]"
BUSY: Final = "[role=progressbar], .MuiSkeleton-root"
TIME_ZONE: Final = "Asia/Ho_Chi_Minh"
WIDTH: Final = 1280
ROW: Final = 38
"""Pixels of one row of the grid, with its gap."""
AROUND: Final = 400
"""Pixels above the panels."""
PATIENCE_MILLISECONDS: Final = 120_000
PICTURES: Final = 50
"""So many, one after the other, and a dashboard that still changes is never at rest."""
REFUSED: Final = 400


@dataclasses.dataclass(frozen=True)
class Drawn:
    """A dashboard that is drawn, and what went wrong meanwhile: what the page threw, and requests that failed."""

    page: Page
    errors: list[str]
    picture: bytes


class _Traffic:
    """What a page asks for and still waits for, and what goes wrong meanwhile."""

    def __init__(self, page: Page) -> None:
        self.errors: list[str] = []
        self.waiting: set[Request] = set()
        page.on("pageerror", self._thrown)
        page.on("request", self._begun)
        page.on("requestfinished", self._ended)
        page.on("requestfailed", self._ended)
        page.on("response", self._answered)

    def _thrown(self, error: Error) -> None:
        self.errors.append(str(error))

    def _begun(self, request: Request) -> None:
        self.waiting.add(request)

    def _ended(self, request: Request) -> None:
        self.waiting.discard(request)

    def _answered(self, answer: Response) -> None:
        if answer.status >= REFUSED:
            self.errors.append(f"{answer.status} {answer.url}")


def windows(browser: Browser) -> dict[str, BrowserContext]:
    """Open one for each language: its numbers and dates are written as its readers write them, and the page is fetched once."""
    return {language: browser.new_context(locale=language, timezone_id=TIME_ZONE) for language in LANGUAGES}


@contextlib.contextmanager
def drawn(window: BrowserContext, *, site: Site, address: str, view: str, language: str, span: str) -> Iterator[Drawn]:
    """Open the last `span` of a dashboard so high that all of it shows, and wait until nothing moves any more."""
    dashboard = json.loads(site.dashboard(view=view, language=language) or "{}")
    page = window.new_page()
    page.set_viewport_size({"width": WIDTH, "height": _rows(dashboard) * ROW + AROUND})
    page.set_default_timeout(PATIENCE_MILLISECONDS)
    traffic = _Traffic(page)
    try:
        page.goto(f"{address}/?view={view}&lang={language}&start={span}")
        page.locator(PANEL).first.wait_for()
        yield Drawn(page=page, errors=traffic.errors, picture=_picture(page, waiting=traffic.waiting))
    finally:
        page.close()


def _picture(page: Page, *, waiting: set[Request]) -> bytes:
    """Take pictures of the drawn part until two are the same and nothing is asked for; raise TimeoutError where it never comes to rest."""
    before = b""
    for _ in range(PICTURES):
        page.wait_for_function("busy => document.querySelector(busy) === null", arg=BUSY)
        height = page.evaluate("Math.ceil(document.querySelector('main').getBoundingClientRect().bottom)")
        picture = page.screenshot(clip={"x": 0, "y": 0, "width": WIDTH, "height": height}, animations="disabled")
        if picture == before and not waiting:
            return picture
        before = picture
    raise TimeoutError(f"{page.url} does not come to rest")


def _rows(dashboard: dict[str, Any]) -> int:
    """Count the rows of the grid that a dashboard fills, its groups one below the other, each under its title."""
    groups = [layout["spec"]["items"] for layout in dashboard["spec"]["layouts"]]
    return sum(2 + max((item["y"] + item["height"] for item in items), default=0) for items in groups)


def main() -> int:
    """Keep a picture of each dashboard."""
    parser = choice(__doc__)
    parser.add_argument("target", type=pathlib.Path, help="folder for the pictures")
    parser.add_argument("--span", default="15m", help="how far back they show; so long the demo should have run")
    arguments = parser.parse_args()
    try:
        if lacking := missing():
            raise AssetError("; ".join(lacking))
        site = chosen_site(arguments)
    except AssetError as error:
        print(f"screenshots: {error}", file=sys.stderr)
        return 1
    arguments.target.mkdir(parents=True, exist_ok=True)
    with serving(site) as address, chromium() as browser:
        for language, window in windows(browser).items():
            for view in (each["view"] for each in site.views()):
                with drawn(window, site=site, address=address, view=view, language=language, span=arguments.span) as seen:
                    (arguments.target / f"{view}-{language}.png").write_bytes(seen.picture)
    return 0


if __name__ == "__main__":
    sys.exit(main())
