"""The command line: `python -m core COMMAND`.

Results go to standard output, progress and logs to standard error. `--json` prints one JSON object. What a person can
mend ends with exit code 1 and one line.
"""

import json
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from rich.console import Console
from rich.progress import DownloadColumn, ProgressColumn, TransferSpeedColumn
from rich.progress import Progress as Bars
from rich.table import Table

from core import (
    benchmark,
    comparison,
    corpus,
    embedding,
    encoders,
    evaluation,
    maps,
    models,
    retrieval,
    search,
    verdict,
)
from core.charts.style import model_colours
from core.errors import EmbedscopeError, InputError
from core.maps.faithfulness import faithfulness
from core.models import hub
from core.models.files import snapshot_folder
from core.progress import Progress
from core.storage.vectors import shared_store

app = typer.Typer(no_args_is_help=True, add_completion=False, help=__doc__, pretty_exceptions_enable=False)
WIDTH_OF_A_FILE = 160  # where there is no terminal to tell it; rich would squeeze tables into 80
out, log = Console(), Console(stderr=True)
if not out.is_terminal:
    out.width = WIDTH_OF_A_FILE

Model = Annotated[str, typer.Option("--model", "-m", help="A model of the catalogue.")]
ModelOrBm25 = Annotated[str, typer.Option("--model", "-m", help="A model of the catalogue, or bm25.")]
Input = Annotated[Path, typer.Option("--input", "-i", help="TXT, CSV, TSV, JSONL or Parquet.")]
CorpusFile = Annotated[Path | None, typer.Option("--corpus", "-c", help="The documents; the sample corpus by default.")]
Column = Annotated[str | None, typer.Option(help="The column that holds the texts.")]
Device = Annotated[str, typer.Option(help="auto, cpu or cuda.")]
Engine = Annotated[str, typer.Option(help=f"One of {', '.join(encoders.ENGINES)}.")]
Precision = Annotated[str, typer.Option(help="auto, float32, float16 or bfloat16.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


@app.command("models")
def list_models(as_json: AsJson = False) -> None:
    """The catalogue and what can run here."""
    for problem in models.servers.problems():
        log.print(problem, style="red", markup=False, highlight=False, soft_wrap=True)
    rows = comparison.compare(models.known(), benchmark.kept_timings())
    shown = ("model", "here", "mteb_v1", "mteb_v2", "dimensions", "hello_world_ms", "license")
    _show({"models": rows}, [{column: row[column] for column in shown} for row in rows], as_json)


@app.command()
def download(
    name: Annotated[str, typer.Argument(help="A model of the catalogue, or owner/name on the Hub.")],
    as_json: AsJson = False,
) -> None:
    """Fetch a model's files from the Hub, pinned and checked."""
    started = time.perf_counter()
    with _bars(DownloadColumn(), TransferSpeedColumn()) as progress:
        pin = hub.download(models.get(name), on_progress=progress)
    facts = {
        "model": name,
        "revision": pin.revision,
        "bytes": pin.bytes,
        "folder": str(snapshot_folder(pin.id, pin.revision)),
        "seconds": time.perf_counter() - started,
    }
    _show(facts, [facts], as_json)


@app.command()
def embed(
    model: Model,
    file: Input,
    output: Annotated[Path, typer.Option("--output", "-o", help="The NPY file to write.")],
    column: Column = None,
    kind: Annotated[str, typer.Option(help="query or document.")] = "document",
    device: Device = "auto",
    engine: Engine = "auto",
    precision: Precision = "auto",
    dimensions: Annotated[int | None, typer.Option(help="Keep the first so many only (Matryoshka models).")] = None,
    no_store: Annotated[bool, typer.Option("--no-store", help="Compute everything, remember nothing.")] = False,
    as_json: AsJson = False,
) -> None:
    """Embed the texts of a file."""
    if kind not in ("query", "document"):
        raise InputError(f"There is no kind {kind!r}: choose query or document.")
    _check_folder(output)
    texts = corpus.from_path(file, column)
    started = time.perf_counter()
    with _bars() as progress:
        encoder = encoders.load(
            models.get(model),
            device=device,
            engine=engine,
            precision=precision,
            dimensions=dimensions,
            on_progress=progress,
        )
        result = embedding.embed_with(
            encoder,
            texts.documents,
            kind="query" if kind == "query" else "document",
            store=None if no_store else shared_store(),
            on_progress=progress,
            started=started,
        )
    np.save(output, result.vectors)
    facts = asdict(result.provenance) | {
        "dimensions": result.vectors.shape[1],
        "texts_per_second": len(texts) / result.provenance.seconds,
        "left_out": texts.left_out,
    }
    _show(facts, [facts], as_json)


@app.command()
def pairs(
    model: Model,
    file: Input,
    device: Device = "auto",
    engine: Engine = "auto",
    precision: Precision = "auto",
    as_json: AsJson = False,
) -> None:
    """Correlation of cosines with gold scores: columns sentence1, sentence2, score."""
    given = corpus.pairs_of(file.name, corpus.read_bytes(file))
    texts = [*given.first, *given.second]
    with _bars() as progress:
        embedded = embedding.embed(
            texts, models.get(model), device=device, engine=engine, precision=precision, on_progress=progress
        )
    vectors, source = embedded.vectors, embedded.provenance
    facts = {
        "model": model,
        **asdict(evaluation.agreement(vectors[: len(given)], vectors[len(given) :], given.gold)),
        "device": source.device,
        "engine": source.engine,
        "precision": source.precision,
        "left_out": given.left_out,
    }
    _show(facts, [facts], as_json)


@app.command("search")
def find(
    model: ModelOrBm25,
    query: Annotated[str, typer.Option("--query", "-q")],
    corpus_file: CorpusFile = None,
    k: Annotated[int, typer.Option("-k", min=1, help="Number of results.")] = 10,
    device: Device = "auto",
    engine: Engine = "auto",
    precision: Precision = "auto",
    as_json: AsJson = False,
) -> None:
    """The documents nearest to a query."""
    documents = corpus.from_path(corpus_file) if corpus_file else corpus.sample()
    question = (corpus.one_text(query, "the query"),)
    with _bars() as progress:
        hits = _hits(model, documents, question, k, progress, device=device, engine=engine, precision=precision)
    rows = [
        {"id": documents.ids[row], "score": float(score), "text": documents.texts[row]}
        for row, score in zip(hits.rows[0], hits.scores[0], strict=True)
        if score != 0
    ]
    _show({"model": model, "query": query, "results": rows}, rows, as_json)


@app.command()
def evaluate(
    model: ModelOrBm25,
    corpus_file: CorpusFile = None,
    queries: Annotated[Path | None, typer.Option(help="The queries; the sample's by default.")] = None,
    qrels: Annotated[Path | None, typer.Option(help="BEIR TSV (query-id, corpus-id, score) or TREC qrels.")] = None,
    by: Annotated[
        str | None, typer.Option(help="A column of the queries: one more row for each of its values.")
    ] = None,
    device: Device = "auto",
    engine: Engine = "auto",
    precision: Precision = "auto",
    as_json: AsJson = False,
) -> None:
    """Quality of a ranking against labelled queries."""
    given = [option is not None for option in (corpus_file, queries, qrels)]
    if any(given) and not all(given):
        raise InputError("Give --corpus, --queries and --qrels together, or none of them for the sample.")
    documents = corpus.from_path(corpus_file) if corpus_file else corpus.sample()
    questions = corpus.from_path(queries) if queries else corpus.sample_queries()
    labels = corpus.read_qrels(qrels) if qrels else corpus.sample_qrels()
    if by and by not in questions.fields:
        raise InputError(f"The queries have no column {by!r}. They have: {', '.join(questions.fields)}.")
    with _bars() as progress:
        hits = _hits(
            model,
            documents,
            questions.texts,
            evaluation.MAP_CUT,
            progress,
            device=device,
            engine=engine,
            precision=precision,
        )
    quality = evaluation.evaluate(hits.as_run(questions.ids, documents.document_ids), labels)
    ndcg = evaluation.interval(quality.values("ndcg@10"))
    facts = {
        "model": model,
        **quality.means,
        "ndcg@10_interval": [ndcg.low, ndcg.high],
        "queries": quality.queries,
    }
    if by is None:
        _show(facts, [facts], as_json)
        return
    groups = evaluation.grouped(quality, dict(zip(questions.ids, questions.fields[by], strict=True)))
    rows = [{by: name, **group.means, "queries": group.queries} for name, group in groups.items()]
    _show(facts | {"by": rows}, [*rows, {by: "all", **quality.means, "queries": quality.queries}], as_json)


@app.command("verdict")
def weigh(
    model_names: Annotated[str, typer.Option("--models", help="Names, separated by commas.")] = ",".join(
        models.DEFAULT_PICKS
    ),
    corpus_file: CorpusFile = None,
    queries: Annotated[Path | None, typer.Option(help="The queries; the sample's by default.")] = None,
    qrels: Annotated[Path | None, typer.Option(help="BEIR TSV (query-id, corpus-id, score) or TREC qrels.")] = None,
    weights: Annotated[str, typer.Option(help=f"Such as quality=8,speed=2; {', '.join(verdict.CRITERIA)}.")] = "",
    dollars_per_hour: Annotated[float, typer.Option(min=0, help="What an hour of this machine costs.")] = 1.0,
    time_missing: Annotated[bool, typer.Option("--time", help="Time first what is not timed here yet.")] = False,
    html_file: Annotated[Path | None, typer.Option("--html", help="The page to write.")] = None,
    markdown_file: Annotated[Path | None, typer.Option("--markdown", help="The Markdown file to write.")] = None,
    precision: Precision = "auto",
    as_json: AsJson = False,
) -> None:
    """Which model to take: quality on a corpus, speed, memory, price and licence, weighed."""
    for file in (html_file, markdown_file):
        _check_folder(file)
    weighing, specs = verdict.read_weights(weights), [models.get(name) for name in _names(model_names)]
    texts, labels = _labelled(corpus_file, queries, qrels)
    with _bars() as progress:
        if time_missing and (missing := _untimed(specs, precision)):
            subjects = benchmark.subjects(missing, precision=precision)
            benchmark.run(subjects, verdict.WORKLOADS, verdict.SETTINGS, on_progress=progress)
        candidates, judged = _candidates(specs, texts, labels, precision, dollars_per_hour, progress)
    setting = verdict.setting_of(texts, labels, queries=judged, dollars_per_hour=dollars_per_hour)
    decided = verdict.decide(candidates, weighing, setting)
    if html_file:
        colours = model_colours(one.name for one in candidates)
        html_file.write_text(verdict.as_html(decided, colours), encoding="utf-8")
    if markdown_file:
        markdown_file.write_text(verdict.as_markdown(decided), encoding="utf-8")
    told, firm, rows = verdict.sentences(decided), verdict.firmness(decided), verdict.figures(decided)
    if not as_json:
        print("\n".join([*told, *firm, ""]))
    facts = {"sentences": told, "firmness": firm, "provenance": verdict.provenance(decided), "candidates": rows}
    shown = [{name: cell for name, cell in row.items() if name != "Notes"} for row in verdict.in_words(decided)]
    _show(facts, shown, as_json)


def _labelled(
    corpus_file: Path | None, queries: Path | None, qrels: Path | None
) -> tuple[corpus.Corpus, corpus.Labels]:
    """A corpus with its labels: the three files, or the sample where none is given."""
    if corpus_file and queries and qrels:
        texts = corpus.from_path(corpus_file)
        return texts, corpus.matched(qrels.name, corpus.from_path(queries), corpus.read_qrels(qrels), texts)
    if corpus_file or queries or qrels:
        raise InputError("Give --corpus, --queries and --qrels together, or none of them for the sample.")
    return corpus.sample(), corpus.sample_labels()


def _untimed(specs: list[models.ModelSpec], precision: str) -> list[str]:
    """The models that could be timed here and are not, alone or in batches."""
    done = verdict.timings(precision=precision)
    kinds = {(row.model, row.is_hello) for row in done if row.median_ms and row.weights == "own"}
    return [
        spec.name
        for spec in specs
        if spec.provider != "openai" and not {(spec.name, True), (spec.name, False)} <= kinds
    ]


def _candidates(
    specs: list[models.ModelSpec],
    texts: corpus.Corpus,
    labels: corpus.Labels,
    precision: str,
    dollars_per_hour: float,
    on_progress: Progress,
) -> tuple[list[verdict.Candidate], int]:
    """The models, BM25 and all of them fused, measured; and the number of queries they were measured on."""
    timings, k = verdict.timings(precision=precision), evaluation.MAP_CUT
    rankings, sources = {}, {}
    for spec in specs:
        found = embedding.embed(texts.documents, spec, precision=precision, on_progress=on_progress)
        asked = embedding.embed(labels.queries.texts, spec, kind="query", precision=precision, on_progress=on_progress)
        rankings[spec.name], sources[spec.name] = retrieval.by_model(found, asked, k), found
    words = retrieval.by_words(search.KeywordIndex(texts.documents), labels.queries.texts, k)
    others = {retrieval.BM25: words, retrieval.HYBRID: retrieval.by_fusion([*rankings.values(), words], k)}
    measured = {
        name: evaluation.evaluate(ranking.hits.as_run(labels.queries.ids, texts.document_ids), labels.qrels)
        for name, ranking in (rankings | others).items()
    }
    candidates = [
        verdict.of_model(
            spec,
            measured[spec.name],
            sources[spec.name].provenance,
            timings,
            dollars_per_hour=dollars_per_hour,
            dimensions=sources[spec.name].vectors.shape[1],
        )
        for spec in specs
    ]
    baselines = [verdict.baseline(name, measured[name], note) for name, note in verdict.BASELINES.items()]
    return [*candidates, *baselines], measured[retrieval.BM25].queries


@app.command()
def project(
    model: Model,
    file: Input,
    method: Annotated[str, typer.Option(help=f"One of {', '.join(maps.METHODS)}.")] = "umap",
    dimensions: Annotated[int, typer.Option(help="2 or 3.")] = 2,
    seed: int = 42,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="A CSV of id, coordinates and text.")] = None,
    column: Column = None,
    device: Device = "auto",
    engine: Engine = "auto",
    precision: Precision = "auto",
    as_json: AsJson = False,
) -> None:
    """Lay the texts of a file out in two or three dimensions."""
    _check_folder(output)
    texts = corpus.from_path(file, column)
    with _bars() as progress:
        embedded = embedding.embed(
            texts.documents, models.get(model), device=device, engine=engine, precision=precision, on_progress=progress
        )
        seeded = {} if method == "pca" else {"seed": seed}
        settings = maps.settings_of(method, **seeded)
        result = maps.project(embedded.vectors, settings, dimensions=dimensions, on_progress=progress)
        coordinates = result.coordinates[:, :dimensions]
        quality = faithfulness(embedded.vectors, coordinates)
    if output:
        _write_coordinates(output, texts, coordinates)
    facts = {
        "model": model,
        "method": method,
        "texts": len(texts),
        "seconds": {"embedding": embedded.provenance.seconds, **result.seconds},
        "trustworthiness": quality.trustworthiness.value if quality else None,
        "continuity": quality.continuity.value if quality else None,
        "neighbour_recall": quality.neighbour_recall.value if quality else None,
    }
    _show(facts, [facts], as_json)


