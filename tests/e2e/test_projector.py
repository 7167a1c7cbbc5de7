"""The Projector in a browser: what is marked, asked, coloured, cancelled, shared by link and taken away as files."""

import io
import re
import time
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode

import numpy as np
import pandas as pd
from playwright.sync_api import BrowserContext, FilePayload, Locator, Page, expect

from core import corpus, embedding, map_files, models
from core.wording import shorten
from tests.e2e.conftest import jobs, last_of, settle
from tests.e2e.test_maps import ALL_PLACES, READY, drag, lonely, middle, place

MINILM, WORDLLAMA = "all-MiniLM-L6-v2", "wordllama-256"
SAMPLE = corpus.sample()
FEW = SAMPLE.texts[::12]
RANDOM = np.random.default_rng(5)
CLOUD = RANDOM.normal(size=(60, 8)).astype(np.float32)
ROW_HEIGHT, HEADER_HEIGHT, TICK_X = 35, 38, 17

File = tuple[str, bytes]


def opened(page: Page, server: str, **choices: object) -> Locator:
    """The map of one quick model by the quickest method, but for other choices in its address."""
    page.goto(f"{server}/projector?" + urlencode({"models": WORDLLAMA, "method": "PCA", **choices}, doseq=True))
    page.wait_for_selector(READY)
    settle(page)
    return page.get_by_test_id("map")


def popover(page: Page, name: str | re.Pattern[str]) -> Locator:
    """Open a popover and give what is in it; `close_popover` closes it."""
    page.get_by_test_id("stMain").get_by_role("button", name=name).click()
    body = page.get_by_test_id("stPopoverBody")
    expect(body).to_be_visible()
    return body


def close_popover(page: Page) -> None:
    page.get_by_role("heading", name="Projector").click()
    expect(page.get_by_test_id("stPopoverBody")).not_to_be_visible()


def payload(name: str, content: bytes) -> FilePayload:
    return {"name": name, "mimeType": "application/octet-stream", "buffer": content}


def uploaded(page: Page, server: str, *files: File, **choices: object) -> None:
    """The page with files of one's own, on its way to their map."""
    asked = {"models": WORDLLAMA, "method": "PCA", "corpus": "File", **choices}
    page.goto(f"{server}/projector?{urlencode(asked)}")
    given = [FilePayload(name=name, mimeType="application/octet-stream", buffer=content) for name, content in files]
    popover(page, re.compile("Your texts: ")).locator("input[type=file]").set_input_files(given)


def own_map(page: Page, server: str, count: int, *files: File, **choices: object) -> Locator:
    """The map of so many rows of files of one's own, by PCA."""
    uploaded(page, server, *files, **choices)
    page.wait_for_selector(f'{READY}[data-points="{count}"]')
    close_popover(page)
    settle(page)
    return page.get_by_test_id("map")


def replace_files(page: Page, count: int, *files: File) -> None:
    """Give other files, of so many rows, in place of those that are there."""
    body = popover(page, re.compile("Your texts: "))
    removers = body.get_by_role("button", name=re.compile("^Remove "))
    while removers.count():
        removers.first.click()
        settle(page)
    body.locator("input[type=file]").set_input_files([payload(*file) for file in files])
    page.wait_for_selector(f'{READY}[data-points="{count}"]')
    close_popover(page)
    settle(page)


def lay_out(page: Page, choice: str) -> None:
    """Choose another method, or another number of dimensions."""
    page.get_by_role("radio", name=choice, exact=True).click()


def own_cloud(page: Page, server: str, rows: int, dimensions: int, **choices: object) -> Locator:
    """The map, by PCA, of random vectors that nobody has laid out before."""
    vectors = np.random.default_rng().normal(size=(rows, dimensions)).astype(np.float32)
    return own_map(page, server, rows, ("cloud.npy", npy(vectors)), **choices)


