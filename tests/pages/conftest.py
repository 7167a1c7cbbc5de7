"""The dashboard in-process, from its entrypoint."""

import re
from collections.abc import Callable
from typing import Any

import pytest
import streamlit as st
from streamlit.runtime.pages_manager import PagesManager
from streamlit.testing.v1 import AppTest, app_test

from pages.shared import state
from tests.conftest import ROOT

TIMEOUT_SECONDS = 180


class PagesOfAServer(PagesManager):
    """The pages as every server knows them from its second run on, when the navigation is declared."""


@pytest.fixture(autouse=True)
def _server_that_has_run_before(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a click be a click: AppTest starts each run as a server's first, on which the page runs twice."""
    monkeypatch.setattr(PagesManager, "uses_pages_directory", False)
    monkeypatch.setattr(app_test, "PagesManager", PagesOfAServer)


@pytest.fixture(autouse=True)
def _no_package_is_searched_for_components(monkeypatch: pytest.MonkeyPatch) -> None:
    """AppTest reads the metadata of all installed packages in each session; the pages have only components of ours."""
    monkeypatch.setattr("streamlit.components.v2.manifest_scanner.scan_component_manifests", list)


@pytest.fixture(autouse=True)
def _no_browser_is_waited_for_and_nothing_is_warmed_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pages.shared.frame.SECONDS_TO_DRAW", 0)
    monkeypatch.setattr("pages.shared.cache.warm_up", lambda: None)


def new_app() -> AppTest:
    """The app in a session of its own, not yet run."""
    return AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=TIMEOUT_SECONDS)


@pytest.fixture
def app() -> AppTest:
    """The app, not yet run."""
    return new_app()


@pytest.fixture
def another_app() -> AppTest:
    """The app in another session, not yet run."""
    return new_app()


@pytest.fixture
def downloads(monkeypatch: pytest.MonkeyPatch) -> dict[str, Callable[[], Any]]:
    """What the page's downloads would hold, by the names of their files."""
    offered: dict[str, Callable[[], Any]] = {}
    usual = st.download_button

    def note(label: str, data: Callable[[], Any], file_name: str, **others: Any) -> bool:
        offered[file_name] = data
        return usual(label, data, file_name, **others)

    monkeypatch.setattr(st, "download_button", note)
    return offered


def open_page(app: AppTest, name: str) -> AppTest:
    """The app on one of its pages."""
    if name != "models":
        app.switch_page(f"pages/{name}.py")
    app.run()
    assert not app.exception
    return app


def code(app: AppTest) -> str:
    """The code that a page shows once its fold is opened."""
    app.session_state[state.EveryPage.CODE] = True
    return app.run().main.code[-1].value


def said(app: AppTest) -> str:
    """All that the page says in prose, to look for a sentence in it."""
    kinds = (app.main.markdown, app.main.caption, app.main.info, app.main.success, app.main.error, app.main.warning)
    elements = [element for kind in kinds for element in kind]
    return "\n".join(words_of(element) for element in elements)


def words_of(element: Any) -> str:
    """What an element says, without the marks that keep names from being broken."""
    return re.sub("</?span[^>]*>", "", str(element.value))
