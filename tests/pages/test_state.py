"""All pages in one session: what is chosen on one page, however far, opens every other."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from core import benchmark
from pages.parts.projector import iterations
from pages.shared import state
from pages.shared.navigation import PAGES
from tests.core.benchmark.runs import finished, timing
from tests.pages.conftest import said

WORDLLAMA = "wordllama-256"
TEXTS = "an owl\na heron\nthe moon\na red brick\nsome rain\nan old song"
VIEWS = ("View", "Method")  # controls that change which others there are: each of their options is looked at
KINDS = ("button_group", "selectbox", "multiselect", "slider", "number_input", "toggle")


@pytest.fixture
def session(app: AppTest, home: Any, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    """A session with one quick model and six texts, in which nothing is left to be timed."""
    benchmark.save(finished(timing(WORDLLAMA)))
    monkeypatch.setattr(iterations, "BETWEEN_PICTURES", iterations.MOST)
    app.query_params.update({"models": [WORDLLAMA], "corpus": "Paste", "corpus_pasted": TEXTS})
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


def test_marks_on_search_and_the_selection_on_the_projector_leave_each_other_alone(session: AppTest) -> None:
    go(session, "search")
    first: Any = session.get("feedback")[0]
    first.set_value(1)
    run(session)
    go(session, "projector")
    session.text_input(key=state.Projector.FIND).set_value("owl")
    find_by: Any = next(group for group in session.get("button_group") if group.key == state.Projector.FIND_BY)
    find_by.set_value("Words")
    run(session)
    next(button for button in session.main.button if button.label == "Select them").click()
    run(session)
    assert "1 texts selected" in said(session)
    session.query_params.pop(state.Labels.TOKEN, None)  # a browser empties the address from page to page
    go(session, "search")
    toggles: list[Any] = list(session.get("feedback"))
    marks = [toggle.value for toggle in toggles]
    assert 1 in marks
    go(session, "projector")
    assert "1 texts selected" in said(session)


EARLIER_LINKS = [
    ("projector", "k", "7", state.Projector.NEIGHBOURS, 7),
    ("projector", "labels", "dense regions", state.Projector.LABELS, "dense regions"),
    ("projector", "space", "Paste", state.Corpus.SOURCE, "Paste"),
    ("projector", "space", "Files", state.Corpus.SOURCE, "File"),
    ("evaluate", "evaluate", "No labels", state.Evaluate.VIEW, "Agreement"),
    ("evaluate", "view", "Compression", state.Evaluate.VIEW, "Compression"),
    ("embed", "embed_from", "File", state.Embed.SOURCE, state.YOUR_TEXTS),
    ("embed", "embed_split", "true", state.Corpus.FILES.SPLIT, True),
    ("embed", "embed_tokens", "40", state.Corpus.FILES.TOKENS, 40),
    ("embed", "embed_overlap", "4", state.Corpus.FILES.OVERLAP, 4),
    ("similarity", "texts_from", "File", state.Similarity.SOURCE, state.YOUR_TEXTS),
    ("similarity", "texts_from", "Corpus", state.Similarity.SOURCE, state.YOUR_TEXTS),
    ("benchmark", "view", "Runs", state.Benchmark.VIEW, "Runs"),
    ("benchmark", "measure", "tokens/s", state.Benchmark.SWEEP_MEASURE, "tokens/s"),
]


@pytest.mark.parametrize(("page", "name", "value", "now", "chosen"), EARLIER_LINKS)
def test_a_link_made_before_a_parameter_was_renamed_opens_the_same_view(
    app: AppTest, page: str, name: str, value: str, now: str, chosen: object
) -> None:
    app.query_params.update({"models": [WORDLLAMA], name: value})
    if now not in (state.Corpus.SOURCE, state.Embed.SOURCE, state.Similarity.SOURCE):
        app.query_params.update({"corpus": "Paste", "corpus_pasted": TEXTS})
    if name == "measure":
        app.query_params[state.Benchmark.VIEW] = "Sweep"
    if name in ("embed_tokens", "embed_overlap"):
        app.query_params[state.Corpus.FILES.SPLIT] = "true"
    app.switch_page(f"pages/{page}.py")
    run(app, page)
    assert app.session_state[now] == chosen
    assert app.query_params[now] == (str(chosen).lower() if chosen is True else str(chosen))
    assert name == now or name not in app.query_params


def test_every_parameter_that_was_renamed_has_a_link_that_was_made_before() -> None:
    earlier = {(page, each.name, each.now) for page in PAGES for each in state.earlier(page)}
    assert earlier == {(page, name, now) for page, name, _, now, _ in EARLIER_LINKS}


def go(app: AppTest, name: str) -> None:
    """Open a page as a click in the navigation does; AppTest forgets a page's widgets a page late."""
    for page in ("explain" if name != "explain" else "embed", name):
        app.switch_page(f"pages/{page}.py")
        run(app, page)


def run(app: AppTest, *where: object) -> None:
    app.run()
    assert not app.exception, where


def views(app: AppTest, name: str) -> Iterator[str]:
    """Each view of the page in turn, opened by a click as from another page."""
    go(app, name)
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
    return [widget for widget in widgets if widget.proto.query_param_key and widget.key != state.Corpus.SOURCE]


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
