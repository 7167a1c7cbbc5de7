"""A real server and a real browser: headless Chromium, drawing in software, and nothing from outside this machine."""

import os
import shutil
import socket
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TypeVar

import psutil
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    FilePayload,
    Locator,
    Page,
    ViewportSize,
    expect,
    sync_playwright,
)
from playwright.sync_api import (
    TimeoutError as PlaywrightTimeoutError,
)

from tests.conftest import ROOT, share_engines

Seen = TypeVar("Seen")

BROWSERS = ("chromium-headless-shell", "chromium")  # the first has no window of its own to keep: an eighth less work
CHROMIUM = next(filter(None, map(shutil.which, BROWSERS)), "/usr/bin/chromium")
FLAGS = [
    "--no-sandbox",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--disable-gpu-compositing",  # only the map is drawn by an imitated GPU; the rest is painted twice as fast without
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
ONE_PROCESS = "--process-per-site"  # which has compiled the scripts and opens the next page with half the work
PATIENCE_MS = 120_000
expect.set_options(timeout=PATIENCE_MS)
SECONDS_TO_COME_TO_REST = 10
QUIET_MS = 300  # longer than any widget waits for what is typed next
REST = (ROOT / "tests/e2e/rest.js").read_text(encoding="utf-8")
CHART_TEXT = (ROOT / "tests/e2e/chart_text.js").read_text(encoding="utf-8")
PHONE: ViewportSize = {"width": 390, "height": 844}
FIRST = """() => [...document.querySelectorAll(".st-key-result :is(button, input, textarea)")].find(
    control => control.compareDocumentPosition(document.querySelector(".answer")) & Node.DOCUMENT_POSITION_FOLLOWING
)?.outerHTML ?? null"""  # a control above the answer
WIDTHS = """() => [document.documentElement, document.querySelector('[data-testid="stMain"]')]
    .map(scrolling => scrolling.scrollWidth)"""
AT_REST = """() => document.querySelector('[data-testid="stApp"]')
    ?.getAttribute('data-test-script-state') === 'notRunning'"""


@contextmanager
def running_server(
    home: Path,
    script: Path = ROOT / "streamlit_app.py",
    settings: Mapping[str, str] | None = None,
    port: int | None = None,
    path: str = "",
) -> Iterator[str]:
    """A freshly started dashboard, or another script, with further settings in its environment; gives its address.

    `path` is that below which the settings put it.
    """
    share_engines(home)
    port = port or free_port()
    command = [sys.executable, "-m", "streamlit", "run", str(script), "--server.headless=true"]
    command += ["--server.address=127.0.0.1", f"--server.port={port}"]
    with (home / "server.log").open("ab") as log:
        environment = {**os.environ, "EMBEDSCOPE_HOME": str(home), **(settings or {})}
        process = subprocess.Popen(command, cwd=script.parent, env=environment, stdout=log, stderr=log)
        try:
            wait_until_healthy(f"http://127.0.0.1:{port}/{path}_stcore/health", process)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            try:
                process.wait(PATIENCE_MS / 1000)  # what it computes just now is finished first
            finally:
                process.kill()
                process.wait()


def debians(program: str, package: str) -> str:
    """The path of a program of one of Debian's packages; without it a test is skipped, but not in CI."""
    found = shutil.which(program, path=f"{os.environ['PATH']}:/usr/sbin")
    if not found and "CI" in os.environ:
        pytest.fail(f"Debian's {package} is not installed: the gate checks the dashboard behind it.")
    return found or pytest.skip(f"Debian's {program} is not installed: apt-get install {package}")


def free_port() -> int:
    """A port that nothing listens on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def wait_until_healthy(address: str, process: "subprocess.Popen[bytes]", tls: ssl.SSLContext | None = None) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(address, timeout=2, context=tls):
                return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.1)
    raise RuntimeError("The server did not come up.")


@pytest.fixture(scope="session")
def home() -> Path:
    """The server's cache folder, shared by all servers of the run, and by the core that checks their figures."""
    return Path(os.environ["EMBEDSCOPE_HOME"])


@pytest.fixture(scope="session")
def server(home: Path) -> Iterator[str]:
    with running_server(home) as address:
        yield address


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if not Path(CHROMIUM).exists():
        if os.environ.get("CI"):
            pytest.fail("Debian's chromium-headless-shell is not installed: browser tests do not skip in CI.")
        pytest.skip("Neither of Debian's browsers is installed: apt-get install chromium-headless-shell")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=[*FLAGS, ONE_PROCESS])
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def context(browser: Browser) -> Iterator[BrowserContext]:
    """What all pages share, as the tabs of one person do: scripts that are loaded and compiled, no session."""
    context = browser.new_context(viewport={"width": 1440, "height": 900}, accept_downloads=True)
    context.set_default_timeout(PATIENCE_MS)
    context.add_init_script(REST)
    _keep_process(context.new_page())
    yield context
    context.close()


