"""The models and their files."""

import time
from typing import Annotated

import typer
from rich.progress import DownloadColumn, TransferSpeedColumn

from core import benchmark, comparison, models
from core.cli.options import AsJson
from core.cli.output import bars, complain, show
from core.models import hub
from core.models.files import snapshot_folder


def catalogue(as_json: AsJson = False) -> None:
    """List the models, and whether each can run on this machine."""
    for problem in models.servers.problems():
        complain(problem)
    specs = models.all_models()
    compared = comparison.compare(specs, benchmark.latest_timings())
    rows = [row | {"similarity": spec.similarity} for spec, row in zip(specs, compared, strict=True)]
    shown = ("model", "here", "mteb_v1", "mteb_v2", "dimensions", "hello_world_ms", "license")
    show({"models": rows}, [{column: row[column] for column in shown} for row in rows], as_json)


def download(
    name: Annotated[str, typer.Argument(help="Model name, or owner/name on the Hugging Face Hub.")],
    as_json: AsJson = False,
) -> None:
    """Download a model from the Hugging Face Hub, pinned to a revision and verified."""
    started = time.perf_counter()
    with bars(DownloadColumn(), TransferSpeedColumn()) as progress:
        pin = hub.download(models.get(name), on_progress=progress)
    facts = {
        "model": name,
        "revision": pin.revision,
        "bytes": pin.bytes,
        "folder": str(snapshot_folder(pin.id, pin.revision)),
        "seconds": time.perf_counter() - started,
    }
    show(facts, [facts], as_json)