@app.command("benchmark")
def time_models(
    model_names: Annotated[str, typer.Option("--models", help="Names, separated by commas.")],
    devices: Annotated[str, typer.Option(help="cpu, cuda or both, separated by commas.")] = "cpu",
    engine: Annotated[str, typer.Option(help=f"One of {', '.join(benchmark.ENGINES)}.")] = "auto",
    precision: Precision = "auto",
    text: str = benchmark.HELLO,
    batch_size: Annotated[str, typer.Option(help="One, or several separated by commas.")] = "1",
    tokens: Annotated[str | None, typer.Option(help="Texts of so many tokens instead; or several numbers.")] = None,
    weights: Annotated[str, typer.Option(help="own, random (by architecture), or any: own where they are.")] = "own",
    samples: Annotated[int, typer.Option(min=1, help="At least so many.")] = benchmark.Settings.least_samples,
    seconds: Annotated[float, typer.Option(help="At least so many, of samples.")] = benchmark.Settings.least_seconds,
    most_seconds: Annotated[float, typer.Option(help="For each workload.")] = benchmark.Settings.most_seconds,
    threads: Annotated[int | None, typer.Option(min=1, help="On the CPU; torch's own number by default.")] = None,
    cosine: Annotated[bool, typer.Option("--cosine", help="Compare the vectors with torch in float32, too.")] = False,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="The JSON file to write, besides.")] = None,
    as_json: AsJson = False,
) -> None:
    """Time models on devices, each in a process of its own; the run is kept for the Benchmark page."""
    _check_folder(output)
    subjects = benchmark.subjects(
        _names(model_names), _names(devices), engine=engine, precision=precision, weights=weights
    )
    settings = benchmark.Settings(
        least_samples=samples,
        least_seconds=seconds,
        most_seconds=most_seconds,
        with_cosine=cosine,
        threads=threads,
    )
    with _bars() as progress:
        run = benchmark.run(
            subjects, _workloads(text, _numbers(batch_size), _numbers(tokens)), settings, on_progress=progress
        )
    if output:
        output.write_text(run.to_json(), encoding="utf-8")
    _show(asdict(run), [_timing_row(timing) for timing in run.results], as_json)
    for failure in dict.fromkeys(timing.failure for timing in run.results if timing.failure):
        log.print(failure, style="red", markup=False, highlight=False, soft_wrap=True)
    if all(timing.failure for timing in run.results):
        raise typer.Exit(1)


