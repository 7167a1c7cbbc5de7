"""The Duplicates view: exact and near duplicates in the corpus, and isolated texts."""

import math
from collections.abc import Sequence
from functools import partial

import numpy as np
import pandas as pd
import streamlit as st

from core import examples
from core.charts.search import nearest_cosines
from core.charts.style import model_colour
from core.corpus import Corpus
from core.models import ModelSpec
from core.progress import Progress
from core.search import duplicates
from core.search.duplicates import Indices, Pairs
from core.similarity import NAMES
from core.similarity.functions import unit
from core.wording import count, decimal, shorten
from pages.parts.search import model_choice
from pages.shared import cache, state
from pages.shared.state import Key
from pages.shared.ui import chart, output, progress

MOST_LISTED = 1000
LEAST, USUAL = 0.7, 0.95
LONERS = 50
PAIRED = 215  # pixels, for two texts side by side
FEW = 5

Alone = tuple[Indices, np.ndarray]  # each text's nearest neighbour and its cosine


def show(texts: Corpus, specs: Sequence[ModelSpec]) -> None:
    """Groups of the same and of nearly the same texts, and the texts without a near neighbour, under one model."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        spec = model_choice.model(specs)
        place_of_threshold = st.container(width=320)
    with progress.line(state.Search.COMPARE, height=420) as on_progress:
        embedded = cache.embed_corpus(texts, spec, on_progress)
        vectors = embedded.vectors if spec.similarity == "cosine" else unit(embedded.vectors)
        same = cache.memory().recall(("same texts", texts.fingerprint), lambda: duplicates.same_texts(texts.documents))
        alone = _alone(texts, spec, vectors, on_progress)
        with place_of_threshold:
            threshold = _choose_threshold(_opening(alone))
        pairs = _pairs(texts, spec, vectors, threshold, on_progress)
    near = duplicates.group(pairs, same)
    output.answer(_sentence(len(texts), same, near, pairs, threshold, alone))
    if alone:
        _draw_cosines(spec, alone[1], threshold)
    _figures(texts, same, near, pairs)
    groups, pair_table = _groups(texts, same, near, vectors), _pair_table(texts, pairs)
    *left, right = st.columns(2, gap="medium") if near else [st.container()]
    for place in left:
        place.markdown("## Groups, largest first")
        with place:
            _list(groups, state.Search.GROUPS, "No two texts are the same or nearly the same.")
    with right:
        _show_pairs(texts, pair_table, alone, vectors)
    loners = _loners(texts, *alone) if alone else pd.DataFrame()
    st.markdown("## Texts without a near neighbour")
    _list(loners, state.Search.LONERS, "A single text has nothing to compare with.")
    if spec.similarity != "cosine":
        st.caption(
            f"{output.markdown_free(spec.name)} compares by {NAMES[spec.similarity]}, which has no fixed scale for a "
            "threshold: duplicates are found by cosine."
        )
    output.provenance(embedded.provenance)
    with st.container(horizontal=True):
        for table, name, label in (
            (groups, "duplicates", "Groups (CSV)"),
            (pair_table, "near-pairs", "Pairs (CSV)"),
            (loners, "loners", "Texts without a near neighbour (CSV)"),
        ):
            output.download_table(output.with_options(table, [spec], queries=False), name, label)
    output.code(examples.duplicates(spec, texts.texts, threshold))


def _choose_threshold(opening: float) -> float:
    """The least cosine of near duplicates; until it is chosen, the opening one of these texts under this model."""
    chosen, opened = (st.session_state.get(key) for key in (state.Search.NEAR, state.Search.NEAR_OPENED))
    if chosen is not None and chosen == opened:
        st.session_state[state.Search.NEAR] = opening
    st.session_state[state.Search.NEAR_OPENED] = opening
    return st.slider(
        "Near duplicates: minimum cosine", LEAST, 1.0, opening, 0.01, key=state.Search.NEAR, bind="query-params"
    )


def _opening(alone: Alone | None) -> float:
    """The threshold that the view opens at: the usual one or, where no pair reaches it, that of the nearest pair."""
    nearest = float(np.nanmax(alone[1])) if alone and np.isfinite(alone[1]).any() else USUAL
    return min(USUAL, max(LEAST, math.floor(100 * nearest) / 100))


def _sentence(
    texts: int, same: Sequence[Indices], near: Sequence[Indices], pairs: Pairs, threshold: float, alone: Alone | None
) -> str:
    """What is the same and nearly the same, and how many texts are left after merging."""
    exact, unique = _twins(same), texts - _twins(near)
    if unique == texts:
        nearest = f"; the nearest pair has {decimal(np.nanmax(alone[1]))}" if alone else ""
        return f"No duplicates: no two texts reach a cosine of {threshold:.2f}{nearest}."
    copies = f"{count(exact, 'exact duplicate')} and " if exact else ""
    return (
        f"{copies}{count(pairs.count, 'pair')} at a cosine of {threshold:.2f} or more: "
        f"{unique:,} of {texts:,} texts are unique."
    )


def _twins(groups: Sequence[Indices]) -> int:
    """How many texts go when each group is merged into one."""
    return sum(len(rows) - 1 for rows in groups)


def _draw_cosines(spec: ModelSpec, cosines: np.ndarray, threshold: float) -> None:
    chart.draw(
        nearest_cosines(cosines, threshold, colour=model_colour(spec.id)),
        key=state.Search.NEAREST,
        name="nearest-neighbours",
        alt="How near each text's nearest other text is, with the threshold",
    )


def _show_pairs(texts: Corpus, pair_table: pd.DataFrame, alone: Alone | None, vectors: np.ndarray) -> None:
    """The pairs that reach the threshold; if none does, the nearest ones whatever their cosine."""
    if len(pair_table) or alone is None:
        st.markdown("## Pairs, nearest first")
        _list(pair_table, state.Search.NEAR_PAIRS, "A single text has nothing to compare with.")
        return
    st.markdown("## The nearest pairs, all below the threshold")
    nearest = duplicates.nearest_pairs(vectors, alone[1], FEW)
    _list(_pair_table(texts, nearest).head(FEW), state.Search.NEAR_PAIRS, "No two texts can be compared.")


def _pairs(texts: Corpus, spec: ModelSpec, vectors: np.ndarray, threshold: float, on_progress: Progress) -> Pairs:
    key = ("pairs", texts.fingerprint, *cache.identity(spec), threshold)
    return cache.memory().recall(
        key,
        lambda: duplicates.near_pairs(
            vectors, threshold, lambda done, total: on_progress("Comparing all pairs of texts", done, total)
        ),
    )


def _alone(texts: Corpus, spec: ModelSpec, vectors: np.ndarray, on_progress: Progress) -> Alone | None:
    """Each text's nearest neighbour and its cosine; None for a single text."""
    if len(texts) < 2:
        return None
    key = ("nearest others", texts.fingerprint, *cache.identity(spec))
    return cache.memory().recall(
        key,
        lambda: duplicates.nearest_others(
            vectors, lambda done, total: on_progress("Finding each text's nearest neighbour", done, total)
        ),
    )


