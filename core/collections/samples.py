"""Some of a collection's texts in memory: what a search has found, and the sample that stands for the rest."""

from functools import partial

import numpy as np

from core.collections.dataset import Collection
from core.collections.embedding import models_of
from core.collections.maps import Map, coordinates_of, density_of
from core.collections.searching import OnDisk
from core.corpus import Corpus
from core.corpus.corpus import fingerprint
from core.map_files import Space, Unread
from core.search.exact import Rows
from core.storage.vectors import Store, key

SAMPLE = 2_000
MAPPED = 50_000
SEED = 0


def texts_at(collection: Collection, rows: Rows, name: str = "") -> Corpus:
    """The texts of some rows, in their order, with their fields; called like the collection if no name is given."""
    fields = {collection.column(field): field for field in collection.facts.fields}
    read = collection.data.take(rows, columns=["id", "text", "parent", *fields]).to_pydict()
    parents = tuple(parent or own for parent, own in zip(read["parent"], read["id"], strict=True))
    parents = parents if any(read["parent"]) else ()
    ids, texts = tuple(read["id"]), tuple(read["text"])
    known = {field: tuple(value or "" for value in read[column]) for column, field in fields.items()}
    return Corpus(
        name or collection.name, ids, texts, known, fingerprint=fingerprint(ids, texts, known, parents), parents=parents
    )


def sample(collection: Collection, store: Store, size: int = SAMPLE) -> Corpus:
    """Texts drawn evenly from the whole collection, with a fixed seed; their vectors are put into the store."""
    rows = _draw(collection, size)
    texts = texts_at(collection, rows, _name(collection, len(rows)))
    for model in models_of(collection):
        if not model.missing:
            namespace = model.identity.namespace("document")
            keys = (key(namespace, text) for text in texts.documents)
            store.put(dict(zip(keys, OnDisk(collection, model).vectors_of(rows), strict=True)))
    return texts


def space_of(collection: Collection, of: Map, size: int = MAPPED) -> Space:
    """Points drawn evenly from a map of the whole collection, with their texts, vectors and the density of all."""
    rows = _draw(collection, size)
    coordinates = coordinates_of(collection, of, rows)
    (model,) = (each for each in models_of(collection) if each.column == of.model)
    is_placed = np.isfinite(coordinates).all(axis=1)
    rows, coordinates = rows[is_placed], coordinates[is_placed]
    texts = texts_at(collection, rows, f"{_name(collection, len(rows))} under {model.provenance.model}")
    key = f"{collection.fingerprint} {collection.data.version} {of.model} {len(rows)}"
    vectors = Unread(key, partial(OnDisk(collection, model).vectors_of, rows))
    return Space(texts, vectors, coordinates, density_of(collection, of, coordinates))


def _draw(collection: Collection, size: int) -> Rows:
    count = min(size, len(collection))
    return np.sort(np.random.default_rng(SEED).choice(len(collection), count, replace=False))


def _name(collection: Collection, count: int) -> str:
    if count == len(collection):
        return collection.name
    return f"a sample of {count:,} of the {len(collection):,} texts of {collection.name}"