def _timing_row(timing: benchmark.Timing) -> dict[str, Any]:
    """A timing as a row of the table."""
    return {
        "model": timing.model,
        "device": timing.device,
        "engine": f"{timing.engine} {timing.precision}",
        "weights": timing.weights,
        "batch": timing.batch_size,
        "tokens": timing.tokens,
        "median ms": timing.median_ms,
        "p95 ms": timing.p95_ms,
        "samples": timing.samples,
        "disturbed": timing.disturbed,
    }


def _workloads(text: str, batch_sizes: list[int], lengths: list[int]) -> tuple[benchmark.Workload, ...]:
    """The text in each batch size; where lengths are given, each batch size with each length."""
    if lengths:
        return benchmark.grid(batch_sizes, lengths)
    return tuple(benchmark.Workload(batch_size, text) for batch_size in batch_sizes)


def _names(listed: str) -> list[str]:
    return [name.strip() for name in listed.split(",") if name.strip()]


def _numbers(listed: str | None) -> list[int]:
    """The numbers of a list.

    Raises
    ------
    InputError
        One is none.
    """
    try:
        return [int(number) for number in listed.split(",")] if listed else []
    except ValueError:
        raise InputError(f"{listed!r} is not a number, nor several separated by commas.") from None


def _hits(
    model: str, documents: corpus.Corpus, queries: tuple[str, ...], k: int, on_progress: Progress, **how: Any
) -> search.Hits:
    """The k nearest of each query; `how` is the device, engine and precision to embed with."""
    if model == "bm25":
        return search.KeywordIndex(documents.documents).search(queries, k)
    spec = models.get(model)
    found = embedding.embed(documents.documents, spec, on_progress=on_progress, **how).vectors
    asked = embedding.embed(queries, spec, kind="query", on_progress=on_progress, **how).vectors
    return search.nearest(asked, found, k)


