"""Maps of texts in two or three dimensions."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from core import embedding, maps
from core.cli.options import (
    AsJson,
    Column,
    Device,
    DocumentPrompt,
    Engine,
    Input,
    Model,
    Passages,
    Precision,
    check_output,
    load_texts,
    model_with_options,
)
from core.cli.output import bars, complain, show, show_caveats, texts_read
from core.corpus import Corpus
from core.maps.faithfulness import faithfulness
from core.maps.neighbours import NO_DISTANCE
from core.tables import harmless


def project(
    model: Model,
    file: Input,
    method: Annotated[str, typer.Option(help=f"Layout method: {', '.join(maps.METHODS)}.")] = "umap",
    dimensions: Annotated[int, typer.Option(help="Dimensions of the map: 2 or 3.")] = 2,
    seed: int = 42,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="CSV file to write: id, coordinates and text.")
    ] = None,
    column: Column = None,
    device: Device = "auto",
    engine: Engine = "auto",
    precision: Precision = "auto",
    document_prompt: DocumentPrompt = None,
    passages: Passages = None,
    as_json: AsJson = False,
) -> None:
    """Map the texts in a file in two or three dimensions."""
    check_output(output)
    texts = load_texts(file, column, passages)
    spec = model_with_options(model, None, document_prompt)
    with bars() as progress:
        embedded = embedding.embed(
            texts.documents,
            spec,
            device=device,
            engine=engine,
            precision=precision,
            on_progress=progress,
        )
        metric = maps.metric_of(embedded.provenance.similarity)
        chosen = {} if method == "pca" else {"seed": seed, "metric": metric}
        settings = maps.settings_of(method, **chosen)
        result = maps.project(embedded.vectors, settings, dimensions=dimensions, on_progress=progress)
        coordinates = result.coordinates[:, :dimensions]
        quality = faithfulness(embedded.vectors, coordinates, metric=metric)
    if output:
        _write_coordinates(output, texts, coordinates, spec.options(queries=False))
    facts = {
        "model": model,
        "method": method,
        "metric": metric,
        "texts": len(texts),
        "left_out": texts.left_out,
        "seconds": {"embedding": embedded.provenance.seconds, **result.seconds},
        "trustworthiness": quality.trustworthiness.value if quality else None,
        "continuity": quality.continuity.value if quality else None,
        "neighbour_recall": quality.neighbour_recall.value if quality else None,
        **texts_read(embedded.provenance),
    }
    show(facts, [facts], as_json)
    show_caveats([embedded.provenance], as_json)
    if embedded.provenance.similarity == "dot" and not as_json:
        complain(f"{model} {NO_DISTANCE}")


def _write_coordinates(path: Path, texts: Corpus, coordinates: maps.Floats, options: Mapping[str, str | int]) -> None:
    """CSV with cells that a spreadsheet would run as formulas made into plain text."""
    import pandas as pd

    table = pd.DataFrame(coordinates, columns=list("xyz")[: coordinates.shape[1]])
    table.insert(0, "id", [harmless(name) for name in texts.ids])
    table["text"] = [harmless(text) for text in texts.texts]
    for name, value in options.items():
        table[name] = harmless(str(value))
    table.to_csv(path, index=False)
