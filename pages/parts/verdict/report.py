"""The verdict on the screen: the answer, the chart, the table, and the downloads."""

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from core import examples, verdict
from core.benchmark import Run
from core.charts.style import model_colours
from core.charts.verdict import ALT, verdict_html, verdict_lanes
from core.collections import Collection
from core.corpus import Corpus
from core.verdict import Lane, Verdict
from pages.shared import frame, measurement, present, state
from pages.shared.ui import output
from pages.shared.ui.live_chart import LiveChart

SCROLLS = f"""<style>
.st-key-{state.Verdict.WIDE} {{{{ overflow-x: auto }}}}
.st-key-{state.Verdict.WIDE} > * {{{{ min-width: {{rem}}rem }}}}
/* No halo: these figures stand on bars, not between marks */
.st-key-{state.Verdict.WIDE} .js-plotly-plot .textpoint text {{{{ stroke: none }}}}
.swipe {{{{ display: none }}}}
@media (max-width: {{rem}}rem) {{{{ .swipe {{{{ display: block; margin: 0; opacity: .75 }}}} }}}}
</style>"""
SWIPE = '<p class="swipe">Swipe sideways for memory, price and licence →</p>'
SHOWN = (  # as much as a window 1024 pixels wide has room for; the others can be switched on above the table
    "place", "model", "score", "ndcg@10", "interval", "hello_world_ms", "requests_per_second", "memory_bytes",
    "recorded_on",
    "usd_per_million_tokens", "license",
)  # fmt: skip


def without_labels(texts: Corpus | Collection) -> None:
    """What to do if the corpus has no labels."""
    st.info(
        f"A verdict on {output.markdown_free(texts.name)} needs queries with known answers. Upload them under "
        "“Labels”, or mark search results; the Evaluate page suggests which queries to mark first.",
        icon=":material/checklist:",
    )
    with st.container(horizontal=True):
        st.page_link("pages/evaluate.py", label="Find queries to mark", icon=":material/rule:")
        st.page_link("pages/search.py", label="Search and mark", icon=":material/search:")


def answer(decided: Verdict) -> None:
    """Which model to take and why, in a sentence; below the chart the figures, and when another would be better.

    In present mode, which shows the sentence alone, it has the figures.
    """
    output.answer(verdict.presented(decided) if present.is_on() else verdict.answer(decided))
    st.markdown(output.markdown_free(" ".join(verdict.details(decided))))


def begin_chart() -> LiveChart:
    """The place of the lanes."""
    st.html(SCROLLS.format(rem=54 if present.is_on() else 42) + SWIPE)
    with st.container(key=state.Verdict.WIDE):
        return LiveChart(state.Verdict.LANES, ALT)


def draw_lanes(decided: Verdict) -> go.Figure:
    """The lanes as a figure."""
    return verdict_lanes(
        verdict.lanes(decided), decided.ranking.weights, colours=_colours(decided), is_dark=frame.is_dark()
    )


def explain_chart(decided: Verdict, recording: Run | None) -> None:
    """What the lanes mean, which of them are recorded ones, and how firm the first place is."""
    hatched = (
        f"Hatched ╲: {measurement.recorded_on(recording)}, not on this machine. "
        if recording and verdict.is_recorded(decided)
        else ""
    )
    st.caption(
        "Every bar runs from 0 to 1; longer is better. Quality is nDCG@10, its whisker the 95% interval over the "
        "queries; percentages are shares of the total weight. "
        + hatched
        + output.markdown_free(" ".join(verdict.resampling(decided)))
    )


def _draw_html(decided: Verdict) -> str:
    return verdict_html(verdict.lanes(decided), decided.ranking.weights, colours=_colours(decided))


