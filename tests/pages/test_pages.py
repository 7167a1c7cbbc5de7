import ast
import html
import json
import math
import re
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from core import corpus, embedding, models
from core.models import DEFAULT_PICKS
from core.similarity import score_matrix, without_negative_zero
from pages.shared.navigation import PAGES
from pages.shared.ui import progress
from tests.conftest import ROOT
from tests.e2e.test_pages import decoded
from tests.pages.conftest import new_app, open_page, said

COMPUTING = ("explain", "embed", "similarity", "search", "evaluate", "projector", "benchmark")
BUNDLED = ("all-MiniLM-L6-v2", "wordllama-256")
MISSING = ("bge-large-en-v1.5", "text-embedding-3-large")  # of weights, of a key
ODD = ("👩‍👩‍👧 🎉", "שלום עולם", "مرحبا", "a\x00b", "\u202eevil", "<script>alert(1)</script>", "=1+1", "%{x}")


@cache
def visited(name: str) -> AppTest:
    """A page at its first visit, which several tests look at and none changes."""
    return open_page(new_app(), name)


@pytest.mark.parametrize("name", PAGES)
def test_a_page_shows_a_result_and_its_code_at_first_visit(name: str) -> None:
    app = visited(name)
    assert not app.error
    assert app.get("plotly_chart") or app.get("bidi_component") or name == "search"
    assert app.main.expander[-1].label == "Show the code"
    assert app.get("download_button")


def test_benchmark_shows_the_engines_that_are_recorded(app: AppTest) -> None:
    app.query_params["view"], app.query_params["engines_model"] = "Engines", "all-MiniLM-L6-v2"
    open_page(app, "benchmark")
    assert "(recorded)" in said(app)
    assert app.get("plotly_chart")


@pytest.mark.parametrize("name", PAGES)
def test_a_page_asks_for_its_frame_before_it_imports_anything_else(name: str) -> None:
    statements = ast.parse((ROOT / "pages" / f"{name}.py").read_text(encoding="utf-8")).body
    first, second = map(ast.unparse, statements[:2])
    assert (first, second) == ("from pages.shared.navigation import require_frame", "require_frame()")


@pytest.mark.parametrize("name", PAGES)
def test_the_browser_loads_the_script_of_the_first_result_while_the_server_imports(name: str) -> None:
    bodies = [element.proto.body for element in visited(name).get("html")]
    imported = [found for body in bodies if (found := re.search(r"static/js/\S+\.js", body))]
    assert len(imported) == (name not in ("search", "projector"))
    for found in imported:
        assert (Path(st.__file__).parent / "static" / found[0]).is_file()


@pytest.mark.parametrize("name", [*(name for name in COMPUTING if name != "benchmark"), "verdict"])
def test_a_result_says_which_model_revision_device_engine_and_precision_it_came_from(name: str) -> None:
    captions = "\n".join(caption.value for caption in visited(name).main.caption).replace("\\", "")
    spec = models.get("all-MiniLM-L6-v2")
    chosen = embedding.embed(corpus.sample().documents, spec).provenance
    computed = f"{spec.name} · revision {str(spec.revision)[:14]} · cpu · {chosen.engine} · {chosen.precision} · "
    assert computed in captions


def in_force(app: AppTest) -> str:
    """What the head of the page says of the picked models."""
    bodies = [html.unescape(element.proto.body) for element in app.main.get("html")]
    return next(body for body in bodies if "picked" in body and "<style>" not in body)


def test_the_head_names_each_model_once_with_what_computes_it_why_and_where_its_vectors_came_from(app: AppTest) -> None:
    app.query_params["models"] = ["all-MiniLM-L6-v2"]
    open_page(app, "embed")
    assert "shipped, computed on 20" in in_force(app)
    assert [element for element in app.sidebar.get("html") if "MiniLM" in element.proto.body] == []
    chosen = embedding.encoder(models.get("all-MiniLM-L6-v2"))  # else the page answers before it is chosen
    app.text_area(key="embed_texts").set_value("A text of my own").run()
    told = in_force(app)
    assert told.count("all-MiniLM-L6-v2") == 1
    assert f"{chosen.engine} · {chosen.precision}" in told
    assert chosen.reason in told
    assert "cached" in told or "computed" in told


def test_float32_demanded_is_computed_and_shown_as_float32(app: AppTest) -> None:
    app.query_params.update({"models": ["all-MiniLM-L6-v2"], "precision": "float32"})
    open_page(app, "similarity")
    assert "· float32 ·" in said(app)
    assert "bfloat16" not in said(app) + in_force(app)


