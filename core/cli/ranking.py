"""Rankings: what a system finds for a query, and its quality on labelled queries."""

from typing import Annotated, Any

import typer

from core import corpus, evaluation, retrieval
from core.cli.options import (
    AsJson,
    CorpusFile,
    Device,
    Dimensions,
    DocumentPrompt,
    Engine,
    ModelOrBm25,
    Passages,
    Precision,
    Qrels,
    Queries,
    QueryPrompt,
    load_corpus,
    load_corpus_and_labels,
    system_of,
)
from core.cli.output import bars, complain, facts_of, show, show_caveats, show_remarks, texts_read
from core.corpus import Labels
from core.errors import InputError
from core.evaluation import Quality
from core.retrieval import Ranking, Task


def search(
    model: ModelOrBm25,
    query: Annotated[str, typer.Option("--query", "-q", help="Text to search for.")],
    corpus_file: CorpusFile = None,
    k: Annotated[int, typer.Option("-k", min=1, help="Number of results.")] = 10,
    device: Device = "auto",
    engine: Engine = "auto",
    precision: Precision = "auto",
    dimensions: Dimensions = None,
    query_prompt: QueryPrompt = None,
    document_prompt: DocumentPrompt = None,
    passages: Passages = None,
    as_json: AsJson = False,
) -> None:
    """Find the documents nearest to a query."""
    system = system_of(model, query_prompt, document_prompt, dimensions)
    documents = load_corpus(corpus_file, passages)
    asked = corpus.one_query(query)
    task = Task(documents, asked, k, "text")
    with bars() as progress:
        ranking = retrieval.rank_by(
            system, task, device=device, engine=engine, precision=precision, on_progress=progress
        )
    rows = retrieval.results(ranking, documents)
    facts = {"model": model, "query": query, "results": rows, "left_out": documents.left_out}
    facts |= {"query_left_out": asked.left_out}
    named = [{"id": row["id"], ranking.score_name: row["score"], "text": row["text"]} for row in rows]
    show(facts | _texts_read(ranking), named, as_json)
    show_caveats(ranking.provenances, as_json)
    if asked.left_out and not as_json:
        complain(f"The query: {asked.skips_sentence}.")


def evaluate(
    model: ModelOrBm25,
    corpus_file: CorpusFile = None,
    queries: Queries = None,
    qrels: Qrels = None,
    by: Annotated[str | None, typer.Option(help="Query column to break the results down by.")] = None,
    device: Device = "auto",
    engine: Engine = "auto",
    precision: Precision = "auto",
    dimensions: Dimensions = None,
    query_prompt: QueryPrompt = None,
    document_prompt: DocumentPrompt = None,
    passages: Passages = None,
    as_json: AsJson = False,
) -> None:
    """Measure ranking quality on labelled queries."""
    system = system_of(model, query_prompt, document_prompt, dimensions)
    documents, labels = load_corpus_and_labels(corpus_file, queries, qrels, passages)
    fields = labels.queries.fields
    if by and by not in fields:
        others = f"Available: {', '.join(fields)}." if fields else "They have no columns besides id and text."
        raise InputError(f"The queries have no column {by!r}. {others}")
    with bars() as progress:
        task = Task(documents, labels.queries)
        ranking = retrieval.rank_by(
            system, task, device=device, engine=engine, precision=precision, on_progress=progress
        )
    quality = retrieval.measure(ranking, documents, labels)
    ndcg = evaluation.interval(quality.values("ndcg@10"))
    facts = {
        "model": model,
        **quality.means,
        "ndcg@10_interval": [ndcg.low, ndcg.high],
        "queries": quality.queries,
        **({"words": ranking.words} if ranking.words else {}),
        **({"similarity": ranking.provenance.similarity} if ranking.provenance else {}),
    }
    complete = facts | facts_of(documents, labels) | _texts_read(ranking)
    show_caveats(ranking.provenances, as_json)
    if by is None:
        show(complete, [facts], as_json)
    else:
        rows = _by_group(by, quality, labels)
        show(complete | {"by": rows}, [*rows, {by: "all", **quality.means, "queries": quality.queries}], as_json)
    if not as_json:
        show_remarks(labels)


def _by_group(by: str, quality: Quality, labels: Labels) -> list[dict[str, Any]]:
    """The measures of each group of queries that share a value of the column."""
    groups = evaluation.average_by_group(quality, dict(zip(labels.queries.ids, labels.queries.fields[by], strict=True)))
    return [{by: name, **group.means, "queries": group.queries} for name, group in groups.items()]


def _texts_read(ranking: Ranking) -> dict[str, Any]:
    """How the model read the texts and the queries; empty for bm25, which reads all of them."""
    if not (ranking.provenance and ranking.asked):
        return {}
    return texts_read(ranking.provenance, ranking.asked)
