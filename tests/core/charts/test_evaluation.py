"""The Evaluate page's charts: the figures that were given, in the models' colours, and no text taken for markup."""

import numpy as np

from core.charts.evaluation import SYMBOLS, agreement_matrix, compression, gains, pairs_scatter, ranking
from core.charts.style import NEUTRAL, model_colours
from core.evaluation import Compressed, Interval, Quality
from core.evaluation.compression import BINARY, FLOAT32, INT8, RESCORED

COLOURS = model_colours(["wordllama-256", "BM25"])
EVIL = "<b onclick=x>%{x}</b>"


def test_the_best_system_is_on_top_with_its_interval_and_colour() -> None:
    figure = ranking(
        {"BM25": Interval(0.4, 0.3, 0.5), "wordllama-256": Interval(0.6, 0.5, 0.7)}, "nDCG@10", "mean", colours=COLOURS
    )
    assert figure.layout.yaxis.ticktext == (
        "<b>BM25</b><br>0.400  0.30 – 0.50", "<b>wordllama-256</b><br>0.600  0.50 – 0.70",
    )  # fmt: skip
    assert figure.layout.yaxis.tickvals == (0, 1), "each name is on the line of its dot"
    assert [dot.y[0] for dot in figure.data if dot.mode == "markers"] == [0, 1]
    spans = [trace.x for trace in figure.data if trace.mode == "lines"]
    assert spans == [(0.3, 0.5), (0.5, 0.7)]
    dots = [trace for trace in figure.data if trace.mode == "markers"]
    assert [dot.x[0] for dot in dots] == [0.4, 0.6]
    assert [dot.marker.color for dot in dots] == [NEUTRAL, COLOURS["wordllama-256"]]


def test_queries_are_sorted_and_each_bar_has_the_winners_colour() -> None:
    values = np.array([-0.5, 0.25, 0.75])
    figure = gains(values, ["lost", "won", EVIL], "wordllama-256", "BM25", "nDCG@10", colours=COLOURS)
    (bars,) = figure.data
    assert list(bars.y) == [0.75, 0.25, -0.5]
    assert list(bars.marker.color) == [COLOURS["wordllama-256"]] * 2 + [NEUTRAL]
    assert "<b onclick" not in bars.customdata[0]
    assert [note.text.split(" ", 1)[-1] for note in figure.layout.annotations] == ["better on 2", "better on 1"]


def test_a_scatter_keeps_gold_scores_apart_where_they_repeat_and_exact_where_they_do_not() -> None:
    gold = [0.0, 1.0] * 20
    cosines = np.linspace(0, 1, 40, dtype=np.float32)
    texts = [(EVIL, EVIL)] * 40
    points = pairs_scatter(cosines, gold, texts, COLOURS["wordllama-256"]).data[0]
    assert np.abs(np.array(points.x) - gold).max() <= 0.12
    assert len(set(points.x)) == 40
    assert "<b onclick" not in "".join(points.customdata)
    distinct = np.arange(40).tolist()
    assert list(pairs_scatter(cosines, distinct, texts, COLOURS["wordllama-256"]).data[0].x) == distinct


def test_agreement_is_written_into_the_cells_but_for_the_diagonal() -> None:
    figure = agreement_matrix(np.array([[1, 0.25], [0.25, 1]]), ["all-MiniLM-L6-v2", "BM25"])
    assert [list(row) for row in figure.data[0].text] == [["", "0.25"], ["0.25", ""]]
    assert figure.layout.xaxis.ticktext == ("all-MiniLM-<br>L6-v2", "BM25")


def test_the_line_joins_what_no_smaller_code_beats() -> None:
    sizes = [(FLOAT32, 1024, 0.8), (INT8, 256, 0.8), (RESCORED, 32, 0.7), (BINARY, 32, 0.6)]
    points = [Compressed(kind, 256, size, Quality({"ndcg@10": value}, {})) for kind, size, value in sizes]
    figure = compression({"wordllama-256": points}, colours=COLOURS)
    line = next(trace for trace in figure.data if trace.mode == "lines")
    assert (line.x, line.y) == ((32, 256), (0.7, 0.8))
    assert line.line.color == COLOURS["wordllama-256"]
    markers = next(trace for trace in figure.data if trace.mode == "markers" and trace.x[0] is not None)
    assert list(markers.marker.symbol) == [SYMBOLS[kind] for kind, _, _ in sizes]
