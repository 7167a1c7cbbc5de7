"""Two dashboards behind HAProxy, configured as docs/scaling.md says: a killed one costs its own visitors' sessions."""

import re
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import psutil
import pytest
from playwright.sync_api import Browser, Page, expect

from core import collections, models
from tests.conftest import ROOT
from tests.e2e.conftest import PATIENCE_MS, REST, debians, free_port, running_server, settle, upload, wait_until_healthy

pytest.importorskip("lance", reason="requirements-scale.txt is not installed: collections are not checked")

COOKIE = "embedscope"
WORDLLAMA = models.get("wordllama-256")
QUERY = "The emu number 4 sleeps all day."
TEXTS = [f"The {animal} number {number} sleeps all day." for number in range(5) for animal in ("owl", "fox", "emu")]
IS_CONNECTED = ("data-test-connection-state", "CONNECTED")


@pytest.fixture(scope="module")
def haproxy() -> str:
    return debians("haproxy", "haproxy")


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The settings that both dashboards have in common: where the collections are, with one of fifteen texts."""
    folder = tmp_path_factory.mktemp("shared")
    file = folder / "animals.csv"
    file.write_text("\n".join(["text", *TEXTS]))
    settings = {"EMBEDSCOPE_COLLECTIONS": str(folder / "collections")}
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv(*next(iter(settings.items())))
        collections.embed(collections.create("animals", [file]), WORDLLAMA)
    return settings


@pytest.fixture
def dashboards(shared: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The addresses of two dashboards, each with a home of its own, by what the proxy's cookie calls them."""
    with ExitStack() as running:
        yield {
            name: running.enter_context(running_server(tmp_path_factory.mktemp("replica"), settings=shared))
            for name in ("one", "two")
        }


@pytest.fixture
def address(haproxy: str, dashboards: dict[str, str], tmp_path: Path) -> Iterator[str]:
    """One address for both: HAProxy as the documentation configures it, but for the ports."""
    (block,) = re.findall(r"```haproxy\n(.*?)```", (ROOT / "docs/scaling.md").read_text(encoding="utf-8"), re.DOTALL)
    port = free_port()
    used_ports = (f"127.0.0.1:{port}", *(f":{port_of(dashboard)}" for dashboard in dashboards.values()))
    for documented, used in zip(("*:8500", ":8501", ":8502"), used_ports, strict=True):
        assert block.count(documented) == 1
        block = block.replace(documented, used)
    (tmp_path / "haproxy.cfg").write_text(block)
    with subprocess.Popen([haproxy, "-db", "-f", str(tmp_path / "haproxy.cfg")]) as process:
        try:
            wait_until_healthy(f"http://127.0.0.1:{port}/_stcore/health", process)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.kill()


def visit(browser: Browser, address: str) -> Page:
    """A visitor of their own, who searches the collection."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    context.set_default_timeout(PATIENCE_MS)
    context.add_init_script(REST)
    page = context.new_page()
    page.goto(f"{address}/search?models={WORDLLAMA.name}&corpus=Collection&collection=animals&q={QUERY}")
    expect(page.get_by_text(QUERY).first).to_be_visible()
    settle(page)
    return page


def dashboard_of(page: Page) -> str:
    """Which of the dashboards serves a visitor, by the proxy's cookie."""
    return next(cookie["value"] for cookie in page.context.cookies() if cookie["name"] == COOKIE)


def port_of(address: str) -> int:
    return int(address.rpartition(":")[2])


def kill(dashboard: str) -> None:
    """Kill a dashboard, as running out of memory would."""
    (process,) = {
        connection.pid
        for connection in psutil.net_connections("tcp4")
        if connection.status == psutil.CONN_LISTEN and connection.laddr.port == port_of(dashboard)
    }
    psutil.Process(process).kill()


def test_two_dashboards_share_an_address_and_collections_and_a_killed_one_costs_its_own_visitors_sessions(
    browser: Browser, address: str, dashboards: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "mine.txt").write_text("A text of one's own.\nAnother one.\n")
    hers, his = visit(browser, address), visit(browser, address)
    assert {dashboard_of(hers), dashboard_of(his)} == {"one", "two"}
    for page in (hers, his):
        page.get_by_role("button", name="Your texts:").click()
        page.get_by_test_id("stPopoverBody").get_by_role("radio", name="File").click()
        settle(page)  # the upload for a new collection has made room for that of files
        upload(page.get_by_test_id("stFileUploaderDropzoneInput"), tmp_path / "mine.txt")
        page.keyboard.press("Escape")
        expect(page.get_by_role("button", name="Your texts: mine.txt")).to_be_visible()

    kill(dashboards[dashboard_of(hers)])
    left = dashboard_of(his)
    expect(hers.get_by_test_id("stApp")).not_to_have_attribute(*IS_CONNECTED)
    expect(hers.get_by_test_id("stApp")).to_have_attribute(*IS_CONNECTED)
    hers.get_by_label("Query", exact=True).fill("another")
    hers.keyboard.press("Enter")
    expect(hers.get_by_text("No file is uploaded in this session")).to_be_visible()
    settle(hers)
    assert "q=another" in hers.url  # what the address says is kept
    hers.get_by_role("button", name="Your texts:").click()
    upload(hers.get_by_test_id("stFileUploaderDropzoneInput"), tmp_path / "mine.txt")  # the other one takes it
    assert dashboard_of(hers) == left
    hers.keyboard.press("Escape")
    expect(hers.get_by_role("button", name="Your texts: mine.txt")).to_be_visible()
    hers.context.close()

    expect(his.get_by_test_id("stApp")).to_have_attribute(*IS_CONNECTED)
    his.get_by_label("Query", exact=True).fill("another")
    his.keyboard.press("Enter")
    settle(his)
    expect(his.get_by_role("button", name="Your texts: mine.txt")).to_be_visible()
    assert dashboard_of(his) == left
    his.context.close()
