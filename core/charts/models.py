"""The Models page: scores against sizes, and by task type."""

from collections.abc import Sequence

import plotly.graph_objects as go

from core import wording
from core.charts.style import FONT_SIZE, LEGEND_ABOVE, NEUTRAL, apply_style, model_colour
from core.models import BOARDS, TASKS, ModelSpec

TASK_LABELS = {
    "classification": "Classification",
    "clustering": "Clustering",
    "pair_classification": "Pair classification",
    "reranking": "Reranking",
    "retrieval": "Retrieval",
    "sts": "STS",
    "summarization": "Summarization",
}


def sizes_and_scores(specs: Sequence[ModelSpec], board: str) -> dict[ModelSpec, tuple[int, float]]:
    """The download size and the score of each model of which both are known."""
    return {
        spec: (spec.download_bytes, score)
        for spec in specs
        if spec.download_bytes is not None and (score := spec.score(board)) is not None
    }


def score_against_size(specs: Sequence[ModelSpec], picked: Sequence[str], board: str) -> go.Figure:
    """Score over download size, the picked models large and labelled; models without either are skipped."""
    figure = go.Figure()
    for spec, (size, value) in sizes_and_scores(specs, board).items():
        is_picked = spec.name in picked
        figure.add_scatter(
            x=[size],
            y=[value],
            mode="markers+text",
            text=[f"<b>{spec.name}</b>" if is_picked else spec.name],
            textposition="bottom center" if is_picked else "top center",
            textfont={"size": FONT_SIZE},
            marker={"size": 20 if is_picked else 12, "color": model_colour(spec.id)},
            hovertemplate=f"{spec.name}<br>{wording.size(size)}<br>{board}: {value:.2f}<extra></extra>",
            showlegend=False,
            cliponaxis=False,
        )
    ticks = [10**7, 10**8, 10**9, 10**10]
    figure.update_xaxes(
        type="log",
        title="Download size",
        tickvals=ticks,
        ticktext=[wording.size(tick) for tick in ticks],
        range=[6.9, 10.7],
    )
    figure.update_yaxes(title=f"{board}, {BOARDS[board]}")
    return apply_style(figure, height=440, margin=(10, 40, 30, 10))


def task_scores(specs: Sequence[ModelSpec]) -> go.Figure:
    """MTEB v1 scores by task type: a row each, with a dot for each model and a line from the lowest to the highest."""
    labels = [TASK_LABELS[task] for task in TASKS]
    figure = go.Figure()
    for task, label in zip(TASKS, labels, strict=True):
        scores = [spec.mteb_v1[task] for spec in specs]
        figure.add_scatter(
            x=[min(scores), max(scores)],
            y=[label, label],
            mode="lines",
            line={"color": NEUTRAL, "width": 2},
            hoverinfo="skip",
            showlegend=False,
        )
    for spec in specs:
        figure.add_scatter(
            x=[spec.mteb_v1[task] for task in TASKS],
            y=labels,
            mode="markers",
            name=spec.name,
            marker={"size": 16, "color": model_colour(spec.id)},
            hovertemplate="%{y}: %{x:.1f}<extra>" + spec.name + "</extra>",
        )
    figure.update_xaxes(title="MTEB v1 score", nticks=8)
    figure.update_yaxes(autorange="reversed", ticklabelstandoff=6)
    figure.update_layout(legend=LEGEND_ABOVE, showlegend=True)
    return apply_style(figure, height=440, margin=(10, 20, 10, 30))
