"""The pages on inputs that have led others astray."""

import json
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from tests.cases import LABELLED, PAIRS, PAIRS_WITHOUT_NAMES, QUOTES, VECTORS
from tests.core.encoders.architectures import tiny
from tests.core.encoders.test_agreement import cut_template, edit
from tests.pages.conftest import code, open_page, said
from tests.servers.openai import KEY, openai_server


def opened(app: AppTest, page: str, **address: str) -> AppTest:
    app.query_params.update({"models": ["wordllama-256"], **address})
    return open_page(app, page)


def prose(app: AppTest) -> str:
    return said(app).replace("\\", "")


def test_evaluate_gives_the_right_figure_or_refuses(app: AppTest) -> None:
    opened(app, "evaluate", corpus="File", labels="Files")
    for case, given in LABELLED.items():
        app.file_uploader(key="corpus_upload").set_value([(*given.corpus, "")])
        app.file_uploader(key="queries_upload").set_value((*given.queries, ""))
        app.file_uploader(key="qrels_upload").set_value((*given.qrels, "")).run()
        assert not app.exception, case
        assert given.said in prose(app), case
        assert bool(app.error) == (given.ndcg is None), case
        if given.ndcg is not None:
            measures = next(frame.value for frame in app.dataframe if "System" in frame.value.columns)
            bm25 = measures.set_index("System").loc["BM25"]
            assert bm25["ndcg@10"] == pytest.approx(given.ndcg), case


def test_no_row_of_a_tsv_is_swallowed_by_a_quotation_mark(app: AppTest) -> None:
    opened(app, "embed", embed_from="File")
    app.file_uploader(key="corpus_upload").upload("quotes.tsv", QUOTES).run()
    assert "6 texts, one embedding each." in prose(app)
    opened(app, "evaluate", evaluate="Pairs", pairs_from="File")
    app.file_uploader(key="pairs_upload").upload(*PAIRS).run()
    assert "3 pairs (pairs.tsv)" in prose(app)
    app.file_uploader(key="pairs_upload").upload(*PAIRS_WITHOUT_NAMES).run()
    assert "3 pairs (pairs.csv)" in prose(app)


def test_the_projector_draws_the_files_own_vectors(app: AppTest) -> None:
    opened(app, "projector", corpus="File", method="PCA")
    for case, file in VECTORS.items():
        app.file_uploader(key="corpus_upload").set_value([(*file, "")]).run()
        assert not app.exception, case
        assert not app.error, case
        assert f"{file[0]} · 4 points · PCA" in prose(app), case


def test_a_models_own_prompts_and_measure_are_said_beside_its_results(app: AppTest, models_folder: Path) -> None:
    folder = tiny("bert", models_folder / "mine")
    modules, settings = folder / "modules.json", folder / "config_sentence_transformers.json"
    modules.write_text(json.dumps(json.loads(modules.read_text())[:2]))  # without the last, Normalize
    edit(settings, prompts={"query": "ask: "}, similarity_fn_name="dot")
    opened(app, "search", models="folder:mine", precision="float32", corpus="Paste", corpus_pasted="a cat\na dog")
    assert "query prompt “ask: ”" in prose(app)
    assert "dot product" in prose(app)


def test_explain_shows_the_closing_token_of_a_model_that_pools_it(app: AppTest, models_folder: Path) -> None:
    tiny("mistral", models_folder / "mine")
    cut_template(models_folder / "mine", "<s> $A", "<s>")
    edit(models_folder / "mine" / "tokenizer_config.json", add_bos_token=True, add_eos_token=True)
    opened(app, "explain", models="folder:mine", precision="float32", sentence="owl")
    tokens = next(element.value for element in app.main.markdown if ":gray-badge[" in element.value)
    assert tokens.replace("\\", "").endswith(":gray-badge[</s>]")


@pytest.mark.parametrize("trouble", [{"omits_index_of_zero": True}, {"tokens_a_minute": 60}], ids=str)
def test_a_server_that_omits_an_index_or_refuses_large_requests_is_understood(
    app: AppTest, monkeypatch: pytest.MonkeyPatch, home: Path, trouble: dict[str, Any]
) -> None:
    texts = "\n".join(f"{number} {'word ' * 20}" for number in range(6))
    with openai_server() as server:
        vars(server).update(trouble)
        monkeypatch.setenv("OPENAI_BASE_URL", server.url)
        monkeypatch.setenv("OPENAI_API_KEY", KEY)
        opened(app, "embed", models="text-embedding-3-small", embed_texts=texts)
    assert not app.exception
    assert not app.error
    assert "6 texts" in prose(app)


def test_explain_shows_the_code_of_a_model_behind_an_api_too(
    app: AppTest, monkeypatch: pytest.MonkeyPatch, home: Path
) -> None:
    with openai_server() as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.url)
        monkeypatch.setenv("OPENAI_API_KEY", KEY)
        opened(app, "explain", models="text-embedding-3-small", sentence="a lone owl")
    assert "runs behind an API: its tokens can't be inspected" in prose(app)
    assert "a lone owl" in code(app)
    assert "text-embedding-3-small" in code(app)