def _check_folder(output: Path | None) -> None:
    """Refuse before the work what could not be written after it."""
    if output and not output.absolute().parent.is_dir():
        raise InputError(f"There is no folder {output.parent} to write {output.name} into.")
    if output and output.is_dir():
        raise InputError(f"{output} is a folder: name a file to write.")


def _write_coordinates(path: Path, texts: corpus.Corpus, coordinates: maps.Floats) -> None:
    import pandas as pd

    table = pd.DataFrame(coordinates, columns=list("xyz")[: coordinates.shape[1]])
    table.insert(0, "id", texts.ids)
    table["text"] = texts.texts
    table.to_csv(path, index=False)


@contextmanager
def _bars(*columns: ProgressColumn) -> Iterator[Progress]:
    """A progress bar on standard error for the work that is under way, with further columns where wanted."""
    with Bars(*Bars.get_default_columns(), *columns, console=log, transient=True, disable=not log.is_terminal) as bars:
        tasks: dict[str, Any] = {}

        def show(what: str, done: int, total: int) -> None:
            if what not in tasks:
                for earlier in tasks.values():
                    bars.update(earlier, visible=False)
                tasks[what] = bars.add_task(what)
            bars.update(tasks[what], completed=done, total=total)

        yield show


def _show(facts: dict[str, Any], rows: list[dict[str, Any]], as_json: bool) -> None:
    if as_json:
        print(json.dumps(facts, ensure_ascii=False))
        return
    if len(rows) == 1:
        rows = [{"": name, " ": value} for name, value in rows[0].items()]
    table = Table(*rows[0] if rows else ("no results",))
    for row in rows:
        table.add_row(*(_cell(value) for value in row.values()))
    out.print(table)


def _cell(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, float):
        return f"{value:.4g}"
    return ", ".join(f"{key} {_cell(item)}" for key, item in value.items()) if isinstance(value, dict) else str(value)


def main() -> None:
    """Run a command; an error that a person can mend becomes one line and exit code 1."""
    try:
        app()
    except EmbedscopeError as error:
        log.print(str(error), style="red", markup=False, highlight=False, soft_wrap=True)
        sys.exit(1)


if __name__ == "__main__":
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    main()
