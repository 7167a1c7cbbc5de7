"""How far a map can be trusted, in figures and in a sentence."""

from collections.abc import Mapping, Sequence

import streamlit as st

from core import wording
from core.maps import Tsne, Umap
from core.maps.faithfulness import Estimate, Faithfulness, faithfulness
from core.progress import silent
from pages.parts.projector import iterations, neighbours
from pages.parts.projector.charts import Chart
from pages.shared import cache
from pages.shared.ui import output

MOST_MEASURED = 50_000  # points of a map of which only some are drawn: a few seconds


def answer(charts: Sequence[Chart]) -> None:
    """What the maps show and how far to trust them, in a sentence to be said aloud."""
    count = len(charts[0].coordinates)
    which = f"this map of {count:,} texts" if len(charts) == 1 else "these maps"
    if iterations.is_moving([chart.projection for chart in charts]):
        output.answer(f"t-SNE is still moving the points of {which}.")
        return
    measured = {chart.title: _quality(chart) for chart in charts if chart.source}
    known = {title: quality for title, quality in measured.items() if quality}
    if not known:
        reason = "there are too few" if measured else "the original vectors are missing"
        output.answer(f"{which[0].upper()}{which[1:]} can't be checked: {reason}.")
        return
    least = min(known.values(), key=lambda quality: quality.trust)
    output.answer(f"{least.advice(which)}: {_recalls(known)}.")


def _recalls(measured: Mapping[str, Faithfulness]) -> str:
    """The share of true neighbours that stay nearest on each map, in words; as figures to compare several."""
    recalls = {title: quality.neighbour_recall.value for title, quality in measured.items()}
    if len(recalls) == 1:
        return f"{wording.in_ten(*recalls.values())} true neighbours stay nearest"
    (first, share), *others = recalls.items()
    kept = [f"{first} keeps {share:.0%} of neighbours", *(f"{title} {share:.0%}" for title, share in others)]
    return ", ".join(kept)


def show(charts: Sequence[Chart]) -> None:
    """Trustworthiness, continuity and neighbour recall of each map."""
    which = "this map" if len(charts) == 1 else "these maps"
    st.markdown(f"**How far to trust {which}**", help="\n\n".join((_TRUST, _CONTINUITY, _RECALL)))
    if iterations.is_moving([chart.projection for chart in charts]):
        st.caption("Measured once the points stand still.")
        return
    measured = {chart.title: _quality(chart) for chart in charts if chart.source}
    if not measured:
        st.caption(
            "Coordinates as uploaded: map quality can't be measured without the original vectors. Choose a method "
            "above to embed the texts."
        )
        return
    if len(measured) == 1:
        _one(next(iter(measured.values())))
    else:
        _several(measured)


def _quality(chart: Chart) -> Faithfulness | None:
    source = chart.source
    assert source is not None

    def measure() -> Faithfulness | None:
        if chart.density:  # any of its points are as good as others
            step = -(-len(chart.coordinates) // MOST_MEASURED)
            return faithfulness(source.vectors[::step], chart.coordinates[::step], metric=chart.metric)
        is_fitted = isinstance(
            chart.projection.settings, Umap | Tsne
        )  # then the neighbours are known, and quick to read
        true = neighbours.of(source, silent, chart.metric) if is_fitted else None
        return faithfulness(source.vectors, chart.coordinates, metric=chart.metric, true=true)

    if not chart.projection.is_finished:
        return measure()
    return cache.memory().recall(("quality", *chart.identity, chart.metric), measure)


def _one(quality: Faithfulness | None) -> None:
    if quality is None:
        st.caption("There are too few texts to measure this map.")
        return
    with st.container(horizontal=True, gap="medium"):  # wraps in a narrow window
        st.metric("Trust", _figure(quality.trustworthiness), help=_TRUST, width="content")
        st.metric("Continuity", _figure(quality.continuity), help=_CONTINUITY, width="content")
        st.metric("Recall", f"{quality.neighbour_recall.value:.0%}", help=_RECALL, width="content")
    st.markdown(quality.sentence)
    st.caption(_basis(quality))


def _several(measured: dict[str, Faithfulness | None]) -> None:
    for title, quality in measured.items():
        st.markdown(f"**{output.markdown_free(title)}**")
        if quality is None:
            st.caption("There are too few texts to measure this map.")
            continue
        st.markdown(
            f"trust {_figure(quality.trustworthiness)} · continuity {_figure(quality.continuity)} · "
            f"recall {quality.neighbour_recall.value:.0%}"
        )
        st.caption(f"{quality.sentence} {_basis(quality)}")


def _figure(estimate: Estimate) -> str:
    return f"{estimate.value:.3f}"


def _basis(quality: Faithfulness) -> str:
    """The number of texts measured, and the uncertainty."""
    if quality.rows == quality.total:
        return f"Measured on all {quality.total:,} texts, {quality.neighbours} neighbours each."
    ranges = [
        f"{name} {estimate.low:.3f} to {estimate.high:.3f}"
        for name, estimate in (
            ("trust", quality.trustworthiness),
            ("continuity", quality.continuity),
            ("recall", quality.neighbour_recall),
        )
        if estimate.low is not None and estimate.high is not None
    ]
    return (
        f"Measured on {quality.rows:,} of {quality.total:,} texts against all, {quality.neighbours} neighbours "
        f"each; 95% intervals: {', '.join(ranges)}."
    )


_TRUST = (
    "Trust (trustworthiness): how few neighbours on the map are unrelated in the original space. 1 means none; "
    "chance gives about 0.5."
)
_CONTINUITY = "Continuity: how few true neighbours are far apart on the map. 1 means none; chance gives about 0.5."
_RECALL = "Recall: the share of a text's true neighbours that are among its neighbours on the map."
