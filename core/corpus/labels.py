"""Which documents answer which queries: relevance labels from files and back into them."""

import csv
import io
import json
import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from pathlib import Path
from types import MappingProxyType

import numpy as np

from core import wording
from core.corpus.cleaning import cell_text
from core.corpus.columns import usual_column
from core.corpus.copies import NOBODY, count_unlabelled_copies, own_documents
from core.corpus.corpus import Corpus
from core.corpus.ids import read_ids
from core.corpus.passages import Splitter
from core.corpus.reader import from_path, read_bytes
from core.corpus.sample import sample_queries
from core.errors import InputError
from core.evaluation import Qrels, Run
from core.settings import DATA
from core.storage import digests
from core.tables import ENDINGS, Table, decode, harmless, read_table, without_header
from core.tables.decoding import lines_with_ends
from core.tables.formulas import NUMBER

BEIR_COLUMNS = ("query-id", "corpus-id", "score")
TREC_COLUMNS = ("query-id", "iteration", "corpus-id", "score")
TREC_LINE = re.compile(rf"\s*\S+\s+\S+\s+\S+\s+(?:{NUMBER.pattern})\s*")
GREATEST_GRADE = 2**31 - 1  # of trec_eval's, a C integer
LONGEST_SHOWN = 40  # characters
TABLE_ENDINGS = tuple(f".{ending}" for ending in ENDINGS if ending != "txt")
OWN_DOCUMENTS = "queries that are documents of the corpus, left out of their own results"
REPEATED = "labels that stand twice with one grade, merged"

Label = tuple[str, str, int]


@dataclass(frozen=True)
class LabelFile:
    """The labels of a file, query id to document id to grade, and how many stood twice."""

    qrels: dict[str, dict[str, int]]
    left_out: dict[str, int] = field(default_factory=dict)


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
    unlabelled_copies : int
        Relevant documents with a copy in the corpus that the labels don't name; see `count_unlabelled_copies`.
    """

    name: str
    queries: Corpus
    qrels: Qrels
    left_out: dict[str, int] = field(default_factory=dict)
    unlabelled_copies: int = 0

    @cached_property
    def fingerprint(self) -> str:
        """Digest of queries and grades."""
        content = json.dumps([self.queries.fingerprint, self.qrels], sort_keys=True)
        return digests.of(content.encode())

    @property
    def skips_sentence(self) -> str:
        """What was skipped and how often, for a caption; empty if nothing was."""
        return wording.skips(self.left_out)

    @property
    def remarks(self) -> list[str]:
        """What a figure on these labels leaves out, in sentences."""
        skipped = f"{self.name}: {self.skips_sentence}." if self.left_out else ""
        return [remark for remark in (skipped, self.copies_sentence) if remark]

    @property
    def copies_sentence(self) -> str:
        """That copies without a label count as wrong answers; empty if there are none."""
        if not self.unlabelled_copies:
            return ""
        are = "document has a copy" if self.unlabelled_copies == 1 else "documents have copies"
        return (
            f"{self.unlabelled_copies:,} relevant {are} in the corpus under another id that is not labelled: a copy "
            "found counts as a wrong answer, as in trec_eval. Label the copies too, or remove them."
        )


def match_labels(
    name: str, queries: Corpus, qrels: Qrels, documents: Corpus, skipped: Mapping[str, int] = MappingProxyType({})
) -> Labels:
    """Match labels with queries and documents: the labels of queries with a relevant document; the rest is counted.

    Relevant documents missing from the corpus stay and count as not found, as in trec_eval. What was skipped in the
    file of labels is counted with the rest.

    Raises
    ------
    InputError
        No query is labelled, no grade is above 0, or none of the labelled documents is in the corpus.
    """
    known = set(documents.document_ids)
    texts = set(queries.ids)
    own = {query: grades for query, grades in qrels.items() if query in texts and max(grades.values(), default=0) > 0}
    if not own and texts & qrels.keys():
        raise InputError(
            f"{name} has no relevant document for any of the queries: grades above 0 mark what is relevant."
        )
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
    asked = _only(queries, own)
    places = own_documents(asked, documents)
    themselves = [query for query, place in zip(asked.ids, places.tolist(), strict=True) if place != NOBODY]
    left_out = {
        **skipped,
        **_numbered_though_named(documents, set(relevant)),
        "labelled queries without a text": sum(query not in texts for query in qrels),
        "labelled queries without a relevant document": sum(query in texts for query in qrels) - len(own),
        "queries without labels": len(queries) - sum(query in qrels for query in queries.ids),
        "relevant documents missing from the corpus, counted as not found": missing,
        OWN_DOCUMENTS: len(themselves),
        "of these, labelled relevant to themselves, counted as not found": sum(
            own[query].get(query, 0) > 0 for query in themselves
        ),
    }
    return Labels(
        name,
        asked,
        own,
        {reason: count for reason, count in left_out.items() if count},
        count_unlabelled_copies(own, documents, themselves),
    )


def _numbered_though_named(documents: Corpus, labelled: set[str]) -> dict[str, int]:
    """That documents are named by the numbers of their rows, if a column of theirs has all the labelled ids as well."""
    if documents.parents or documents.ids != tuple(map(str, range(1, len(documents) + 1))):
        return {}
    for name, cells in documents.fields.items():
        own = read_ids(cells)
        if tuple(own) != documents.ids and len(set(own)) == len(own) and labelled <= set(own):
            return {f"documents named by the numbers of their rows; if {name} holds their ids, call it _id": len(own)}
    return {}


def read_corpus_and_labels(
    documents: Path, queries: Path, qrels: Path, splitter: Splitter | None = None
) -> tuple[Corpus, Labels]:
    """A corpus and its labels from three files on disk, matched as by `match_labels`.

    With a splitter the documents, not the queries, are split into passages.

    Raises
    ------
    InputError
        One of the files cannot be read, or they do not fit together.
    """
    texts = from_path(documents, splitter=splitter)
    graded = labels_of(qrels.name, read_bytes(qrels))
    return texts, match_labels(qrels.name, from_path(queries), graded.qrels, texts, graded.left_out)


def read_qrels(path: Path) -> dict[str, dict[str, int]]:
    """Relevance labels of a file on disk; see `qrels_of`."""
    return qrels_of(path.name, read_bytes(path))


def qrels_of(name: str, content: bytes) -> dict[str, dict[str, int]]:
    """The labels alone; see `labels_of`."""
    return labels_of(name, content).qrels


def labels_of(name: str, content: bytes) -> LabelFile:
    """Relevance labels in BEIR's or TREC's columns, recognised by the content.

    BEIR: a table with the columns query-id, corpus-id and score. TREC: lines of `query iteration document grade`.

    Raises
    ------
    InputError
        The file is neither, a grade is not a whole number, or a document has two grades for one query.
    """
    if not content:
        raise InputError(f"{name} is empty.")
    is_parquet = Path(name).suffix.lower() == ".parquet"
    numbered = [] if is_parquet else enumerate(lines_with_ends(decode(content)), start=1)
    lines = [(number, line) for number, line in numbered if line.strip()]
    if lines and TREC_LINE.fullmatch(lines[0][1]):
        return _gather(name, _of_trec(name, lines))
    table = _table(name, content)
    labels = _gather(name, _of_table(name, table))
    return replace(labels, left_out=labels.left_out | {table.bare_reason: 1}) if table.is_bare else labels


def as_beir(qrels: Qrels) -> str:
    """Labels as BEIR's TSV; an id that a spreadsheet would run gets an apostrophe, which `read_ids` removes again."""
    written = io.StringIO()
    writer = csv.writer(written, delimiter="\t", lineterminator="\n")
    writer.writerow(BEIR_COLUMNS)
    writer.writerows((harmless(query), harmless(document), grade) for query, document, grade in _rows(qrels))
    return written.getvalue()


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


