"""The dashboard under a path of its own behind nginx with TLS, configured as docs/hosting.md says."""

import os
import re
import ssl
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.conftest import ROOT
from tests.e2e.conftest import PATIENCE_MS, REST, debians, free_port, running_server, settle, upload, wait_until_healthy

UNDER = "embedscope"
AROUND = """
{user}
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include /etc/nginx/mime.types;
{server}
}}
"""
LARGE = 20_000_000  # bytes; nginx itself takes a million


@pytest.fixture(scope="module")
def nginx() -> str:
    return debians("nginx", "nginx-light")


@pytest.fixture
def address(nginx: str, tmp_path: Path) -> Iterator[str]:
    """The dashboard's address at nginx, with a certificate that nobody has signed."""
    certificate, key = tmp_path / "certificate.pem", tmp_path / "key.pem"
    how = ["-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=127.0.0.1"]
    command = ["openssl", "req", *how, "-keyout", str(key), "-out", str(certificate)]
    subprocess.run(command, check=True, capture_output=True)
    (block,) = re.findall(r"```nginx\n(.*?)```", (ROOT / "docs/hosting.md").read_text(encoding="utf-8"), re.DOTALL)
    settings = {"STREAMLIT_SERVER_BASE_URL_PATH": UNDER}
    with running_server(tmp_path / "home", settings=settings, path=f"{UNDER}/") as dashboard:
        port = free_port()
        for documented, used in {
            "443": f"127.0.0.1:{port}",
            "127.0.0.1:8501": dashboard.removeprefix("http://").rstrip("/").partition("/")[0],
            "/etc/ssl/embedscope.example.com.pem": str(certificate),
            "/etc/ssl/embedscope.example.com.key": str(key),
        }.items():
            assert block.count(documented) == 1
            block = block.replace(documented, used)
        user = "user root;" if os.getuid() == 0 else ""  # or its workers could not enter the test's folder
        (tmp_path / "nginx.conf").write_text(AROUND.format(user=user, folder=tmp_path, server=block))
        with subprocess.Popen([nginx, "-c", str(tmp_path / "nginx.conf"), "-p", str(tmp_path)]) as process:
            try:
                wait_until_healthy(
                    f"https://127.0.0.1:{port}/{UNDER}/_stcore/health", process, ssl._create_unverified_context()
                )
                yield f"https://127.0.0.1:{port}/{UNDER}"
            finally:
                process.terminate()


def test_pages_uploads_and_downloads_work_under_a_path_behind_tls(
    browser: Browser, address: str, tmp_path: Path
) -> None:
    context = browser.new_context(viewport={"width": 1440, "height": 900}, ignore_https_errors=True)
    context.set_default_timeout(PATIENCE_MS)
    context.add_init_script(REST)
    page = context.new_page()
    page.goto(f"{address}/search?q=snow leopard")
    settle(page)
    expect(page.get_by_label("Query", exact=True)).to_have_value("snow leopard")
    lines = "".join(
        f"The emu number {number} sleeps all day and dreams of {number % 97} owls.\n" for number in range(60)
    )
    (tmp_path / "mine.txt").write_text(lines + " " * LARGE)
    page.get_by_role("button", name="Your texts:").click()
    page.get_by_test_id("stPopoverBody").get_by_role("radio", name="File").click()
    upload(page.get_by_test_id("stFileUploaderDropzoneInput"), tmp_path / "mine.txt")
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Your texts: mine.txt")).to_be_visible()
    page.get_by_role("link", name="Projector").click()
    expect(page).to_have_url(re.compile(f"^{address}/projector"))
    page.wait_for_selector('[data-testid="map"][data-points="60"][data-ready="true"]')
    page.get_by_role("link", name="Models").click()
    settle(page)
    expect(page).to_have_url(re.compile(rf"^{address}/(\?.*)?$"))
    with page.expect_download() as begun:
        page.get_by_role("button", name="CSV").first.click()
    assert Path(begun.value.path()).read_text(encoding="utf-8-sig").startswith("model,")
    context.close()
