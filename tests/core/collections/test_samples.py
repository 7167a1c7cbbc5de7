"""A collection's sample, and what is found in it, in memory."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from core import collections, corpus, embedding, retrieval
from core.collections import Collection
from core.collections.ranking import by_model, by_words
from core.retrieval import Embeddings, Task
from core.storage.vectors import Store
from tests.conftest import FakeEncoder


def test_a_sample_is_of_the_whole_collection_and_says_so(embedded: Callable[[], Collection], tmp_path: Path) -> None:
    collection, store = embedded(), Store(tmp_path / "vectors.db")
    drawn = collections.sample(collection, store, 10)
    assert drawn.name == "a sample of 10 of the 25 texts of texts"
    numbers = [int(name.removeprefix("d")) for name in drawn.ids]
    assert numbers == sorted(set(numbers))
    assert max(numbers) >= 12 > min(numbers)
    assert drawn.texts[0] == f"text number {numbers[0]} of a {'fox' if numbers[0] % 3 else 'cat'}?"
    assert drawn.fields == {"kind": tuple(str(number % 4) for number in numbers)}
    assert collections.sample(collection, store, 10) == drawn
    assert collections.sample(collection, store).name == "texts"


def test_a_collection_is_known_again_whatever_is_added_but_not_a_later_one_of_its_name(
    texts: Path, fake_encoder: Any
) -> None:
    made = collections.create("texts", [texts])
    known = made.fingerprint
    made, _ = collections.embed_with(made, fake_encoder)
    assert made.fingerprint == known
    assert collections.index_words(made).fingerprint == known
    collections.delete("texts")
    assert collections.create("texts", [texts]).fingerprint != known


def test_vectors_of_a_sample_are_not_computed_again(
    embedded: Callable[[], Collection], fake_encoder: Any, tmp_path: Path
) -> None:
    store = Store(tmp_path / "vectors.db")
    drawn = collections.sample(embedded(), store, 10)
    again: Any = FakeEncoder(fake_encoder.spec)
    found = embedding.embed_with(again, drawn.documents, store=store)
    assert again.computed == []
    np.testing.assert_array_equal(found.vectors, fake_encoder.encode(drawn.documents))


def test_vectors_are_found_in_whichever_precision_but_of_this_model(
    embedded: Callable[[], Collection], fake_encoder: FakeEncoder, monkeypatch: Any
) -> None:
    monkeypatch.setattr("core.models.revisions.look_up", lambda _: fake_encoder.revision)
    spec, collection = fake_encoder.spec, embedded()
    found = collections.vectors_by(collection, spec)
    assert found
    assert found.provenance.model == spec.name
    assert collections.vectors_by(collection, replace(spec, id="another")) is None
    assert collections.vectors_by(collection, spec.with_prompts("", "passage: ")) is None
    monkeypatch.setattr("core.models.revisions.look_up", lambda _: "newer")
    assert collections.vectors_by(collection, spec) is None


def test_a_collection_is_ranked_as_the_same_texts_in_memory(
    embedded: Callable[[], Collection], fake_encoder: Any
) -> None:
    collection = collections.index_words(embedded())
    (model,) = collections.models_of(collection)
    texts = collections.texts_at(collection, np.arange(len(collection)))
    task = Task(texts, corpus.one_query("a cat"), 5, "text")
    queries = embedding.embed_with(fake_encoder, ["a cat"], kind="query")
    mine = by_model(collection, model, queries, 5)
    its = retrieval.by_model(task, Embeddings(embedding.embed_with(fake_encoder, texts.documents), queries))
    np.testing.assert_array_equal(mine.hits.rows, its.hits.rows)
    np.testing.assert_array_equal(mine.hits.scores, its.hits.scores)
    assert (mine.system, mine.unit, list(mine.seconds)) == (its.system, its.unit, list(its.seconds))
    words = by_words(collection, ["a cat"], 5)
    assert set(words.hits.rows_of()) <= {row for row, text in enumerate(texts.texts) if "cat" in text}
    assert words.words == "words as written"
