"""One model in full: its facts, what to know of its scores, and each task."""

import json

import pandas as pd
import streamlit as st

from core import leaderboard, wording
from core.leaderboard import Entry
from core.models import ModelSpec, listing
from core.wording import join
from pages.parts.models import downloads
from pages.shared import state
from pages.shared.ui import output

HEIGHT, HEADER, ROW = 320, 38, 35  # pixels
# the name makes each click a script of its own: Streamlit runs the same one only once
SCROLL = f"""<script>
/* {{spec}} */ document.querySelector(".st-key-{state.Models.CARD_BOX}")?.scrollIntoView({{{{ block: "center" }}}});
</script>"""


def choose(specs: list[ModelSpec]) -> ModelSpec | None:
    """The model whose card is open: typed to be found, or clicked in the table."""
    names = [spec.name for spec in specs]
    if not names:
        return None
    picked = st.selectbox(
        "One model in full", names, index=None, key=state.Models.CARD, bind="query-params", persist_state="session",
        width=420, filter_mode="contains", placeholder="Type a name, or click a cell of the table",
    )  # fmt: skip
    return next((spec for spec in specs if spec.name == picked), None)


def show(spec: ModelSpec) -> None:
    """The card of a model; one opened by a click in the table is scrolled into view."""
    entry = listing.entry_of(spec)
    with st.container(border=True, key=state.Models.CARD_BOX):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"## {output.markdown_free(spec.name)}", width="content")
            if spec.url:
                st.link_button("Model card", spec.url, icon=":material/open_in_new:")
            downloads.offer_one(spec)
        st.markdown(" · ".join(_facts(spec, entry)))
        st.caption(output.markdown_free(downloads.describe(spec)))
        if prompts := wording.prompts(spec.query_prompt, spec.document_prompt):
            st.caption(output.markdown_free("; ".join(prompts)))
        if entry is None:
            st.caption("It is not on MTEB's leaderboard.")
        else:
            _show_scores(entry)
        if st.session_state.pop(state.Models.CARD_CLICKED, None):
            st.html(SCROLL.format(spec=json.dumps(spec.name)), unsafe_allow_javascript=True)


def _facts(spec: ModelSpec, entry: Entry | None) -> list[str]:
    facts = [
        f"by {spec.organisation}" if spec.organisation else "",
        f"released {spec.released}" if spec.released else "",
        f"{wording.abbreviate(spec.parameters)} parameters" if spec.parameters else "",
        f"{spec.dimensions:,} dimensions" if spec.dimensions else "",
        f"can be shortened to {join([f'{length:,}' for length in spec.matryoshka], 'or')}" if spec.matryoshka else "",
        f"up to {spec.max_tokens:,} tokens" if spec.max_tokens else "",
        f"licence: {spec.license}" if spec.license else "licence unknown",
    ]
    if entry:
        facts += [
            f"{entry.zero_shot} % zero-shot" if entry.zero_shot is not None else "",
            {True: "needs instructions", False: "no instructions", None: ""}[entry.instructions],
            f"rank {entry.borda} by Borda on MTEB" if entry.borda else "",
        ]
    return [output.markdown_free(fact) for fact in facts if fact]


def _show_scores(entry: Entry) -> None:
    """Each task's score, and what to know of them."""
    board = leaderboard.current()
    for sentence in leaderboard.caveats(entry, board.tasks):
        st.caption(f":material/warning: {output.markdown_free(sentence)}")
    rows = [
        {
            "Task": task,
            "Type": kind,
            "Score": entry.scores.get(task),
            "Trained on": "yes" if task in entry.trained_on else "",
            "Source": _source(entry, task),
        }
        for task, kind in board.tasks.items()
    ]
    if not entry.scores:
        rows = [{"Type": kind, "Score": entry.types.get(kind)} for kind in board.types]
    st.dataframe(
        pd.DataFrame(rows),
        hide_index=True,
        key=state.Models.CARD_TASKS,
        height=min(HEIGHT, HEADER + ROW * len(rows)),
        placeholder="–",
        alt=f"Scores of {entry.id} by task",
        column_config={"Score": st.column_config.ProgressColumn(min_value=0, max_value=100, format="%.2f")},
    )


def _source(entry: Entry, task: str) -> str:
    if task in entry.missing:
        return "no score"
    return f"recovered, {entry.recovered[task]}" if task in entry.recovered else ""
