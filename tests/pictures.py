"""The README's pictures, taken from the running dashboard: `python -m tests.pictures`.

docs/tour.webp moves: pick models, search, map, verdict. docs/projector.png and docs/verdict.png are the map of two
models and the verdict. The models are timed first, so the machine should be doing nothing else.
"""

import io
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import Locator, Page, expect, sync_playwright

from tests.conftest import ROOT
from tests.e2e.conftest import AT_REST, CHROMIUM, FLAGS, REST, running_server, settle

DOCS = ROOT / "docs"
FILM_WIDTH = 1080
PATIENCE_MS = 600_000
MOST_BYTES = 4_000_000
CLOSER = 6  # turns of the wheel
QUERY = "is it safe to leave a dog in a parked car"
MODELS = ("all-MiniLM-L6-v2", "wordllama-256")
MAP_READY = '[data-testid="map"][data-ready="true"]'
POINTER = """
addEventListener("mousemove", ({clientX, clientY}) => {
    window.pointer ??= document.body.appendChild(Object.assign(document.createElement("div"), {style: `position: fixed;
        width: 22px; height: 22px; margin: -11px; border-radius: 50%; border: 2px solid #0009; background: #fff6;
        pointer-events: none; z-index: 2147483647`}));
    pointer.style.left = `${clientX}px`;
    pointer.style.top = `${clientY}px`;
}, true);
"""


class Film:
    """A moving picture of a page, which is looked at when there is something to see."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.frames: list[Image.Image] = []
        self.milliseconds: list[int] = []

    def look(self, seconds: float) -> None:
        """Show the page as it is now for so long."""
        frame = Image.open(io.BytesIO(self.page.screenshot())).convert("RGB")
        height = frame.height * FILM_WIDTH // frame.width
        self.frames.append(frame.resize((FILM_WIDTH, height), Image.Resampling.LANCZOS))
        self.milliseconds.append(round(seconds * 1000))

    def point(self, at: Locator, *, click: bool = True) -> None:
        """Move the pointer to the middle of an element, and click."""
        at.scroll_into_view_if_needed()
        box = at.bounding_box()
        assert box
        self.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        self.look(0.5)
        if click:
            self.page.mouse.down()
            self.page.mouse.up()

    def type(self, text: str, letters: int = 6) -> None:
        """Type a text, a few letters a frame."""
        for at in range(0, len(text), letters):
            self.page.keyboard.type(text[at : at + letters])
            self.look(0.12)

    def save(self, path: Path) -> None:
        """Write the film, which repeats for ever."""
        first, *others = self.frames
        first.save(
            path, save_all=True, append_images=others, duration=self.milliseconds, loop=0, quality=80, method=6,
            minimize_size=True,
        )  # fmt: skip


def opened(page: Page, address: str) -> None:
    """Open an address, and wait until all of it is drawn."""
    page.goto(address)
    page.wait_for_selector("h1")
    settle(page)


def go_to(film: Film, name: str) -> None:
    """Go to another page by the navigation."""
    film.point(film.page.get_by_role("link", name=name, exact=True).first)
    expect(film.page.get_by_role("heading", name=name, level=1)).to_be_visible()
    settle(film.page)


def pick(film: Film) -> None:
    """Pick a second model by typing its name."""
    film.look(2)
    film.point(film.page.get_by_test_id("stSidebar").get_by_role("combobox").first)
    film.type("wordllama")
    film.page.keyboard.press("Enter")
    film.page.keyboard.press("Escape")
    settle(film.page)
    film.look(1.5)


def search(film: Film) -> None:
    """Search by a query of one's own."""
    go_to(film, "Search")
    query = film.page.get_by_role("textbox", name="Query")
    film.point(query)
    film.page.keyboard.press("Control+A")
    film.type(QUERY)
    film.page.keyboard.press("Enter")
    settle(film.page)
    film.look(3)


def explore(film: Film) -> None:
    """Link the maps of both models, mark a text with its nearest neighbours, and look closer."""
    page = film.page
    go_to(film, "Projector")
    page.wait_for_selector(MAP_READY)
    film.look(1.5)
    film.point(page.get_by_test_id("stMain").get_by_role("button", name=MODELS[1]))
    page.wait_for_selector(f'{MAP_READY}[data-maps="2"]')
    settle(page)
    film.look(1.5)
    mark_a_text(page)
    film.look(2.5)
    for _ in range(CLOSER):
        page.mouse.wheel(0, -100)
        film.look(0.15)
    film.look(2)


def mark_a_text(page: Page) -> None:
    """Click the point of the passage that the query was about."""
    x, y = page.get_by_test_id("map").evaluate("map => map.placeOf(0, 0)")
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.up()
    expect(page.get_by_text("Nearest in the original space").first).to_be_visible()
    settle(page)


def decide(film: Film) -> None:
    """Read the verdict, and what other weights would make of it."""
    go_to(film, "Verdict")
    film.look(2.5)
    film.point(film.page.get_by_role("radio", name="Laptop"))
    settle(film.page)
    film.look(3)


def time_models(page: Page, address: str) -> None:
    """Time both models on this machine, so that the verdict knows their speed."""
    opened(page, f"{address}/verdict")
    page.get_by_role("button", name="Time missing models").click()
    expect(page.get_by_role("button", name="Time missing models")).to_have_count(0)
    page.wait_for_function(AT_REST)


def still(page: Page, name: str) -> None:
    """Keep a picture of the page."""
    page.mouse.move(0, 0)
    settle(page)
    page.screenshot(path=DOCS / f"{name}.png")


def tour(page: Page, address: str) -> Film:
    """From the table of models to the verdict."""
    film = Film(page)
    opened(page, f"{address}/?models={MODELS[0]}")
    for scene in (pick, search, explore, decide):
        scene(film)
    return film


def stills(page: Page, address: str) -> None:
    """The map of both models with a text marked, and the verdict."""
    opened(page, f"{address}/projector?map_models={MODELS[0]}&map_models={MODELS[1]}")
    page.wait_for_selector(f'{MAP_READY}[data-maps="2"]')
    mark_a_text(page)
    still(page, "projector")
    opened(page, f"{address}/verdict")
    still(page, "verdict")


def main() -> None:
    with (
        tempfile.TemporaryDirectory() as home,
        running_server(Path(home)) as address,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        context = browser.new_context(viewport={"width": 1440, "height": 900})
        context.set_default_timeout(PATIENCE_MS)
        context.add_init_script(REST)
        time_models(context.new_page(), address)
        stills(context.new_page(), address)
        context.add_init_script(POINTER)
        film = tour(context.new_page(), address)
        browser.close()
    path = DOCS / "tour.webp"
    film.save(path)
    print(f"{path.relative_to(ROOT)}: {len(film.frames)} frames, {sum(film.milliseconds) / 1000:.0f} s, "
          f"{path.stat().st_size:,} bytes")  # fmt: skip
    if path.stat().st_size > MOST_BYTES:
        raise SystemExit(f"The film is larger than {MOST_BYTES:,} bytes.")


if __name__ == "__main__":
    main()
