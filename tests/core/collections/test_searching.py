"""Vectors of collections, and the search in them, against the same in memory."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core import collections, models
from core.collections import Collection, OnDisk, searching
from core.corpus import from_path
from core.embedding import embed_with
from core.encoders.base import identity_of
from core.errors import InputError
from core.search import nearest
from core.similarity.functions import SIMILARITIES, Similarity
from tests.conftest import FakeEncoder


def test_a_second_model_is_a_second_column_and_changes_nothing_of_the_first(texts: Path, fake_encoder: Any) -> None:
    other: Any = FakeEncoder(fake_encoder.spec.with_prompts(None, "passage: "))
    made = collections.create("texts", [texts])
    for encoder in (fake_encoder, other):
        made, model = collections.embed_with(made, encoder)
        column = np.array(made.data.to_table(columns=[model.column])[model.column].to_pylist(), np.float32)
        np.testing.assert_array_equal(column, embed_with(encoder, from_path(texts).documents).vectors)
    assert [model.missing for model in collections.models_of(made)] == [0, 0]
    assert len({model.column for model in collections.models_of(made)}) == 2
    assert len(fake_encoder.computed) == len(set(fake_encoder.computed)) + 25  # once by each of the two calls


def test_titles_are_embedded_before_texts_as_in_a_corpus(tmp_path: Path, fake_encoder: Any) -> None:
    path = tmp_path / "rows.csv"
    path.write_text("id,title,text\na,A title,and a text\nb,,without\n")
    collections.embed_with(collections.create("rows", [path]), fake_encoder)
    assert sorted(fake_encoder.computed) == sorted(from_path(path).documents)


def test_what_a_model_cuts_or_does_not_know_is_summed_over_the_parts(
    embedded: Callable[[], Collection], texts: Path, fake_encoder: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fake_encoder, "max_tokens", 5)
    (model,) = collections.models_of(embedded())
    whole = embed_with(fake_encoder, from_path(texts).documents).provenance
    assert whole.truncated_texts == 25
    for name in ("model", "texts", "computed", "truncated_texts", "unknown_texts", "max_tokens", "precision"):
        assert getattr(model.provenance, name) == getattr(whole, name)


def test_cancelled_embedding_goes_on_with_the_parts_that_are_missing(
    texts: Path, folder: Path, fake_encoder: Any
) -> None:
    made = collections.create("texts", [texts])

    def cancel(*_: object) -> None:
        if collections.models_of(collections.open_collection("texts")):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        collections.embed_with(made, fake_encoder, on_progress=cancel)
    made = collections.open_collection("texts")
    (model,) = collections.models_of(made)
    assert 0 < model.missing < 25
    files = list((folder / "texts.lance" / "data").iterdir())
    assert len(files) == sum(
        len(part.files) for part in made.fragments
    )  # nothing is left of the part that was cancelled
    with pytest.raises(InputError, match=rf"{model.missing} texts of texts have no vectors of wordllama-256 yet: run"):
        collections.model_of(made, identity_of(fake_encoder), "wordllama-256")
    _, model = collections.embed_with(made, fake_encoder)
    assert (model.missing, model.provenance.texts) == (0, 25)


def test_a_model_without_vectors_is_refused_with_what_to_do(
    embedded: Callable[[], Collection], fake_encoder: Any
) -> None:
    identity = replace(identity_of(fake_encoder), precision="int8")
    with pytest.raises(
        InputError, match=r"run `python -m core collection embed texts --model wordllama-256`\. It has those"
    ):
        collections.model_of(embedded(), identity, "wordllama-256")


class Grid(FakeEncoder):
    """Vectors on a small grid: many are equal and many equally near; the length of a text and its rest by 5."""

    def encode(self, texts, kind="document", on_progress=None):
        numbers = [int("".join(filter(str.isdigit, text)) or 0) for text in texts]
        rows = np.array([[number % 2, number % 3, number % 5] for number in numbers], np.float32).reshape(-1, 3)
        return rows if self.spec.similarity != "cosine" else rows / np.maximum(1, np.linalg.norm(rows, axis=1)[:, None])


@pytest.mark.parametrize("similarity", SIMILARITIES)
@pytest.mark.parametrize("rows_at_once", [3, 4, 100])
def test_search_on_disk_finds_what_search_in_memory_finds_ties_and_all(
    similarity: Similarity, rows_at_once: int, texts: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    encoder: Any = Grid(replace(models.get("wordllama-256"), similarity=similarity))
    encoder.dimensions = 3
    made, model = collections.embed_with(collections.create("texts", [texts]), encoder)
    monkeypatch.setattr(searching, "BYTES_AT_ONCE", 12 * rows_at_once)
    vectors = encoder.encode(from_path(texts).documents)
    queries, finder = encoder.encode(["1", "4", "0"]), OnDisk(made, model)
    for k in (1, 6, 40):
        whole, found = nearest(queries, vectors, k, similarity=similarity), finder.find(queries, k)
        assert (found.rows.tolist(), found.scores.tolist()) == (whole.rows.tolist(), whole.scores.tolist())
    for few in (searching.FEW_ROWS, 0):
        monkeypatch.setattr(searching, "FEW_ROWS", few)
        for among in (np.array([0, 3, 6, 7, 8, 20, 24]), np.array([12]), np.empty(0, np.int64)):
            hits = nearest(queries, vectors[among], 5, similarity=similarity)
            found = finder.find(queries, 5, among)
            assert (found.rows.tolist(), found.scores.tolist()) == (among[hits.rows].tolist(), hits.scores.tolist())


def test_results_have_the_ids_and_texts_of_the_hits(embedded: Callable[[], Collection], fake_encoder: Any) -> None:
    made = embedded()
    (model,) = collections.models_of(made)
    asked = embed_with(fake_encoder, ["text number 17 of a fox?"]).vectors
    (best,) = collections.results(made, OnDisk(made, model).find(asked, 1))
    assert (best["id"], best["text"]) == ("d17", "text number 17 of a fox?")
    assert best["score"] == pytest.approx(1)


def test_search_reports_how_far_it_is_and_can_be_cancelled(embedded: Callable[[], Collection]) -> None:
    made = embedded()
    (model,) = collections.models_of(made)
    told: list[tuple[str, int, int]] = []
    OnDisk(made, model, lambda *done: told.append(done)).find(np.eye(1, 256, dtype=np.float32), 1)
    assert told[-1] == ("Searching", 25, 25)

    def cancel(*_: object) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        OnDisk(made, model, cancel).find(np.eye(1, 256, dtype=np.float32), 1)