def pasted(page: Page, server: str, texts: tuple[str, ...], **choices: object) -> Locator:
    page.goto(f"{server}/projector?" + urlencode({"method": "PCA", "corpus": "Paste", **choices}, doseq=True))
    body = popover(page, re.compile("Your texts: "))
    body.get_by_label("Texts, one per line").fill("\n".join(texts))
    body.get_by_label("Texts, one per line").press("Control+Enter")
    page.wait_for_selector(f'{READY}[data-points="{len(texts)}"]')
    close_popover(page)
    settle(page)
    return page.get_by_test_id("map")


def places(chart: Locator, count: int, index: int = 0) -> np.ndarray:
    return np.array(chart.evaluate(ALL_PLACES % index, count))


def on_stage(chart: Locator, count: int) -> np.ndarray:
    """The places from the stage's corner, wherever the page is scrolled to."""
    corner = chart.locator(".stage").bounding_box()
    assert corner
    return places(chart, count) - np.array([corner["x"], corner["y"]])


def within(corners: Sequence[tuple[float, float]], points: np.ndarray) -> np.ndarray:
    """Which points, (n, 2), lie in a convex polygon whose corners go clockwise on the screen."""
    sides = np.roll(corners, -1, axis=0) - np.array(corners)
    return np.all(
        [
            side[0] * (points - corner)[:, 1] - side[1] * (points - corner)[:, 0] > 0
            for side, corner in zip(sides, corners, strict=True)
        ],
        axis=0,
    )


def ink(chart: Locator, row: int, index: int = 0, layer: str = "overlay", reach: int = 10) -> int:
    """How much is drawn over a row's point, or of the point itself on the layer of points."""
    found: int = chart.evaluate(
        """(map, [row, index, layer, reach]) => {
            const canvas = map.querySelector(`canvas.${layer}`), box = canvas.getBoundingClientRect();
            const ratio = canvas.width / box.width, [x, y] = map.placeOf(row, index), side = 2 * reach * ratio;
            const copy = document.createElement("canvas");
            [copy.width, copy.height] = [side, side];
            const context = copy.getContext("2d");
            context.drawImage(canvas, (reach - x + box.left) * ratio, (reach - y + box.top) * ratio);
            const seen = context.getImageData(0, 0, side, side).data;
            const points = layer === "points";
            let sum = 0;
            for (let at = 0; at < seen.length; at += 4)
                sum += points ? 765 - seen[at] - seen[at + 1] - seen[at + 2] : seen[at + 3];
            return sum;
        }""",
        [row, index, layer, reach],
    )
    return found


def pixels(chart: Locator) -> str:
    """The points' canvas as it is now, as a picture in a data address."""
    found: str = chart.evaluate("(map) => map.querySelector('canvas.points').toDataURL()")
    return found


def cells(page: Page, key: str) -> list[str]:
    """The texts in a table's cells, which stand behind its canvas for screen readers."""
    shown = page.locator(f".st-key-{key} canvas [role=gridcell]")
    page.locator(f".st-key-{key}").scroll_into_view_if_needed()
    expect(shown.first).to_be_attached()
    return shown.all_text_contents()


def tick(page: Page, key: str, line: int) -> None:
    """Click the tick box of a line of the table, which is drawn on a canvas."""
    table = page.locator(f'.st-key-{key} [data-testid="stDataFrame"]')
    table.scroll_into_view_if_needed()
    box = table.bounding_box()
    assert box
    page.mouse.click(box["x"] + TICK_X, box["y"] + HEADER_HEIGHT + ROW_HEIGHT * line + ROW_HEIGHT / 2)


def downloaded(page: Page, act: Callable[[], None]) -> bytes:
    with page.expect_download() as waiting:
        act()
    return Path(waiting.value.path()).read_bytes()


def taken(page: Page, label: str | re.Pattern[str]) -> bytes:
    """A file of the Download popover, which stays open."""
    return downloaded(page, page.get_by_test_id("stPopoverBody").get_by_role("button", name=label).click)


def npy(vectors: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, vectors)
    return buffer.getvalue()


