"""Which documents answer which queries: relevance labels from files and back into them."""

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from pathlib import Path

import numpy as np

from core import wording
from core.corpus.corpus import Corpus
from core.corpus.passages import Splitter
from core.corpus.reader import from_path, read_bytes
from core.corpus.sample import sample_queries
from core.errors import InputError
from core.evaluation import Qrels, Run
from core.settings import DATA
from core.storage import digests
from core.tables import decode, harmless, read_table

BEIR_COLUMNS = ("query-id", "corpus-id", "score")
TREC_LINE = re.compile(r"\s*\S+\s+\S+\s+\S+\s+[+-]?\d+\s*")
TABLE_ENDINGS = (".csv", ".tsv", ".jsonl", ".parquet")
LABEL_FORMATS = ("tsv", "txt", "qrels", "qrel", "csv", "jsonl", "parquet")

Label = tuple[str, str, int]


@dataclass(frozen=True)
class Labels:
    """Queries and the grades of documents for them.

    Attributes
    ----------
    name : str
        Where the labels come from, for captions.
    queries : Corpus
        The labelled queries.
    qrels : dict of query id to document id to grade
        Above 0 is relevant; documents are named as in `Corpus.document_ids`.
    left_out : dict of str to int
        What was skipped, and how often.
    """

    name: str
    queries: Corpus
    qrels: Qrels
    left_out: dict[str, int] = field(default_factory=dict)

    @cached_property
    def fingerprint(self) -> str:
        """Digest of queries and grades."""
        content = json.dumps([self.queries.fingerprint, self.qrels], sort_keys=True)
        return digests.of(content.encode())


def match_labels(name: str, queries: Corpus, qrels: Qrels, documents: Corpus) -> Labels:
    """Match labels with queries and documents: the labels of queries with a relevant document; the rest is counted.

    Relevant documents missing from the corpus stay and count as not found, as in trec_eval.

    Raises
    ------
    InputError
        No query is labelled, or none of the labelled documents is in the corpus.
    """
    known = set(documents.document_ids)
    texts = set(queries.ids)
    own = {query: grades for query, grades in qrels.items() if query in texts and max(grades.values(), default=0) > 0}
    if not own:
        raise InputError(
            f"{name} labels no query of {queries.name}: its query ids are {_few(qrels)}, the queries' are "
            f"{_few(queries.ids)}."
        )
    relevant = [document for grades in own.values() for document, grade in grades.items() if grade > 0]
    missing = sum(document not in known for document in relevant)
    if missing == len(relevant):
        raise InputError(
            f"{name} labels no document of {documents.name}: its document ids are {_few(relevant)}, the documents' "
            f"are {_few(documents.document_ids)}."
        )
    left_out = {
        "labelled queries without a text": sum(query not in texts for query in qrels),
        "labelled queries without a relevant document": sum(query in texts for query in qrels) - len(own),
        "queries without labels": len(queries) - sum(query in qrels for query in queries.ids),
        "relevant documents missing from the corpus, counted as not found": missing,
    }
    return Labels(name, _only(queries, own), own, {reason: count for reason, count in left_out.items() if count})


def read_corpus_and_labels(
    documents: Path, queries: Path, qrels: Path, splitter: Splitter | None = None
) -> tuple[Corpus, Labels]:
    """A corpus and its labels from three files on disk, as they are; `match_labels` checks that they fit.

    With a splitter the documents, not the queries, are split into passages.

    Raises
    ------
    InputError
        One of the files cannot be read.
    """
    return from_path(documents, splitter=splitter), Labels(qrels.name, from_path(queries), read_qrels(qrels))


def read_qrels(path: Path) -> dict[str, dict[str, int]]:
    """Relevance labels of a file on disk; see `qrels_of`."""
    return qrels_of(path.name, read_bytes(path))


def qrels_of(name: str, content: bytes) -> dict[str, dict[str, int]]:
    """Relevance labels, query id to document id to grade, in BEIR's or TREC's columns, recognised by the content.

    BEIR: a table with the columns query-id, corpus-id and score. TREC: lines of `query iteration document grade`.

    Raises
    ------
    InputError
        The file is neither, a grade is not a whole number, or a document has two grades for one query.
    """
    if not content:
        raise InputError(f"{name} is empty.")
    is_parquet = Path(name).suffix.lower() == ".parquet"
    lines = [] if is_parquet else [line for line in decode(content).splitlines() if line.strip()]
    if lines and TREC_LINE.fullmatch(lines[0]):
        return _gather(name, _of_trec(name, lines))
    return _gather(name, _of_table(name, content))


