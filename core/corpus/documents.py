"""Rows of files turned into a corpus: cleaned, counted, named, and split or truncated."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import NamedTuple, Protocol

from core import settings
from core.corpus.cleaning import cell_text, plain
from core.corpus.columns import Columns, usual_text_column
from core.corpus.corpus import Corpus, fingerprint
from core.corpus.ids import read_ids
from core.corpus.passages import Splitter
from core.errors import InputError
from core.progress import Progress, silent
from core.tables import Table, Tally, unique_names
from core.wording import shorten

MOST_CHARACTERS = 20_000
REPAIRED = "repaired texts with control characters or broken Unicode"
CUT = f"texts truncated to {MOST_CHARACTERS:,} characters"
BLANK = "blank texts"
MERGED = "rows with the id and text of an earlier row, merged with it"
NUMBERED = "rows with the id of an earlier row, given a numbered id"
LISTS = "columns of lists of numbers, not used"
GUESSED = "files not in Unicode, read as Western European"
HEADER = "first lines read as the name of the only column"
FILE = "file"
SEPARATORS = re.compile("[,;|]")


@dataclass(frozen=True)
class Document:
    """A row with a text: its file, its place there, its id, and the clean, full text.

    If the file gives it no id, the row's number stands in.
    """

    file: str
    place: int
    id: str
    has_own_id: bool
    text: str


Content = tuple[str, str, str]
"""What makes a document: its own id, its title and its text."""


class Known(Protocol):
    """A set of documents, which need not fit into memory."""

    def __contains__(self, content: Content, /) -> bool: ...

    def add(self, content: Content, /) -> None: ...  # noqa: D102


class _Text(NamedTuple):
    """A row's clean text, and its title unless it stands in for the text."""

    body: str
    title: str


@dataclass
class Documents:
    """The documents of one or several files, and what was skipped; by default up to the host's limit."""

    documents: list[Document] = field(default_factory=list)
    fields: dict[str, list[str]] = field(default_factory=dict)
    files: list[str] = field(default_factory=list)
    left_out: Tally = field(default_factory=Tally)
    most_rows: int = field(default_factory=settings.most_rows)

    def __len__(self) -> int:
        return len(self.documents)

    def add(self, file: str, table: Table, columns: Columns) -> None:
        """Add the rows of a file that hold a text, up to the limit for all files together."""
        tally, beyond = self._take_over(file, table), Tally()
        most = self.most_rows - len(self.documents)
        if table.header and len(table.columns) == 1 and usual_text_column(table.columns) is None:
            _refuse_other_separators(file, table.header[0])
            tally.note(HEADER, 1, table.columns[0], file=file)
        rows: list[int] = []
        kept: list[_Text] = []
        for row, text in enumerate(_texts(table, columns, range(len(table)), file, tally)):
            if not text.body:
                tally.note(BLANK, table.place(row), file=file)
            elif len(rows) < most:
                rows.append(row)
                kept.append(text)
            else:
                beyond.note("", table.place(row), text.body)
        for first in beyond.listed[:1]:
            reason = f"rows beyond the first {self.most_rows:,}"
            tally.note(reason, first.place, first.beginning, beyond.counts.total(), file)
        self._append(file, table, columns, rows, kept)

    def add_rows(self, file: str, table: Table, columns: Columns, rows: Sequence[int]) -> None:
        """Add these rows of a file; "row 17" stands in for a missing text."""
        tally = self._take_over(file, table)
        texts = _texts(table, columns, rows, file, tally)
        numbered = [text._replace(body=text.body or f"row {row + 1}") for row, text in zip(rows, texts, strict=True)]
        self._append(file, table, columns, rows, numbered)

    def merge_copies(self, known: "Known | None" = None) -> None:
        """Merge documents with the id, title and text of an earlier one into it, and count them.

        Parameters
        ----------
        known : Known, optional
            The documents that stand earlier in other parts of the same corpus; these are added.
        """
        known = set[Content]() if known is None else known
        titles = self.fields.get("title", [""] * len(self))
        kept = []
        for place, (document, title) in enumerate(zip(self.documents, titles, strict=True)):
            content = (document.id, title, document.text)
            if document.has_own_id and content in known:
                self.left_out.note(MERGED, document.place, document.text, file=document.file)
                continue
            kept.append(place)
            if document.has_own_id:
                known.add(content)
        if len(kept) < len(self):
            self.documents = [self.documents[place] for place in kept]
            self.fields = {key: [cells[place] for place in kept] for key, cells in self.fields.items()}

    def corpus(self, name: str, splitter: Splitter | None = None, on_progress: Progress = silent) -> Corpus:
        """The corpus of all documents, with unique ids, split into passages or truncated."""
        ids = self._number_ids()
        places, parents = list(range(len(ids))), tuple[str, ...]()
        if splitter is None:
            texts = tuple(self._cut(document) for document in self.documents)
        else:
            places, texts = self._passages(splitter, on_progress)
            parents = tuple(ids[place] for place in places)
            ids = unique_names(_passage_ids(parents))
        if len(self.files) > 1:
            self.fields[FILE] = [document.file for document in self.documents]
        fields = {key: tuple(cells[place] for place in places) for key, cells in self.fields.items()}
        digest = fingerprint(ids, texts, fields, parents)
        tally = self.left_out
        return Corpus(name, tuple(ids), texts, fields, dict(tally.counts), digest, parents, tuple(tally.listed))

    def _take_over(self, file: str, table: Table) -> Tally:
        """Add what was skipped in reading the file to what is skipped in all."""
        self.files.append(file)
        self.left_out.take_over(table.skipped, table.left_out, file)
        if table.is_guessed:
            self.left_out.note(GUESSED, 0, file=file)
        if table.is_bare:
            self.left_out.note(table.bare_reason, 0, file=file)
        for column in table.unread_lists:
            self.left_out.note(LISTS, 0, column, file=file)
        return self.left_out

    def _append(self, file: str, table: Table, columns: Columns, rows: Sequence[int], texts: Sequence[_Text]) -> None:
        own = read_ids(table.cells[columns.id]) if columns.id is not None else [""] * len(table)
        already = len(self.documents)
        self.documents += [
            Document(file, table.place(row), own[row] or str(row + 1), bool(own[row]), text.body)
            for row, text in zip(rows, texts, strict=True)
        ]
        for key, column in _field_names(columns).items():
            cells = self.fields.setdefault(key, [""] * already)
            if key == "title":
                cells += [text.title for text in texts]
            else:
                cells += [plain(cell_text(table.cells[column][row])) for row in rows]
        for shorter in self.fields.values():
            shorter.extend([""] * (len(self.documents) - len(shorter)))

    def _number_ids(self) -> list[str]:
        """An id for each document; those of a file's own ids that stand twice are numbered and counted."""
        ids = unique_names([document.id for document in self.documents], [one.has_own_id for one in self.documents])
        for name, document in zip(ids, self.documents, strict=True):
            if document.has_own_id and name != document.id:
                self.left_out.note(NUMBERED, document.place, document.text, file=document.file)
        return ids

    def _cut(self, document: Document) -> str:
        if len(document.text) <= MOST_CHARACTERS:
            return document.text
        self.left_out.note(CUT, document.place, document.text, file=document.file)
        return document.text[:MOST_CHARACTERS].rstrip()

    def _passages(self, splitter: Splitter, on_progress: Progress) -> tuple[list[int], tuple[str, ...]]:
        """The passages, and the document of each; beyond the limit, whole documents are skipped."""
        most = self.most_rows
        total, done = sum(len(document.text) for document in self.documents), 0
        places: list[int] = []
        texts: list[str] = []
        for place, document in enumerate(self.documents):
            passages = splitter.split(document.text, MOST_CHARACTERS, partial(_report_split, on_progress, done, total))
            if len(texts) + len(passages) > most:
                reason = f"documents beyond the first {most:,} passages"
                self.left_out.note(reason, document.place, document.text, len(self.documents) - place, document.file)
                break
            places += [place] * len(passages)
            texts += passages
            done += len(document.text)
        return places, tuple(texts)


