"""Sentence pairs with gold scores."""

import json
import math
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property

from core import wording
from core.corpus.cleaning import cell_text, plain
from core.corpus.columns import usual_column
from core.corpus.documents import GUESSED
from core.corpus.labels import LONGEST_SHOWN, sample_qrels
from core.corpus.reader import from_paste
from core.corpus.sample import sample, sample_queries
from core.errors import InputError
from core.storage import digests
from core.tables import Table, read_table, without_header
from core.tables.formulas import NUMBER

COLUMNS = ("sentence1", "sentence2", "score")
SEPARATORS = ("\t", "|")


@dataclass(frozen=True)
class SentencePairs:
    """Pairs of sentences with people's similarity scores.

    Attributes
    ----------
    name : str
        Where they come from, for captions.
    first, second : tuple of str, length n
    gold : tuple of float, length n
        On any scale where more means more similar.
    left_out : dict of str to int
        What was skipped, and how often.
    """

    name: str
    first: tuple[str, ...]
    second: tuple[str, ...]
    gold: tuple[float, ...]
    left_out: dict[str, int] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.gold)

    @cached_property
    def fingerprint(self) -> str:
        """Digest of sentences and scores."""
        content = json.dumps([self.first, self.second, self.gold])
        return digests.of(content.encode())


def pairs_of(name: str, content: bytes) -> SentencePairs:
    """The pairs of a CSV, TSV, JSONL or Parquet with the columns sentence1, sentence2 and score.

    Raises
    ------
    InputError
        A column is missing, or a score is not a number.
    """
    return _of_table(name, read_table(name, content))


def parse_pairs(typed: str) -> SentencePairs:
    """One pair a line: sentence | other sentence | score; or with tabs, as pasted from a spreadsheet.

    Raises
    ------
    InputError
        A line does not have three parts, or its score is not a number.
    """
    name = "typed pairs"
    lines = from_paste(typed, name)
    places = list(map(int, lines.ids))
    rows = [_parts(place, line) for place, line in zip(places, lines.texts, strict=True)]
    columns = dict(zip(COLUMNS, map(list, zip(*rows, strict=True)), strict=True))
    return _of_table(name, Table(len(rows), columns, places=places))


@cache
def sample_pairs() -> SentencePairs:
    """Each sample query with a passage that answers it (2), another on its subject (1), and one on another (0)."""
    passages, queries, qrels = sample(), sample_queries(), sample_qrels()
    draw = random.Random(0)  # noqa: S311  nothing secret
    subject = dict(zip(passages.ids, passages.fields["subject"], strict=True))
    text = dict(zip(passages.ids, passages.documents, strict=True))
    rows: list[tuple[str, str, float]] = []
    for query, asked, own in zip(queries.ids, queries.texts, queries.fields["subject"], strict=True):
        answers = [name for name, grade in qrels[query].items() if grade > 0]
        near = [name for name in passages.ids if subject[name] == own and name not in qrels[query]]
        far = [name for name in passages.ids if subject[name] != own and name not in qrels[query]]
        for grade, names in enumerate((far, near, answers)):
            rows.append((asked, text[draw.choice(names)], float(grade)))
    first, second, gold = zip(*rows, strict=True)
    return SentencePairs("sample pairs", first, second, gold)


def _parts(number: int, line: str) -> Sequence[str]:
    for separator in SEPARATORS:
        parts = [part.strip() for part in line.split(separator)]
        if len(parts) == 3:
            return parts
    raise InputError(f"Line {number} is not a pair: write sentence | other sentence | score.")


def _of_table(name: str, table: Table) -> SentencePairs:
    table = _with_names(table)
    columns = [table.cells[found] for column in COLUMNS if (found := usual_column(column, table.columns))]
    if len(columns) < len(COLUMNS):
        raise InputError(f"{name} needs the columns sentence1, sentence2 and score (a number).")
    first, second = ([plain(cell_text(cell)) for cell in cells] for cells in columns[:2])
    scores = [cell_text(cell).strip() for cell in columns[2]]
    whole = [row for row, cells in enumerate(zip(first, second, scores, strict=True)) if all(cells)]
    gold = tuple(_score(name, table.where(row), scores[row]) for row in whole)
    missing = len(table) - len(whole)
    left_out = table.skipped + Counter({"pairs without a sentence or a score": missing, GUESSED: table.is_guessed})
    left_out += Counter({table.bare_reason: table.is_bare})
    first, second = ([sentences[row] for row in whole] for sentences in (first, second))
    return SentencePairs(name, tuple(first), tuple(second), gold, dict(left_out))


def _with_names(table: Table) -> Table:
    """The table, with the usual names where its first line is a pair, with a score in the third cell."""
    is_pair = len(table.header) == len(COLUMNS) and NUMBER.fullmatch(table.header[-1].strip())
    return without_header(table, COLUMNS) if is_pair else table


def _score(name: str, where: str, text: str) -> float:
    score = float(text) if NUMBER.fullmatch(text) else math.inf
    if not math.isfinite(score):
        raise InputError(f"A score in {name} is not a number: {wording.shorten(text, LONGEST_SHOWN)} in {where}.")
    return score