def table(decided: Verdict) -> pd.DataFrame:
    """The figures, one row per candidate; the table shows the main ones that are known."""
    figures = pd.DataFrame(verdict.figures(decided))
    number, text = st.column_config.NumberColumn, st.column_config.TextColumn
    st.dataframe(
        figures.assign(interval=[_interval(lane) for lane in verdict.lanes(decided)]),
        hide_index=True,
        key=state.Verdict.TABLE,
        column_order=[name for name in SHOWN if name not in figures or figures[name].notna().any()],
        placeholder="–",
        alt="The verdict's figures: score, quality with its interval, speed, memory, price and licence",
        column_config={
            "place": number("#", width=30),
            "model": text("Model", width=140),
            "score": number("Score", format="%.3f", width=60, help="The weighted mean, from 0 to 1."),
            "ndcg@10": number("nDCG@10", format="%.3f", width=76, help="Mean over the labelled queries."),
            "interval": text("95%", width=92, help="95% interval of nDCG@10 over the queries."),
            "hello_world_ms": number("ms", format="%.3g", width=56, help="Median for “Hello World”."),
            "requests_per_second": number(
                "Requests/s", format="%.3g", width=84, help="At the limit of a load test on these texts; not weighed."
            ),
            "memory_bytes": number("Memory", format="bytes", width=72),
            "usd_per_million_tokens": number("Price", format="$%.2g", width=66, help="US dollars per million tokens."),
            "license": text("Licence", width=90),
            "low": number("95% from", format="%.3f"),
            "high": number("95% to", format="%.3f"),
            "texts_per_second": number("Texts/s", format="%.0f", help="For texts of 128 tokens in batches of 16."),
            "timed_on": text("Timed on"),
            "recorded_on": text("Recorded on", width=92, help="Another machine: none is timed on this one."),
            "commercial_use": text("Permitted use"),
            "dimensions": number("Dimensions"),
            "bytes_per_vector": number("Bytes per vector"),
            "engine": text("Engine"),
            "precision": text("Precision"),
            "revision": text("Revision"),
            "similarity": text("Compared by"),
            "query_prompt": text("Query prompt"),
            "document_prompt": text("Document prompt"),
            "truncate_dim": number("First dimensions"),
            "truncated_texts": number("Texts not read whole"),
            "unknown_texts": number("Texts without a known token"),
            "truncated_queries": number("Queries not read whole"),
            "unknown_queries": number("Queries without a known token"),
            "notes": text("Notes"),
        },
    )
    return figures


def _interval(lane: Lane) -> str | None:
    """The 95 % interval of its quality, for a cell."""
    ends = lane.bars["quality"].ends
    return f"{ends[0]:.2f} to {ends[1]:.2f}" if ends else None


def downloads(decided: Verdict, figures: pd.DataFrame) -> None:
    """The verdict as a page and as Markdown, its figures as CSV."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.download_button(
            "Download report (HTML)",
            lambda: verdict.as_html(decided, _draw_html(decided)).encode(),
            file_name="verdict.html",
            mime="text/html",
            icon=":material/article:",
            on_click="ignore",
            type="primary",
            key=state.EveryPage.SAVE("verdict", "html"),
        )
        st.download_button(
            "Download report (Markdown)",
            lambda: verdict.as_markdown(decided).encode(),
            file_name="verdict.md",
            mime="text/markdown",
            icon=":material/markdown:",
            on_click="ignore",
            key=state.EveryPage.SAVE("verdict", "md"),
        )
        output.download_table(figures, "verdict")
        output.picture_format()


def provenance(decided: Verdict) -> None:
    """What the verdict is based on, for the page's foot, and what spoils its figures."""
    for line in verdict.provenance(decided):
        output.explain(output.markdown_free(line))
    output.warnings(sentence for lane in verdict.lanes(decided) for sentence in lane.candidate.caveats)


def code(decided: Verdict) -> None:
    """The few lines that weigh the same figures."""
    rows = {
        row.name: (
            row.scores["quality"],
            row.candidate.speed.milliseconds if row.candidate.speed else None,
            row.candidate.memory_bytes,
            row.candidate.dollars,
            row.scores["licence"],
        )
        for row in decided.ranking.ranked
    }
    if rows:
        output.code(examples.verdict(rows, decided.ranking.weights.by_criterion))


def _colours(decided: Verdict) -> dict[str, str]:
    return model_colours(lane.name for lane in verdict.lanes(decided))
