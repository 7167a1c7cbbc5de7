"""The prompts of the picked models in the sidebar: seen, edited, cleared, in the address, in what is computed."""

import io
import zipfile
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from core import corpus
from core.map_files import from_files
from core.models import families
from pages.shared import state
from pages.shared.ui import output
from tests.pages.conftest import code, open_page, said

WORDLLAMA = "wordllama-256"
QUERY = state.EveryPage.QUERY_PROMPT(WORDLLAMA)
DOCUMENT = state.EveryPage.DOCUMENT_PROMPT(WORDLLAMA)


def plain(app: AppTest) -> str:
    """What the page says, without the marks that keep it from being read as Markdown."""
    return said(app).replace("\\", "")


@pytest.fixture
def session(app: AppTest, home: Any) -> AppTest:
    app.query_params["models"] = [WORDLLAMA]
    return app


def test_a_prompt_that_is_typed_is_used_shown_and_in_the_address(session: AppTest) -> None:
    open_page(session, "embed")
    assert "document prompt" not in plain(session)
    session.text_area(key=DOCUMENT).set_value("passage: ").run()
    assert "document prompt “passage: ”" in plain(session)
    assert session.text_area(key=DOCUMENT).proto.query_param_key == DOCUMENT
    session.text_area(key=DOCUMENT).set_value("").run()
    assert "document prompt" not in plain(session)


def test_a_link_keeps_both_prompts(session: AppTest) -> None:
    session.query_params.update({QUERY: "query: ", DOCUMENT: "passage: "})
    open_page(session, "search")
    assert "query prompt “query: ” · document prompt “passage: ”" in plain(session)


@pytest.mark.parametrize(("prompt", "columns"), [("passage: ", ["text", "document_prompt"]), ("", ["text"])])
def test_vectors_are_downloaded_with_the_prompt_and_read_again(prompt: str, columns: list[str]) -> None:
    texts, vectors = corpus.from_paste("an owl\na heron"), np.eye(2, 4, dtype=np.float32)
    content = output.vectors_csv(vectors, texts, {"document_prompt": prompt} if prompt else {})
    table = pd.read_csv(io.BytesIO(content), keep_default_na=False)
    assert list(table.columns) == [*columns, "d0", "d1", "d2", "d3"]
    assert "document_prompt" not in table or set(table["document_prompt"]) == {prompt}
    space = from_files([("embeddings.csv", content)])
    assert space.corpus.texts == texts.texts
    assert space.vectors is not None
    np.testing.assert_array_equal(space.vectors, vectors)


@pytest.mark.parametrize(
    ("page", "names"),
    [
        ("search", ["search", "agreement", "latency"]),
        ("similarity", ["pairs", f"matrix-{WORDLLAMA}"]),
        ("evaluate", ["worst-pairs"]),
        ("projector", [f"map-{WORDLLAMA}", f"neighbours-{WORDLLAMA}"]),
    ],
)
def test_each_download_names_the_prompt_and_the_dimensions_that_were_used(
    session: AppTest, downloads: dict[str, Any], page: str, names: list[str]
) -> None:
    texts = "\n".join(f"a text on {noun}" for noun in ("owls", "rain", "banks", "rivers", "trains", "cats"))
    session.query_params.update({"corpus": "Paste", "corpus_pasted": texts, "evaluate": "Pairs", "method": "PCA"})
    session.query_params.update({DOCUMENT: "passage: ", state.EveryPage.DIMENSIONS(WORDLLAMA): "64"})
    open_page(session, page)
    for name in names:
        table = pd.read_csv(io.BytesIO(downloads[f"{name}.csv"]()))
        of_model = table[table.get("system", table.get("list", pd.Series(WORDLLAMA, table.index))) == WORDLLAMA]
        assert set(of_model["document_prompt"]) == {"passage: "}, name
        assert set(of_model["truncate_dim"].astype(int)) == {64}, name
    if page == "projector":
        with zipfile.ZipFile(io.BytesIO(downloads[f"projector-{WORDLLAMA}.zip"]())) as archive:
            pair = [(name, archive.read(name)) for name in ("tensors.tsv", "metadata.tsv")]
        parquet = f"vectors-{WORDLLAMA}.parquet"
        for files in (
            [(f"map-{WORDLLAMA}.csv", downloads[f"map-{WORDLLAMA}.csv"]())],
            [(parquet, downloads[parquet]())],
            pair,
        ):
            space = from_files(files)
            assert "\n".join(space.corpus.texts) == texts
            assert space.corpus.fields["document_prompt"] == ("passage:",) * 6


@pytest.mark.parametrize(("asked", "shown"), [("64", True), ("65", False)])
def test_a_link_keeps_the_dimensions_that_the_model_offers(session: AppTest, asked: str, shown: bool) -> None:
    session.query_params[state.EveryPage.DIMENSIONS(WORDLLAMA)] = asked
    open_page(session, "explain")
    assert ("first 64 dimensions" in plain(session)) == shown
    assert ('{"truncate_dim": 64}' in code(session)) == shown


def test_the_prompts_of_a_family_are_taken_over_by_a_click(session: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    family = families.Family("W", "word-llama-l2-supercat", "ask: ", "tell: ", "a test")
    monkeypatch.setattr(families, "_families", lambda: (family,))
    open_page(session, "embed")
    session.button(key=state.EveryPage.USE_PROMPTS(WORDLLAMA)).click().run()
    assert "query prompt “ask: ” · document prompt “tell: ”" in plain(session)


def test_texts_that_a_model_does_not_read_whole_are_told_beside_the_figures(app: AppTest) -> None:
    app.query_params.update(
        {"models": ["all-MiniLM-L6-v2"], "corpus": "Paste", "corpus_pasted": "word " * 290 + "\nan owl\na heron"}
    )
    app.query_params["q"] = "ⵣⴰⵣ"
    open_page(app, "search")
    assert "1 of 3 texts is longer than the 256 tokens that all-MiniLM-L6-v2 reads" in plain(app)
    assert "1 of 1 query has no token that all-MiniLM-L6-v2 knows" in plain(app)


@pytest.mark.parametrize(
    ("page", "view"), [("evaluate", "Ranking"), ("evaluate", "Compression"), ("verdict", "Ranking")]
)
def test_queries_that_spoil_the_figures_are_counted_beside_them(
    app: AppTest, monkeypatch: pytest.MonkeyPatch, page: str, view: str
) -> None:
    texts = ("word " * 300, "ⵣⴰⵣ", *corpus.sample_queries().texts[2:])
    queries = replace(corpus.sample_queries(), texts=texts, fingerprint="two queries spoiled")
    labels = replace(corpus.sample_labels(), queries=queries)
    monkeypatch.setattr(corpus, "sample_queries", lambda: queries)
    monkeypatch.setattr(corpus, "sample_labels", lambda: labels)
    app.query_params.update({"models": ["all-MiniLM-L6-v2"], state.Evaluate.VIEW: view})
    open_page(app, page)
    assert "1 of 192 queries is longer than the 256 tokens that all-MiniLM-L6-v2 reads" in plain(app)
    assert "1 of 192 queries has no token that all-MiniLM-L6-v2 knows" in plain(app)
