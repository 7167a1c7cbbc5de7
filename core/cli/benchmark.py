"""Benchmarks: how long models take on this machine."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from core import benchmark
from core.benchmark import Timing
from core.cli.options import AsJson, Precision, check_output, names, numbers
from core.cli.output import bars, complain, show


def run(
    model_names: Annotated[str, typer.Option("--models", help="Model names, separated by commas.")],
    devices: Annotated[str, typer.Option(help="Devices to time on, such as cpu or cpu,cuda.")] = "cpu",
    engine: Annotated[
        str, typer.Option(help=f"Engine: {', '.join(benchmark.ENGINES)}; or all, to compare those of this machine.")
    ] = "auto",
    precision: Precision = "auto",
    text: str = benchmark.HELLO,
    batch_size: Annotated[str, typer.Option(help="Batch size, or several separated by commas.")] = "1",
    tokens: Annotated[str | None, typer.Option(help="Texts of this many tokens instead; or several numbers.")] = None,
    weights: Annotated[str, typer.Option(help="own, random (architecture only) or any (own if downloaded).")] = "own",
    samples: Annotated[int, typer.Option(min=1, help="Minimum number of samples.")] = benchmark.Settings.least_samples,
    seconds: Annotated[float, typer.Option(help="Minimum seconds of samples.")] = benchmark.Settings.least_seconds,
    most_seconds: Annotated[
        float, typer.Option(help="Maximum seconds per workload.")
    ] = benchmark.Settings.most_seconds,
    threads: Annotated[int | None, typer.Option(min=1, help="CPU threads (default: torch's own choice).")] = None,
    cosine: Annotated[bool, typer.Option("--cosine", help="Also compare the vectors with torch in float32.")] = False,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Also write the run to this JSON file.")] = None,
    as_json: AsJson = False,
) -> None:
    """Time models on devices, each in its own process, and save the run for the Benchmark page."""
    check_output(output)
    subjects = benchmark.subjects(
        names(model_names), names(devices), engine=engine, precision=precision, weights=weights
    )
    settings = benchmark.Settings(
        least_samples=samples,
        least_seconds=seconds,
        most_seconds=most_seconds,
        with_cosine=cosine,
        threads=threads,
    )
    workloads = benchmark.workloads(text, numbers(batch_size), numbers(tokens))
    with bars() as progress:
        run = benchmark.run(subjects, workloads, settings, on_progress=progress)
    if output:
        output.write_text(run.to_json(), encoding="utf-8")
    show(asdict(run), [_row(timing) for timing in run.results], as_json)
    for failure in dict.fromkeys(timing.failure for timing in run.results if timing.failure):
        complain(failure)
    if all(timing.failure for timing in run.results):
        raise typer.Exit(1)


def _row(timing: Timing) -> dict[str, Any]:
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
