"""A model's colour: its own on every page, whatever else is downloaded, and never looked up while a chart is drawn."""

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import plotly.graph_objects as go
import pytest

from core import models
from core.benchmark.timing import Timing
from core.benchmark.tradeoff import Point
from core.charts.evaluation import compression, gains, pairs_scatter, ranking
from core.charts.models import score_against_cost, task_scores
from core.charts.similarity import densities
from core.charts.style import MODEL_COLOURS, NEUTRAL, model_colour, model_colours
from core.charts.sweeps import sweep_lines
from core.charts.timings import comparison_bars, engine_bars, timing_bars
from core.charts.tradeoff import cost_dots, tradeoff
from core.comparison import dots, stand, task_types
from core.evaluation import Compressed, Interval, Quality
from core.evaluation.compression import FLOAT32
from core.models import pins
from core.similarity import Background
from tests.conftest import ROOT

FACTS = json.loads((ROOT / "core/data/models.json").read_text(encoding="utf-8"))["models"]
EARLIER, LATER = "acme/another-model", "zebra/some-model"
MODEL, SYSTEM = "all-MiniLM-L6-v2", "BM25"
COLOURS = {MODEL: "#123456", SYSTEM: NEUTRAL}
TIMING = Timing(MODEL, "cpu", "torch", "float32", batch_size=1, tokens=8, median_ms=5.0, p95_ms=6.0, samples=40)

READ: list[str] = []
sys.addaudithook(lambda event, of: READ.append(str(of[0])) if event in ("open", "os.listdir", "os.scandir") else None)


def download(model_id: str) -> None:
    pins.write(pins.Pin(model_id, "0" * 40, "2026-01-01T00:00:00+00:00", 1, {"model.safetensors": "0" * 64}))


@pytest.fixture
def with_downloads(home: Path) -> Iterator[Path]:
    for number in range(12):
        download(f"acme/model-{number}")
    READ.clear()
    yield home
    READ.clear()


def test_each_model_of_the_catalogue_has_a_colour_of_its_own() -> None:
    assert set(MODEL_COLOURS) == {row["id"] for row in FACTS}
    assert len(set(MODEL_COLOURS.values())) == len(FACTS)
    assert model_colours(row["name"] for row in FACTS) == {row["name"]: MODEL_COLOURS[row["id"]] for row in FACTS}


def test_a_models_colour_stays_when_another_is_downloaded_and_when_it_goes_itself(home: Path) -> None:
    before = model_colours([LATER])
    download(LATER)
    alone = model_colours([LATER])
    download(EARLIER)
    assert before == alone == model_colours([LATER])
    assert alone[LATER] in MODEL_COLOURS.values()


def test_what_is_no_model_is_grey() -> None:
    assert model_colours([SYSTEM, "another"]) == {SYSTEM: NEUTRAL, "another": NEUTRAL}
    assert NEUTRAL not in MODEL_COLOURS.values()


def test_colours_of_many_models_take_one_look_at_the_disk(with_downloads: Path) -> None:
    model_colours([*models.names(), SYSTEM])
    assert sum(str(with_downloads / "pins") == path for path in READ) <= 2  # names() looked, too


DRAW: dict[str, Callable[[], go.Figure]] = {
    "ranking": lambda: ranking({MODEL: Interval(0.5, 0.4, 0.6)}, "nDCG@10", "mean", colours=COLOURS),
    "gains": lambda: gains(np.array([-0.5, 0.5]), ["one", "two"], MODEL, SYSTEM, "nDCG@10", colours=COLOURS),
    "pairs": lambda: pairs_scatter(np.zeros(2, np.float32), [0.0, 1.0], [("a", "b")] * 2, COLOURS[MODEL]),
    "compression": lambda: compression(
        {MODEL: [Compressed(FLOAT32, 8, 32, Quality({"ndcg@10": 0.5}, {}))]}, colours=COLOURS
    ),
    "densities": lambda: densities(
        {MODEL: Background(np.linspace(0, 1, 50, dtype=np.float32), 50, 0)}, {MODEL: 0.4}, colours=COLOURS
    ),
    "timings": lambda: timing_bars([(MODEL, "cpu")], {(MODEL, "cpu"): TIMING}, colours=COLOURS),
    "compared": lambda: comparison_bars([TIMING], [TIMING], ("a", "b"), colours=COLOURS),
    "engines": lambda: engine_bars([TIMING], colours=COLOURS),
    "lines": lambda: sweep_lines([TIMING], "texts/s", 8, colours=COLOURS, pays_from={(MODEL, 8): 1}),
    "tradeoff": lambda: tradeoff(
        [Point(MODEL, "cpu", 1, 1, 1, "own")], [], lower_is_faster=True, score_title="score", colours=COLOURS
    ),
    "costs": lambda: cost_dots({MODEL: 1.0}, (), colours=COLOURS),
}


@pytest.mark.parametrize("draw", DRAW.values(), ids=DRAW)
def test_a_chart_takes_the_colours_that_it_is_given_and_reads_no_file(
    with_downloads: Path, draw: Callable[[], go.Figure]
) -> None:
    drawn = draw().to_json() or ""
    assert not [path for path in READ if path.startswith(str(with_downloads))]
    assert COLOURS[MODEL] in drawn or "rgba(18,52,86," in drawn


def test_the_charts_of_the_models_page_read_no_file(with_downloads: Path) -> None:
    spec = models.get(MODEL)
    points = dots([spec], stand([spec], "MTEB v1"), "Download size", {})
    READ.clear()
    drawn = [
        score_against_cost(points, points, [MODEL], cost="Download size", score="MTEB v1").to_json(),
        task_scores([spec], task_types([spec], "MTEB v1"), "MTEB v1").to_json(),
    ]
    assert not [path for path in READ if path.startswith(str(with_downloads))]
    assert all(model_colour(spec.id) in (figure or "") for figure in drawn)
