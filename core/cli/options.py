"""The options that several commands share, and their values."""

from collections import Counter
from pathlib import Path
from typing import Annotated

import typer

from core import corpus, encoders
from core.corpus import Corpus, Labels
from core.errors import InputError

Model = Annotated[str, typer.Option("--model", "-m", help="Model name, as the models command lists it.")]
ModelOrBm25 = Annotated[str, typer.Option("--model", "-m", help="Model name, or bm25.")]
Input = Annotated[Path, typer.Option("--input", "-i", help="Input file: TXT, CSV, TSV, JSONL or Parquet.")]
CorpusFile = Annotated[
    Path | None, typer.Option("--corpus", "-c", help="File of documents (default: the sample corpus).")
]
Queries = Annotated[Path | None, typer.Option(help="File of queries (default: the sample queries).")]
Qrels = Annotated[Path | None, typer.Option(help="Relevance labels: BEIR TSV or TREC qrels.")]
Column = Annotated[str | None, typer.Option(help="Name of the text column.")]
Device = Annotated[str, typer.Option(help="Device: auto, cpu or cuda.")]
Engine = Annotated[str, typer.Option(help=f"Engine: {', '.join(encoders.ENGINES)}.")]
Precision = Annotated[str, typer.Option(help="Precision: auto, float32, float16 or bfloat16.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print the result as one JSON object.")]


def load_corpus_and_labels(documents: Path | None, queries: Path | None, qrels: Path | None) -> tuple[Corpus, Labels]:
    """The corpus and labels from three files, or the sample if none is given.

    Raises
    ------
    InputError
        Only some are given, or one cannot be read.
    """
    if documents and queries and qrels:
        return corpus.read_corpus_and_labels(documents, queries, qrels)
    if documents or queries or qrels:
        raise InputError("Pass --corpus, --queries and --qrels together, or none of them to use the sample.")
    return corpus.sample(), corpus.sample_labels()


def sum_skips(*sources: Corpus | Labels) -> dict[str, int]:
    """What was skipped or changed in several sources together, and how often."""
    total: Counter[str] = Counter()
    for source in sources:
        total.update(source.left_out)
    return dict(total)


def names(listed: str) -> list[str]:
    """The names in a comma-separated list."""
    return [name.strip() for name in listed.split(",") if name.strip()]


def numbers(listed: str | None) -> list[int]:
    """The numbers in a comma-separated list.

    Raises
    ------
    InputError
        An entry is not a number.
    """
    try:
        return [int(number) for number in listed.split(",")] if listed else []
    except ValueError:
        raise InputError(f"{listed!r} is not a number or a list of numbers: write 16, or 1,16,64.") from None


def check_output(output: Path | None) -> None:
    """Check before the work that the file can be written after it.

    Raises
    ------
    InputError
        There is no such folder, or the file is a folder.
    """
    if output and not output.absolute().parent.is_dir():
        raise InputError(f"Cannot write {output.name}: the folder {output.parent} does not exist.")
    if output and output.is_dir():
        raise InputError(f"{output} is a folder: give the name of a file to write.")
