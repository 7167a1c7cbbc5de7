"""A collection as the corpus: Search goes through all of it, the other pages take a sample."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from core import collections, embedding, evaluation, models
from core.collections import completion, samples, uploads
from core.corpus import judgements
from core.corpus.labels import as_beir
from core.errors import InputError
from pages.shared import cache, collection_quality, state
from tests.core.collections.conftest import stop_after
from tests.jobs import Steps
from tests.pages.conftest import open_page, said
from tests.pages.test_search import cards

pytest.importorskip("lance", reason="requirements-scale.txt is not installed: collections are not checked")

WORDLLAMA, MINILM = models.get("wordllama-256"), models.get("all-MiniLM-L6-v2")
ANIMALS = ("owl", "fox", "cat", "bat", "hen", "emu")
TEXTS = [f"The {animal} number {number} sleeps all day." for number in range(5) for animal in ANIMALS]
QUERY = "The emu number 4 sleeps all day."
PATIENCE_SECONDS = 60


@pytest.fixture(autouse=True)
def _no_jobs_of_other_tests() -> None:
    cache.jobs.clear()


@pytest.fixture
def no_maps(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if no collection lacked a map, which takes seconds."""
    monkeypatch.setattr(completion, "_lacks_map", lambda *_: ())


@pytest.fixture
def collection(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wordllama: object) -> Path:
    """Thirty texts with vectors, of which a sample has ten; returns where the collections are."""
    monkeypatch.setenv("EMBEDSCOPE_COLLECTIONS", str(tmp_path / "collections"))
    monkeypatch.setattr(samples.sample, "__defaults__", (10,))
    file = tmp_path / "animals.csv"
    rows = [f"d{row},{text},{'odd' if row % 2 else 'even'}" for row, text in enumerate(TEXTS)]
    file.write_text("\n".join(["id,text,kind", *rows]))
    collections.embed(collections.create("animals", [file]), WORDLLAMA)
    return tmp_path / "collections"


@pytest.fixture
def searching(app: AppTest, collection: Path) -> AppTest:
    app.query_params["models"] = [WORDLLAMA.name]
    app.query_params["corpus"], app.query_params["collection"] = "Collection", "animals"
    app.query_params["q"] = QUERY
    return app


def test_search_goes_through_the_whole_collection(searching: AppTest) -> None:
    collections.index_words(collections.open_collection("animals"))
    app = open_page(searching, "search")
    assert not app.exception
    rows = embedding.embed(TEXTS, WORDLLAMA).vectors @ embedding.embed([QUERY], WORDLLAMA, kind="query").vectors[0]
    best = [TEXTS[row] for row in np.argsort(-rows, kind="stable")[:5]]
    shown = cards(app)
    assert len(shown) == 15  # by the model, by words and by both
    assert all(text in card for text, card in zip(best, shown[:5], strict=True))
    assert QUERY in shown[5]
    assert "Every list is of all 30 texts of animals" in said(app)
    assert "Exact: every vector is compared." in said(app)


