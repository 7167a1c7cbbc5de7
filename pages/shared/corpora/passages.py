"""Long texts: whether they are split into passages, and why they should be."""

import streamlit as st

from core import models
from core.corpus import FEWEST_TOKENS, MOST_TOKENS, TOKENIZER, Corpus, Splitting, longer_than
from core.models import ModelSpec
from core.models.tokenizer import load_tokenizer
from pages.shared import cache, picks
from pages.shared.state import Files
from pages.shared.ui import output

USUAL = Splitting()


def choose(files: Files) -> Splitting | None:
    """The length of passages; None if texts stay whole."""
    is_wanted = st.toggle(
        "Split long texts into passages", key=files.SPLIT, persist_state="session", bind="query-params"
    )
    if not is_wanted:
        return None
    left, right = st.columns(2)
    tokens = left.number_input(
        "Tokens per passage", FEWEST_TOKENS, MOST_TOKENS, USUAL.tokens, key=files.TOKENS,
        persist_state="session", bind="query-params", required=True,
        help=f"Counted by the tokenizer of {TOKENIZER}; other models differ by a few per cent.",
        on_change=_shorten_overlap, args=(files,),
    )  # fmt: skip
    overlap = right.number_input(
        "Overlapping tokens", 0, MOST_TOKENS, USUAL.overlap, key=files.OVERLAP,
        persist_state="session", bind="query-params", required=True,
        help="At most this many tokens from the end of a passage are repeated at the start of the next.",
    )  # fmt: skip
    return Splitting(int(tokens or USUAL.tokens), int(overlap or 0))


def turn_off(files: Files) -> None:
    """Leave texts whole, before the widgets are drawn."""
    st.session_state[files.SPLIT] = False


def _shorten_overlap(files: Files) -> None:
    """Reduce the overlap to a fifth if passages have become too short for it."""
    tokens, overlap = st.session_state[files.TOKENS], st.session_state.get(files.OVERLAP)
    if tokens is not None and overlap is not None and overlap >= tokens:
        st.session_state[files.OVERLAP] = int(tokens) // 5


def explain(texts: Corpus, splitting: Splitting | None) -> None:
    """The result of splitting; or a hint that it would help, if texts are too long for a picked model."""
    if splitting is not None:
        documents = len(set(texts.parents))
        st.caption(
            f"{documents:,} documents split into {len(texts):,} passages of up to {splitting.tokens:,} tokens "
            f"(tokenizer of {TOKENIZER})."
        )
        return
    limited = [spec for spec in picks.models() if spec.max_tokens]
    if limited:
        _recommend(texts, min(limited, key=lambda spec: spec.max_tokens or 0))


def _recommend(texts: Corpus, spec: ModelSpec) -> None:
    limit = spec.max_tokens or 0
    count = cache.memory().recall(
        ("longer", texts.fingerprint, limit),
        lambda: longer_than(texts.documents, limit, load_tokenizer(models.get(TOKENIZER))),
    )
    if count:
        st.info(
            f"At least {count:,} of {len(texts):,} texts are longer than the {limit:,} tokens that "
            f"{output.markdown_free(spec.name)} reads: it never sees the rest. Split them into passages.",
            icon=":material/content_cut:",
        )
