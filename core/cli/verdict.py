"""The verdict: which model to take."""

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from core import benchmark, models, retrieval, verdict
from core.charts.style import model_colours
from core.charts.verdict import verdict_html
from core.cli.options import (
    AsJson,
    CorpusFile,
    Passages,
    Precision,
    Qrels,
    Queries,
    check_output,
    dimensions_by_model,
    load_corpus_and_labels,
    model_with_options,
    names,
    prompts_by_model,
)
from core.cli.output import bars, facts_of, show, show_caveats, show_remarks, show_similarities
from core.retrieval import Task
from core.search import KeywordIndex


def decide(
    model_names: Annotated[str, typer.Option("--models", help="Model names, separated by commas.")] = ",".join(
        models.DEFAULT_PICKS
    ),
    corpus_file: CorpusFile = None,
    queries: Queries = None,
    qrels: Qrels = None,
    weights: Annotated[
        str, typer.Option(help=f"Such as quality=8,speed=2. Criteria: {', '.join(verdict.CRITERIA)}.")
    ] = "",
    dollars_per_hour: Annotated[
        float, typer.Option(min=0, help="Cost of an hour on this machine, in US dollars.")
    ] = 1.0,
    time_missing: Annotated[
        bool, typer.Option("--time", help="Before the verdict, time any model not yet timed on this machine.")
    ] = False,
    html_file: Annotated[Path | None, typer.Option("--html", help="HTML report to write.")] = None,
    markdown_file: Annotated[Path | None, typer.Option("--markdown", help="Markdown report to write.")] = None,
    precision: Precision = "auto",
    query_prompt: Annotated[
        list[str] | None, typer.Option(help="NAME=PROMPT: text put before each query for that model; repeatable.")
    ] = None,
    document_prompt: Annotated[
        list[str] | None, typer.Option(help="NAME=PROMPT: text put before each document for that model; repeatable.")
    ] = None,
    dimensions: Annotated[
        list[str] | None,
        typer.Option(
            help="Keep only the first N dimensions (Matryoshka models): N for all models, or NAME=N; repeatable."
        ),
    ] = None,
    passages: Passages = None,
    as_json: AsJson = False,
) -> None:
    """Recommend a model by weighing quality on a corpus, speed, memory, price and licence."""
    for file in (html_file, markdown_file):
        check_output(file)
    picked = names(model_names)
    before_queries = prompts_by_model(query_prompt, "--query-prompt", picked)
    before_documents = prompts_by_model(document_prompt, "--document-prompt", picked)
    lengths = dimensions_by_model(dimensions, picked)
    specs = [
        model_with_options(name, before_queries.get(name), before_documents.get(name), lengths.get(name))
        for name in picked
    ]
    weighing = verdict.read_weights(weights)
    texts, labels = load_corpus_and_labels(corpus_file, queries, qrels, passages)
    task = Task(texts, labels.queries)
    with bars() as progress:
        embeddings = {
            spec.name: retrieval.embed(task, spec, precision=precision, on_progress=progress) for spec in specs
        }
        rankings = retrieval.rank(task, embeddings, lambda: KeywordIndex(texts.documents), on_progress=progress)
        measured = {name: retrieval.measure(ranking, texts, labels) for name, ranking in rankings.items()}
        weigh = partial(
            verdict.candidates,
            specs,
            measured,
            {name: verdict.Source.of(pair) for name, pair in embeddings.items()},
            dollars_per_hour=dollars_per_hour,
            loads=verdict.loads(specs, texts),
        )
        candidates = weigh(verdict.timings(precision=precision))
        if time_missing and (missing := verdict.find_untimed(candidates, specs)):
            subjects = benchmark.subjects([spec.name for spec in missing], precision=precision)
            benchmark.run(subjects, verdict.WORKLOADS, verdict.SETTINGS, on_progress=progress)
            candidates = weigh(verdict.timings(precision=precision))
    judged = measured[retrieval.BM25].queries
    setting = verdict.setting_of(texts, labels, queries=judged, dollars_per_hour=dollars_per_hour)
    decided = verdict.decide(candidates, weighing, setting)
    if html_file:
        colours = model_colours(one.name for one in candidates)
        chart = verdict_html(verdict.lanes(decided), weighing, colours=colours)
        html_file.write_text(verdict.as_html(decided, chart), encoding="utf-8")
    if markdown_file:
        markdown_file.write_text(verdict.as_markdown(decided), encoding="utf-8")
    sentences, firm, rows = verdict.sentences(decided), verdict.firmness(decided), verdict.figures(decided)
    if not as_json:
        print("\n".join([*sentences, *firm, ""]))
    facts = {
        "sentences": sentences,
        "firmness": firm,
        "provenance": verdict.provenance(decided),
        "candidates": rows,
        **facts_of(texts, labels),
    }
    shown = [{name: cell for name, cell in row.items() if name != "Notes"} for row in verdict.in_words(decided)]
    show(facts, shown, as_json)
    show_caveats((source for ranking in rankings.values() for source in ranking.provenances), as_json)
    if not as_json:
        show_similarities(pair.texts.provenance for pair in embeddings.values())
        show_remarks(labels)
