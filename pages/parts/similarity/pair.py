"""The open pair: both texts, every model's score, and the tokens' contributions."""

import re
from collections.abc import Mapping

import streamlit as st

from core.charts.similarity import percent, token_heatmap
from core.charts.style import model_colour
from core.encoders import Kind
from core.models import ModelSpec
from core.progress import Progress
from core.similarity import NAMES, Background, Contributions, Side, contributions, score_matrix
from core.wording import decimal
from pages.parts.similarity.scores import Scored
from pages.parts.similarity.sources import Compared
from pages.shared import cache, state
from pages.shared.ui import chart, output

MOST_TOKENS = 32
CELL_PIXELS = 210
TEXT_PIXELS = 128

Pair = tuple[int, int]


def current(compared: Compared, fallback: Pair) -> Pair:
    """The open pair, a row and a column as given: the one clicked, or in the link, or the fallback.

    If the texts have changed since it was opened, nothing is open any more.
    """
    digest, pair = st.session_state.setdefault(state.Similarity.OPENED_PAIR, (compared.digest, _from_address()))
    if pair and digest == compared.digest and pair[0] < len(compared.rows) and pair[1] < len(compared.texts):
        return (pair[0], pair[1])
    st.query_params.pop(state.Similarity.PAIR, None)
    return fallback


def open_pair(compared: Compared, pair: Pair) -> None:
    """Open another pair, here and in the link."""
    st.session_state[state.Similarity.OPENED_PAIR] = (compared.digest, pair)
    st.query_params[state.Similarity.PAIR] = f"{pair[0] + 1}-{pair[1] + 1}"


def show(compared: Compared, results: Mapping[str, Scored], backgrounds: Mapping[str, Background], pair: Pair) -> None:
    """Both texts in full, and every model's score."""
    st.caption("The pair framed in pink. Click another cell to see its texts.")
    cells = st.grid(4, min_column_width=CELL_PIXELS)
    for name, text in zip(_names(compared, pair), _texts(compared, pair), strict=True):
        with cells.cell(), st.container(border=True, height=TEXT_PIXELS, gap="xsmall"):
            st.caption(name)
            st.text(text)
    for name, result in results.items():
        score = result.scores[pair]
        rank = float(backgrounds[name].percentile(score)) if name in backgrounds else None
        cells.metric(
            output.markdown_free(result.label),
            decimal(score, 3),
            delta=None if rank is None else f"above {percent(rank)} of pairs",
            delta_color="off",
            delta_arrow="off",
            border=True,
            height=TEXT_PIXELS,
        )


def tokens(results: Mapping[str, Scored], compared: Compared, pair: Pair, on_progress: Progress) -> None:
    """Token-to-token similarity by each model that can be inspected, and each token's contribution."""
    first, second = _texts(compared, pair)
    panels = st.grid(2 if len(results) > 1 else 1, min_column_width=430)
    for name, result in results.items():
        with panels.cell():
            st.markdown(f"**{output.markdown_free(name)}**")
            kinds: tuple[Kind, Kind] = ("query" if compared.queries else "document", "document")
            traces = [
                cache.trace(text, result.spec, on_progress, kind)
                for text, kind in zip((first, second), kinds, strict=True)
            ]
            sides = [Side(at.tokens, at.vectors, at.weights, at.pooled) for at in traces if at]
            if len(sides) < len(traces):
                st.caption("Runs behind an API that returns whole vectors only: its tokens can't be inspected.")
                continue
            _token_chart(result.spec, *sides)


def _token_chart(spec: ModelSpec, first: Side, second: Side) -> None:
    parts = contributions(first, second) if spec.similarity == "cosine" else None
    if parts and not parts.adds_up:
        parts = None
    shown, other = first.tokens[:MOST_TOKENS], second.tokens[:MOST_TOKENS]
    cosines = score_matrix(first.vectors[:MOST_TOKENS], second.vectors[:MOST_TOKENS])
    chart.draw(
        token_heatmap(cosines, shown, other, parts, model_colour(spec.id)),
        key=state.Similarity.TOKENS(spec.name),
        alt=f"Token-to-token similarity of the two texts by {spec.name}",
        is_presented=False,
    )
    sentence = _explain(spec, parts)
    if len(shown) < len(first.tokens) or len(other) < len(second.tokens):
        sentence += f" Showing the first {MOST_TOKENS} of {len(first.tokens):,} and {len(second.tokens):,} tokens."
    st.caption(sentence)


def _explain(spec: ModelSpec, parts: Contributions | None) -> str:
    """What the bars are, or why there are none."""
    if parts:
        return (
            f"The bars of each text add up to the cosine, {decimal(parts.total, 3)}: what each token contributes, "
            "special tokens included."
        )
    if spec.similarity != "cosine":
        return f"This model compares by {NAMES[spec.similarity]}: only a cosine is split by token here."
    return "This model's embedding is not a plain mean of its tokens: the cosine can't be split by token."


def _texts(compared: Compared, pair: Pair) -> tuple[str, str]:
    return compared.rows[pair[0]], compared.texts[pair[1]]


def _names(compared: Compared, pair: Pair) -> tuple[str, str]:
    return f"{'Query' if compared.queries else 'Text'} {pair[0] + 1}", f"Text {pair[1] + 1}"


def _from_address() -> Pair | None:
    match = re.fullmatch(r"([1-9]\d{0,2})-([1-9]\d{0,2})", st.query_params.get(state.Similarity.PAIR, ""))
    return (int(match[1]) - 1, int(match[2]) - 1) if match else None