def _refuse_other_separators(file: str, header: str) -> None:
    """Refuse a TSV whose only column is named like several of a CSV."""
    if usual_text_column([name.strip() for name in SEPARATORS.split(header)]):
        raise InputError(
            f"{file} has no tabs, but its first line names several columns: {shorten(header, 100)}. Let its name end "
            "in .csv."
        )


def _report_split(on_progress: Progress, before: int, total: int, split: int) -> None:
    on_progress("Characters split into passages", before + split, total)


def _texts(table: Table, columns: Columns, rows: Sequence[int], file: str, tally: Tally) -> Iterator[_Text]:
    """The text of each of these rows; the title stands in for a blank one, since a document is both together."""
    bodies, titles = _bodies(table, columns), table.cells.get(columns.title or "", ())
    for row in rows:
        body = _clean(bodies[row], tally, file, table.place(row))
        title = plain(cell_text(titles[row])) if titles else ""
        yield _Text(body, title) if body else _Text(title, "")


def _bodies(table: Table, columns: Columns) -> list[str]:
    """Each row's text as it stands; the non-blank cells of several columns are joined by a blank line."""
    if not columns.texts:
        return [""] * len(table)
    if len(columns.texts) == 1:
        return list(map(cell_text, table.cells[columns.texts[0]]))
    rows = zip(*(table.cells[column] for column in columns.texts), strict=True)
    return ["\n\n".join(text for cell in row if (text := cell_text(cell).strip())) for row in rows]


def _clean(text: str, tally: Tally, file: str, place: int) -> str:
    cleaned = plain(text)
    if cleaned != text.strip():
        tally.note(REPAIRED, place, cleaned, file=file)
    return cleaned


def _field_names(columns: Columns) -> dict[str, str]:
    """The name of each field and its column; only the title's field is called "title"."""
    named = {"title": columns.title} if columns.title is not None else {}
    names = unique_names(["title", FILE, *(plain(column) for column in columns.metadata)])[2:]
    return named | dict(zip(names, columns.metadata, strict=True))


def _passage_ids(parents: Sequence[str]) -> list[str]:
    """An id for each passage: its document's id and its number there."""
    numbers: dict[str, int] = {}
    ids = []
    for parent in parents:
        numbers[parent] = numbers.get(parent, 0) + 1
        ids.append(f"{parent}#{numbers[parent]}")
    return ids
