"""What stands around every page: the foot, the first visit, present mode, and what a link asks for in vain."""

from typing import Any

import numpy as np
import plotly.graph_objects as go
import pytest
from streamlit.testing.v1 import AppTest

from core.charts.style import PRESENTED_FONT_SIZE, enlarge
from core.machine import this_machine
from pages.shared import link, navigation, state
from tests.pages.conftest import code, open_page, said


def folds(app: AppTest) -> list[str]:
    return [fold.label for fold in app.expander]


def test_each_group_names_its_first_page_and_every_page_is_in_one() -> None:
    assert list(navigation.PAGES) == [name for pages in navigation.GROUPS.values() for name in pages]
    for name, place in (("Understand", 1), ("Explore", 4), ("Decide", 6)):
        assert f'[data-testid="stTopNav"] .rc-overflow-item:nth-child({place})::before,' in navigation.style()
        assert f'content: "{name}"' in navigation.style()


def test_provenance_is_in_one_fold_at_the_foot_with_the_machine_and_the_code_follows(app: AppTest) -> None:
    app.query_params["models"] = ["wordllama-256"]
    open_page(app, "embed")
    assert folds(app) == ["How this was computed", "Show the code"]
    lines = [caption.value.replace("\\", "") for caption in app.expander[0].caption]
    assert "wordllama-256 · revision" in lines[0]
    assert lines[-1] == f"Machine: {this_machine().sentence}"
    assert said(app).count("wordllama-256 · revision") == 1


def test_the_code_is_sent_once_its_fold_is_opened(app: AppTest) -> None:
    open_page(app, "embed")
    assert not app.main.code
    assert code(app).startswith("from sentence_transformers import")


def test_a_page_that_ends_early_has_the_button_of_texts_and_no_fold(app: AppTest) -> None:
    app.query_params["models"] = ["bge-large-en-v1.5"]
    open_page(app, "embed")
    assert folds(app) == []
    assert [group.key for group in app.get("button_group") if group.key == "corpus"] == ["corpus"]


def test_the_first_visit_has_three_steps_until_they_are_dismissed(app: AppTest) -> None:
    open_page(app, "models")
    assert [button.label for button in app.button][:3] == ["**1** Pick models", "**2** Add your texts", "Dismiss"]
    app.button(key="dismiss_guide").click().run()
    assert "Dismiss" not in [button.label for button in app.button]


@pytest.mark.parametrize(
    ("given", "value", "accepted"),
    [
        (["5 results"], 5, True), (["50 results"], 5, False), (["3D"], 3, True), (["0.950"], 0.95, True),
        (["true"], True, True), (["MTEB v3"], "MTEB v2", False), (["a", "b"], ["a", "b"], True), (["a"], [], False),
        ([""], None, True), (["x"], 5, False), (["1.2.3"], 1.2, False),
    ],
)  # fmt: skip
def test_a_value_of_a_link_is_known_by_what_the_control_made_of_it(
    given: list[str], value: object, *, accepted: bool
) -> None:
    assert link.is_accepted(given, value) == accepted


def test_a_link_says_which_value_was_dropped_until_the_control_is_changed(app: AppTest) -> None:
    app.query_params.update({"board": "MTEB v9", "show": "Original six", "utm_source": "mail"})
    open_page(app, "models")
    (sentence,) = [info.value.replace("\\", "") for info in app.info]
    assert sentence.startswith("The link asks for board=MTEB v9, which this page does not have: ")
    board: Any = next(group for group in app.get("button_group") if group.key == "board")
    board.set_value("MTEB v1").run()
    assert not app.info


def test_a_link_says_which_name_no_control_of_its_page_has(app: AppTest) -> None:
    app.query_params.update({"k": "3", "show": "Original six"})
    (sentence,) = [info.value.replace("\\", "") for info in open_page(app, "models").info]
    assert sentence == "The link asks for k=3, which this page does not have: it shows its default instead."


@pytest.mark.parametrize(
    ("page", "name"),
    [("explain", "other1"), ("search", "corpus_overlap"), ("evaluate", "marks"), ("verdict", "weigh_speed")],
)
def test_parameters_in_tuples_and_of_uploaders_are_known(page: str, name: str) -> None:
    assert state.is_parameter(name, page)
    assert not state.is_parameter("wiew", page)


def test_a_link_that_is_accepted_says_nothing(app: AppTest) -> None:
    app.query_params.update({"board": "MTEB v1", "show": "All"})
    assert not open_page(app, "models").info


def test_a_page_without_a_picked_model_misses_none_of_the_link(app: AppTest) -> None:
    app.query_params["models"] = ""
    open_page(app, "search")
    assert [info.value for info in app.info] == [
        "No model is picked yet: pick up to four in the sidebar or on the Models page."
    ]


@pytest.mark.parametrize(("rows", "numbers"), [(8, "%{text}"), (9, None)])
def test_a_presented_heatmap_has_numbers_only_in_cells_with_room_for_them(rows: int, numbers: str | None) -> None:
    cells = np.zeros((rows, 2))
    larger = enlarge(go.Figure(go.Heatmap(z=cells, text=cells, texttemplate="%{text}")))
    assert larger.data[0].texttemplate == numbers


def test_presented_numbers_that_fit_many_cells_keep_their_size_and_labels_fit_their_rows() -> None:
    cells = np.zeros((20, 20))
    figure = go.Figure(go.Heatmap(z=cells, text=cells, texttemplate="%{text}", textfont={"size": 11}))
    figure.update_yaxes(tickvals=list(range(20)), ticktext=[f"text {row}" for row in range(20)], tickfont={"size": 16})
    larger = enlarge(figure)
    assert (larger.data[0].texttemplate, larger.data[0].textfont.size) == ("%{text}", 11)
    assert larger.layout.yaxis.tickfont.size < 300 / 20, "twenty labels do not touch on 300 pixels"


@pytest.mark.parametrize(("page", "charts"), [("models", 2), ("similarity", 1), ("evaluate", 1)])
def test_in_present_mode_the_charts_that_answer_are_presented(
    app: AppTest, monkeypatch: pytest.MonkeyPatch, page: str, charts: int
) -> None:
    app.query_params.update({"present": "true", "models": ["all-MiniLM-L6-v2"]})
    enlarged: list[go.Figure] = []

    def note(figure: go.Figure, low_plot: int) -> go.Figure:
        enlarged.append(figure)
        return figure

    monkeypatch.setattr("pages.shared.ui.chart.enlarge", note)
    open_page(app, page)
    assert len(app.get("plotly_chart")) == len(enlarged) == charts


def test_a_presented_figure_has_all_its_text_enlarged() -> None:
    figure = go.Figure(
        go.Scatter(x=[1], y=[1], text=["a"], textfont={"size": [12]}, marker={"size": 5}),
        {
            "font": {"size": 16},
            "xaxis": {"tickfont": {"size": 24}},
            "annotations": [{"text": "b", "font": {"size": 8}}],
        },
    )
    larger = enlarge(figure)
    assert larger.layout.font.size == PRESENTED_FONT_SIZE == 20
    assert larger.layout.xaxis.tickfont.size == 30
    assert larger.layout.annotations[0].font.size == 20
    assert list(larger.data[0].textfont.size) == [20]
    assert larger.data[0].marker.size == 5
    assert figure.layout.font.size == 16


def test_names_in_the_answer_are_not_broken_at_a_hyphen(app: AppTest) -> None:
    open_page(app, "evaluate")
    (answer,) = (element.value for element in app.main.markdown if 'class="answer"' in element.value)
    assert '<span style="white-space:nowrap">all-MiniLM-L6-v2</span> ranks best' in answer