def _of_trec(name: str, lines: Sequence[tuple[int, str]]) -> Iterable[Label]:
    for number, line in lines:
        if not TREC_LINE.fullmatch(line):
            raise InputError(
                f"Line {number} of {name} should be `query iteration document grade`, like the first line."
            )
    queries, _, documents, grades = zip(*(line.split() for _, line in lines), strict=True)
    labels = zip(lines, read_ids(queries), read_ids(documents), grades, strict=True)
    return ((query, document, _grade(name, f"line {number}", grade)) for (number, _), query, document, grade in labels)


def _table(name: str, content: bytes) -> Table:
    ending = Path(name).suffix.lower()
    table = read_table(name if ending in TABLE_ENDINGS else f"{name}.tsv", content)
    if table.skipped:
        raise InputError(
            f"{name} is incomplete: {', '.join(table.skipped)}. Fix the file: a missing label makes the results wrong."
        )
    return _with_names(table)


def _of_table(name: str, table: Table) -> Iterator[Label]:
    columns = [usual_column(column, table.columns) for column in BEIR_COLUMNS]
    if None in columns:
        raise InputError(
            f"{name} needs the columns query-id, corpus-id and score (a whole number), or TREC's four: query, "
            "iteration, document, grade."
        )
    query_cells, document_cells, grades = (table.cells[column] for column in columns if column)
    queries, documents = read_ids(query_cells), read_ids(document_cells)
    for row, (query, document, grade) in enumerate(zip(queries, documents, grades, strict=True)):
        if not query or not document:
            missing = BEIR_COLUMNS[0] if not query else BEIR_COLUMNS[1]
            raise InputError(f"{name} has no {missing} in {table.where(row)}: fill it in, or remove the label.")
        yield query, document, _grade(name, table.where(row), grade)


def _with_names(table: Table) -> Table:
    """The table, with the usual names where its first line is a label, with a grade in the last cell."""
    names = {len(columns): columns for columns in (BEIR_COLUMNS, TREC_COLUMNS)}.get(len(table.header))
    return without_header(table, names) if names and NUMBER.fullmatch(table.header[-1].strip()) else table


def _grade(name: str, where: str, value: object) -> int:
    """A grade as trec_eval means it, a whole number; 1.0, as pandas writes it, is 1."""
    text = cell_text(int(value) if isinstance(value, bool) else value).strip()
    if not text:
        raise InputError(f"{name} has no grade in {where}: give a whole number, such as 0 for not relevant.")
    number = float(text) if NUMBER.fullmatch(text) else math.nan
    if not number.is_integer() or abs(number) > GREATEST_GRADE:
        shown = wording.shorten(text, LONGEST_SHOWN)
        raise InputError(
            f"{name} has the grade {shown} in {where}, but grades are whole numbers, such as 0, 1 or 2: round or "
            "rescale them."
        )
    return int(number)


def _gather(name: str, labels: Iterable[Label]) -> LabelFile:
    qrels: dict[str, dict[str, int]] = {}
    repeated = 0
    for query, document, grade in labels:
        grades = qrels.setdefault(query, {})
        repeated += document in grades
        if grades.setdefault(document, grade) != grade:
            raise InputError(
                f"{name} gives {document} two grades for {query}, {grades[document]} and {grade}: keep one."
            )
    return LabelFile(qrels, {REPEATED: repeated} if repeated else {})


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
