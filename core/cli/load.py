"""Load tests: how many requests a second a server or a local model answers."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from core import load, models
from core.cli.options import AsJson, CorpusFile, Device, Model, Precision, check_output, load_corpus
from core.cli.output import bars, say, show
from core.errors import InputError
from core.load import LoadTest, Settings, Step


def find(
    model: Model,
    corpus_file: CorpusFile = None,
    rates: Annotated[
        str | None, typer.Option(help="Requests a second to offer, such as 10,20,40, instead of searching the limit.")
    ] = None,
    seconds: Annotated[float, typer.Option(help="Seconds of each rate; low rates take longer.")] = Settings.seconds,
    texts: Annotated[int, typer.Option(min=1, help="Texts of each request.")] = Settings.texts_per_request,
    p95: Annotated[
        float | None,
        typer.Option(help="The highest 95th percentile to accept, in ms (default: 20 times the unloaded)."),
    ] = None,
    device: Device = "auto",
    precision: Precision = "auto",
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Also write the test to this JSON file.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Find how many requests a second a server, or a local model behind one, answers before they pile up."""
    check_output(output)
    documents = load_corpus(corpus_file, None)
    settings = Settings(seconds=seconds, texts_per_request=texts, most_ms=p95, rates=_rates(rates))
    with bars() as progress:
        test = load.run(
            models.get(model),
            documents.documents,
            settings,
            fingerprint=documents.fingerprint,
            device=device,
            precision=precision,
            on_progress=progress,
        )
    if output:
        output.write_text(test.to_json(), encoding="utf-8")
    show(_facts(test), [_row(test, step) for step in test.by_rate], as_json)
    if not as_json:
        for sentence in filter(None, (load.answer(test), load.phases(test), load.how(test))):
            say(sentence)


def _facts(test: LoadTest) -> dict[str, Any]:
    """The test with what it comes to, for the JSON."""
    limit = test.limit
    return asdict(test) | {
        "sentence": load.answer(test),
        "requests_per_second": limit.offered if limit else None,
        "is_at_least": test.is_at_least,
        "accepted_ms": test.most_ms,
        "steps": [asdict(step) | {"trouble": test.trouble(step)} for step in test.by_rate],
    }


def _row(test: LoadTest, step: Step) -> dict[str, Any]:
    """A step as a row of the table."""
    return {
        "requests/s": step.offered,
        "answered/s": step.completed,
        "p50 ms": step.p50_ms,
        "p95 ms": step.p95_ms,
        "p99 ms": step.p99_ms,
        "errors": sum(step.errors.values()),
        "late": step.late,
        "texts/s": step.texts_per_second,
        "tokens/s": step.tokens_per_second,
        "trouble": load.troubles(test, step),
    }


def _rates(listed: str | None) -> tuple[float, ...]:
    """The rates in a comma-separated list, in ascending order.

    Raises
    ------
    InputError
        An entry is not a number.
    """
    try:
        return tuple(sorted(float(rate) for rate in listed.split(","))) if listed else ()
    except ValueError:
        raise InputError(f"{listed!r} is not a list of rates: write 10, or 10,20,40.") from None
