"""The maps on the screen, drawn by a real browser from made-up points: see maps_script.py."""

import json
import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from pathlib import Path
from struct import unpack
from urllib.parse import quote

import numpy as np
import pytest
from playwright.sync_api import Locator, Page, expect
from scipy.spatial.distance import cdist

from tests.conftest import ROOT
from tests.e2e.conftest import running_server, settle

READY = '[data-testid="map"][data-ready="true"]'
STAGE = ".stage"
COPY = """
    const canvas = map.querySelector("canvas.points");
    const copy = document.createElement("canvas");
    [copy.width, copy.height] = [canvas.width, canvas.height];
    const context = copy.getContext("2d");
    context.drawImage(canvas, 0, 0);"""
SVG = "{http://www.w3.org/2000/svg}"
LEGEND = 8  # circles
IN_SIGHT = """(map, places) => {
    const host = map.getRootNode().host ?? map;
    return places.map(([x, y]) => host.contains(document.elementFromPoint(x, y)));
}"""
ALL_PLACES = "(map, n) => Array.from({length: n}, (_, row) => map.placeOf(row, %d))"


@pytest.fixture(scope="module")
def maps_server(home: Path) -> Iterator[str]:
    quiet = {"STREAMLIT_BROWSER_GATHER_USAGE_STATS": "false"}
    with running_server(home, ROOT / "tests/e2e/maps_script.py", quiet) as address:
        yield address


def opened(page: Page, server: str, **asked: object) -> Locator:
    """The map's element, once it has drawn the points asked for."""
    page.goto(f"{server}/?" + "&".join(f"{name}={quote(str(value))}" for name, value in asked.items()))
    page.wait_for_selector(READY)
    return page.get_by_test_id("map")


def place(chart: Locator, row: int, index: int = 0) -> list[float]:
    """Where a row is on the screen."""
    at = chart.evaluate("(map, [row, index]) => map.placeOf(row, index)", [row, index])
    assert at, f"row {row} is not drawn on map {index}"
    return at


def lonely(chart: Locator, count: int, index: int = 0) -> int:
    """The row in sight whose nearest other is farthest away: a click on it cannot mean another, nor the page's top."""
    places = np.array(chart.evaluate(ALL_PLACES % index, count))
    in_sight = np.array(chart.evaluate(IN_SIGHT, places.tolist()))
    distances = cdist(places, places)
    np.fill_diagonal(distances, np.inf)
    return int(np.where(in_sight, distances.min(axis=0), -1).argmax())


def rows_within(
    chart: Locator, count: int, left: float, top: float, right: float, bottom: float, index: int = 0
) -> int:
    places = chart.evaluate(ALL_PLACES % index, count)
    return sum(left < x < right and top < y < bottom for x, y in filter(None, places))


def drag(page: Page, *places: tuple[float, float]) -> None:
    page.mouse.move(*places[0])
    page.mouse.down()
    for at in places[1:]:
        page.mouse.move(*at, steps=5)
    page.mouse.up()


def middle(page: Page, share: float = 0.25) -> tuple[float, float]:
    box = page.locator(STAGE).bounding_box()
    assert box
    return box["x"] + box["width"] * share, box["y"] + box["height"] / 2


def test_every_point_is_drawn_on_every_map(page: Page, maps_server: str, console_errors: list[str]) -> None:
    chart = opened(page, maps_server, points=300, maps=2332)
    assert chart.get_attribute("data-points") == "300"
    assert chart.get_attribute("data-maps") == "4"
    stage = page.locator(STAGE).bounding_box()
    assert stage
    for index in range(4):
        within = rows_within(
            chart, 300, stage["x"], stage["y"], stage["x"] + stage["width"], stage["y"] + stage["height"], index
        )
        assert within == 300
    expect(page.get_by_role("img", name=re.compile("Map of 300 points: Model A"))).to_be_visible()
    assert not console_errors


def test_a_single_map_is_turned_to_fill_a_wide_panel(page: Page, maps_server: str) -> None:
    opened(page, maps_server, points=300, maps=2, height=300)
    drag(page, middle(page), middle(page, 0.3))  # the camera of a map that was moved is in the link
    expect(page.get_by_text(re.compile(r'"angle": -?[01]\.\d'))).to_be_visible()


