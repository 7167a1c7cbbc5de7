"""What commands print: answers on standard output, progress and problems on standard error."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.progress import Progress as Bars
from rich.progress import ProgressColumn, TaskID
from rich.table import Table

from core.corpus import Corpus, Labels
from core.progress import Progress
from core.provenance import Provenance
from core.similarity import NAMES

MADE_FOR = NAMES | {"cosine": "", "dot": "the dot product"}
WIDTH_OF_A_FILE = 160  # without a terminal; rich would squeeze tables into 80

out, log = Console(), Console(stderr=True)
if not out.is_terminal:
    out.width = WIDTH_OF_A_FILE


@contextmanager
def bars(*columns: ProgressColumn) -> Iterator[Progress]:
    """A progress bar on standard error for the current work, with optional further columns."""
    with Bars(*Bars.get_default_columns(), *columns, console=log, transient=True, disable=not log.is_terminal) as shown:
        tasks: dict[str, TaskID] = {}  # the current task

        def report(what: str, done: int, total: int) -> None:
            if what not in tasks:
                for earlier in tasks.values():
                    shown.remove_task(earlier)
                tasks.clear()
                tasks[what] = shown.add_task(what)
            shown.update(tasks[what], completed=done, total=total)

        yield report


def show(facts: dict[str, Any], rows: list[dict[str, Any]], as_json: bool) -> None:
    """The facts as one JSON object, or the rows as a table for reading; a single row is shown vertically.

    What was skipped is printed on standard error unless it is part of what is shown.
    """
    if as_json:
        print(json.dumps(facts, ensure_ascii=False))
        return
    if facts.get("left_out") and rows != [facts]:
        log.print("Skipped or repaired:", _cell(facts["left_out"]), markup=False, highlight=False, soft_wrap=True)
    if len(rows) == 1:
        rows = [{"": name, " ": value} for name, value in rows[0].items()]
    table = Table(*rows[0] if rows else ("No results",))
    for row in rows:
        table.add_row(*(_cell(value) for value in row.values()))
    out.print(table)


def facts_of(documents: Corpus, labels: Labels) -> dict[str, Any]:
    """What a figure on this corpus and these labels leaves out, for the JSON."""
    left_out: Counter[str] = Counter()
    for source in (documents, labels.queries, labels):
        left_out.update(source.left_out)
    return {"left_out": dict(left_out), "unlabelled_copies": labels.unlabelled_copies}


def show_remarks(labels: Labels) -> None:
    """The same in sentences, below the figures."""
    for remark in labels.remarks:
        say(remark)


def texts_read(source: Provenance, asked: Provenance | None = None) -> dict[str, Any]:
    """How a model read its texts, for the facts of a command: its prompts, its limit, what it lacks.

    `asked` is where the vectors of the queries come from, of which the last is added.
    """
    of_queries = {"truncated_queries": asked.truncated_texts, "unknown_queries": asked.unknown_texts} if asked else {}
    return {
        "query_prompt": source.query_prompt,
        "document_prompt": source.document_prompt,
        "max_tokens": source.max_tokens,
        "truncated_texts": source.truncated_texts,
        "unknown_texts": source.unknown_texts,
        "similarity": source.similarity,
        "made_for": MADE_FOR[source.similarity],
        "truncate_dim": source.truncate_dim,
    } | of_queries


def show_caveats(sources: Iterable[Provenance], as_json: bool) -> None:
    """A line for each thing that spoils the figures; with JSON they are among the facts instead."""
    if not as_json:
        for sentence in dict.fromkeys(sentence for source in sources for sentence in source.caveats):
            complain(sentence)


def show_similarities(sources: Iterable[Provenance]) -> None:
    """A line for each model that is not compared by cosine, below the figures."""
    for source in sources:
        if source.similarity != "cosine":
            say(f"{source.model} is {source.comparison}.")


def say(sentence: str) -> None:
    """A sentence below the figures."""
    out.print(sentence, markup=False, highlight=False, soft_wrap=True)


def complain(problem: str) -> None:
    """A problem in one line on standard error."""
    log.print(problem, style="red", markup=False, highlight=False, soft_wrap=True)


def _cell(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, float):
        return f"{value:.4g}"
    return ", ".join(f"{key} {_cell(item)}" for key, item in value.items()) if isinstance(value, dict) else str(value)
