"""The marks made by clicking: counted, undone, and measured on Evaluate."""

import streamlit as st

from core.errors import EmbedscopeError
from core.wording import count
from pages.shared import state
from pages.shared.labels import judgements, sources
from pages.shared.labels.judgements import Texts
from pages.shared.state import Key

FILLED = """<style>
[data-testid="stFeedbackButtonActive"] { background: rgba(0,158,115,.22); border-radius: .5em }
[data-testid="stFeedbackButtonActive"] span { color: light-dark(#00785A, #3CCB9B) !important }
[data-testid="stFeedbackButtonActive"][aria-label="Thumbs down"] { background: rgba(204,102,119,.22) }
[data-testid="stFeedbackButtonActive"][aria-label="Thumbs down"] span { color: light-dark(#B3314A, #F08A9C) !important }
</style>"""


def show(texts: Texts) -> None:
    """How many marks there are, as a link that measures with them, and a button that undoes the latest."""
    marked = judgements.all_grades(texts)
    made = f"{count(sum(map(len, marked.values())), 'mark')} on {count(len(marked), 'query', 'queries')}"
    if judgements.labels(texts):
        st.page_link(
            "pages/evaluate.py",
            label=f"{made}: evaluate",
            icon=":material/checklist:",
            query_params=[(state.Labels.SOURCE, sources.MARKED)],
        )
    elif marked:
        st.markdown(made, width="content")
    if _history(texts):
        st.button("Undo", icon=":material/undo:", key=state.Search.UNDO_MARK, on_click=_undo, args=(texts,))


def toggle(texts: Texts, query: str, document: str, grade: int | None, key: Key) -> None:
    """Thumbs up for relevant, down for not; the current mark is shown, a second click removes it."""
    st.session_state[key] = grade
    st.feedback("thumbs", key=key, on_change=_mark, args=(texts, query, document, key))


def _mark(texts: Texts, query: str, document: str, key: Key) -> None:
    before = judgements.grades(texts, query).get(document)
    if _save(texts, query, document, st.session_state[key]):
        _history(texts).append((query, document, before))


def _undo(texts: Texts) -> None:
    if history := _history(texts):
        _save(texts, *history.pop())


def _save(texts: Texts, query: str, document: str, grade: int | None) -> bool:
    """Save a mark; returns whether it was possible: a callback cannot draw why not."""
    try:
        judgements.mark(texts, query, document, grade)
    except EmbedscopeError as error:
        st.session_state[state.Search.MARK_FAILURE] = str(error)
        return False
    return True


def _history(texts: Texts) -> list[tuple[str, str, int | None]]:
    """This session's marks in the corpus or collection, the latest last: query, document, and the grade before."""
    histories: dict[str, list[tuple[str, str, int | None]]] = st.session_state.setdefault(state.Search.MARKS_MADE, {})
    return histories.setdefault(texts.fingerprint, [])
