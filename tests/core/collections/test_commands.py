"""The commands of collections, against the same in memory."""

from pathlib import Path
from typing import Any

import pytest

from core import collections, maps
from core.collections import building
from core.settings import DATA
from core.tables import parts

WORDLLAMA = ("--model", "wordllama-256")
LABELLED = ("--queries", DATA / "sample_queries.jsonl", "--qrels", DATA / "sample_qrels.tsv")


@pytest.fixture
def sample(command: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The sample as a collection of four parts."""
    monkeypatch.setattr(parts, "MOST_ROWS", 200)
    code, *_ = command("collection", "create", "sample", "--input", f"{DATA}/sample_corp*.jsonl")
    assert code == 0


@pytest.mark.usefixtures("sample")
def test_a_collection_is_described_embedded_searched_and_measured_as_a_corpus(answer: Any, command: Any) -> None:
    told = answer("collection", "info", "sample")
    assert (told["texts"], told["parts"], told["fields"], told["models"]) == (648, 4, ["title", "subject", "kind"], [])
    embedded = answer("collection", "embed", "sample", *WORDLLAMA)
    assert (embedded["texts"], embedded["missing"], embedded["dimensions"]) == (648, 0, 256)
    (row,) = answer("collection", "list")["collections"]
    assert (row["collection"], row["embedded_by"]) == ("sample", ["wordllama-256"])

    asked = ("--query", "owls at night", "-k", 5)
    found = answer("collection", "search", "sample", *WORDLLAMA, *asked)
    expected = answer("search", *WORDLLAMA, *asked)
    assert [row["id"] for row in found["results"]] == [row["id"] for row in expected["results"]]
    assert found["results"][0]["score"] == pytest.approx(expected["results"][0]["score"], abs=1e-6)

    (measured,) = answer("collection", "evaluate", "sample", "--models", "wordllama-256", *LABELLED)["models"]
    expected = answer("evaluate", *WORDLLAMA)
    for name in ("ndcg@10", "mrr@10", "map@100", "recall@10", "ndcg@10_interval", "queries"):
        assert measured[name] == pytest.approx(expected[name], abs=1e-6)

    for arguments in (("info", "sample"), ("list",), ("search", "sample", *WORDLLAMA, *asked)):
        code, out, _ = command("collection", *arguments)
        assert code == 0
        assert "sample" in out or "owl" in out

    answer("collection", "delete", "sample", "--yes")
    assert collections.names() == []


@pytest.mark.usefixtures("sample")
def test_the_index_and_its_recall_are_named_wherever_it_is_used(
    answer: Any, command: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer("collection", "embed", "sample", *WORDLLAMA)
    search = ("collection", "search", "sample", *WORDLLAMA, "--query", "owls at night")
    assert answer(*search)["index"] is None
    asked = ("--recall", 0.9, "--queries", DATA / "sample_queries.jsonl")
    built = answer("collection", "index", "sample", *WORDLLAMA, *asked)["index"]
    assert (built["kind"], built["partitions"], built["at"], built["demanded"]) == ("IVF_RQ", 2, 10, 0.9)
    assert (built["recall"] >= 0.9, built["sample"], built["unindexed"]) == (True, "queries given", 0)
    assert answer("collection", "info", "sample")["models"][0]["index"] == built
    found = answer(*search)
    assert found["index"] == built
    exact = answer(*search, "--exact")
    assert exact["index"] is None
    assert len({row["id"] for row in found["results"]} & {row["id"] for row in exact["results"]}) >= 7
    assert answer(*search, "--where", "subject=space")["index"] is None  # few rows
    _, out, _ = command(*search)
    assert f"finds {built['recall']:.1%} of the 10 nearest, measured on {built['queries']} queries given" in out

    (row,) = (measured := answer("collection", "evaluate", "sample", "--models", "wordllama-256", *LABELLED))["models"]
    assert (row["by_index"]["index"], measured["differences"]) == (built, [])
    assert 0.8 * row["ndcg@10"] < row["by_index"]["ndcg@10"] <= 1.05 * row["ndcg@10"]

    monkeypatch.setattr(building, "REFINES", (1,))
    code, out, problem = command("collection", "index", "sample", *WORDLLAMA, "--recall", 1)
    assert code == 0
    assert problem.startswith("No setting of the index finds 100.0% of the nearest; the best finds")
    assert answer("collection", "info", "sample")["models"][0]["index"] is None


@pytest.mark.usefixtures("sample")
def test_words_and_both_are_searched_once_the_words_are_indexed(answer: Any, command: Any) -> None:
    answer("collection", "embed", "sample", *WORDLLAMA)
    search = ("collection", "search", "sample", "--query", "owls at night", "-k", 20)
    assert answer("collection", "info", "sample")["words"] is None
    code, _, problem = command(*search, "--by", "words")
    assert (code, "run `python -m core collection index sample --words`" in problem) == (1, True)
    words = answer("collection", "index", "sample", "--words")["words"]
    assert words == {"counted": "stemmed English words", "unindexed": 0}
    assert answer("collection", "info", "sample")["words"] == words

    by_words, vectors, both = (answer(*search, "--by", by, *WORDLLAMA) for by in ("words", "vectors", "both"))
    ranks = [{row["id"]: 61 + rank for rank, row in enumerate(found["results"])} for found in (by_words, vectors)]
    assert "animals-03" in ranks[0]
    expected = {name: sum(1 / each[name] for each in ranks if name in each) for name in {*ranks[0], *ranks[1]}}
    best = sorted(expected.values(), reverse=True)[:20]
    assert [row["score"] for row in both["results"]] == pytest.approx(best, abs=1e-6)
    found = answer(*search, "--by", "words", "--where", "subject=space")["results"]
    assert {row["id"].partition("-")[0] for row in found} <= {"space"}
    code, _, problem = command(*search, "--by", "both")
    assert (code, problem) == (1, "Which model? Pass --model.\n")


@pytest.mark.usefixtures("sample")
def test_a_map_says_on_how_many_texts_it_was_fitted_and_how_far_to_trust_it(
    answer: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def first_dimensions(vectors: Any, settings: Any, *, dimensions: int, on_progress: Any) -> maps.Projection:
        return maps.Projection(settings, vectors[:, :dimensions].copy())

    monkeypatch.setattr(maps, "project", first_dimensions)
    answer("collection", "embed", "sample", *WORDLLAMA)
    made = answer("collection", "map", "sample", *WORDLLAMA, "--fit", 100)
    assert (made["method"], made["fitted"], made["missing"], made["dimensions"]) == ("umap", 100, 0, 2)
    assert (0 < made["trustworthiness"] < 1, made["measured_texts"]) == (True, 648)
    (listed,) = answer("collection", "info", "sample")["models"][0]["maps"]
    assert listed == {name: made[name] for name in listed}


@pytest.mark.usefixtures("sample")
def test_conditions_leave_the_texts_that_meet_them(answer: Any, command: Any) -> None:
    answer("collection", "embed", "sample", *WORDLLAMA)
    search = ("collection", "search", "sample", *WORDLLAMA, "--query", "owls")
    found = answer(*search, "--where", "subject=space", "--where", "subject=money", "-k", 7)
    assert {row["id"].partition("-")[0] for row in found["results"]} <= {"space", "money"}
    assert found["searched"] < 648
    assert answer(*search, "--where", "subject=space", "--between", "kind=1,2")["results"] == []
    for condition in (("--where", "subject"), ("--between", "kind=1"), ("--where", "colour=red")):
        code, _, problem = command(*search, *condition)
        assert (code, problem.count("\n")) == (1, 1)


def test_a_search_in_an_incomplete_collection_says_so(command: Any, texts: Path) -> None:
    from tests.core.collections.conftest import stop_after

    with pytest.raises(StopIteration):
        collections.create("texts", [texts], on_progress=stop_after(2))
    command("collection", "embed", "texts", *WORDLLAMA)
    code, _, problem = command("collection", "search", "texts", *WORDLLAMA, "--query", "a fox")
    assert (code, problem) == (0, "texts is not complete: run the command that creates it again.\n")


def test_deleting_asks_first_and_a_pattern_without_files_is_refused(
    command: Any, texts: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    command("collection", "create", "texts", "--input", texts)
    monkeypatch.setattr("typer.confirm", lambda *_, **__: (_ for _ in ()).throw(SystemExit(1)))
    assert command("collection", "delete", "texts")[0] == 1
    assert collections.names() == ["texts"]
    code, _, problem = command("collection", "create", "other", "--input", f"{texts.parent}/*.parquet")
    assert (code, problem.startswith("There is no file")) == (1, True)