@contextmanager
def another(context: BrowserContext) -> Iterator[Page]:
    """A page of another session."""
    page = context.new_page()
    yield page
    page.close()


def no_traceback(page: Page) -> None:
    expect(page.get_by_test_id("stException")).to_have_count(0)


# ---- marking -----------------------------------------------------------------------------------------------------


def test_a_lasso_lists_and_downloads_its_texts_and_a_category_is_isolated_inverted_and_cleared(
    page: Page, server: str
) -> None:
    chart = opened(page, server)
    x, y = middle(page, 0.5)
    corners = [(x - 90, y - 100), (x + 60, y - 120), (x + 100, y + 80), (x - 70, y + 110)]
    inside = within(corners, places(chart, len(SAMPLE)))
    page.keyboard.down("Shift")
    drag(page, *corners, corners[0])
    page.keyboard.up("Shift")
    expect(chart).not_to_have_attribute("data-selected", "0")
    selected = int(chart.get_attribute("data-selected") or 0)
    expect(page.get_by_text(f"{selected} texts selected")).to_be_visible()
    expect(page.get_by_text(re.compile(r"Characteristic words: \w+, \w+"))).to_be_visible()
    settle(page)
    table = pd.read_csv(
        io.BytesIO(downloaded(page, page.get_by_role("button", name="Download the selection").click)), dtype=str
    )
    assert len(table) == selected
    assert len({*table["id"]} ^ {SAMPLE.ids[row] for row in np.flatnonzero(inside)}) <= 3  # rows on the line itself
    first = SAMPLE.ids.index(table["id"][0])
    assert SAMPLE.titles[first] in cells(page, "list_selection")
    tick(page, "list_selection", 0)
    expect(chart).to_have_attribute("data-point", str(first))
    expect(chart).to_have_attribute("data-selected", str(selected))

    count = SAMPLE.fields["subject"].count("animals")
    page.locator(".legend").get_by_role("button", name="animals").click()
    expect(page.get_by_text(f"{count} texts selected")).to_be_visible()
    page.get_by_role("button", name="Isolate selection").click()
    expect(chart).to_have_attribute("data-isolated", str(count))
    page.wait_for_url(re.compile("isolated="))
    page.get_by_role("button", name="Show all points again").click()
    expect(chart).to_have_attribute("data-isolated", "")
    page.get_by_role("button", name="Invert selection").click()
    expect(page.get_by_text(f"{len(SAMPLE) - count} texts selected")).to_be_visible()
    page.get_by_role("button", name="Clear the selection (Escape)").click()
    expect(page.get_by_text("texts selected")).to_have_count(0)
    expect(chart).to_have_attribute("data-selected", "0")


def test_linked_maps_light_a_point_and_a_typed_text_on_both_and_list_what_each_model_finds(
    page: Page, server: str
) -> None:
    both = [MINILM, WORDLLAMA]
    chart = pasted(page, server, FEW, models=both, map_models=both)
    vectors = [embedding.embed(FEW, models.get(name)).vectors for name in both]
    expect(chart).to_have_attribute("data-maps", "2")

    row = lonely(chart, len(FEW), 1)
    bare = [ink(chart, row, index) for index in (0, 1)]
    page.mouse.click(*place(chart, row, 1))
    expect(chart).to_have_attribute("data-point", str(row))
    expect(page.get_by_text("Nearest in the original space")).to_have_count(2)  # in the panel and on the map
    expect(page.locator(".keys")).to_contain_text(f"Nearest in the original space: {MINILM}")
    settle(page)
    assert all(ink(chart, row, index) > bare[index] for index in (0, 1))
    for index, name in enumerate(both):
        page.locator(".st-key-neighbours_under_point").get_by_text(name).click()
        near = [at for at in np.argsort(-(vectors[index] @ vectors[index][row])) if at != row][:10]
        listed = cells(page, f"list_point_{index}")
        assert [shorten(FEW[at], 60) for at in near] == [cell for cell in listed if not is_number(cell)][:10]

    page.get_by_role("button", name="Close").click()
    expect(chart).to_have_attribute("data-point", "")
    settle(page)
    bare = [ink(chart, 7, index) for index in (0, 1)]
    page.get_by_placeholder("Type a text").fill(FEW[7])
    page.get_by_placeholder("Type a text").press("Enter")
    expect(page.get_by_text("Placed exactly, by the map's own axes.")).to_be_visible()
    expect(page.locator(".keys")).to_contain_text("Nearest to your text")
    settle(page)
    assert shorten(FEW[7], 60) in cells(page, "list_typed_0")
    assert all(ink(chart, 7, index) > bare[index] for index in (0, 1))

    expect(page.get_by_text("Shared neighbours")).to_be_visible()
    first = cells(page, "disagreed")
    tick(page, "disagreed", 0)
    expect(chart).not_to_have_attribute("data-point", "")
    marked = int(chart.get_attribute("data-point") or 0)
    assert shorten(FEW[marked], 60) in first[:3]