def as_beir(qrels: Qrels) -> str:
    """Labels as BEIR's TSV; an id that a spreadsheet would run gets an apostrophe, which `qrels_of` removes again."""
    rows = (f"{harmless(query)}\t{harmless(document)}\t{grade}\n" for query, document, grade in _rows(qrels))
    return "\t".join(BEIR_COLUMNS) + "\n" + "".join(rows)


def as_trec(qrels: Qrels) -> str:
    """Labels as TREC's qrels; blanks in ids, which would split columns, become underscores."""
    return "".join(f"{_one_word(query)} 0 {_one_word(document)} {grade}\n" for query, document, grade in _rows(qrels))


def as_trec_run(run: Run, tag: str) -> str:
    """A ranking as TREC's run: `query Q0 document rank score tag`, as trec_eval orders it; see `as_trec` for blanks."""
    lines = []
    for query, scores in run.items():
        ranked = sorted(scores, key=lambda document: (np.float32(scores[document]), document), reverse=True)
        for rank, document in enumerate(ranked, start=1):
            lines.append(f"{_one_word(query)} Q0 {_one_word(document)} {rank} {scores[document]!r} {tag}\n")
    return "".join(lines)


@cache
def sample_labels() -> Labels:
    """The sample's queries with the passages that answer them."""
    return Labels("sample labels", sample_queries(), sample_qrels())


@cache
def sample_qrels() -> dict[str, dict[str, int]]:
    """Which passages answer which sample query."""
    return read_qrels(DATA / "sample_qrels.tsv")


def _of_trec(name: str, lines: Sequence[str]) -> Iterable[Label]:
    for number, line in enumerate(lines, start=1):
        if not TREC_LINE.fullmatch(line):
            raise InputError(
                f"Line {number} of {name} should be `query iteration document grade`, like the first line."
            )
        query, _, document, grade = line.split()
        yield query, document, int(grade)


def _of_table(name: str, content: bytes) -> Iterable[Label]:
    ending = Path(name).suffix.lower()
    table = read_table(name if ending in TABLE_ENDINGS else f"{name}.tsv", content)
    if table.skipped:
        raise InputError(
            f"{name} is incomplete: {', '.join(table.skipped)}. Fix the file: a missing label makes the results wrong."
        )
    wrong = InputError(
        f"{name} needs the columns query-id, corpus-id and score (a whole number), or TREC's four: query, iteration, "
        "document, grade."
    )
    if not set(BEIR_COLUMNS) <= set(table.columns):
        raise wrong
    for query, document, grade in zip(*(table.cells[column] for column in BEIR_COLUMNS), strict=True):
        try:
            yield _unescape(str(query)), _unescape(str(document)), int(grade)
        except (ValueError, TypeError):
            raise wrong from None


def _unescape(name: str) -> str:
    return name[1:] if name.startswith("'") and harmless(name[1:]) == name else name


def _gather(name: str, labels: Iterable[Label]) -> dict[str, dict[str, int]]:
    qrels: dict[str, dict[str, int]] = {}
    for query, document, grade in labels:
        if qrels.setdefault(query, {}).setdefault(document, grade) != grade:
            raise InputError(
                f"{name} gives {document} two grades for {query}, {qrels[query][document]} and {grade}: keep one."
            )
    return qrels


def _only(queries: Corpus, wanted: Qrels) -> Corpus:
    """Only these queries; the unchanged corpus if they are all."""
    places = [place for place, name in enumerate(queries.ids) if name in wanted]
    if len(places) == len(queries):
        return queries
    ids, texts = (tuple(column[place] for place in places) for column in (queries.ids, queries.texts))
    fields = {name: tuple(column[place] for place in places) for name, column in queries.fields.items()}
    content = json.dumps([queries.fingerprint, places])
    digest = digests.of(content.encode())
    return replace(queries, ids=ids, texts=texts, fields=fields, fingerprint=digest, parents=())


def _rows(qrels: Qrels) -> Iterable[Label]:
    return ((query, document, grade) for query, grades in qrels.items() for document, grade in grades.items())


def _few(names: Iterable[str]) -> str:
    """The first of many names."""
    return wording.join(list(names), most=3)


def _one_word(name: str) -> str:
    return re.sub(r"\s+", "_", name) or "_"
