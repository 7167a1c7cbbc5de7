"""Ranking quality on a collection: labels matched with its documents, and measured as on a corpus."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from core import corpus, evaluation
from core.collections.dataset import Collection
from core.collections.embedding import documents
from core.corpus import Corpus, Labels
from core.corpus.labels import LabelFile
from core.evaluation import MAP_CUT, Quality, Run
from core.search import Finder, Hits
from core.search.exact import AnyFloats

if TYPE_CHECKING:
    import pyarrow

ROWS_AT_ONCE = 2**16


@dataclass(frozen=True)
class Matched:
    """Labels matched with a collection, and for each query the id of the document that is the query itself, or ""."""

    labels: Labels
    own: tuple[str, ...]


def match_labels(collection: Collection, name: str, queries: Corpus, labelled: LabelFile) -> Matched:
    """Match labels with queries and a collection's documents; errors and counts as in `corpus.match_labels`.

    Only the documents that labels and queries name, and copies of them, are in memory.
    """
    texts = _named_documents(collection, queries, labelled)
    labels = corpus.match_labels(name, queries, labelled.qrels, texts, labelled.left_out)
    places = corpus.own_documents(labels.queries, texts)
    return Matched(labels, tuple(texts.document_names[place] if place >= 0 else "" for place in places))


def measure(collection: Collection, finder: Finder, queries: AnyFloats, matched: Matched) -> Quality:
    """The quality of what a finder finds for the labelled queries, whose vectors, (q, d), are given."""
    run = rank(collection, finder, queries, matched)
    return evaluation.evaluate(run, matched.labels.qrels)


def rank(collection: Collection, finder: Finder, queries: AnyFloats, matched: Matched, k: int = MAP_CUT) -> Run:
    """The k best documents of each query, each by its best passage, without the one that is the query itself."""
    run: dict[str, dict[str, float]] = {}
    asked, depth = np.arange(len(queries)), min(len(collection), k + 1)
    while len(asked):
        hits = finder.find(queries[asked], depth)
        names = _names_of(collection, hits)
        for place, found, scores, is_found in zip(asked, names, hits.scores, hits.is_found, strict=True):
            query, own = matched.labels.queries.ids[place], matched.own[place]
            run[query] = _best(found[is_found], scores[is_found], own, k)
        has_enough = np.array([len(set(found)) > k or depth == len(collection) for found in names])
        asked, depth = asked[~has_enough], min(len(collection), 4 * depth)
    return run


def _names_of(collection: Collection, hits: Hits) -> np.ndarray:
    """The document of each hit, (q, k)."""
    rows, places = np.unique(hits.rows, return_inverse=True)
    found = collection.data.take(rows, columns=["id", "parent"]).to_pylist()
    names = np.array([row["parent"] or row["id"] for row in found], object)
    return np.asarray(names[places.reshape(hits.rows.shape)])


def _best(names: np.ndarray, scores: np.ndarray, own: str, k: int) -> dict[str, float]:
    best: dict[str, float] = {}
    for name, score in zip(names, scores.tolist(), strict=True):
        if len(best) < k and name != own:
            best.setdefault(name, score)
    return best


def _named_documents(collection: Collection, queries: Corpus, labelled: LabelFile) -> Corpus:
    """The documents that labels or queries name, and their copies."""
    import pyarrow as pa

    relevant = {name for grades in labelled.qrels.values() for name, grade in grades.items() if grade > 0}
    named = _rows(collection, document_ids=pa.array(sorted(relevant | set(queries.ids)), pa.string()))
    contents = {text for name, text in zip(named.document_ids, named.documents, strict=True) if name in relevant}
    copies = _ids_of(collection, pa.array(sorted(contents), pa.string()))
    return _rows(collection, document_ids=pa.array(sorted({*named.document_ids, *copies}), pa.string()))


def _rows(collection: Collection, document_ids: "pyarrow.Array") -> Corpus:
    """The texts of these documents."""
    import pyarrow as pa
    import pyarrow.compute as pc

    found = [
        batch.filter(pc.is_in(pc.coalesce(batch["parent"], batch["id"]), value_set=document_ids))
        for batch in _batches(collection)
    ]
    rows = pa.Table.from_batches(found).to_pydict() if found else {}
    fields = {"title": tuple(title or "" for title in rows["title"])} if "title" in rows else {}
    parents = tuple(rows["parent"]) if rows.get("parent") and rows["parent"][0] is not None else ()
    return Corpus(collection.name, tuple(rows["id"]), tuple(rows["text"]), fields, parents=parents)


def _ids_of(collection: Collection, contents: "pyarrow.Array") -> set[str]:
    """The documents with a passage that is one of these."""
    import pyarrow as pa
    import pyarrow.compute as pc

    names = set[str]()
    for batch in _batches(collection):
        texts = pa.array(documents([batch[name] for name in ("title", "text") if name in batch.schema.names]))
        copies = batch.filter(pc.is_in(texts, value_set=contents))
        names.update(pc.coalesce(copies["parent"], copies["id"]).to_pylist())
    return names


def _batches(collection: Collection) -> "Iterator[pyarrow.RecordBatch]":
    """The ids, parents, titles and texts, some at a time."""
    has_titles = "title" in collection.facts.fields
    columns = {"id": "id", "parent": "parent", "text": "text"}
    columns |= {"title": collection.column("title")} if has_titles else {}
    yield from collection.data.to_batches(columns=columns, batch_size=ROWS_AT_ONCE, scan_in_order=True)
