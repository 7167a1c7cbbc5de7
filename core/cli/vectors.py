"""Vectors of the user's own texts."""

import time
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from core import corpus, embedding, encoders, evaluation
from core.cli.options import (
    AsJson,
    Column,
    Device,
    Dimensions,
    DocumentPrompt,
    Engine,
    Input,
    Model,
    Passages,
    Precision,
    QueryPrompt,
    check_output,
    load_texts,
    model_with_options,
)
from core.cli.output import bars, show, show_caveats, texts_read
from core.errors import InputError
from core.storage.vectors import shared_store


def embed(
    model: Model,
    file: Input,
    output: Annotated[Path, typer.Option("--output", "-o", help="NPY file to write.")],
    column: Column = None,
    kind: Annotated[str, typer.Option(help="Kind of text: query or document.")] = "document",
    device: Device = "auto",
    engine: Engine = "auto",
    precision: Precision = "auto",
    dimensions: Dimensions = None,
    query_prompt: QueryPrompt = None,
    document_prompt: DocumentPrompt = None,
    passages: Passages = None,
    no_store: Annotated[
        bool, typer.Option("--no-store", help="Skip the cache: recompute everything and save nothing.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Embed the texts in a file."""
    if kind not in ("query", "document"):
        raise InputError(f"Unknown kind {kind!r}: choose query or document.")
    check_output(output)
    texts = load_texts(file, column, passages)
    started = time.perf_counter()
    with bars() as progress:
        encoder = encoders.load(
            model_with_options(model, query_prompt, document_prompt, dimensions),
            device=device,
            engine=engine,
            precision=precision,
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
    facts = (
        asdict(result.provenance)
        | texts_read(result.provenance)
        | {
            "dimensions": result.vectors.shape[1],
            "texts_per_second": len(texts) / result.provenance.seconds,
            "left_out": texts.left_out,
        }
    )
    show(facts | ({"ids": texts.ids} if passages else {}), [facts], as_json)
    show_caveats([result.provenance], as_json)


def pairs(
    model: Model,
    file: Input,
    device: Device = "auto",
    engine: Engine = "auto",
    precision: Precision = "auto",
    dimensions: Dimensions = None,
    document_prompt: DocumentPrompt = None,
    as_json: AsJson = False,
) -> None:
    """Correlate similarities with gold scores (columns sentence1, sentence2, score)."""
    given = corpus.pairs_of(file.name, corpus.read_bytes(file))
    texts = [*given.first, *given.second]
    with bars() as progress:
        embedded = embedding.embed(
            texts,
            model_with_options(model, None, document_prompt, dimensions),
            device=device,
            engine=engine,
            precision=precision,
            on_progress=progress,
        )
    vectors, source = embedded.vectors, embedded.provenance
    scores = evaluation.scores_of(vectors[: len(given)], vectors[len(given) :], source.similarity)
    facts = {
        "model": model,
        **asdict(evaluation.agreement(scores, given.gold)),
        "device": source.device,
        "engine": source.engine,
        "precision": source.precision,
        **texts_read(source),
        "left_out": given.left_out,
    }
    show(facts, [facts], as_json)
    show_caveats([source], as_json)