@pytest.mark.parametrize("kinds", ["22", "33"])
def test_a_box_selects_what_lies_in_it(page: Page, maps_server: str, kinds: str) -> None:
    chart = opened(page, maps_server, points=500, maps=kinds)
    page.get_by_role("button", name="Box select").click()
    x, y = middle(page)
    expected = rows_within(chart, 500, x - 60, y - 80, x + 90, y + 100)
    drag(page, (x - 60, y - 80), (x + 90, y + 100))
    expect(chart).not_to_have_attribute("data-selected", "0")
    selected = int(chart.get_attribute("data-selected") or 0)
    assert abs(selected - expected) <= 2  # rows on the line itself
    expect(page.get_by_text(f"told 1 times: None, {selected} selected")).to_be_visible()
    expect(page.locator(".count")).to_have_text(f"{selected} of 500 selected")


def test_a_link_opens_the_maps_at_the_view_it_was_made_of(page: Page, maps_server: str) -> None:
    chart = opened(page, maps_server, points=300, maps=23)
    page.mouse.move(*middle(page))
    page.mouse.wheel(0, -300)
    start, end = middle(page, 0.7), middle(page, 0.8)
    drag(page, start, end)
    seen = [place(chart, 5), place(chart, 5, 1)]
    turned = page.wait_for_function(
        """(around) => {
            const [text] = [...document.querySelectorAll('[data-testid="stText"]')].map((at) => at.textContent)
                .filter((line) => line.startsWith("camera {"));
            const camera = text?.slice("camera ".length);
            return camera && Math.abs(JSON.parse(camera).maps[1].around - around) < 1e-6 && camera;
        }""",
        arg=0.6 - 0.008 * (end[0] - start[0]),
    )
    camera = turned.json_value()
    again = opened(page, maps_server, points=300, maps=23, camera=camera)
    assert [place(again, 5), place(again, 5, 1)] == [pytest.approx(at, abs=0.5) for at in seen]


def test_a_camera_that_makes_no_sense_is_ignored(page: Page, maps_server: str, console_errors: list[str]) -> None:
    chart = opened(page, maps_server, points=300)
    fitted = place(chart, 5)
    opened(page, maps_server, points=300, camera=json.dumps({"points": "other", "maps": [{"x": "1"}, None]}))
    assert place(chart, 5) == pytest.approx(fitted, abs=0.5)
    assert not console_errors


def test_a_hundred_thousand_points_stay_within_fifteen_megabytes(page: Page, maps_server: str) -> None:
    received = []
    page.on("websocket", lambda socket: socket.on("framereceived", lambda data: received.append(len(data))))
    opened(page, maps_server, points=100_000, maps="3333")
    assert sum(received) < 15_000_000


@pytest.mark.parametrize("case", [{"points": 1}, {"points": 50, "lost": 20}, {"points": 50, "lost": 50}])
def test_few_or_lost_places_are_no_error(
    page: Page, maps_server: str, case: dict[str, int], console_errors: list[str]
) -> None:
    chart = opened(page, maps_server, maps="23", **case)
    for index in range(2):
        drawn = [at is not None for at in chart.evaluate(ALL_PLACES % index, case["points"])]
        assert drawn == [row >= case.get("lost", 0) for row in range(case["points"])]
    assert not console_errors


def test_no_points_are_told_in_a_sentence(page: Page, maps_server: str, console_errors: list[str]) -> None:
    opened(page, maps_server, points=0)
    expect(page.get_by_text("There are no points to draw yet.")).to_be_visible()
    assert not console_errors


def test_a_long_legend_begins_with_twelve(page: Page, maps_server: str) -> None:
    opened(page, maps_server, points=300, names=26)
    entries = page.locator(".legend .category")
    expect(entries).to_have_count(12)
    page.get_by_role("searchbox", name="Find in 26 categories").fill("the 2")
    expect(entries).to_have_count(6)  # the 20th to the 25th
    page.get_by_role("searchbox").fill("")
    page.get_by_role("button", name="show all 26").click()
    expect(entries).to_have_count(26)


