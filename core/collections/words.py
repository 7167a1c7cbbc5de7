"""Full-text search in a collection: BM25 by Lance's own index over titles and texts, in the texts' language."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from core.collections.dataset import Collection, Facts, commit, indexing, open_collection
from core.collections.embedding import documents
from core.collections.index import build_of, parts_by_index
from core.errors import InputError
from core.progress import Progress, silent
from core.search import Hits
from core.search.words import MOST_SAMPLED, Words, words_of

MEGABYTES = 512  # for a build
INDEXING = "Indexing the words"


def index_words(collection: Collection, on_progress: Progress = silent) -> Collection:
    """The collection with an index of the words of its titles and texts, as many as there are now.

    Raises
    ------
    InputError
        It has no texts, or another process indexes them at the same time.
    """
    if not len(collection):
        raise InputError(f"{collection.name} has no texts yet: run the command that creates it again.")
    words = words_of(_some_documents(collection))
    columns, how = _columns(collection), _reading(words) | {"memory_limit": MEGABYTES}
    for done, column in enumerate(columns):
        on_progress(INDEXING, done, len(columns))
        with indexing(collection):
            collection.data.create_scalar_index(column, "INVERTED", _name_of(column), **how)
    on_progress(INDEXING, len(columns), len(columns))

    def change(current: Collection) -> tuple[list[Any], Facts]:
        return current.fragments, replace(current.facts, words=asdict(words))

    return commit(open_collection(collection.name), change)


def words_in(collection: Collection) -> Words | None:
    """What counts as a word in the index of a collection; None if there is no index."""
    return Words(**collection.facts.words) if collection.facts.words else None


def rows_without_words(collection: Collection) -> int:
    """How many rows came after the index of words; they are searched one by one."""
    names = {index.name: index for index in collection.data.describe_indices()}
    indexed = parts_by_index(collection)[build_of(names[_name_of("text")])]
    return sum(part.physical_rows for part in collection.fragments if part.id not in indexed)


@dataclass(frozen=True, eq=False)
class ByWords:
    """Search by BM25; a title's score is added to that of its text."""

    collection: Collection

    def find(self, queries: Sequence[str], k: int, condition: str = "") -> Hits:
        """The k rows of highest BM25 score for each query; without a common word, none.

        Parameters
        ----------
        condition : str, optional
            SQL that the rows must meet, as `conditions.sql` writes it.

        Raises
        ------
        InputError
            There is no index of words.
        """
        if words_in(self.collection) is None:
            raise InputError(
                f"The words of {self.collection.name} are not indexed yet: run "
                f"`python -m core collection index {self.collection.name} --words`."
            )
        hits = Hits(np.zeros((len(queries), k), np.int64), np.zeros((len(queries), k), np.float32))
        for place, query in enumerate(queries):
            rows, scores = self._search(query, k, condition)
            order = np.lexsort((rows, -scores))
            hits.rows[place, : len(rows)], hits.scores[place, : len(rows)] = rows[order], scores[order]
        return hits

    def _search(self, query: str, k: int, condition: str) -> tuple[np.ndarray, np.ndarray]:
        from lance.query import BooleanQuery, MatchQuery, Occur

        indexed = {index.name for index in self.collection.data.describe_indices()}
        columns = [column for column in _columns(self.collection) if _name_of(column) in indexed]
        scanner = self.collection.data.scanner(
            columns=["_score"],
            with_row_address=True,
            full_text_query=BooleanQuery([(Occur.SHOULD, MatchQuery(query, column)) for column in columns]),
            filter=condition or None,
            prefilter=True,
            limit=k,
        )
        found = scanner.to_table()
        return self.collection.rows_at(found["_rowaddr"].to_numpy()), found["_score"].to_numpy()


def _columns(collection: Collection) -> list[str]:
    """The columns whose words are searched, as by `Corpus.documents`."""
    return [*([collection.column("title")] if "title" in collection.facts.fields else []), "text"]


def _name_of(column: str) -> str:
    return f"words_{column}"


def _reading(words: Words) -> dict[str, Any]:
    """How Lance takes the words of texts: in the same language as BM25 in memory."""
    language = {"language": words.language} if words.language else {}
    tokenizer = {"base_tokenizer": "icu"} if words.has_pairs else {}
    return {"stem": bool(words.language), "remove_stop_words": bool(words.language), **language, **tokenizer}


def _some_documents(collection: Collection) -> list[str]:
    """Evenly spaced titles and texts."""
    rows = np.linspace(0, len(collection) - 1, min(MOST_SAMPLED, len(collection)), dtype=np.int64)
    return documents(collection.data.take(rows, columns=_columns(collection)).combine_chunks().columns)