def test_a_query_goes_through_the_collection_once(searching: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = cards(open_page(searching, "search"))
    monkeypatch.setattr(collections.OnDisk, "find", lambda *_: pytest.fail("the collection is searched again"))
    assert cards(searching.run()) == shown
    assert not searching.error


def test_marks_belong_to_the_collection_and_are_measured_on_all_of_it(searching: AppTest) -> None:
    app = open_page(searching, "search")
    toggles: list[Any] = list(app.get("feedback"))
    toggles[0].set_value(1).run()
    app.text_input(key="q").set_value("The owl number 0 sleeps all day.").run()
    toggles = list(app.get("feedback"))
    assert {each.value for each in toggles} == {None}
    toggles[1].set_value(0).run()
    (link,) = app.main.get("page_link")
    assert link.proto.label == "2 marks on 2 queries: evaluate"
    app.button(key="undo_mark").click().run()
    (link,) = app.main.get("page_link")
    assert link.proto.label == "1 mark on 1 query: evaluate"
    app.text_input(key="q").set_value(QUERY).run()
    assert "✓ relevant" in cards(app)[0]
    opened, token = collections.open_collection("animals"), app.query_params["marks"]
    best = np.argmax(
        embedding.embed(TEXTS, WORDLLAMA).vectors @ embedding.embed([QUERY], WORDLLAMA, kind="query").vectors[0]
    )
    assert judgements.marks(token, opened.fingerprint) == {QUERY: {f"d{best}": 1}}
    app.query_params |= dict(parse_qsl(link.proto.query_string))
    app.switch_page("pages/evaluate.py").run()
    assert not app.exception
    assert (
        "1 labelled queries (judgements made by clicking) over all 30 texts of animals, by exact search. Documents not "
        "marked count as not relevant." in said(app)
    )
    (table,) = [each.value for each in app.dataframe if "ndcg@10" in each.value]
    assert table["ndcg@10"].tolist() == [1.0]


def test_marks_made_on_a_sample_belong_to_its_collection(searching: AppTest) -> None:
    opened, token = collections.open_collection("animals"), judgements.new_token()
    judgements.mark(token, opened.fingerprint, QUERY, "d3", 1)
    searching.query_params |= {"evaluate": "Agreement", "queries_pasted": QUERY, "marks": token}
    app = open_page(searching, "evaluate")
    (table,) = [each.value for each in app.dataframe if "Marked" in each.value]
    assert table["Marked"].tolist() == [1]
    assert "This view takes a sample of 10 of the 30 texts of animals." in said(app)
    assert "1 mark on 1 query so far" in said(app)


def test_a_filter_holds_in_the_collection(searching: AppTest) -> None:
    searching.query_params["where_kind"] = "even"
    app = open_page(searching, "search")
    assert "Searching 15 of 30 texts: kind is even." in said(app)
    even = {text for row, text in enumerate(TEXTS) if row % 2 == 0}
    assert all(any(text in card for text in even) for card in cards(app))


def test_what_is_missing_is_offered_at_a_click_and_as_commands(searching: AppTest) -> None:
    searching.query_params["models"] = ["wordllama-256", "all-MiniLM-L6-v2"]
    app = open_page(searching, "search")
    assert (
        "animals does not have the index of words (BM25), vectors of all-MiniLM-L6-v2 and a map by all-MiniLM-L6-v2 "
        "yet." in said(app).replace("\\", "")
    )
    (code,) = [each.value for each in app.code if "collection" in each.value]
    assert code.splitlines() == [
        "python -m core collection index animals --words",
        "python -m core collection embed animals --model all-MiniLM-L6-v2",
        "python -m core collection map animals --model all-MiniLM-L6-v2",
    ]
    assert len(cards(app)) == 5
    assert [button.label for button in app.main.button if button.label == "Compute what is missing"]


@pytest.mark.parametrize("page", ["search", "evaluate", "projector"])
def test_what_is_missing_is_computed_by_the_server_and_shown_once_it_is_there(
    searching: AppTest, steps: Steps, no_maps: None, page: str
) -> None:
    searching.query_params["models"] = ["all-MiniLM-L6-v2"]
    app = open_page(searching, page)
    assert "vectors of all-MiniLM-L6-v2" in said(app).replace("\\", "")
    press(app, "Compute what is missing")
    await_jobs()
    app.run()
    assert "animals is complete: Indexing the words; Embedding with all-MiniLM-L6-v2." in said(app)
    assert "vectors of all-MiniLM-L6-v2" not in said(app).replace("\\", "")
    if page == "search":
        assert len(cards(app)) == 15
    app.run()
    assert "is complete" not in said(app)


def test_other_views_and_pages_take_a_sample_and_say_so(searching: AppTest) -> None:
    searching.query_params["view"] = "Duplicates"
    app = open_page(searching, "search")
    assert "Search, Evaluate and Verdict go through all 30 texts; other pages and views take a sample." in said(app)
    assert app.query_params["collection"] == "animals"


def test_a_collection_that_is_gone_is_a_sentence(searching: AppTest) -> None:
    searching.query_params["collection"] = "another"
    app = open_page(searching, "search")
    assert not app.exception
    assert len(cards(app)) == 5  # of the first one there is
    assert app.query_params["collection"] == "animals"


def test_evaluate_measures_the_whole_collection_for_uploaded_labels(searching: AppTest) -> None:
    app = open_page(searching, "evaluate")
    assert "each model with vectors in animals is measured on the whole collection" in said(app)
    grades = upload_labels(app)
    (table,) = [each.value for each in app.dataframe if "ndcg@10" in each.value]
    assert table["System"].tolist() == [WORDLLAMA.name]
    assert table["ndcg@10"][0] == pytest.approx(exact_quality(grades), abs=1e-6)
    assert "5 labelled queries (labels.tsv) over all 30 texts of animals, by exact search." in said(app)
    assert "wordllama-256 reaches nDCG@10 " in said(app)
    controls = [row for row in app.main.container if any(each.key == "evaluate" for each in row.get("button_group"))]
    assert not min(controls, key=lambda row: len(list(row))).dataframe
    searching.session_state["models"] = ["all-MiniLM-L6-v2"]
    assert "vectors of all-MiniLM-L6-v2" in said(app.run()).replace("\\", "")


def test_queries_won_and_their_hits_are_of_the_whole_collection(searching: AppTest) -> None:
    collections.embed(collections.open_collection("animals"), MINILM)
    searching.query_params["models"] = [WORDLLAMA.name, MINILM.name]
    app = open_page(searching, "evaluate")
    grades = upload_labels(app)
    (table,) = [each.value for each in app.dataframe if "Difference" in each.value]
    assert set(table.columns) == {"Query", WORDLLAMA.name, MINILM.name, "Difference", "id"}
    app.session_state["won_and_lost"] = {"selection": {"rows": [0], "columns": [], "cells": []}}
    app.run()
    assert not app.exception
    query = str(table["id"][0])
    shown = [element.value for element in app.main.text if element.value in TEXTS]
    assert len(shown) == 20  # the ten best of each
    best = np.argsort(-scores_of([TEXTS[int(query.removeprefix("q"))]])[0], kind="stable")[:10]
    assert {TEXTS[row] for row in best} <= set(shown)
    ticks = [element for element in app.main.markdown if ":material/check: relevant" in str(element.value)]
    assert len(ticks) >= len(grades[query])


def test_the_verdict_rests_on_the_whole_collection_and_says_so(searching: AppTest) -> None:
    app = open_page(searching, "verdict")
    assert "A verdict on animals needs queries with known answers." in said(app)
    grades = upload_labels(app)
    (table,) = [each.value for each in app.dataframe if "ndcg@10" in each.value]
    assert table["ndcg@10"][0] == pytest.approx(exact_quality(grades), abs=1e-6)
    assert "Quality is measured on all 30 texts of animals, by exact search." in said(app)
    (how,) = [fold for fold in app.expander if fold.label == "How this was computed"]
    provenance = "\n".join(str(line.value) for line in how.caption).replace("\\", "")
    assert "Corpus: animals, 30 texts, fingerprint" in provenance
    assert "Quality: measured on all 30 texts of animals, by exact search" in provenance


@pytest.mark.parametrize("page", ["evaluate", "verdict"])
def test_what_the_indexes_find_is_shown_until_exact_search_is_done(
    searching: AppTest, page: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    quality = evaluation.Quality({"ndcg@10": 0.5}, {"q0": {"ndcg@10": 0.25}, "q7": {"ndcg@10": 0.75}})
    monkeypatch.setattr(collection_quality, "measure_by_index", lambda *_: {WORDLLAMA.name: quality})

    def stop(exact: collections.OnDisk, *_: object) -> None:
        exact.on_progress("Searching", 1, 2)
        raise InputError("The disk is gone.")

    monkeypatch.setattr(collections.OnDisk, "find", stop)
    app = open_page(searching, page)
    upload_labels(app)
    assert "The disk is gone." in said(app)
    assert "so far by the indexes" in said(app).lower()


def upload_labels(app: AppTest) -> dict[str, dict[str, int]]:
    """Upload queries that are some of the texts, each with two relevant ones; returns the grades."""
    app.button_group(key="labels").set_value("Files").run()
    grades = {f"q{row}": {f"d{row}": 1, f"d{(row + 6) % 30}": 1} for row in range(0, 30, 7)}
    queries = "\n".join(["_id,text", *(f"{name},{text}" for name, text in zip(grades, TEXTS[::7], strict=True))])
    app.file_uploader(key="queries_upload").set_value(("queries.csv", queries.encode(), ""))
    app.file_uploader(key="qrels_upload").set_value(("labels.tsv", as_beir(grades).encode(), "")).run()
    assert not app.exception
    return grades


def exact_quality(grades: dict[str, dict[str, int]]) -> float:
    """The nDCG@10 of the uploaded labels, by all vectors in memory."""
    run = {
        name: {f"d{row}": float(score) for row, score in enumerate(own)}
        for name, own in zip(grades, scores_of(TEXTS[::7]), strict=True)
    }
    return evaluation.evaluate(run, grades).means["ndcg@10"]


def scores_of(queries: list[str]) -> np.ndarray:
    return embedding.embed(queries, WORDLLAMA, kind="query").vectors @ embedding.embed(TEXTS, WORDLLAMA).vectors.T


def test_without_the_library_collections_are_not_offered(
    app: AppTest, collection: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "lance", None)
    app.query_params["corpus"] = "Collection"
    assert "corpus=Collection" in said(open_page(app, "embed"))  # as what the page does not know
    assert not [fold for fold in app.expander if fold.label == "New collection"]


def test_visitors_make_and_delete_none_where_the_host_forbids_it(
    searching: AppTest, monkeypatch: pytest.MonkeyPatch, app: AppTest
) -> None:
    monkeypatch.setenv("EMBEDSCOPE_MAKE_COLLECTIONS", "off")
    app = open_page(searching, "search")
    assert not {"Delete", "Create", "Compute what is missing"} & {button.label for button in app.main.button}
    assert "python -m core collection index animals --words" in app.code[0].value
    collections.delete("animals")
    monkeypatch.setenv("EMBEDSCOPE_MOST_ROWS", "1")
    app.session_state["corpus"], app.session_state["corpus_pasted"] = "Paste", "one\ntwo"
    assert "make a collection" not in said(app.run())


FILES = [
    ("folder/a.csv", b"key,body\nd1,The owl sleeps.\nd2,The fox runs.\n", ""),
    ("folder/b.jsonl", b'{"key": "d3", "body": "The emu swims."}\n', ""),
]


@pytest.fixture
def making(app: AppTest, home: Path, steps: Steps, no_maps: None, wordllama: object) -> AppTest:
    """The form, filled in."""
    app.query_params["models"], app.query_params["corpus"] = [WORDLLAMA.name], "Collection"
    app.query_params["q"] = "The owl sleeps."
    app = open_page(app, "search")
    assert "The pages show the sample corpus until a collection is read." in said(app)
    fill(app, "birds")
    return app


def fill(app: AppTest, name: str, files: Sequence[tuple[str, bytes, str]] = FILES) -> None:
    app.text_input(key=state.Jobs.NAME).set_value(name)
    app.text_input(key=state.Jobs.TEXT_COLUMN).set_value("body")
    app.text_input(key=state.Jobs.ID_COLUMN).set_value("key")
    app.file_uploader[0].set_value(list(files))


def press(app: AppTest, label: str) -> AppTest:
    next(button for button in app.main.button if button.label == label).click()
    app.run()
    assert not app.exception
    return app


def await_jobs() -> None:
    for job in cache.jobs().running():
        job.wait(PATIENCE_SECONDS)
    assert not cache.jobs().running()


def test_a_collection_is_made_of_uploaded_files(making: AppTest, home: Path) -> None:
    press(making, "Create")
    await_jobs()
    app = making.run()
    assert "birds is complete: Reading the files; Indexing the words; Embedding with wordllama-256." in said(app)
    assert "Every list is of all 3 texts of birds" in said(app)
    assert "The owl sleeps." in cards(app)[0]
    made = collections.open_collection("birds")
    assert made.data.to_table(columns=["id"])["id"].to_pylist() == ["d1", "d2", "d3"]
    assert [file for file, _ in made.facts.files] == ["a.csv", "b.jsonl"]
    assert list((home / "uploads").iterdir()) == []
    assert app.file_uploader[0].value == []
    assert app.query_params["collection"] == "birds"


def test_two_sessions_watch_one_job_and_either_cancels_it_and_the_other_resumes_it(
    making: AppTest, another_app: AppTest, steps: Steps
) -> None:
    release = steps.hold("Embedding")
    press(making, "Create")
    assert steps.reached.wait(PATIENCE_SECONDS)
    another_app.query_params["models"], another_app.query_params["corpus"] = [WORDLLAMA.name], "Collection"
    another_app.query_params["q"] = "The owl sleeps."
    for app in (making.run(), open_page(another_app, "search")):
        (line,) = [each.proto.body for each in app.main.get("html") if "birds · Embedding" in each.proto.body]
        assert "birds · Embedding with wordllama-256: 3 of 30" in line or "…" in line
        assert "✓ Reading the files · ✓ Indexing the words" in said(app)
        assert not [button for button in app.main.button if button.label == "Compute what is missing"]
    assert "The owl sleeps." in cards(another_app)[0]  # by words
    press(another_app, "Cancel")
    await_jobs()
    for app in (making.run(), another_app.run()):
        assert "The work on birds was cancelled. Everything computed so far is saved." in said(app)
    release.set()
    press(making, "Resume")
    await_jobs()
    for app in (making.run(), another_app.run()):
        assert "is complete: Embedding with wordllama-256." in said(app)


def test_what_is_read_is_the_corpus_only_once_it_is_read(making: AppTest, steps: Steps) -> None:
    release = steps.hold("Reading")
    press(making, "Create")
    assert steps.reached.wait(PATIENCE_SECONDS)
    app = making.run()
    assert "The pages show the sample corpus until a collection is read." in said(app)
    press(app, "Cancel")
    await_jobs()
    release.set()
    press(app, "Resume")  # of files that nothing is read of yet
    await_jobs()
    assert "Every list is of all 3 texts of birds" in said(app.run())


def test_a_reading_that_an_end_of_the_server_has_interrupted_is_resumed(making: AppTest) -> None:
    uploads.store("birds", [(name.rpartition("/")[2], content) for name, content, _ in FILES])
    paths = uploads.paths("birds")
    with pytest.raises(StopIteration):
        collections.create("birds", paths, text="body", own_id="key", on_progress=stop_after(2))
    app = making.run()
    assert "birds was interrupted while its files were read." in said(app)
    press(app, "Resume")
    await_jobs()
    assert "Every list is of all 3 texts of birds" in said(app.run())


def test_a_step_that_fails_is_said_until_it_is_dismissed(making: AppTest) -> None:
    fill(making, "birds", [*FILES, ("c.parquet", b"no Parquet", "")])
    press(making, "Create")
    await_jobs()
    app = making.run()
    assert "birds: Cannot read c.parquet as Parquet" in said(app).replace("\\", "")
    press(app, "Dismiss")
    assert "Cannot read" not in said(app)


@pytest.mark.parametrize(
    ("name", "files", "sentence"),
    [
        ("my birds", FILES, "A collection cannot be called 'my birds'"),
        ("", FILES, "A collection cannot be called ''"),
        ("birds", [], "A collection needs at least one file of texts"),
        ("animals", FILES, "There is a collection animals already: delete it, or use another name."),
    ],
    ids=["a blank in the name", "no name", "no file", "an existing name"],
)
def test_what_cannot_be_made_is_refused_in_a_sentence(
    making: AppTest, collection: Path, name: str, files: list[tuple[str, bytes, str]], sentence: str
) -> None:
    fill(making, name, files)
    press(making, "Create")
    assert sentence in said(making).replace("\\", "")
    assert not cache.jobs().running()
    assert collections.names() == ["animals"]


def test_uploads_are_limited(making: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pages.shared.corpora.files.most_megabytes", lambda: 0)
    press(making, "Create")
    assert "the limit is 0 MB: on the machine that runs Embedscope" in said(making).replace("\\", "")


def test_a_collection_is_deleted_once_that_is_confirmed(searching: AppTest) -> None:
    app = press(open_page(searching, "search"), "Delete")
    assert "Delete animals with 30 texts, their vectors and maps, for everybody?" in said(app)
    assert collections.names() == ["animals"]
    press(app, "Keep it")
    press(press(app, "Delete"), "Delete")
    assert collections.names() == []
    assert "The pages show the sample corpus until a collection is read." in said(app)
    assert "collection" not in app.query_params


def test_texts_that_are_too_many_for_memory_name_the_way(
    app: AppTest, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EMBEDSCOPE_MOST_ROWS", "2")
    app.query_params["corpus"], app.query_params["corpus_pasted"] = "Paste", "one\ntwo\nthree"
    assert (
        "Only the first 2 texts are read. To use all of them, make a collection: “Your texts”, Collection, New "
        "collection." in said(open_page(app, "embed"))
    )


def test_a_file_that_is_too_large_for_memory_names_the_way(
    app: AppTest, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.tables.table.MOST_CELLS", 3)
    app.query_params["corpus"] = "File"
    app = open_page(app, "embed")
    app.file_uploader(key=state.Corpus.FILES.UPLOADER).set_value([("a.csv", b"id,text\na,b\nc,d\n", "")]).run()
    assert "a.csv is too large" in said(app)
    assert "To use all of them, make a collection" in said(app)
