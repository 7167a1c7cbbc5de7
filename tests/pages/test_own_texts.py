"""One's own texts on the pages that begin with typed ones: shown without another click, and named only where shown."""

import json
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from core import embedding, models
from core.similarity import score_matrix
from pages.shared import state
from tests.e2e.test_pages import decoded
from tests.pages.conftest import new_app, open_page, said

TABLE = "wordllama-256"
OWN = ("An owl hunts at night.", "A cat sleeps all day.", "Shares fell on Monday.", "The bank cut its rates.")
TYPED = ("Rain fell.", "It rained.", "Taxes rose.")
BUTTON = "Your texts"


def opened(page: str, **address: object) -> AppTest:
    app = new_app()
    app.query_params.update({"models": [TABLE], **address})
    return open_page(app, page)


def with_own(page: str, **address: object) -> AppTest:
    return opened(page, corpus="Paste", corpus_pasted="\n".join(OWN), **address)


def paste(app: AppTest, texts: tuple[str, ...]) -> None:
    """Choose texts of one's own in the page's head."""
    app.session_state[state.Corpus.SOURCE] = "Paste"
    app.session_state[state.Corpus.PASTED] = "\n".join(texts)
    app.run()
    assert not app.exception


def drawn(app: AppTest, key: str) -> np.ndarray:
    element: Any = next(chart for chart in app.get("plotly_chart") if chart.key == key)
    return np.array(decoded(json.loads(element.proto.spec)["data"][0]["z"]))


def vectors(texts: tuple[str, ...]) -> np.ndarray:
    return embedding.embed(texts, models.get(TABLE)).vectors


def name_of_button(app: AppTest) -> str:
    labels: list[str] = [each.proto.popover.label for each in app.get("popover")]
    return next(label for label in labels if label.startswith(BUTTON))


def assert_shown(app: AppTest, page: str, texts: tuple[str, ...]) -> None:
    if page == "embed":
        np.testing.assert_allclose(drawn(app, f"barcode_{TABLE}"), vectors(texts), atol=1e-5)
    else:
        found = drawn(app, "heatmap_0")
        np.testing.assert_allclose(
            np.sort(found, axis=None), np.sort(score_matrix(vectors(texts)), axis=None), atol=1e-5
        )


@pytest.mark.parametrize("page", ["embed", "similarity"])
def test_own_texts_are_shown_as_soon_as_they_are_there_and_named_in_the_head(page: str) -> None:
    assert_shown(with_own(page), page, OWN)
    app = opened(page)
    assert name_of_button(app) == BUTTON  # what is typed there is no corpus of all pages
    paste(app, OWN)
    assert_shown(app, page, OWN)
    assert name_of_button(app) == f"{BUTTON}: pasted"
    assert not app.error


@pytest.mark.parametrize(("page", "typed"), [("embed", "embed_texts"), ("similarity", "similarity_texts")])
def test_texts_typed_on_the_page_stay_a_choice_beside_own_ones(page: str, typed: str) -> None:
    """A link that was made while typed texts were shown opens them; a change of one's own texts shows those."""
    app = with_own(page, **{typed: "\n".join(TYPED)})
    assert_shown(app, page, TYPED)
    assert name_of_button(app) == BUTTON
    paste(app, OWN[:3])
    assert_shown(app, page, OWN[:3])
    source = state.Embed.SOURCE if page == "embed" else state.Similarity.SOURCE
    app.main.button_group(key=source).set_value(state.TYPE).run()
    assert_shown(app, page, TYPED)


def test_explain_offers_sentences_of_ones_own_texts() -> None:
    app = opened("explain")
    assert name_of_button(app) == BUTTON
    assert not app.main.selectbox
    paste(app, OWN)
    assert name_of_button(app) == f"{BUTTON}: pasted"
    app.main.selectbox(key="offered_for_sentence").set_value(2).run()
    app.main.selectbox(key="offered_for_other1").set_value(3).run()
    assert app.text_input(key="sentence").value == OWN[2]
    assert OWN[3] in said(app)