def is_number(cell: str) -> bool:
    return re.fullmatch(r"-?\d+(\.\d+)?", cell) is not None


# ---- finding -----------------------------------------------------------------------------------------------------


def test_words_and_expressions_light_what_they_find_and_a_broken_one_is_a_sentence(page: Page, server: str) -> None:
    chart = opened(page, server)
    far, animal = lonely(chart, len(SAMPLE)), SAMPLE.fields["subject"].index("animals")
    assert SAMPLE.fields["subject"][far] not in ("animals", "biology")
    before = [ink(chart, row, 0, "points", 2) for row in (far, animal)]
    page.get_by_text("Words", exact=True).click()
    settle(page)
    box = page.get_by_placeholder("Type a word")
    box.or_(page.get_by_placeholder("Type a text")).first.fill("animals")
    page.keyboard.press("Enter")
    expect(page.get_by_text(re.compile(r"\d+ of 648 texts"))).to_be_visible()
    page.get_by_text("Regex", exact=True).click()
    settle(page)
    find = page.get_by_label("Find", exact=True)
    find.fill("^(animals|biology)$")
    find.press("Enter")
    count = sum(subject in ("animals", "biology") for subject in SAMPLE.fields["subject"])
    expect(page.get_by_text(f"{count} of 648 texts")).to_be_visible()
    settle(page)
    assert cells(page, "list_matches")[0] == SAMPLE.titles[animal]
    after = [ink(chart, row, 0, "points", 2) for row in (far, animal)]
    assert after[0] < before[0] / 2  # it fades
    assert after[1] > after[0]
    page.get_by_role("button", name="Select them").click()
    expect(chart).to_have_attribute("data-selected", str(count))
    find.fill("animals(")
    find.press("Enter")
    expect(page.get_by_text("This is not a regular expression")).to_be_visible()
    no_traceback(page)


# ---- laying out --------------------------------------------------------------------------------------------------


def test_tsne_stops_goes_on_and_finishes(page: Page, server: str) -> None:
    own_cloud(page, server, 200, 8, iterations=5000)
    lay_out(page, "t-SNE")
    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_role("button", name="Resume")).to_be_visible()
    settle(page)
    told = page.get_by_text(re.compile(r"t-SNE: [\d,]+ of 5,000 iterations"))
    stopped = told.inner_text()
    assert 50 <= int(stopped.split()[1].replace(",", "")) < 5000
    settle(page)
    expect(told).to_have_text(stopped)
    page.get_by_role("button", name="Resume").click()
    expect(page.get_by_text("t-SNE: 5,000 of 5,000 iterations")).to_be_visible()
    expect(page.get_by_role("button", name="250 more iterations")).to_be_visible()
    expect(page.get_by_test_id("map")).to_have_attribute("data-points", "200")


