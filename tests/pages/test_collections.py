"""A collection as the corpus: Search goes through all of it, the other pages take a sample."""

import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from core import collections, embedding, evaluation, models
from core.collections import completion, samples, uploads
from core.corpus.labels import as_beir
from pages.shared import cache, state
from tests.core.collections.conftest import stop_after
from tests.jobs import Steps
from tests.pages.conftest import open_page, said
from tests.pages.test_search import cards

pytest.importorskip("lance", reason="requirements-scale.txt is not installed: collections are not checked")

WORDLLAMA = models.get("wordllama-256")
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
    assert not app.get("feedback")


def test_a_query_goes_through_the_collection_once(searching: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = cards(open_page(searching, "search"))
    monkeypatch.setattr(collections.OnDisk, "find", lambda *_: pytest.fail("the collection is searched again"))
    assert cards(searching.run()) == shown
    assert not searching.error


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
    assert "Search and Evaluate go through all 30 texts; other pages take a sample." in said(app)
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
    asked, grades = TEXTS[::7], {f"q{row}": {f"d{row}": 1, f"d{(row + 6) % 30}": 1} for row in range(0, 30, 7)}
    queries = "\n".join(["_id,text", *(f"{name},{text}" for name, text in zip(grades, asked, strict=True))])
    app.file_uploader(key="queries_upload").set_value(("queries.csv", queries.encode(), ""))
    app.file_uploader(key="qrels_upload").set_value(("labels.tsv", as_beir(grades).encode(), "")).run()
    assert not app.exception
    scores = embedding.embed(asked, WORDLLAMA, kind="query").vectors @ embedding.embed(TEXTS, WORDLLAMA).vectors.T
    run = {
        name: {f"d{row}": float(score) for row, score in enumerate(own)}
        for name, own in zip(grades, scores, strict=True)
    }
    expected = evaluation.evaluate(run, grades).means["ndcg@10"]
    (table,) = [each.value for each in app.dataframe if "ndcg@10" in each.value]
    assert table["System"].tolist() == [WORDLLAMA.name]
    assert table["ndcg@10"][0] == pytest.approx(expected, abs=1e-6)
    assert "5 labelled queries (labels.tsv) over all 30 texts of animals, by exact search." in said(app)
    searching.session_state["models"] = ["all-MiniLM-L6-v2"]
    assert "vectors of all-MiniLM-L6-v2" in said(app.run()).replace("\\", "")


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
