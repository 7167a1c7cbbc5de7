"""Texts that occur twice: a query that is itself a document of the corpus, and copies of relevant documents."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from core.corpus.corpus import Corpus
from core.evaluation import Qrels
from core.wording import one_line

NOBODY = -1


def own_documents(queries: Corpus, documents: Corpus) -> npt.NDArray[np.int64]:
    """For each query, (q,), the place in `document_names` of the document that is the query itself; -1 if none is.

    A document is the query if it has the same id and the same text, with or without its title; line breaks and runs
    of blanks don't matter. The passages of a split document must make up the query.
    """
    numbers = {name: number for number, name in enumerate(documents.document_names)}
    wanted = numbers.keys() & set(queries.ids)
    rows: dict[str, list[int]] = {}
    for row, name in enumerate(documents.document_ids if wanted else ()):
        if name in wanted:
            rows.setdefault(name, []).append(row)
    own = np.full(len(queries), NOBODY, np.int64)
    for place, (name, text) in enumerate(zip(queries.ids, queries.texts, strict=True)):
        if name in rows and any(
            _make_up(one_line(text), [one_line(column[row]) for row in rows[name]])
            for column in (documents.texts, documents.documents)
        ):
            own[place] = numbers[name]
    return own


def count_unlabelled_copies(qrels: Qrels, documents: Corpus, own: Sequence[str] = ()) -> int:
    """How many relevant documents, counted for each query, have a copy that the query's labels don't name.

    A copy is a document of the same title and text under another id.

    Parameters
    ----------
    own : sequence of str
        Ids of queries that are documents themselves: such a document is no copy to its own query, which never finds it.
    """
    relevant = {name for grades in qrels.values() for name, grade in grades.items() if grade > 0}
    contents = _contents(documents)
    copies: dict[tuple[str, ...], list[str]] = {contents[name]: [] for name in relevant if name in contents}
    for name, content in contents.items():
        if content in copies:
            copies[content].append(name)
    own_queries = set(own)
    return sum(
        any(copy not in grades and not (copy == query and query in own_queries) for copy in copies[contents[name]])
        for query, grades in qrels.items()
        for name, grade in grades.items()
        if grade > 0 and name in contents
    )


def _make_up(text: str, passages: Sequence[str]) -> bool:
    """Whether a document's passages, which may overlap, are the text."""
    if len(passages) == 1:
        return text == passages[0]
    is_framed = text.startswith(passages[0]) and text.endswith(passages[-1])
    return is_framed and all(passage in text for passage in passages)


def _contents(documents: Corpus) -> dict[str, tuple[str, ...]]:
    """Each document's passages by its id."""
    if not documents.parents:
        return {name: (text,) for name, text in zip(documents.ids, documents.documents, strict=True)}
    passages: dict[str, tuple[str, ...]] = {}
    for name, text in zip(documents.parents, documents.documents, strict=True):
        passages[name] = (*passages.get(name, ()), text)
    return passages
