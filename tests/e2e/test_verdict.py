"""The verdict in a browser: a slider turns it round, and what is sent opens without asking anybody for anything."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from core import benchmark, models
from core.benchmark import Timing
from core.models import revisions
from tests.core.benchmark.runs import finished
from tests.e2e.conftest import assert_accessible, running_server, settle
from tests.e2e.test_pages import open_page


def timed(model: str, ms: float, **changes: object) -> Timing:
    revision = revisions.look_up(models.get(model)) or ""
    return Timing(model, "cpu", "fake", "float32", revision=revision, median_ms=ms, peak_memory_bytes=10**9, **changes)  # type: ignore[arg-type]


@pytest.fixture
def timed_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine on which both models have been timed."""
    rows = [
        timing
        for model, ms in (("all-MiniLM-L6-v2", 5.0), ("wordllama-256", 0.2))
        for timing in (timed(model, ms), timed(model, 100 * ms, batch_size=16, text="", tokens=128))
    ]
    monkeypatch.setenv("EMBEDSCOPE_HOME", str(tmp_path))
    benchmark.save(finished(*rows))
    return tmp_path


def test_a_new_servers_first_deep_link_opens_sliders_turn_the_verdict_and_what_is_sent_fetches_nothing(
    page: Page, browser: Browser, timed_home: Path, console_errors: list[str]
) -> None:
    with running_server(timed_home) as address:
        open_page(page, address, "verdict")
        expect(page.get_by_role("heading", name="Verdict", exact=True)).to_be_visible()
        assert page.get_by_role("dialog").count() == 0
        expect(page.get_by_text("Take all-MiniLM-L6-v2: it finds the right text more often")).to_be_visible()
        assert_accessible(page)
        page.get_by_role("radio", name="Laptop").click()
        expect(page.get_by_role("slider", name="Memory")).to_have_value("6")
        settle(page)
        page.go_back()
        expect(page.get_by_role("radio", name="Balanced")).to_be_checked()
        settle(page)
        assert "weigh_" not in page.url
        page.get_by_role("slider", name="Quality").press("Home")
        settle(page)
        expect(page.get_by_text("Take wordllama-256: ")).to_be_visible()
        assert "weigh_quality=0" in page.url
        with page.expect_download() as downloading:
            page.get_by_role("button", name="Download report (HTML)").click()
        sent = timed_home / "verdict.html"
        downloading.value.save_as(sent)
    assert console_errors == []
    reader = browser.new_context(color_scheme="dark", offline=True)
    opened, asked, broken = reader.new_page(), [], []
    opened.on("request", lambda request: asked.append(request.url))
    opened.on("console", lambda message: broken.append(message.text))
    opened.goto(sent.as_uri())
    expect(opened.get_by_role("heading", name="Take wordllama-256.")).to_be_visible()
    lanes = opened.get_by_role("img", name="Score, quality, speed, memory, price and licence of each model")
    assert lanes.locator('div[style*="background"]').count() > 12
    assert opened.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(14, 17, 22)"
    assert (asked, broken) == ([sent.as_uri()], [])
    reader.close()
