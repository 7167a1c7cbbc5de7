"""The login, with a provider that speaks OpenID Connect: who has no business here sees nothing, others their own."""

import re
from collections.abc import Iterator
from pathlib import Path

import oidc_provider_mock
import pytest
from oidc_provider_mock import User
from playwright.sync_api import Browser, Page, expect

from tests.e2e.conftest import PATIENCE_MS, REST, free_port, running_server, settle

SECRETS = """
[auth]
redirect_uri = "http://localhost:{port}/oauth2callback"
cookie_secret = "a secret of this test"
client_id = "embedscope"
client_secret = "another"
server_metadata_url = "http://localhost:{provider}/.well-known/openid-configuration"
client_kwargs = {{ prompt = "login" }}

[access]
domains = ["example.com"]
"""


def user(name: str, domain: str) -> User:
    return User(sub=name, claims={"email": f"{name}@{domain}", "email_verified": True})


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    """A dashboard with a login."""
    port = free_port()
    users = (user("alice", "example.com"), user("mallory", "evil.org"))
    with oidc_provider_mock.run_server_in_thread(user_claims=users) as provider:
        secrets = tmp_path / "host" / ".streamlit" / "secrets.toml"
        secrets.parent.mkdir(parents=True)
        secrets.write_text(SECRETS.format(port=port, provider=provider.server_port))
        with running_server(tmp_path / "home", settings={"HOME": str(tmp_path / "host")}, port=port):
            yield f"http://localhost:{port}"


def visit(browser: Browser, address: str) -> Page:
    """The page at an address, as somebody with a browser of their own."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    context.set_default_timeout(PATIENCE_MS)
    context.add_init_script(REST)
    page = context.new_page()
    page.goto(address)
    return page


def log_in(page: Page, name: str) -> None:
    page.get_by_role("button", name="Log in").click()
    page.get_by_placeholder("sub").fill(name)
    page.get_by_role("button", name="Authorize").click()


def test_a_person_logs_in_sees_the_page_of_the_link_and_logs_out_and_a_stranger_sees_nothing(
    browser: Browser, address: str
) -> None:
    page = visit(browser, f"{address}/search?q=snow leopard")
    expect(page.get_by_role("button", name="Log in")).to_be_visible()
    expect(page.get_by_test_id("stSidebar")).to_have_count(0)
    expect(page.get_by_role("link", name="Search")).to_have_count(0)
    log_in(page, "alice")
    expect(page).to_have_url(re.compile("/search"))
    expect(page.get_by_text("alice@example.com")).to_be_visible()
    settle(page)
    expect(page.get_by_label("Query", exact=True)).to_have_value("snow leopard")
    another = page.context.new_page()
    another.goto(f"{address}/models")
    expect(another.get_by_text("alice@example.com")).to_be_visible()
    another.close()

    stranger = visit(browser, f"{address}/search")
    log_in(stranger, "mallory")
    expect(stranger.get_by_text("mallory@evil.org may not use this Embedscope")).to_be_visible()
    expect(stranger.get_by_test_id("stSidebar")).to_have_count(0)
    stranger.context.close()

    page.get_by_role("button", name="Log out").click()
    page.get_by_role("button", name="End session").click()  # the provider's
    expect(page.get_by_role("button", name="Log in")).to_be_visible()
    page.goto(f"{address}/search")
    expect(page.get_by_role("button", name="Log in")).to_be_visible()
    page.context.close()
