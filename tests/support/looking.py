"""What the browser's tests ask about a dashboard that is drawn: taken down once, so that each test asks one thing."""

import dataclasses
from typing import Final

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, Page

from citycloud_dev.dashboards import Site
from citycloud_dev.drawing import PANEL, drawn

SPAN: Final = "1m"
"""The city of a test is no older."""
TITLE: Final = "[id$=-header-title]"
NOTHING: Final = "No data"
"""What Perses says in a panel without data."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Look:
    """One dashboard as it was seen."""

    language: str
    title: str
    heading: str
    panels: list[str]
    """The title of each."""
    empty: list[str]
    """Titles of those that say that they have no data."""
    alerts: list[str]
    errors: list[str]
    links: list[str]
    fonts: set[str]
    """With which the heading is drawn."""
    barriers: str
    """What axe says that some people cannot use."""
    picture: bytes


def look(window: BrowserContext, *, site: Site, address: str, view: str, language: str) -> Look:
    """Draw a dashboard and take down what is there."""
    with drawn(window, site=site, address=address, view=view, language=language, span=SPAN) as seen:
        page = seen.page
        panels = page.locator(PANEL)
        found = Axe().run(page)
        return Look(
            language=str(page.locator("html").get_attribute("lang")),
            title=page.title(),
            heading=page.locator("h1").inner_text(),
            panels=panels.locator(TITLE).all_inner_texts(),
            empty=panels.filter(has_text=NOTHING).locator(TITLE).all_inner_texts(),
            alerts=page.get_by_role("alert").all_inner_texts(),
            errors=seen.errors,
            links=page.locator("a[href]").evaluate_all("links => links.map(link => link.getAttribute('href'))"),
            fonts=_fonts(page, selector="h1"),
            barriers=found.generate_report() if found.violations_count else "",
            picture=seen.picture,
        )


def _fonts(page: Page, *, selector: str) -> set[str]:
    """Name the fonts that the letters of one element really come from."""
    session = page.context.new_cdp_session(page)
    for domain in ("DOM", "CSS"):
        session.send(f"{domain}.enable")
    root = session.send("DOM.getDocument")["root"]["nodeId"]
    node = session.send("DOM.querySelector", {"nodeId": root, "selector": selector})["nodeId"]
    return {font["familyName"] for font in session.send("CSS.getPlatformFontsForNode", {"nodeId": node})["fonts"]}
