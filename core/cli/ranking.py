"""Rankings: what a system finds for a query, and its quality on labelled queries."""

from typing import Annotated

import typer

from core import corpus, evaluation, retrieval
from core.cli.options import (
    AsJson,
    CorpusFile,
    Device,
    Engine,
    ModelOrBm25,
    Precision,
    Qrels,
    Queries,
    load_corpus_and_labels,
    sum_skips,
)
from core.cli.output import bars, show
from core.errors import InputError
from core.retrieval import Task


def search(
    model: ModelOrBm25,
    query: Annotated[str, typer.Option("--query", "-q", help="Text to search for.")],
    corpus_file: CorpusFile = None,
    k: Annotated[int, typer.Option("-k", min=1, help="Number of results.")] = 10,
    device: Device = "auto",
    engine: Engine = "auto",
    precision: Precision = "auto",
    as_json: AsJson = False,
) -> None:
    """Find the documents nearest to a query."""
    documents = corpus.from_path(corpus_file) if corpus_file else corpus.sample()
    task = Task(documents, corpus.one_query(query), k, "text")
    with bars() as progress:
        ranking = retrieval.rank_by(
            model, task, device=device, engine=engine, precision=precision, on_progress=progress
        )
    rows = retrieval.results(ranking, documents)
    show({"model": model, "query": query, "results": rows, "left_out": documents.left_out}, rows, as_json)


def evaluate(
    model: ModelOrBm25,
    corpus_file: CorpusFile = None,
    queries: Queries = None,
    qrels: Qrels = None,
    by: Annotated[str | None, typer.Option(help="Query column to break the results down by.")] = None,
    device: Device = "auto",
    engine: Engine = "auto",
    precision: Precision = "auto",
    as_json: AsJson = False,
) -> None:
    """Measure ranking quality on labelled queries."""
    documents, labels = load_corpus_and_labels(corpus_file, queries, qrels)
    fields = labels.queries.fields
    if by and by not in fields:
        raise InputError(f"The queries have no column {by!r}. Available: {', '.join(fields)}.")
    with bars() as progress:
        task = Task(documents, labels.queries)
        ranking = retrieval.rank_by(
            model, task, device=device, engine=engine, precision=precision, on_progress=progress
        )
    quality = retrieval.measure(ranking, documents, labels)
    ndcg = evaluation.interval(quality.values("ndcg@10"))
    facts = {
        "model": model,
        **quality.means,
        "ndcg@10_interval": [ndcg.low, ndcg.high],
        "queries": quality.queries,
        "left_out": sum_skips(documents, labels.queries, labels),
    }
    if by is None:
        show(facts, [facts], as_json)
        return
    groups = evaluation.average_by_group(quality, dict(zip(labels.queries.ids, fields[by], strict=True)))
    rows = [{by: name, **group.means, "queries": group.queries} for name, group in groups.items()]
    show(facts | {"by": rows}, [*rows, {by: "all", **quality.means, "queries": quality.queries}], as_json)
