"""TensorFlow's Embedding Projector itself, as its wheel ships it, opens the archive that our page gives away."""

import io
import re
import zipfile
from importlib.resources import files
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
from playwright.sync_api import Page, Route, expect

from core import map_files
from tests.e2e.conftest import PATIENCE_MS
from tests.e2e.test_projector import npy

ROWS = 12
ADDRESS = "http://projector.test"
DASHBOARD = "<vz-projector-dashboard></vz-projector-dashboard>"
STANDALONE = '<vz-projector-app serving-mode="demo" projector-config-json-path=""></vz-projector-app>'


def write_projector(folder: Path) -> None:
    """The Projector as it stands on its own, where a link names the configuration that it is to open."""
    plugin = files("tensorboard.plugins.projector") / "tf_projector_plugin"
    page = (plugin / "projector_binary.html").read_text(encoding="utf-8")
    assert DASHBOARD in page
    (folder / "index.html").write_text(page.replace(DASHBOARD, STANDALONE), encoding="utf-8")
    (folder / "projector_binary.js").write_bytes((plugin / "projector_binary.js").read_bytes())


def test_the_archive_opens_in_tensorflows_projector_with_its_texts_and_fields(page: Page, tmp_path: Path) -> None:
    vectors = np.random.default_rng(3).normal(size=(ROWS, 8)).astype(np.float32)
    table = "".join(f"Text {row} of owls\t{'bird' if row % 2 else 'beast'}\n" for row in range(ROWS))
    given = [("vectors.npy", npy(vectors)), ("metadata.tsv", f"text\tkind\n{table}".encode())]
    with zipfile.ZipFile(io.BytesIO(map_files.projector_archive(map_files.from_files(given)))) as archive:
        archive.extractall(tmp_path)
    write_projector(tmp_path)

    def answer(route: Route) -> None:
        file = tmp_path / (urlsplit(route.request.url).path.lstrip("/") or "index.html")
        if file.is_file():
            route.fulfill(path=file)
        else:  # its fonts, which it does without
            route.fulfill(status=404)

    page.route(f"{ADDRESS}/**", answer)
    page.goto(f"{ADDRESS}/?config=projector_config.json")
    expect(page.get_by_text(f"Points: {ROWS}")).to_be_visible(timeout=PATIENCE_MS)
    expect(page.get_by_text("Dimension: 8")).to_be_visible()
    page.get_by_label("Search", exact=True).first.fill("Text 7 of")
    expect(page.get_by_text("Text 7 of owls").first).to_be_visible()
    expect(page.locator("vz-projector-app")).to_have_text(re.compile("kind"))