def test_each_of_many_maps_in_one_session_is_the_one_that_is_drawn(page: Page, server: str) -> None:
    journey = [("PCA", "3D"), ("PCA", "2D"), ("t-SNE", "2D"), ("UMAP", "2D"), ("PCA", "2D"), ("UMAP", "2D")]
    journey += [("UMAP", "3D"), ("PCA", "3D")]
    chart = opened(page, server, iterations=650)
    drawn = {("PCA", "2D"): pixels(chart)}
    last = drawn["PCA", "2D"]
    for view in journey:
        for choice in view:
            lay_out(page, choice)
            settle(page)
        if "t-SNE" in view:
            expect(page.get_by_text("t-SNE: 650 of 650 iterations")).to_be_visible()
        expect(page.get_by_text(re.compile(rf"648 texts .* · {view[0]}( by cosine)? ·"))).to_be_attached()
        settle(page)
        page.wait_for_selector(READY)
        now = last_of(lambda: pixels(chart), drawn[view]) if view in drawn else pixels(chart)
        assert now != last, f"the picture stood still on the way to {view}"
        assert drawn.setdefault(view, now) == now, f"{view} is not the picture that it was before"
        last = now
    assert len(set(drawn.values())) == len(drawn)


def test_umap_settings_count_when_compute_is_pressed(page: Page, server: str) -> None:
    chart = own_map(page, server, 60, ("cloud.npy", npy(CLOUD)))
    lay_out(page, "UMAP")
    expect(page.get_by_text(re.compile("UMAP by cosine · neighbours"))).to_be_attached()
    settle(page)
    before = places(chart, 60)
    body = popover(page, "Settings")
    neighbours = body.get_by_role("spinbutton", name="Neighbours")
    neighbours.fill("4")
    neighbours.press("Tab")
    settle(page)
    np.testing.assert_allclose(places(chart, 60), before, atol=0.1)
    body.get_by_role("button", name="Compute").click()
    page.wait_for_function(
        "([map, x]) => map.dataset.ready === 'true' && Math.abs(map.placeOf(5, 0)[0] - x) > 1",
        arg=[chart.element_handle(), before[5, 0]],
    )


def test_axes_run_from_a_text_to_another_or_to_a_selection(page: Page, server: str) -> None:
    chart = opened(page, server, method="Axes")
    page.get_by_role("button", name="animals").click()
    count = SAMPLE.fields["subject"].count("animals")
    expect(page.get_by_text(f"{count} texts selected")).to_be_visible()
    of_animals = np.array(SAMPLE.fields["subject"]) == "animals"
    body = popover(page, "Axes")
    body.get_by_label("X from").fill(SAMPLE.texts[0][:200])
    body.get_by_label("X from").press("Enter")
    settle(page)
    body.locator(".st-key-take_axis_x_to").get_by_role("button", name="Use selection").click()
    expect(body.get_by_text(f"{count} selected texts. Type a text to replace them.")).to_be_visible()
    settle(page)
    page.wait_for_selector(READY)
    across = places(chart, len(SAMPLE))[:, 0]
    vectors = embedding.embed(SAMPLE.documents, models.get(WORDLLAMA)).vectors
    end = vectors[of_animals].mean(axis=0)
    start = embedding.embed([SAMPLE.texts[0][:200].strip()], models.get(WORDLLAMA)).vectors[0]
    assert np.corrcoef(across, vectors @ (end - start))[0, 1] > 0.999


def test_a_map_in_three_dimensions_is_turned(page: Page, server: str, console_errors: list[str]) -> None:
    chart = opened(page, server, dimensions="3D")
    before = places(chart, 5)
    drag(page, middle(page, 0.5), middle(page, 0.7))
    assert np.abs(places(chart, 5) - before).max() > 5
    assert not console_errors


# ---- colours -----------------------------------------------------------------------------------------------------