def test_a_lost_context_comes_back(page: Page, maps_server: str, console_errors: list[str]) -> None:
    chart = opened(page, maps_server, points=300)
    count_ink = f"""(map) => {{{COPY}
        const {{ data }} = context.getImageData(0, 0, copy.width, copy.height);
        return data.filter((value, i) => i % 4 < 3 && value > 20 && value < 230).length;
    }}"""
    before = chart.evaluate(count_ink)
    chart.evaluate(
        """(map) => {
            const canvas = map.querySelector("canvas.points");
            window.loss = canvas.getContext("webgl2").getExtension("WEBGL_lose_context");
            const lost = new Promise((done) => canvas.addEventListener("webglcontextlost", () => setTimeout(done)));
            loss.loseContext();
            return lost.then(() => loss.restoreContext());
        }"""
    )
    page.wait_for_function(f"([map, n]) => ({count_ink})(map) > 0.9 * n", arg=[chart.element_handle(), before])
    assert not console_errors


def test_contexts_are_given_back(page: Page, maps_server: str) -> None:
    warnings: list[str] = []
    page.on("console", lambda message: warnings.append(message.text))
    opened(page, maps_server, points=50)
    for _ in range(18):
        page.get_by_text("Hide").click()
        expect(page.get_by_test_id("map")).to_have_count(0)
        page.get_by_text("Hide").click()
        page.wait_for_selector(READY)
    assert not [text for text in warnings if "context" in text.lower()]


def test_a_point_has_its_colour_tells_its_text_as_text_and_is_marked_by_a_click(page: Page, maps_server: str) -> None:
    chart = opened(page, maps_server, points=300)
    row = lonely(chart, 300)
    seen = chart.evaluate(
        f"""(map, row) => {{{COPY}
            const box = canvas.getBoundingClientRect();
            const [x, y] = map.placeOf(row, 0);
            return [...context.getImageData(Math.round(x - box.left), Math.round(y - box.top), 1, 1).data];
        }}""",
        row,
    )
    palette = [(15, 127, 191), (230, 159, 0), (0, 158, 115), (204, 102, 119), (156, 79, 150), (86, 180, 233)]
    palette += [(213, 94, 0), (153, 153, 51)]
    nearest = min(max(abs(a - b) for a, b in zip(seen, colour, strict=False)) for colour in palette)
    assert nearest < 40

    page.mouse.move(*place(chart, row))
    expect(page.locator(".tooltip")).to_have_text(f"{row}: <b>text</b> of this point, told in some words & signs")
    assert page.locator(".tooltip b").count() == 0

    page.mouse.click(*place(chart, row))
    expect(chart).to_have_attribute("data-point", str(row))
    expect(page.get_by_text(f"told 1 times: {row}, 0 selected")).to_be_visible()
    expect(page.locator(".keys")).to_contain_text("Nearest in the original space")
    box = page.locator(STAGE).bounding_box()
    assert box
    page.mouse.click(box["x"] + 3, box["y"] + box["height"] - 3)
    expect(page.get_by_text("told 2 times: None, 0 selected")).to_be_visible()


def test_a_category_under_the_pointer_is_lit_but_not_selected(page: Page, maps_server: str) -> None:
    chart = opened(page, maps_server, points=300)
    painted = f"""(map) => {{{COPY}
        const {{ data }} = context.getImageData(0, 0, copy.width, copy.height);
        let strong = 0;
        for (let i = 0; i < data.length; i += 4) strong += Math.min(data[i], data[i + 1], data[i + 2]) < 60;
        return strong;
    }}"""
    before = chart.evaluate(painted)
    page.get_by_role("button", name="chemistry").hover()
    page.wait_for_function(f"([map, n]) => ({painted})(map) < 0.7 * n", arg=[chart.element_handle(), before])
    assert chart.get_attribute("data-selected") == "0"
    page.mouse.move(5, 5)
    page.wait_for_function(f"([map, n]) => ({painted})(map) > 0.95 * n", arg=[chart.element_handle(), before])
    expect(page.get_by_text("told 0 times")).to_be_visible()


def test_the_wheel_zooms_at_the_pointer_and_a_double_click_fits_again(page: Page, maps_server: str) -> None:
    chart = opened(page, maps_server, points=300)
    fitted = place(chart, 5)
    row = lonely(chart, 300)
    x, y = place(chart, row)
    page.mouse.move(x, y)
    page.mouse.wheel(0, -400)
    expect(page.get_by_text(re.compile('camera {"points"'))).to_be_visible()
    assert place(chart, row) == pytest.approx([x, y], abs=1.5)  # the wheel reports whole pixels
    assert place(chart, 5) != pytest.approx(fitted, abs=5)
    page.mouse.dblclick(*middle(page, 0.02))
    assert place(chart, 5) == pytest.approx(fitted, abs=0.5)


