"""The Models page: scores against what a model costs, and by task type."""

import math
from collections.abc import Mapping, Sequence

import plotly.graph_objects as go

from core.charts.style import FONT_SIZE, LEGEND_ABOVE, NEUTRAL, apply_style, fade, log_ticks, model_colour, plain
from core.comparison import COSTS, Dot
from core.models import ModelSpec

PICKED = 20  # pixels
ROOM_FOR_LABELS = 1.3  # decades left of the cheapest
LABEL_HEIGHT = 0.08  # of the scores' range


def score_against_cost(
    dots: Sequence[Dot],
    front: Sequence[Dot],
    picked: Sequence[str],
    *,
    cost: str,
    score: str,
    baseline: float | None = None,
) -> go.Figure:
    """Score over one of COSTS: the front as a line, the picked models in colour; random vectors dotted.

    The picked models are labelled, and those of the front whose labels do not cover each other.
    """
    figure = go.Figure()
    if baseline is not None:
        figure.add_hline(
            baseline,
            line={"dash": "dot", "color": NEUTRAL},
            annotation={"text": "random vectors", "font_size": FONT_SIZE},
        )
    figure.add_scatter(
        x=[dot.cost for dot in front], y=[dot.score for dot in front], mode="lines", hoverinfo="skip",
        line={"color": NEUTRAL, "width": 2, "shape": "hv"}, showlegend=False,
    )  # fmt: skip
    others = [dot for dot in dots if dot.name not in picked]
    figure.add_scatter(**_marks([dot for dot in others if dot not in front], cost))
    best, named = [dot for dot in others if dot in front], _apart(front, dots)
    names = [_short(dot.name) if dot in named else "" for dot in best]
    figure.add_scatter(**_marks(best, cost, size=12, text=names, colour=NEUTRAL))
    for dot in (dot for dot in dots if dot.name in picked):
        name = f"<b>{_short(dot.name)}</b>"
        figure.add_scatter(**_marks([dot], cost, size=PICKED, text=[name], colour=model_colour(dot.id)))
    if dots:
        low, high = min(dot.cost for dot in dots), max(dot.cost for dot in dots)
        ticks = log_ticks(low / 2, high * 2)
        room = (math.log10(low) - ROOM_FOR_LABELS, math.log10(high) + 0.2)
        figure.update_xaxes(type="log", range=room, tickvals=ticks, ticktext=[COSTS[cost](tick) for tick in ticks])
    figure.update_xaxes(title=cost)
    figure.update_yaxes(title=score)
    return apply_style(figure, height=520, margin=(10, 60, 30, 10))


def _apart(front: Sequence[Dot], dots: Sequence[Dot]) -> list[Dot]:
    """Models of the front, the best among them, whose scores are so far apart that no label covers another."""
    height = LABEL_HEIGHT * (max(dot.score for dot in dots) - min(dot.score for dot in dots)) if dots else 0
    kept: list[Dot] = []
    for dot in reversed(front):
        if not kept or kept[-1].score - dot.score >= height:
            kept.append(dot)
    return kept


def _marks(
    dots: Sequence[Dot], cost: str, *, size: int = 8, text: Sequence[str] = (), colour: str = fade(NEUTRAL, 0.5)
) -> dict[str, object]:
    """A trace of models."""
    return {
        "x": [dot.cost for dot in dots],
        "y": [dot.score for dot in dots],
        "mode": "markers+text" if text else "markers",
        "text": list(text) or None,
        "textposition": "top left" if size < PICKED else "bottom right",
        "textfont": {"size": FONT_SIZE},
        "marker": {"size": size, "color": colour},
        "hovertext": [f"{plain(dot.name)}<br>{COSTS[cost](dot.cost)}: {dot.score:.2f}" for dot in dots],
        "hoverinfo": "text",
        "showlegend": False,
        "cliponaxis": False,
    }


def _short(name: str) -> str:
    """A model's name without its owner."""
    return plain(name.rpartition("/")[2], 30)


def task_scores(specs: Sequence[ModelSpec], scores: Mapping[str, Mapping[str, float]], board: str) -> go.Figure:
    """Scores by task type: a row each, with a dot for each model and a line from the lowest to the highest.

    Parameters
    ----------
    scores : dict of str to dict of str to float
        Of each model, by its id: the score of each task type, whose names begin a row each.
    """
    types = list(dict.fromkeys(kind for of_model in scores.values() for kind in of_model))
    figure = go.Figure()
    for kind in types:
        known = [of_model[kind] for of_model in scores.values() if kind in of_model]
        figure.add_scatter(
            x=[min(known), max(known)], y=[kind, kind], mode="lines", line={"color": NEUTRAL, "width": 2},
            hoverinfo="skip", showlegend=False,
        )  # fmt: skip
    for spec in specs:
        of_model = scores[spec.id]
        figure.add_scatter(
            x=list(of_model.values()),
            y=list(of_model),
            mode="markers",
            name=_short(spec.name),
            marker={"size": 16, "color": model_colour(spec.id)},
            hovertemplate="%{y}: %{x:.1f}<extra>" + _short(spec.name) + "</extra>",
        )
    figure.update_xaxes(title=f"{board} score", nticks=8)
    figure.update_yaxes(autorange="reversed", ticklabelstandoff=6)
    figure.update_layout(legend=LEGEND_ABOVE, showlegend=True)
    return apply_style(figure, height=460, margin=(10, 20, 10, 30))