def test_colours_tell_numbers_dates_categories_and_the_maps_error(page: Page, server: str) -> None:
    lines = [f'"{text[:60]}",{row * 2.5},2020-01-{1 + row % 28:02},{"odd" if row % 2 else "even"}'
             for row, text in enumerate(FEW) if '"' not in text[:60]]  # fmt: skip
    table = "\n".join(["text,length,day,parity", *lines])
    own_map(page, server, len(lines), ("mine.csv", table.encode()))
    legend = page.locator(".legend")
    for column, seen in {
        "length": ["length", "0"],
        "day": ["2020-01-01", "2020-01-28"],
        "parity": ["even", "odd"],
        "error of the map": ["true neighbours missing nearby", "0%", "100%"],
    }.items():
        page.get_by_label("Colour by").click()
        page.get_by_role("option", name=column, exact=True).click()
        for text in seen:
            expect(legend).to_contain_text(text)
    no_traceback(page)


# ---- links, views and files --------------------------------------------------------------------------------------


def test_a_link_opens_exactly_this_view(page: Page, context: BrowserContext, server: str) -> None:
    chart = opened(page, server, find="law")
    page.get_by_role("button", name="animals").click()
    row = lonely(chart, len(SAMPLE))
    page.mouse.click(*place(chart, row))
    expect(chart).to_have_attribute("data-point", str(row))
    page.mouse.move(*middle(page, 0.5))
    page.mouse.wheel(0, -300)
    page.wait_for_url(re.compile("camera="))
    settle(page)
    seen = on_stage(chart, 20)
    with another(context) as fresh:
        fresh.goto(page.url)
        fresh.wait_for_selector(READY)
        again = fresh.get_by_test_id("map")
        for name in ("data-point", "data-selected", "data-isolated", "data-points"):
            expect(again).to_have_attribute(name, chart.get_attribute(name) or "")
        settle(fresh)
        np.testing.assert_allclose(on_stage(again, 20), seen, atol=1)
        expect(fresh.get_by_label("Find", exact=True)).to_have_value("law")


def test_a_saved_view_brings_own_data_and_everything_back(page: Page, context: BrowserContext, server: str) -> None:
    table = pd.DataFrame({"text": [f"text <b>{row}</b>" for row in range(60)], "kind": ["a", "b"] * 30})
    table["vector"] = list(CLOUD)
    buffer = io.BytesIO()
    table.to_parquet(buffer)
    chart = own_map(page, server, 60, ("own.parquet", buffer.getvalue()), component_x="PC3")
    page.get_by_role("button", name="b", exact=True).click()
    row = lonely(chart, 60)
    page.mouse.click(*place(chart, row))
    expect(chart).to_have_attribute("data-point", str(row))
    page.mouse.move(*middle(page, 0.5))
    page.mouse.wheel(0, -200)
    page.wait_for_url(re.compile("camera="))
    settle(page)
    seen = on_stage(chart, 60)
    view = downloaded(page, page.get_by_role("button", name="Save this view").click)
    with another(context) as fresh:
        opened(fresh, server)
        given = FilePayload(name="view.zip", mimeType="application/zip", buffer=view)
        popover(fresh, "Open a view").locator("input[type=file]").set_input_files(given)
        fresh.wait_for_selector(f'{READY}[data-points="60"]')
        close_popover(fresh)
        settle(fresh)
        again = fresh.get_by_test_id("map")
        expect(again).to_have_attribute("data-point", str(row))
        expect(again).to_have_attribute("data-selected", "30")
        np.testing.assert_allclose(on_stage(again, 60), seen, atol=1.5)
        expect(fresh.get_by_text(f"text <b>{row}</b>").first).to_be_visible()


def rows_of_text(count: int) -> list[str]:
    return [f"word number {row}" for row in range(count)]


def in_lines(*lines: str) -> bytes:
    return "\n".join(lines).encode()


def as_csv(count: int) -> list[File]:
    return [("a.csv", in_lines("text", *rows_of_text(count)))]


def as_npy_with_metadata(count: int) -> list[File]:
    return [("c.npy", npy(CLOUD[:count])), *as_csv(count)]


def expect_rows(page: Page, count: int) -> None:
    """Each point of the map is the text of its row."""
    chart = page.get_by_test_id("map")
    row = lonely(chart, count)
    page.mouse.click(*place(chart, row))
    expect(page.get_by_test_id("stText").get_by_text(rows_of_text(count)[row], exact=True)).to_be_visible()
    no_traceback(page)


