"""The browser in which every side is seen: headless Chromium that draws in software."""

from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Page, sync_playwright

from tests.e2e.conftest import CHROMIUM, FLAGS

PATIENCE_MS = 600_000


@contextmanager
def fresh_page() -> Iterator[Page]:
    """An empty page of a fresh browser."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        page.set_default_timeout(PATIENCE_MS)
        page.goto("about:blank")
        yield page
        browser.close()