def _keep_process(page: Page) -> None:
    """Let an empty page of our servers' site stay open, and with it the process that all their pages share."""
    page.route("**", lambda route: route.fulfill(body=""))
    page.goto("http://127.0.0.1/")


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    yield context.new_page()
    for page in context.pages[1:]:  # the first keeps the process
        page.close()


@pytest.fixture
def console_errors(page: Page) -> list[str]:
    """Console errors of the page, but for Streamlit's own search for its base path on a deep link."""
    errors: list[str] = []

    def note(message: ConsoleMessage) -> None:
        if message.type == "error" and "/_stcore/" not in message.location.get("url", ""):
            errors.append(f"{message.text} {message.location}")

    page.on("console", note)
    page.on("pageerror", lambda error: errors.append(str(error)))
    return errors


def settle(page: Page) -> None:
    """Wait until the script has run and nothing is being drawn any more."""
    page.evaluate(REST)  # a page of a context of its own does not have it yet
    try:
        page.wait_for_function("ms => !unrest(ms)", arg=QUIET_MS, timeout=PATIENCE_MS)
    except PlaywrightTimeoutError as error:
        raise AssertionError(f"The page does not come to rest: {page.evaluate('unrest', QUIET_MS)}.") from error


def upload(uploads: Locator, *files: Path | FilePayload) -> None:
    """Give files to an upload, and wait until the page has them: at rest alone it may not even have begun to send."""
    given = [_payload(file) if isinstance(file, Path) else file for file in files]
    uploads.set_input_files(given)
    for file in given:
        expect(uploads.page.get_by_role("button", name=f"Remove {file['name']}")).to_be_visible()
    settle(uploads.page)


def _payload(file: Path) -> FilePayload:
    return {"name": file.name, "mimeType": "application/octet-stream", "buffer": file.read_bytes()}


def assert_accessible(page: Page) -> None:
    """In light and in dark no rule of axe-core is broken, and axes and legends are readable; a phone is wide enough.

    The page's answer stands above its controls.
    """
    assert page.evaluate(FIRST) is None
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        settle(page)
        violations = Axe().run(page).response["violations"]
        assert [f"{rule['id']}: {node['html'][:200]}" for rule in violations for node in rule["nodes"]] == []
        page.evaluate(CHART_TEXT)
        assert page.evaluate("faintOrSmall()") == []
    assert_fits_phone(page)


def assert_fits_phone(page: Page) -> None:
    """Nothing is wider than a phone's window, so that the page itself does not scroll sideways (WCAG 2.2, 1.4.10)."""
    usual = page.viewport_size
    page.set_viewport_size(PHONE)
    settle(page)
    fitting = [PHONE["width"]] * 2
    assert last_of(lambda: page.evaluate(WIDTHS), fitting) == fitting
    if usual:
        page.set_viewport_size(usual)


def last_of(look: Callable[[], Seen], awaited: Seen) -> Seen:
    """What is seen once it is what is awaited, or after some seconds: a chart may take some frames for a new size."""
    deadline = time.monotonic() + SECONDS_TO_COME_TO_REST
    while (seen := look()) != awaited and time.monotonic() < deadline:
        time.sleep(0.1)
    return seen


def jobs(what: str) -> list[psutil.Process]:
    """Our child processes that run a job whose name begins so."""
    found = []
    for process in psutil.Process().children(recursive=True):
        with suppress(psutil.Error):  # gone, or not yet buried
            command = process.cmdline()
            if "core.jobs.child" in command and command[-1].startswith(what):
                found.append(process)
    return found
