"""What comes with Embedscope, made anew: the sample's vectors and maps in `core/data`."""

import os
import shutil
import tempfile
from pathlib import Path
from typing import cast

import typer

from core import corpus, embedding, maps, models, shipped
from core.encoders.base import Traceable
from core.settings import DATA


def ship() -> None:
    """Compute the sample's vectors with torch in float32, and the maps that the Projector opens with."""
    specs = [models.get(name) for name in models.DEFAULT_PICKS]
    for spec in specs:
        engine = "static" if spec.is_static else "torch"
        encoder = embedding.encoder(spec, device="cpu", engine=engine, precision="float32")
        typer.echo(shipped.write(cast(Traceable, encoder)))
    shutil.rmtree(DATA / "maps", ignore_errors=True)
    with tempfile.TemporaryDirectory() as home:
        os.environ["EMBEDSCOPE_HOME"] = home
        for spec in specs:
            vectors = embedding.embed(corpus.sample().documents, spec).vectors
            maps.project(vectors, maps.settings_of(next(iter(maps.METHODS))))
        shutil.copytree(Path(home) / "maps", DATA / "maps")
