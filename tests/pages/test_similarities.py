"""Pages with models of each similarity function, against sentence-transformers called by hand."""

import re
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import spearmanr
from sentence_transformers import SentenceTransformer
from streamlit.testing.v1 import AppTest

from core import corpus
from core.search.indexes import SIGNS_ONLY
from core.similarity import NAMES, SCORES
from core.similarity.functions import SIMILARITIES, Similarity
from tests.pages.conftest import open_page, said

TEXTS = ("A plane is taking off.", "The fox jumps.", "Vectors", "Search finds what is near.", "Owl", "Rates went up.")
QUERY = "The fox jumps."


@pytest.fixture
def libraries(models_of_functions: Path) -> dict[Similarity, SentenceTransformer]:
    return {name: SentenceTransformer(str(models_of_functions / name), device="cpu") for name in SIMILARITIES}


def opened(app: AppTest, page: str, *similarities: Similarity, **address: str) -> AppTest:
    app.query_params.update({"models": [f"folder:{name}" for name in similarities], "precision": "float32", **address})
    return open_page(app, page)


def pasted(app: AppTest, *similarities: Similarity, **address: str) -> AppTest:
    opened(app, "search", *similarities, corpus="Paste", q=QUERY, **address)
    app.text_area(key="corpus_pasted").set_value("\n".join(TEXTS)).run()
    assert not app.exception
    return app


def test_search_ranks_and_shows_each_models_own_scores(
    app: AppTest, libraries: dict[Similarity, SentenceTransformer]
) -> None:
    cards = [element.proto.body for element in pasted(app, *SIMILARITIES).main.get("html")]
    for similarity, model in libraries.items():
        expected = model.similarity(model.encode([QUERY]), model.encode(TEXTS)).numpy()[0]
        pattern = rf'<span title="{SCORES[similarity]}"[^>]*>\S+ (.*?)<'
        shown = [found for card in cards if (found := re.search(pattern, card))]
        scores = [float(found[1].replace("−", "-")) for found in shown]
        np.testing.assert_allclose(scores, -np.sort(-expected)[:5], rtol=5e-3, atol=3e-3)
        assert f"compared by {NAMES[similarity]}" in said(app)


def test_indexes_and_duplicates_say_where_they_take_the_cosine(
    app: AppTest, another_app: AppTest, models_of_functions: Path
) -> None:
    table = pasted(app, "manhattan", view="Indexes").dataframe[0].value.set_index("index")
    assert table.loc["Exact", "recall@10"] == 1
    assert SIGNS_ONLY in said(app)
    pasted(another_app, "dot", view="Duplicates")
    assert "compares by dot product, which has no fixed scale for a threshold: duplicates are found by cosine." in said(
        another_app
    )


def test_pairs_correlate_each_models_own_scores(app: AppTest, libraries: dict[Similarity, SentenceTransformer]) -> None:
    opened(app, "evaluate", *SIMILARITIES, evaluate="Pairs")
    pairs = corpus.sample_pairs()
    for similarity, model in libraries.items():
        scores = model.similarity_pairwise(model.encode(pairs.first), model.encode(pairs.second)).numpy()
        spearman = spearmanr(scores, pairs.gold).statistic
        heading = next(each.value for each in app.main.markdown if f"## folder\\:{similarity}" in each.value)
        shown = re.findall(r"Spearman \*\*(.*?)\*\*", heading)[0].replace("−", "-")
        assert float(shown) == pytest.approx(spearman, abs=2e-3)
