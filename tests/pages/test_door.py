"""The door: where a login is configured, nobody sees a page before it, and what is saved is the person's own."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest
from streamlit.user_info import UserInfoProxy

from core import access, benchmark, settings
from core.access import Rules
from core.benchmark import history
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


def thumbs(app: AppTest) -> Any:
    """The first pair of thumbs on Search, which is opened."""
    app.switch_page("pages/search.py").run()
    return app.get("feedback")[0]


def files_of_marks() -> set[str]:
    return {path.stem for path in (cache_folder() / "marks").glob("*.json")}


def test_what_one_marks_another_does_not_see_whatever_the_link_says(
    app: AppTest, another_app: AppTest, log: Log
) -> None:
    before = files_of_marks()
    log(claims("alice"))
    thumbs(app).set_value(1).run()
    assert not app.exception
    assert state.Labels.TOKEN not in app.query_params
    (token,) = files_of_marks() - before

    log(claims("bob"))
    another_app.query_params[state.Labels.TOKEN] = token
    assert thumbs(another_app).value is None
    thumbs(another_app).set_value(0).run()
    assert len(files_of_marks() - before) == 2
    log(claims("alice"))
    assert thumbs(app).value == 1


def test_without_a_login_nothing_changes(app: AppTest) -> None:
    assert "is_logged_in" not in UserInfoProxy()
    app.run()
    assert app.dataframe
    assert not app.sidebar.text
    assert "Log out" not in buttons(app)


def test_what_one_has_measured_another_does_not_see(
    app: AppTest, another_app: AppTest, log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = benchmark.recorded_run(lambda _: True)
    assert run
    with monkeypatch.context() as patch:
        patch.setattr(settings, "owner", lambda: access.admit(claims("erin"), Rules()).key)
        saved = history.save(run)
    assert len(saved.parent.parent.name) == 32
    seen = []
    for visitor, name in ((app, "erin"), (another_app, "frank")):
        log(claims(name))
        visitor.query_params[state.Benchmark.VIEW] = "Runs"
        visitor.switch_page("pages/benchmark.py").run()
        assert not visitor.exception
        seen.append(next(box.options for box in visitor.main.selectbox if box.key == state.Benchmark.FIRST_RUN))
    assert len(seen[0]) == len(seen[1]) + 1


def test_turns_and_limits_go_by_the_session_and_with_a_login_by_the_person(log: Log, secrets: Path) -> None:
    def show() -> None:
        import streamlit as st

        from core import visitors

        st.text(visitors.current())

    log(claims("erin"))
    by_person = AppTest.from_function(show).run().text[0].value
    assert by_person == access.admit(claims("erin"), Rules()).key
    secrets.unlink()
    log({})
    by_session = AppTest.from_function(show).run().text[0].value
    assert by_session not in ("", by_person)