def test_the_server_and_another_theme_leave_the_view_alone_and_a_rerun_draws_nothing(
    page: Page, maps_server: str
) -> None:
    chart = opened(page, maps_server, points=300)
    page.get_by_role("button", name="Lasso select").click()
    page.mouse.move(*middle(page))
    page.mouse.wheel(0, -300)
    zoomed = place(chart, 5)
    page.get_by_role("button", name="Mark 7").click()
    expect(chart).to_have_attribute("data-point", "7")
    page.get_by_role("button", name="Rerun").click()
    expect(page.get_by_text("told 0 times: 7, 0 selected")).to_be_visible()
    assert place(chart, 5) == pytest.approx(zoomed, abs=0.01)
    expect(page.get_by_role("button", name="Lasso select")).to_have_attribute("aria-pressed", "true")

    corner = """(map) => {
        const canvas = map.querySelector("canvas.points");
        const copy = document.createElement("canvas").getContext("2d");
        copy.drawImage(canvas, -2, -canvas.height / 2, canvas.width, canvas.height);
        return copy.getImageData(0, 0, 1, 1).data[0] < 60;
    }"""
    assert not chart.evaluate(corner)
    page.emulate_media(color_scheme="dark")
    page.wait_for_function(f"(map) => ({corner})(map)", arg=chart.element_handle())
    assert place(chart, 5) == pytest.approx(zoomed, abs=0.01)

    expect(page.locator(".keys")).to_contain_text("Nearest in the original space")
    settle(page)
    chart.evaluate(
        """(map) => {
            window.painted = 0;
            new MutationObserver(() => painted++).observe(map, {attributes: true, attributeFilter: ["data-frame-ms"]});
        }"""
    )
    for _ in range(3):
        page.get_by_role("button", name="Rerun").click()
        settle(page)
    assert page.evaluate("painted") == 0
    page.mouse.move(*middle(page))
    page.mouse.wheel(0, -300)
    page.wait_for_function("painted > 0")


def test_another_layout_keeps_the_marks_and_the_twelfth_is_drawn_like_the_first(page: Page, maps_server: str) -> None:
    chart = opened(page, maps_server, points=300)
    page.get_by_role("button", name="chemistry").click()
    expect(chart).not_to_have_attribute("data-selected", "0")
    selected = chart.get_attribute("data-selected")
    for _ in range(12):
        before = place(chart, 5)
        page.get_by_role("button", name="Another layout").click()
        page.wait_for_function(
            "([map, x]) => map.dataset.ready === 'true' && Math.abs(map.placeOf(5, 0)[0] - x) > 1",
            arg=[chart.element_handle(), before[0]],
            timeout=20_000,
        )
        assert chart.get_attribute("data-selected") == selected


def svg_of(page: Page, path: Path) -> ElementTree.Element:
    """The map as it is saved as SVG."""
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Save as SVG").click()
    waiting.value.save_as(path)
    return ElementTree.parse(path).getroot()


def test_a_map_is_saved_as_png_and_as_svg_and_a_gradient_has_a_bar_with_its_ends(
    page: Page, maps_server: str, tmp_path: Path
) -> None:
    opened(page, maps_server, points=300)
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Save as PNG").click()
    waiting.value.save_as(tmp_path / "map.png")
    width, height = unpack(">II", (tmp_path / "map.png").read_bytes()[16:24])
    stage = page.locator(STAGE).bounding_box()
    assert stage
    assert width == pytest.approx(2 * stage["width"], abs=6)
    assert 2 * stage["height"] < height < 2 * stage["height"] + 200

    root = svg_of(page, tmp_path / "map.svg")
    assert len(root.findall(f".//{SVG}circle")) == 600 + LEGEND
    assert not root.findall(f".//{SVG}image")
    words = {text.text for text in root.iter(f"{SVG}text")}
    assert {"Model A · UMAP", "Model B · UMAP", "chemistry"} <= words

    page.get_by_text("Gradient").click()
    expect(page.locator(".legend .gradient")).to_contain_text("Share of the way")
    expect(page.locator(".ticks span")).to_have_text(["0%", "50%", "100%"])


