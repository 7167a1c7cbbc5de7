"""Ranking quality on a collection: labels matched with its documents, and measured as on a corpus."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import combinations, compress
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from core import corpus, evaluation
from core.collections.dataset import Collection
from core.corpus import Corpus, Labels
from core.corpus.labels import LabelFile
from core.evaluation import MAP_CUT, Difference, Quality, Run
from core.search import Finder, Hits
from core.search.exact import AnyFloats, Rows
from core.wording import decimal

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


def match_labels(
    collection: Collection, name: str, queries: Corpus, labelled: LabelFile, *, with_copies: bool = True
) -> Matched:
    """Match labels with queries and a collection's documents; errors and counts as in `corpus.match_labels`.

    Only the documents that labels and queries name, and copies of them, are in memory.

    Parameters
    ----------
    with_copies : bool
        Whether copies of relevant documents are looked for, in all texts, and counted. Measures don't depend on them.
    """
    texts = _named_documents(collection, queries, labelled, with_copies=with_copies)
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
        moved, low, high = (decimal(each, 3, "+") for each in (self.effect.mean, self.effect.low, self.effect.high))
        return (
            f"Exactly: {exactly}. By index: {evaluation.sentence(self.first, self.second, self.by_index)}. "
            f"{self._change} The indexes move the difference by {moved} ({low} to {high})."
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


def documents_named(collection: Collection, names: Iterable[str]) -> Corpus:
    """The texts of the documents of these names, as far as there are any, with their titles."""
    return _texts(collection, _rows_named(collection, names))


def _named_documents(collection: Collection, queries: Corpus, labelled: LabelFile, *, with_copies: bool) -> Corpus:
    """The documents that labels or queries name, and any copies."""
    relevant = {name for grades in labelled.qrels.values() for name, grade in grades.items() if grade > 0}
    rows = _rows_named(collection, relevant | set(queries.ids))
    named = _texts(collection, rows)
    if not with_copies:
        return named
    is_relevant = [name in relevant for name in named.document_ids]
    texts, contents = (set(compress(column, is_relevant)) for column in (named.texts, named.documents))
    like = _texts(collection, _rows_with(collection, texts))
    same = {name for name, text in zip(like.document_ids, like.documents, strict=True) if text in contents}
    copies = same - set(named.document_ids)
    return _texts(collection, np.union1d(rows, _rows_named(collection, copies))) if copies else named


def _rows_named(collection: Collection, names: Iterable[str]) -> Rows:
    """The rows of the documents of these names, ascending; of a document in passages all of them."""
    import pyarrow as pa
    import pyarrow.compute as pc

    wanted = pa.array(sorted(names), pa.string())
    return _rows_where(
        collection, ["id", "parent"], lambda batch: pc.is_in(pc.coalesce(batch["parent"], batch["id"]), wanted)
    )


def _rows_with(collection: Collection, texts: Iterable[str]) -> Rows:
    """The rows with one of these texts, ascending."""
    import pyarrow as pa
    import pyarrow.compute as pc

    wanted = pa.array(sorted(texts), pa.string())
    return _rows_where(collection, ["text"], lambda batch: pc.is_in(batch["text"], wanted))


def _rows_where(
    collection: Collection, columns: list[str], matches: "Callable[[pyarrow.RecordBatch], pyarrow.Array]"
) -> Rows:
    """The rows that match, ascending; of these columns some rows at a time are in memory."""
    found, start = [np.empty(0, np.int64)], 0
    for batch in collection.data.to_batches(columns=columns, batch_size=ROWS_AT_ONCE, scan_in_order=True):
        found.append(start + np.flatnonzero(matches(batch).to_numpy(zero_copy_only=False)))
        start += len(batch)
    return np.concatenate(found)


def _texts(collection: Collection, rows: Rows) -> Corpus:
    """The texts of some rows, with their titles."""
    title = collection.column("title") if "title" in collection.facts.fields else ""
    read = collection.data.take(rows, columns=["id", "parent", "text", *filter(None, [title])]).to_pydict()
    fields = {"title": tuple(cell or "" for cell in read[title])} if title else {}
    parents = tuple(parent or own for parent, own in zip(read["parent"], read["id"], strict=True))
    is_split = any(read["parent"])
    return Corpus(collection.name, tuple(read["id"]), tuple(read["text"]), fields, parents=parents if is_split else ())
