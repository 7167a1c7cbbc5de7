"""The Models page: scores against sizes, and the seven task types."""

from collections.abc import Sequence

import plotly.graph_objects as go

from core import wording
from core.charts.style import FONT_SIZE, NEUTRAL, apply_style, model_colour
from core.models import TASKS, ModelSpec

TASK_LABELS = {
    "classification": "Classification",
    "clustering": "Clustering",
    "pair_classification": "Pairs",
    "reranking": "Reranking",
    "retrieval": "Retrieval",
    "sts": "STS",
    "summarization": "Summaries",
}
BOARDS = {"MTEB v1": "average of 56 datasets", "MTEB v2": "mean of 41 tasks"}


def score(spec: ModelSpec, board: str) -> float | None:
    """A model's score on one of BOARDS; the two are different scales and are never drawn together."""
    return spec.mteb_v1.get("average") if board == "MTEB v1" else spec.mteb_v2


def score_against_size(specs: Sequence[ModelSpec], picked: Sequence[str], board: str) -> go.Figure:
    """Score over download size, the picked models large and labelled; models without either are skipped."""
    figure = go.Figure()
    for spec in specs:
        value = score(spec, board)
        if value is None or spec.download_bytes is None:
            continue
        is_picked = spec.name in picked
        figure.add_scatter(
            x=[spec.download_bytes],
            y=[value],
            mode="markers+text",
            text=[f"<b>{spec.name}</b>" if is_picked else spec.name],
            textposition="bottom center" if is_picked else "top center",
            textfont={"size": FONT_SIZE},
            marker={"size": 20 if is_picked else 12, "color": model_colour(spec.id)},
            hovertemplate=f"{spec.name}<br>{wording.size(spec.download_bytes)}<br>{board}: {value:.2f}<extra></extra>",
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


def task_radar(specs: Sequence[ModelSpec]) -> go.Figure:
    """MTEB v1 scores of the seven task types, one outline per model."""
    labels = [TASK_LABELS[task] for task in TASKS]
    figure = go.Figure()
    for spec in specs:
        values = [spec.mteb_v1[task] for task in TASKS]
        figure.add_scatterpolar(
            r=[*values, values[0]],
            theta=[*labels, labels[0]],
            name=spec.name,
            line={"color": model_colour(spec.id), "width": 3},
            hovertemplate="%{theta}: %{r:.1f}<extra>" + spec.name + "</extra>",
        )
    figure.update_layout(
        polar={
            "bgcolor": "rgba(0,0,0,0)",
            "radialaxis": {
                "range": [20, 90],
                "tickvals": [30, 50, 70, 90],
                "tickfont": {"size": FONT_SIZE},
                "angle": 65,
                "gridcolor": NEUTRAL,
            },
            "angularaxis": {"tickfont": {"size": FONT_SIZE}, "rotation": 90, "gridcolor": NEUTRAL},
        },
        legend={"orientation": "h", "y": -0.15, "font": {"size": FONT_SIZE}},
        showlegend=True,
    )
    return apply_style(figure, height=440, margin=(95, 95, 40, 30))
