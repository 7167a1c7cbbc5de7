"""Ranking quality on a collection, against the same on a corpus in memory."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.stats import bootstrap

from core import collections, corpus, retrieval
from core.collections import OnDisk
from core.corpus import Labels, from_path, labels_of
from core.embedding import embed_with
from core.errors import InputError
from core.evaluation import Quality
from core.retrieval import Embeddings, Task
from core.settings import DATA
from core.tables import parts

Files = tuple[Path, Path, Path]


def write(path: Path, rows: list[dict[str, str]]) -> Path:
    path.write_text("\n".join(map(json.dumps, rows)))
    return path


def on_disk(files: Files, encoder: Any, passages: int | None) -> tuple[Quality, Labels]:
    texts, queries, qrels = files
    made, model = collections.embed_with(collections.create("texts", [texts], passages=passages), encoder)
    asked = from_path(queries)
    matched = collections.match_labels(made, qrels.name, asked, labels_of(qrels.name, qrels.read_bytes()))
    vectors = embed_with(encoder, matched.labels.queries.documents, kind="query").vectors
    return collections.measure(made, OnDisk(made, model), vectors, matched), matched.labels


def in_memory(files: Files, encoder: Any, passages: int | None) -> tuple[Quality, Labels]:
    splitter = corpus.splitter(corpus.Splitting.of(passages)) if passages else None
    documents, labels = corpus.read_corpus_and_labels(*files, splitter)
    task = Task(documents, labels.queries)
    pair = Embeddings(
        embed_with(encoder, documents.documents), embed_with(encoder, labels.queries.documents, kind="query")
    )
    return retrieval.measure(retrieval.by_model(task, pair), documents, labels), labels


@pytest.mark.parametrize("passages", [None, 32])
def test_quality_and_remarks_are_those_of_a_corpus(tmp_path: Path, fake_encoder: Any, passages: int | None) -> None:
    long = {row: " ".join(f"Text {row} says {place}." for place in range(row % 7 * 10 + 1)) for row in range(150)}
    texts = write(
        tmp_path / "texts.jsonl",
        [
            *({"_id": f"d{row}", "title": f"T{row % 5}" * (row % 2), "text": text} for row, text in long.items()),
            {"_id": "copy", "title": "T3", "text": long[3]},  # of a relevant document
            {"_id": "q1", "text": long[6]},  # a query that is a document
        ],
    )
    queries = write(
        tmp_path / "queries.jsonl",
        [{"_id": "q0", "text": "Text 3?"}, {"_id": "q1", "text": long[6]}, {"_id": "q2", "text": "Text 8?"}],
    )
    qrels = tmp_path / "qrels.tsv"
    grades = ["q0\td3\t2", "q0\td4\t1", "q0\tgone\t1", "q1\td6\t1", "q1\tq1\t1", "q2\td8\t1", "q2\td9\t0", "q9\td1\t1"]
    qrels.write_text("\n".join(["query-id\tcorpus-id\tscore", *grades]))
    found, labels = on_disk((texts, queries, qrels), fake_encoder, passages)
    expected, matched = in_memory((texts, queries, qrels), fake_encoder, passages)
    assert found.means == expected.means
    for name in expected.means:
        np.testing.assert_array_equal(found.values(name), expected.values(name))
    assert (labels.left_out, labels.unlabelled_copies) == (matched.left_out, matched.unlabelled_copies)
    assert labels.unlabelled_copies > 0
    assert sum(labels.left_out.values()) > 2


def test_the_samples_quality_is_the_same_on_disk(fake_encoder: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "MOST_ROWS", 200)
    files = (DATA / "sample_corpus.jsonl", DATA / "sample_queries.jsonl", DATA / "sample_qrels.tsv")
    assert on_disk(files, fake_encoder, None)[0].means == in_memory(files, fake_encoder, None)[0].means


def test_labels_of_other_documents_are_refused(texts: Path, tmp_path: Path) -> None:
    made = collections.create("texts", [texts])
    labelled = labels_of("q.tsv", b"query-id\tcorpus-id\tscore\n1\tother\t1\n")
    with pytest.raises(InputError, match=r"q\.tsv labels no document of texts"):
        collections.match_labels(made, "q.tsv", corpus.from_paste("a query"), labelled)


def quality_of(values: list[float]) -> Quality:
    return Quality(
        {"ndcg@10": float(np.mean(values))}, {str(place): {"ndcg@10": one} for place, one in enumerate(values)}
    )


def test_models_are_compared_exactly_and_by_index_with_paired_intervals() -> None:
    draw = np.random.default_rng(0)
    a, b = draw.uniform(0.4, 0.9, 60), draw.uniform(0.3, 0.8, 60)
    lost = draw.uniform(0, 0.4, 60)
    exact = {"a": quality_of(list(a)), "b": quality_of(list(b))}
    (found,) = collections.compare(exact, {"a": quality_of(list(a - lost)), "b": quality_of(list(b))})
    for difference, gaps in ((found.exact, a - b), (found.by_index, a - lost - b), (found.effect, -lost)):
        drawn = bootstrap((gaps,), np.mean, method="percentile", n_resamples=10_000, rng=0).confidence_interval
        assert difference
        assert difference.mean == pytest.approx(gaps.mean())
        assert difference.queries == 60
        assert (difference.low, difference.high) == pytest.approx((drawn.low, drawn.high), abs=0.003)
    assert found.sentence.startswith("Exactly: a is better than b by ")
    assert "By index: b is better than a by " in found.sentence
    assert "The index changes which model is better. The indexes move the difference by −0.2" in found.sentence
    (found,) = collections.compare(exact, {"b": quality_of(list(b))})
    assert (found.by_index, found.effect) == (None, None)
    assert found.sentence.startswith("a is better than b by ")
    (found,) = collections.compare(exact, exact)
    assert "The same model is better both ways." in found.sentence
    assert collections.compare({"a": exact["a"]}, {}) == []