def _figures(texts: Corpus, same: Sequence[Indices], near: Sequence[Indices], pairs: Pairs) -> None:
    with st.container(horizontal=True, gap="large"):
        st.metric("Texts", f"{len(texts):,}")
        st.metric("Exact duplicates", f"{_twins(same):,}")
        st.metric("Near-duplicate pairs", f"{pairs.count:,}")
        st.metric("Near-duplicate groups", f"{len(near):,}")
        st.metric("Unique texts after merging", f"{len(texts) - _twins(near):,}")
    if pairs.count > len(pairs.first):
        st.caption(f"Showing the {len(pairs.first):,} nearest pairs.")


def _groups(texts: Corpus, same: Sequence[Indices], near: Sequence[Indices], vectors: np.ndarray) -> pd.DataFrame:
    """One line per text of a group, with its cosine to the group's first."""
    twins = {int(row) for rows in same for row in rows[1:]}
    return pd.DataFrame(
        [
            {
                "group": number,
                "id": texts.ids[row],
                "text": texts.texts[row],
                "cosine to first": min(1.0, float(vectors[row] @ vectors[rows[0]])),
                "exact duplicate": int(row) in twins,
            }
            for number, rows in enumerate(near, start=1)
            for row in rows
        ]
    )


def _pair_table(texts: Corpus, pairs: Pairs) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "cosine": pairs.cosines,
            "text": [texts.texts[row] for row in pairs.first],
            "other text": [texts.texts[row] for row in pairs.second],
            "id": [texts.ids[row] for row in pairs.first],
            "other id": [texts.ids[row] for row in pairs.second],
        }
    )


def _loners(texts: Corpus, others: Indices, cosines: np.ndarray) -> pd.DataFrame:
    """The texts with the farthest nearest neighbour; the percentile is among all texts' cosines to their nearest."""
    order = np.argsort(cosines, kind="stable")[:LONERS]
    ranked = np.sort(cosines)
    return pd.DataFrame(
        {
            "cosine": cosines[order],
            "percentile": [100 * np.searchsorted(ranked, cosines[row], "right") / len(ranked) for row in order],
            "text": [texts.texts[row] for row in order],
            "nearest text": [texts.texts[others[row]] for row in order],
            "id": [texts.ids[row] for row in order],
        }
    )


def _list(table: pd.DataFrame, key: Key, nothing: str) -> None:
    if not len(table):
        st.info(nothing, icon=":material/check:")
        return
    shown = table.head(MOST_LISTED).map(lambda cell: shorten(cell, 300) if isinstance(cell, str) else cell)
    cosines = [name for name in ("cosine", "cosine to first") if name in shown]
    st.dataframe(
        output.signed(shown, dict.fromkeys(cosines, partial(decimal, digits=3))),
        hide_index=True,
        key=key,
        height=min(300, 38 + 35 * len(shown)),
        alt=f"Table of {key.replace('_', ' ')}",
        column_config={
            "percentile": st.column_config.NumberColumn(format="%.1f"),
            "text": st.column_config.TextColumn(width=PAIRED if "other text" in shown else "large"),
            "other text": st.column_config.TextColumn(width=PAIRED),
        },
    )
    if len(table) > MOST_LISTED:
        st.caption(f"Showing the first {MOST_LISTED:,} of {len(table):,}; the download has all of them.")
