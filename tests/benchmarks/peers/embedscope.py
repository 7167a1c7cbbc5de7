"""Our own Projector page, seen as the peers are: from giving a file to the map on screen."""

import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import expect

from tests.benchmarks.peers.chromium import fresh_page
from tests.e2e.conftest import running_server

PAGE = "projector?corpus=File&map_models=all-MiniLM-L6-v2&method=UMAP&dimensions={dimensions}D"
DATA = 'button:has-text("Corpus:")'
FILES = 'input[type="file"]'
MAP = '[data-testid="map"][data-ready="true"]'


@contextmanager
def warm_server(few_texts: Path, points: int) -> Iterator[str]:
    """The address of a fresh server, with an empty store, that has drawn one map of a few other texts."""
    with tempfile.TemporaryDirectory() as home, running_server(Path(home)) as address:
        seconds_to_map(address, few_texts, points)
        yield address


def seconds_to_map(address: str, file: Path, points: int, dimensions: int = 2) -> float:
    """Seconds from giving the page a file of texts or of vectors until all its points are drawn, by UMAP.

    The page is open and has drawn its sample: giving the file is all that is left to do.
    """
    with fresh_page() as page:
        page.goto(f"{address}/{PAGE.format(dimensions=dimensions)}")
        page.wait_for_selector(MAP)
        for choice in ("UMAP", f"{dimensions}D"):  # an address that the page does not know is passed over in silence
            expect(page.get_by_role("radio", name=choice, exact=True)).to_be_checked()
        page.click(DATA)
        files = page.wait_for_selector(FILES, state="attached")
        assert files
        started = time.perf_counter()
        files.set_input_files(file)
        page.wait_for_selector(f'{MAP}[data-points="{points}"]')
        return time.perf_counter() - started