def test_a_picked_model_that_is_missing_can_be_downloaded_and_says_why_it_cannot_be_offline(app: AppTest) -> None:
    app.query_params["models"] = ["bge-small-en-v1.5"]
    open_page(app, "models")
    app.button(key="download_bge-small-en-v1.5").click().run()
    assert not app.exception
    assert "offline mode is on" in said(app)
    assert app.button(key="download_bge-small-en-v1.5")


def test_what_is_no_hub_id_is_refused_in_a_sentence(app: AppTest) -> None:
    open_page(app, "models")
    for name in ("../../x", "a/b/c", "http://example.org", ""):
        app.text_input(key="another").input(name)
        next(button for button in app.main.button if button.label == "Download").click().run()
        assert not app.exception
        assert [error.value.endswith(".") for error in app.error] == [True], name


def test_the_host_can_leave_downloads_to_the_command_line(app: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMBEDSCOPE_DOWNLOADS", "off")
    app.query_params["models"] = ["bge-small-en-v1.5"]
    open_page(app, "models")
    assert not [button for button in app.main.button if "Download" in button.label]


def test_the_two_bundled_models_are_picked_at_first() -> None:
    assert tuple(visited("models").multiselect(key="models").value) == BUNDLED


def test_picks_in_the_address_are_the_picked_models_of_every_page(app: AppTest) -> None:
    app.query_params["models"] = ["wordllama-256"]
    open_page(app, "similarity")
    headings = [element.value for element in app.main.markdown if element.value.startswith("##")]
    assert headings[0].replace("\\", "") == "## wordllama-256"
    assert not [heading for heading in headings if "MiniLM" in heading]


def test_two_sessions_do_not_see_each_others_picks(app: AppTest, another_app: AppTest) -> None:
    app.query_params["models"] = ["wordllama-256"]
    another_app.query_params["models"] = ["all-MiniLM-L6-v2"]
    for each in (app, another_app):
        open_page(each, "similarity")
    app.run()
    headings = [
        [name for name in BUNDLED if f"## {name}" in said(each).replace("\\", "")] for each in (app, another_app)
    ]
    assert headings == [["wordllama-256"], ["all-MiniLM-L6-v2"]]


def test_an_unknown_model_in_the_address_is_passed_over(app: AppTest) -> None:
    app.query_params["models"] = ["../../etc/passwd"]
    assert tuple(open_page(app, "models").multiselect(key="models").value) == BUNDLED


@pytest.mark.parametrize(
    ("name", "model"),
    [
        *((name, model) for name in COMPUTING if name != "benchmark" for model in MISSING),  # it times without weights
        *(("embed", spec.name) for spec in models.catalogue() if not spec.bundled and spec.name not in MISSING),
    ],
)
def test_a_model_that_is_not_here_is_one_sentence_and_one_thing_to_do(app: AppTest, name: str, model: str) -> None:
    app.query_params["models"] = [model]
    open_page(app, name)
    assert [info.value.startswith(model) for info in app.info] == [True]
    assert [button.label for button in app.main.button] == ["Use the two models that come with Embedscope"]


def test_the_one_thing_to_do_brings_the_page_back(app: AppTest) -> None:
    app.query_params["models"] = ["bge-large-en-v1.5"]
    open_page(app, "similarity")
    app.main.button[0].click().run()
    assert tuple(app.multiselect(key="models").value) == BUNDLED
    assert [f"## {name}" in said(app).replace("\\", "") for name in BUNDLED] == [True, True]


def test_a_model_that_is_not_here_does_not_take_the_others_with_it(app: AppTest) -> None:
    app.query_params["models"] = ["bge-large-en-v1.5", "wordllama-256"]
    open_page(app, "similarity")
    assert "bge-large-en-v1.5 is not on this machine" in app.info[0].value
    assert "## wordllama-256" in said(app).replace("\\", "")


def test_no_model_picked_is_said(app: AppTest) -> None:
    open_page(app, "embed")
    app.multiselect(key="models").set_value([]).run()
    assert "No model is picked" in app.info[0].value


@pytest.mark.parametrize(("page", "key"), [("embed", "embed_texts"), ("similarity", "similarity_texts")])
def test_no_text_is_a_sentence(app: AppTest, page: str, key: str) -> None:
    open_page(app, page)
    for text in ("", "   \n\n \t \n", "\x00\x01"):
        app.text_area(key=key).set_value(text).run()
        assert not app.exception
        assert "No text found" in app.error[0].value.replace("\\", ""), repr(text)


@pytest.mark.parametrize(("page", "key"), [("explain", "sentence"), ("search", "q")])
def test_no_sentence_is_a_sentence(app: AppTest, page: str, key: str) -> None:
    open_page(app, page)
    app.text_input(key=key).set_value("  ").run()
    assert not app.exception
    assert "No text found" in app.error[0].value.replace("\\", "")


def test_one_text_has_nothing_to_be_compared_with(app: AppTest) -> None:
    open_page(app, "similarity")
    app.text_area(key="similarity_texts").set_value("alone").run()
    assert "at least two" in app.error[0].value


def test_odd_texts_are_embedded_as_they_are(app: AppTest) -> None:
    open_page(app, "embed")
    app.text_area(key="embed_texts").set_value("\n".join(["first", *ODD])).run()
    assert not app.exception
    assert not app.error
    assert f"{1 + len(ODD)} texts, one embedding each." in said(app)


def test_embed_says_which_texts_are_most_alike_and_what_is_cut(app: AppTest) -> None:
    open_page(app, "embed")
    near = {name: embedding.embed(corpus.EMBEDDED[1:], models.get(name)).vectors for name in DEFAULT_PICKS}
    scores = " and ".join(f"cosine {float(pair[0] @ pair[1]):.2f} with {name}" for name, pair in near.items())
    pair = "“The bank raised its interest rates.” and “We had a picnic on the bank of the…”"
    assert f"Most alike: {pair} ({scores}). All texts are read whole." in said(app)
    vectors = embedding.embed(corpus.EMBEDDED, models.get("wordllama-256")).vectors
    scores = app.dataframe[1].value[[f"cosine with {number}" for number in (1, 2, 3)]]
    np.testing.assert_allclose(scores, vectors @ vectors.T, atol=2e-5)
    app.text_area(key="embed_texts").set_value("a lone owl").run()
    sentence = "“a lone owl” is now 384 numbers with all-MiniLM-L6-v2 and 256 with wordllama-256. It is read whole."
    assert sentence in said(app)
    assert not any("cosine" in column for column in app.dataframe[0].value)
    app.text_area(key="embed_texts").set_value(f"short\n{'long ' * 260}").run()
    assert "Cut at the model's limit: 1 of 2 with all-MiniLM-L6-v2." in said(app)


def test_texts_without_a_known_word_are_never_most_alike(app: AppTest) -> None:
    app.query_params.update(models=["all-MiniLM-L6-v2"])
    open_page(app, "embed")
    app.text_area(key="embed_texts").set_value("🦄 🦓\n🐉 🐲\nA cat sat.\nStocks fell.").run()
    known = embedding.embed(("A cat sat.", "Stocks fell."), models.get("all-MiniLM-L6-v2")).vectors
    alike = f"Most alike: “A cat sat.” and “Stocks fell.” (cosine {known[0] @ known[1]:.2f} with all-MiniLM-L6-v2)."
    assert f"{alike} 2 texts have no word that all-MiniLM-L6-v2 knows." in said(app).replace("-0.", "−0.")
    app.text_area(key="embed_texts").set_value("🦄 🦓\n🐉 🐲\nA cat sat.").run()
    assert "Most alike" not in said(app)
    assert "2 texts have no word that all-MiniLM-L6-v2 knows. All texts are read whole." in said(app)


def test_embed_warns_of_texts_without_a_known_token(app: AppTest) -> None:
    app.query_params.update(models=["all-MiniLM-L6-v2"])
    open_page(app, "embed")
    assert "no token" not in said(app)
    app.text_area(key="embed_texts").set_value("owl\n🦄 🦓").run()
    assert not app.warning
    assert said(app).replace("\\", "").count("1 of 2 texts has no token that all-MiniLM-L6-v2 knows") == 1


def test_blank_lines_are_left_out_and_counted(app: AppTest) -> None:
    open_page(app, "embed")
    app.text_area(key="embed_texts").set_value("one\n\n\ntwo\n").run()
    assert "2 texts, one embedding each." in said(app)
    assert "blank texts (2)" in said(app)


def test_twenty_thousand_lines_are_embedded(app: AppTest) -> None:
    app.query_params["models"] = ["wordllama-256"]
    open_page(app, "embed")
    app.text_area(key="embed_texts").set_value("\n".join(f"line number {n}" for n in range(20_000))).run()
    assert not app.exception
    assert "20,000 texts, one embedding each." in said(app)


def test_ten_megabytes_on_one_line_are_cut_and_it_is_said(app: AppTest) -> None:
    app.query_params["models"] = ["wordllama-256"]
    open_page(app, "embed")
    app.text_area(key="embed_texts").set_value("word " * 2_000_000).run()
    assert not app.exception
    assert "texts truncated to 20,000 characters (1)" in said(app)
    assert len(str(dict(app.query_params))) < 2000


def test_an_uploaded_file_is_embedded(app: AppTest) -> None:
    app.query_params.update({"embed_from": "Your texts", "corpus": "File"})
    open_page(app, "embed")
    app.file_uploader[0].upload("mine.csv", "text\nNA\nnull\nçava".encode("utf-16")).run()
    assert not app.error
    assert "3 texts, one embedding each." in said(app)


def test_pairs_are_listed_with_the_cosines_of_the_core() -> None:
    texts = list(corpus.from_paste(corpus.sample_sentences()).texts)
    pairs = visited("similarity").dataframe[0].value
    cosines = score_matrix(embedding.embed(texts, models.get("all-MiniLM-L6-v2")).vectors)
    expected = [cosines[texts.index(row["Text"]), texts.index(row["Other text"])] for _, row in pairs.iterrows()]
    np.testing.assert_allclose(pairs["all-MiniLM-L6-v2"], without_negative_zero(np.array(expected)), atol=1e-6)
    assert pairs["all-MiniLM-L6-v2"].is_monotonic_decreasing


def test_an_example_fills_the_query_box(app: AppTest) -> None:
    open_page(app, "search")
    pills: Any = app.get("pills")[0]
    example = pills.options[0]
    pills.set_value(example).run()
    assert app.text_input(key="q").value == example


def test_cancelled_work_can_be_gone_on_with(app: AppTest) -> None:
    open_page(app, "similarity")
    app.session_state["cancelled_similarity"] = True
    app.run()
    assert "Cancelled" in app.info[0].value
    app.button(key="go_on_similarity").click().run()
    assert "## wordllama-256" in said(app).replace("\\", "")


def test_explain_says_which_sentence_is_nearer_and_at_which_angle(app: AppTest) -> None:
    open_page(app, "explain")
    vectors = embedding.embed(corpus.EXPLAINED, models.get("all-MiniLM-L6-v2")).vectors.astype(float)
    near, far = (math.degrees(math.acos(vectors[0] @ other)) for other in vectors[1:])
    assert near < far
    _, first, second = corpus.EXPLAINED
    assert (
        f"With all-MiniLM-L6-v2, your sentence is nearer to “{first}” ({near:.0f}°) than to “{second}” ({far:.0f}°)."
        in said(app)
    )
    app.text_input(key="other1").set_value(second).run()
    assert f"With all-MiniLM-L6-v2, your sentence is {far:.0f}° from “{second}”, which is in both fields." in said(app)
    app.text_input(key="other1").set_value(" ").run()
    app.text_input(key="other2").set_value("one\u2028line").run()
    assert not app.exception
    assert re.search(r"your sentence is \d+° from “one line”\.", said(app))
    app.text_input(key="other2").set_value("").run()
    assert not app.exception
    assert "your sentence is" not in said(app)


def test_explain_draws_ten_token_vectors_and_all_of_them_on_request(app: AppTest) -> None:
    open_page(app, "explain")
    drawn = [_rows_of(app)]
    app.toggle(key="all_tokens").set_value(True).run()
    assert [*drawn, _rows_of(app)] == [10, 15]
    app.text_input(key="sentence").set_value("owl").run()
    assert _rows_of(app) == 3
    assert "all_tokens" not in [toggle.key for toggle in app.toggle]


def _rows_of(app: AppTest) -> int:
    """How many token vectors Explain draws."""
    chart: Any = next(chart for chart in app.get("plotly_chart") if chart.key == "token_vectors")
    return len(decoded(json.loads(chart.proto.spec)["data"][0]["z"]))


def test_explain_says_where_a_model_knows_none_of_the_tokens(app: AppTest) -> None:
    app.query_params.update(models=["all-MiniLM-L6-v2"])
    open_page(app, "explain")
    assert not app.warning
    app.text_input(key="sentence").set_value("🦄 🦓").run()
    assert "all-MiniLM-L6-v2 knows none of these tokens" in app.warning[0].value


def test_an_empty_frame_holds_the_place_of_a_first_result_alone(app: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    heights: list[int] = []
    usual = progress._Line.__init__

    def note(self: Any, name: Any, height: int, count: Any) -> None:
        heights.append(height)
        usual(self, name, height, count)

    monkeypatch.setattr(progress._Line, "__init__", note)
    open_page(app, "explain")
    assert all(heights)
    heights.clear()
    app.run()
    assert not any(heights)
    app.switch_page("pages/models.py").run()
    heights.clear()
    app.switch_page("pages/explain.py").run()
    assert heights
    assert all(heights)
