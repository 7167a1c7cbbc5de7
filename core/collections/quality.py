"""Ranking quality on a collection: labels matched with its documents, and measured as on a corpus."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from core import corpus, evaluation
from core.collections.dataset import Collection
from core.collections.embedding import documents
from core.corpus import Corpus, Labels
from core.corpus.labels import LabelFile
from core.evaluation import MAP_CUT, Difference, Quality, Run
from core.search import Finder, Hits
from core.search.exact import AnyFloats

if TYPE_CHECKING:
    import pyarrow

ROWS_AT_ONCE = 2**16
MEASURE = "ndcg@10"

Values = npt.NDArray[np.float64]


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


def measure(collection: Collection, finder: Finder, queries: AnyFloats, matched: Matched, k: int = MAP_CUT) -> Quality:
    """The quality of the k documents that a finder finds for the labelled queries, whose vectors, (q, d), are given.

    An index scores more candidates the more documents are wanted: the quality of ten is that of asking for ten.
    """
    run = rank(collection, finder, queries, matched, k)
    return evaluation.evaluate(run, matched.labels.qrels)


@dataclass(frozen=True)
class Compared:
    """The first of two models less the second, in nDCG@10, by exact search and by their indexes.

    Attributes
    ----------
    exact, by_index : Difference
        Each with its paired interval; `by_index` is None unless both have an index.
    effect : Difference, optional
        The second less the first, query by query: by how much the indexes change the difference.
    """

    first: str
    second: str
    exact: Difference
    by_index: Difference | None = None
    effect: Difference | None = None

    @property
    def sentence(self) -> str:
        """Which of the two is better, and whether the indexes change that."""
        exactly = evaluation.sentence(self.first, self.second, self.exact)
        if not self.by_index or not self.effect:
            return f"{exactly}."
        low, high = self.effect.low, self.effect.high
        return (
            f"Exactly: {exactly}. By index: {evaluation.sentence(self.first, self.second, self.by_index)}. "
            f"{self._change} The indexes move the difference by {self.effect.mean:+.3f} ({low:+.3f} to {high:+.3f})."
        )

    @property
    def _change(self) -> str:
        exactly, by_index = (_better(each) for each in (self.exact, self.by_index) if each)
        if exactly == by_index:
            return "The same model is better both ways." if exactly else "They can't be told apart either way."
        return "The index changes which model is better." if exactly and by_index else "The index changes the verdict."


def compare(exact: Mapping[str, Quality], by_index: Mapping[str, Quality]) -> list[Compared]:
    """Each pair of models measured on the same queries by exact search, and by their indexes where both have one."""
    whole, found = (
        {name: np.array(quality.values(MEASURE)) for name, quality in each.items()} for each in (exact, by_index)
    )
    exactly, indexed = (evaluation.differences(each) if len(each) > 1 else {} for each in (whole, found))
    return [
        Compared(*pair, exactly[pair], indexed.get(pair), _effect(whole, found, *pair) if pair in indexed else None)
        for pair in combinations(whole, 2)
    ]


def _effect(exact: Mapping[str, Values], by_index: Mapping[str, Values], first: str, second: str) -> Difference:
    """By how much the indexes change the difference of two models."""
    return evaluation.difference(by_index[first] - by_index[second], exact[first] - exact[second])


def _better(difference: Difference) -> int:
    """Whether the first (1) or the second (-1) is better; 0 if that could be chance."""
    return 0 if difference.is_within_chance else int(np.sign(difference.mean))


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
