"""All pages in one session: what is chosen on one page, however far, opens every other."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from core import benchmark
from pages.parts.projector import iterations
from pages.shared.navigation import PAGES
from tests.core.benchmark.runs import finished, timing

WORDLLAMA = "wordllama-256"
TEXTS = "an owl\na heron\nthe moon\na red brick\nsome rain\nan old song"
VIEWS = ("View", "Method")  # controls that change which others there are: each of their options is looked at
DATA = ("corpus", "space")
KINDS = ("button_group", "selectbox", "multiselect", "slider", "number_input", "toggle")


@pytest.fixture
def session(app: AppTest, home: Any, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    """A session with one quick model and six texts, in which nothing is left to be timed."""
    benchmark.keep(finished(timing(WORDLLAMA)))
    monkeypatch.setattr(iterations, "BETWEEN_PICTURES", iterations.MOST)
    app.query_params.update({"models": [WORDLLAMA], "corpus": "Paste", "corpus_pasted": TEXTS, "space": "Paste"})
    app.session_state["space_pasted"] = TEXTS
    return app.run()


@pytest.mark.parametrize("end", [0, -1], ids=["first or least", "last or most"])
def test_whatever_is_chosen_on_one_page_opens_all_the_others(session: AppTest, end: int) -> None:
    for name in PAGES:
        for view in views(session, name):
            set_all(session, end)
            run(session, name, view)
            set_all(session, end)  # those that have only come in by the others
            submit(session)
            run(session, name, view)
    for name in PAGES:
        assert list(views(session, name))


@pytest.mark.parametrize(("page", "old", "new", "value"), [("projector", "k", "neighbours", 7)])
def test_a_link_made_before_a_parameter_was_renamed_opens_the_same_view(
    session: AppTest, page: str, old: str, new: str, value: object
) -> None:
    session.query_params[old] = str(value)
    session.switch_page(f"pages/{page}.py")
    run(session, page)
    assert session.session_state[new] == value
    assert session.query_params[new] == str(value)
    assert old not in session.query_params


def run(app: AppTest, *where: object) -> None:
    app.run()
    assert not app.exception, where


def views(app: AppTest, name: str) -> Iterator[str]:
    """Each view of the page in turn, opened by a click as from another page."""
    for page in ("explain" if name != "explain" else "embed", name):  # AppTest forgets a page's widgets a page late
        app.switch_page(f"pages/{page}.py")
        run(app, page)
    switches = [control for control in bound(app) if control.label in VIEWS]
    yield name
    for switch in switches:
        for option in switch.options[1:]:
            choose(next(control for control in bound(app) if control.key == switch.key), option)
            run(app, name, option)
            yield option


def bound(app: AppTest) -> list[Any]:
    """The controls of the page that also stand in the address, but for those of the data."""
    widgets: list[Any] = [widget for kind in KINDS for widget in app.main.get(kind)]
    return [widget for widget in widgets if widget.proto.query_param_key and widget.key not in DATA]


def set_all(app: AppTest, end: int) -> None:
    for control in bound(app):
        if control.label in VIEWS:
            continue
        if control.type in ("button_group", "selectbox", "multiselect"):
            choose(control, control.options[end])
        elif control.type == "toggle":
            control.set_value(end == -1)
        else:
            number = control.min if end == 0 else control.max
            control.set_value((number, number) if isinstance(control.value, tuple) else number)


def choose(control: Any, option: str) -> None:
    """Choose an option by what stands on the screen, or by the number in it where that is written out."""
    number = re.fullmatch(r"(\d+)( results|D)", option)
    value = int(number[1]) if number else option
    control.set_value([value] if control.type == "multiselect" else value)


def submit(app: AppTest) -> None:
    """Press the button of the page's form of settings, if there is one."""
    for button in app.main.button:
        if button.label == "Compute":
            button.click()