def test_what_is_downloaded_can_be_uploaded_again(page: Page, server: str) -> None:
    own_map(page, server, 12, *as_npy_with_metadata(12))
    popover(page, "Download")
    coordinates, neighbours, whole, archive = (
        taken(page, re.compile(label)) for label in ("Coordinates", "neighbours per text", "Parquet", "ZIP")
    )
    close_popover(page)
    unit = CLOUD[:12] / np.linalg.norm(CLOUD[:12], axis=1, keepdims=True)
    nearest = [row for row in np.argsort(-(unit @ unit[0])) if row != 0][:10]
    assert list(pd.read_csv(io.BytesIO(neighbours))["neighbour_id"][:10]) == [row + 1 for row in nearest]
    read = map_files.from_files([("a.parquet", whole)])
    assert map_files.write_npy(map_files.vectors_of(read)) == npy(CLOUD[:12])
    with zipfile.ZipFile(io.BytesIO(archive)) as files:
        tensors, metadata = ((name, files.read(name)) for name in ("tensors.tsv", "metadata.tsv"))
    replace_files(page, 12, tensors, metadata)
    expect_rows(page, 12)
    for name, content in (("map.csv", coordinates), ("space.parquet", whole)):
        replace_files(page, 12, (name, content))
        lay_out(page, "As given")
        expect(page.get_by_text(f"{name} · 12 points · coordinates as uploaded")).to_be_attached()


# ---- long work, and others who work ------------------------------------------------------------------------------


def test_embedding_is_cancelled_and_gone_on_with(page: Page, server: str) -> None:
    texts = tuple(" ".join(f"{word}{row}" for word in SAMPLE.texts[row].split()[:60]) for row in range(200))
    page.goto(f"{server}/projector?" + urlencode({"models": MINILM, "method": "PCA", "corpus": "Paste"}))
    body = popover(page, re.compile("Your texts: "))
    body.get_by_label("Texts, one per line").fill("\n".join(texts))
    body.get_by_label("Texts, one per line").press("Control+Enter")
    close_popover(page)
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_text("Cancelled. Everything computed so far is saved.")).to_be_visible()
    page.get_by_role("button", name="Resume").click()
    page.wait_for_selector(f'{READY}[data-points="200"]')
    no_traceback(page)


def test_another_sessions_layout_keeps_nobody_from_a_map(page: Page, context: BrowserContext, server: str) -> None:
    own_cloud(page, server, 3000, 64)
    lay_out(page, "t-SNE")
    expect(page.get_by_role("button", name="Stop")).to_be_visible()
    with another(context) as other:
        started = time.monotonic()
        own_cloud(other, server, 40, 8, iterations=100)
        assert time.monotonic() - started < 30
        lay_out(other, "t-SNE")
        expect(other.get_by_text("t-SNE: 100 of 100 iterations")).to_be_visible()
    expect(page.get_by_role("button", name="Stop")).to_be_visible()  # while the first goes on
    no_traceback(page)


def test_a_killed_process_is_told_the_next_attempt_works_and_a_closed_tab_ends_its_fit(page: Page, server: str) -> None:
    own_cloud(page, server, 6000, 16)
    lay_out(page, "UMAP")
    expect(page.get_by_text("Laying out with UMAP")).to_be_visible()
    for child in jobs("maps"):  # at once: a fast machine is soon done
        child.kill()
    expect(page.get_by_text("The process for maps was killed")).to_be_visible()
    no_traceback(page)
    lay_out(page, "t-SNE")
    expect(page.get_by_text(re.compile("t-SNE: .* iterations"))).to_be_visible()
    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_role("button", name="Resume")).to_be_visible()
    lay_out(page, "UMAP")
    expect(page.get_by_text(re.compile("Preparing UMAP|Laying out with UMAP"))).to_be_visible()
    (child,) = jobs("maps")
    page.close()
    child.wait(20)
