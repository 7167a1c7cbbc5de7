"""The door: where a login is configured, nobody sees a page before it, and what is saved is the person's own."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest
from streamlit.user_info import UserInfoProxy

from core import settings
from core.settings import cache_folder
from pages.shared import navigation, state
from tests.pages.conftest import said

LOGIN = '[auth]\nredirect_uri = "http://localhost/oauth2callback"\ncookie_secret = "a"\nclient_id = "b"\n'
RULES = '[access]\ndomains = ["example.com"]\nhosts = ["host@example.com"]\n'
OUTSIDE = {"is_logged_in": False}

Log = Callable[..., None]


def claims(name: str) -> dict[str, Any]:
    """What a provider says of somebody."""
    address = f"{name}@example.com" if "@" not in name else name
    return {
        "is_logged_in": True,
        "iss": "https://login.example.com",
        "sub": name,
        "email": address,
        "email_verified": True,
    }


@pytest.fixture
def secrets(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    (tmp_path / ".streamlit").mkdir()
    monkeypatch.setattr(settings, "PROJECT", tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "nowhere"))
    path = tmp_path / ".streamlit" / "secrets.toml"
    path.write_text(LOGIN + RULES)
    return path


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch, secrets: Path) -> Callable[[dict[str, Any]], None]:
    """Sets what the browser's cookie says of the person."""

    def log_as(who: dict[str, Any]) -> None:
        monkeypatch.setattr("streamlit.user_info._get_user_info", lambda: dict(who))

    log_as(OUTSIDE)
    return log_as


def buttons(app: AppTest) -> list[str]:
    return [button.label for button in (*app.main.button, *app.sidebar.button)]


@pytest.mark.parametrize("page", navigation.PAGES)
def test_no_page_is_seen_before_the_login(app: AppTest, log: Log, page: str) -> None:
    if page != navigation.DEFAULT_PAGE:
        app.switch_page(f"pages/{page}.py")
    app.run()
    assert [title.value for title in app.title] == ["Embedscope"]
    assert buttons(app) == ["Log in"]
    assert not app.exception
    assert not app.sidebar.multiselect
    assert not app.dataframe


def test_each_provider_has_a_button(app: AppTest, log: Log, secrets: Path) -> None:
    secrets.write_text('[auth]\ncookie_secret = "a"\n[auth.google]\nclient_id = "b"\n[auth.okta]\nclient_id = "c"\n')
    assert buttons(app.run()) == ["Log in with Google", "Log in with Okta"]


def test_who_may_not_enter_is_told_so_and_can_log_out(app: AppTest, log: Log) -> None:
    log(claims("mallory@evil.org"))
    app.run()
    assert "mallory@evil.org may not use this Embedscope" in said(app)
    assert buttons(app) == ["Log out"]
    assert not app.dataframe


def test_rules_that_cannot_be_read_close_the_door(app: AppTest, log: Log, secrets: Path) -> None:
    log(claims("alice"))
    secrets.write_text(f"{LOGIN}[access]\ndomain = 1\n")
    assert "Nobody can enter" in said(app.run())
    assert not app.dataframe


def test_who_has_logged_in_is_named_and_can_log_out(app: AppTest, log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    left: list[bool] = []
    monkeypatch.setattr(st, "logout", lambda: left.append(True))
    log(claims("alice"))
    app.run()
    assert not app.exception
    assert [text.value for text in app.sidebar.text] == ["alice@example.com"]
    app.button(state.EveryPage.LOG_OUT).click().run()
    assert left == [True]


def test_only_a_host_downloads(app: AppTest, another_app: AppTest, log: Log) -> None:
    log(claims("alice"))
    assert not any(field.key == state.Models.HUB_ID for field in app.run().main.text_input)
    log(claims("host"))
    assert any(field.key == state.Models.HUB_ID for field in another_app.run().main.text_input)


def test_what_one_marks_another_does_not_see_and_no_link_shows_it(app: AppTest, another_app: AppTest, log: Log) -> None:
    for visitor, name, seen in ((app, "alice", None), (another_app, "bob", None)):
        log(claims(name))
        visitor.switch_page("pages/search.py").run()
        thumbs = [control for control in visitor.main.button_group if str(control.key).startswith("search_mark_")]
        assert thumbs[0].value == seen
        thumbs[0].set_value(1).run()
        assert state.Labels.TOKEN not in visitor.query_params
    assert len({path.stem for path in (cache_folder() / "marks").glob("*.json")}) == 2


def test_a_link_with_anothers_key_shows_nothing_of_theirs(app: AppTest, another_app: AppTest, log: Log) -> None:
    log(claims("carol"))
    app.switch_page("pages/search.py").run()
    thumbs = [control for control in app.main.button_group if str(control.key).startswith("search_mark_")]
    before = {path.stem for path in (cache_folder() / "marks").glob("*.json")}
    thumbs[0].set_value(1).run()
    (token,) = {path.stem for path in (cache_folder() / "marks").glob("*.json")} - before
    log(claims("dave"))
    another_app.query_params[state.Labels.TOKEN] = token
    another_app.switch_page("pages/search.py").run()
    thumbs = [control for control in another_app.main.button_group if str(control.key).startswith("search_mark_")]
    assert thumbs[0].value is None


def test_without_a_login_nothing_changes(app: AppTest) -> None:
    assert "is_logged_in" not in UserInfoProxy()
    app.run()
    assert app.dataframe
    assert not app.sidebar.text
    assert "Log out" not in buttons(app)