def test_many_points_are_sent_once_and_are_an_image_in_an_svg(page: Page, maps_server: str, tmp_path: Path) -> None:
    received = [0]
    page.on("websocket", lambda socket: socket.on("framereceived", lambda data: received.append(len(data))))
    chart = opened(page, maps_server, points=20_001)
    assert 200_000 < sum(received) < 2_000_000
    root = svg_of(page, tmp_path / "map.svg")
    assert len(root.findall(f".//{SVG}circle")) == LEGEND
    assert len(root.findall(f".//{SVG}image")) == 1
    received.clear()
    page.get_by_role("button", name="Mark 7").click()
    expect(chart).to_have_attribute("data-point", "7")
    expect(page.get_by_text("told 0 times: 7")).to_be_visible()
    assert 0 < sum(received) < 60_000


def test_legend_and_map_are_used_by_keyboard_the_map_on_the_whole_screen(page: Page, maps_server: str) -> None:
    chart = opened(page, maps_server, points=300)
    page.get_by_role("button", name="physics").focus()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("button", name="chemistry")).to_be_focused()
    page.keyboard.press("Enter")
    expect(chart).not_to_have_attribute("data-selected", "0")
    expect(page.get_by_role("button", name="chemistry", pressed=True)).to_be_visible()
    page.keyboard.press("Escape")
    expect(chart).to_have_attribute("data-selected", "0")
    expect(page.get_by_role("button", name="chemistry", pressed=False)).to_be_visible()

    height = "(map) => map.querySelector('.stage').clientHeight"
    page.locator(STAGE).focus()
    page.keyboard.press("f")
    expect(page.get_by_role("button", name="Full screen", pressed=True)).to_be_visible()
    page.wait_for_function(f"(map) => ({height})(map) > innerHeight - 130", arg=chart.element_handle())
    for key in ("ArrowLeft", "+", "n", "n"):
        page.keyboard.press(key)
    expect(page.locator(".tooltip")).to_contain_text("1: <b>text</b> of this point")
    page.keyboard.press("Enter")
    expect(chart).to_have_attribute("data-point", "1")
    before = chart.evaluate(height)
    expect(page.locator(".foot .keys")).to_contain_text("False neighbour")  # below the map, which it never covers
    assert chart.evaluate(height) == before
    page.keyboard.press("f")
    expect(page.get_by_role("button", name="Full screen", pressed=False)).to_be_visible()


def test_a_lasso_or_a_category_is_selected_inverted_isolated_and_shown_among_all_again(
    page: Page, maps_server: str
) -> None:
    chart = opened(page, maps_server, points=500)
    x, y = middle(page)
    places = filter(None, chart.evaluate(ALL_PLACES % 0, 500))
    expected = sum(px - x < py - y and px > x - 100 and py < y + 100 for px, py in places)
    page.keyboard.down("Shift")
    drag(page, (x - 100, y - 100), (x - 100, y + 100), (x + 100, y + 100), (x - 100, y - 100))
    page.keyboard.up("Shift")
    expect(chart).not_to_have_attribute("data-selected", "0")
    assert abs(int(chart.get_attribute("data-selected") or 0) - expected) <= 3
    page.locator(STAGE).press("Escape")
    expect(chart).to_have_attribute("data-selected", "0")

    page.get_by_role("button", name="chemistry").click()
    expect(chart).not_to_have_attribute("data-selected", "0")
    chosen = int(chart.get_attribute("data-selected") or 0)
    page.get_by_role("button", name="Invert selection").click()
    expect(chart).to_have_attribute("data-selected", str(500 - chosen))
    page.get_by_role("button", name="Isolate selection").click()
    expect(chart).to_have_attribute("data-isolated", str(500 - chosen))
    drawn = [at for at in chart.evaluate(ALL_PLACES % 1, 500) if at]
    assert len(drawn) == 500 - chosen
    page.get_by_role("button", name="Show all points again").click()
    expect(chart).to_have_attribute("data-isolated", "")
    page.locator(STAGE).press("Escape")
    expect(page.get_by_text(re.compile("told [1-7] times: None, 0 selected"))).to_be_visible()
