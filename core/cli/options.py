"""The options that several commands share, and their values."""

from pathlib import Path
from typing import Annotated

import typer

from core import corpus, encoders, map_files, models, retrieval
from core.cli.output import complain
from core.corpus import Corpus, Labels, Splitter, Splitting
from core.errors import InputError
from core.models import ModelSpec, families
from core.tables import read_table

Model = Annotated[str, typer.Option("--model", "-m", help="Model name, as the models command lists it.")]
ModelOrBm25 = Annotated[str, typer.Option("--model", "-m", help="Model name, or bm25.")]
Input = Annotated[Path, typer.Option("--input", "-i", help="Input file: TXT, CSV, TSV, JSONL or Parquet.")]
CorpusFile = Annotated[
    Path | None, typer.Option("--corpus", "-c", help="File of documents (default: the sample corpus).")
]
Queries = Annotated[Path | None, typer.Option(help="File of queries (default: the sample queries).")]
Qrels = Annotated[Path | None, typer.Option(help="Relevance labels: BEIR TSV or TREC qrels.")]
Column = Annotated[str | None, typer.Option(help="Name of the text column.")]
Device = Annotated[str, typer.Option(help="Device: auto, cpu, cuda, mps, xpu or openvino-gpu.")]
Engine = Annotated[str, typer.Option(help=f"Engine: {', '.join(encoders.ENGINES)}.")]
Precision = Annotated[str, typer.Option(help="Precision: auto, float32, float16, bfloat16 or int8.")]
QueryPrompt = Annotated[
    str | None, typer.Option(help="Text put before each query (default: the model's own prompt; '' for none).")
]
DocumentPrompt = Annotated[
    str | None, typer.Option(help="Text put before each document (default: the model's own prompt; '' for none).")
]
Dimensions = Annotated[int | None, typer.Option(help="Keep only the first N dimensions (Matryoshka models).")]
Passages = Annotated[
    int | None,
    typer.Option(help="Split the documents into passages of up to this many tokens (default: no splitting)."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print the result as one JSON object.")]


def model_with_options(name: str, query: str | None, document: str | None, dimensions: int | None = None) -> ModelSpec:
    """The model of that name with the options given; says so if its family was trained with prompts that it lacks.

    Raises
    ------
    UnknownModelError
        There is no such model.
    """
    spec = models.get(name)
    if query is None and document is None and (family := families.family_of(spec)):
        complain(
            f"{spec.name} is embedded without prompts, and models of the family {family.name} were trained with them. "
            f"Pass --query-prompt {family.query!r} --document-prompt {family.document!r}."
        )
    return spec.with_prompts(query, document).with_dimensions(dimensions)


def system_of(name: str, query: str | None, document: str | None, dimensions: int | None = None) -> str | ModelSpec:
    """What ranks: bm25, or the model of that name with the options given; errors as in `model_with_options`.

    Raises
    ------
    InputError
        Prompts or dimensions are given for bm25.
    """
    if name != retrieval.BM25.lower():
        return model_with_options(name, query, document, dimensions)
    if dimensions is not None:
        raise InputError("bm25 has no vectors: leave out --dimensions.")
    if query or document:
        raise InputError("bm25 takes no prompts: leave out --query-prompt and --document-prompt.")
    return name


def prompts_by_model(listed: list[str] | None, option: str, models: list[str]) -> dict[str, str]:
    """The prompts in several NAME=PROMPT, by the models' names.

    Raises
    ------
    InputError
        One has no equals sign, or names none of the models.
    """
    given = dict(each.partition("=")[::2] for each in listed or () if "=" in each)
    if len(given) < len(listed or ()):
        raise InputError(f"Write {option} NAME=PROMPT, once for each model: {option} 'e5-small-v2=query: '.")
    return _check_names(given, option, models)


def dimensions_by_model(listed: list[str] | None, models: list[str]) -> dict[str, int]:
    """The dimensions in N, for all models, and in several NAME=N, by the models' names.

    Raises
    ------
    InputError
        One is not a number, or names none of the models.
    """
    of_all = [each for each in listed or () if "=" not in each]
    of_one = dict(each.rpartition("=")[::2] for each in listed or () if "=" in each)
    given = {name: length for length in of_all for name in models} | _check_names(of_one, "--dimensions", models)
    try:
        return {name: int(length) for name, length in given.items()}
    except ValueError:
        raise InputError("Write --dimensions 256, or --dimensions NAME=256 for one of the models.") from None


def _check_names(given: dict[str, str], option: str, models: list[str]) -> dict[str, str]:
    """The values of an option by the models' names, each of which must be among those asked for."""
    if unknown := [name for name in given if name not in models]:
        raise InputError(f"{option} names {unknown[0]!r}, which is not among --models: {', '.join(models)}.")
    return given


def load_corpus(documents: Path | None, passages: int | None) -> Corpus:
    """The corpus from a file, split into passages if wanted, or the sample.

    Raises
    ------
    InputError
        It cannot be read, passages cannot have this length, or the sample is to be split.
    """
    if documents:
        return load_texts(documents, None, passages)
    _splitter(documents, passages)
    return corpus.sample()


def load_texts(file: Path, column: str | None, passages: int | None) -> Corpus:
    """The texts of a file, split into passages if wanted; of a file of vectors the words beside them.

    Errors are as for `load_corpus`; a file of vectors without words is refused as well.
    """
    splitter, content = _splitter(file, passages), corpus.read_bytes(file)
    if not map_files.holds_vectors_alone(content):
        return corpus.from_table(file.name, read_table(file.name, content), column, splitter)
    space = map_files.from_files([(file.name, content)])
    if not space.has_texts:
        raise InputError(
            f"{file.name} contains vectors but no texts: the Projector page can draw it. Give a file of texts."
        )
    return space.corpus


def _splitter(file: Path | None, passages: int | None) -> Splitter | None:
    if passages is None:
        return None
    if file is None:
        raise InputError("The sample's texts are short: pass --corpus with --passages.")
    return corpus.splitter(Splitting.of(passages))


def load_corpus_and_labels(
    documents: Path | None, queries: Path | None, qrels: Path | None, passages: int | None = None
) -> tuple[Corpus, Labels]:
    """The corpus, split into passages if wanted, and the labels from three files, or the sample if none is given.

    Raises
    ------
    InputError
        Only some are given, one cannot be read, they do not fit together, or as for `load_corpus`.
    """
    splitter = _splitter(documents, passages)
    if documents and queries and qrels:
        return corpus.read_corpus_and_labels(documents, queries, qrels, splitter)
    if documents or queries or qrels:
        raise InputError("Pass --corpus, --queries and --qrels together, or none of them to use the sample.")
    return corpus.sample(), corpus.sample_labels()


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
