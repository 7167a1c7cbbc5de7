"""The numbers of a model's embeddings: facts about them, scores between few texts, and the first values."""

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from core.corpus import Corpus
from core.embedding import Embedded
from core.similarity import SCORES, UNITS, Matrix, Similarity, score_matrix, without_negative_zero
from core.wording import decimal
from pages.shared import state
from pages.shared.ui import output

if TYPE_CHECKING:
    import pandas as pd

MOST_ROWS = 12
MOST_COMPARED = 6
FIRST_NUMBERS = 8


def facts(embedded: Embedded, tokens: Sequence[int]) -> None:
    """Tokens, truncated texts, dimensions and norm, side by side."""
    vectors, cut = embedded.vectors, embedded.provenance.truncated_texts
    with st.container(horizontal=True, gap="medium"):
        st.metric("Tokens, longest text", _of_limit(tokens, embedded.provenance.max_tokens), width="content")
        st.metric("Texts truncated", "–" if cut is None else f"{cut:,}", width="content")
        st.metric("Dimensions", f"{vectors.shape[1]:,}", width="content")
        st.metric("Norm", f"{np.linalg.norm(vectors[0]):.3f}", width="content")


def show(embedded: Embedded, texts: Corpus, tokens: Sequence[int], model: str) -> None:
    """The first texts with their scores, if there are few, and the first values of each embedding."""
    column = st.column_config.NumberColumn
    similarity = embedded.provenance.similarity
    scores = {_score(similarity, number): f"{UNITS[similarity]} {number}" for number in range(1, MOST_COMPARED + 1)}
    shown = table(embedded.vectors, texts, tokens, similarity)
    firsts = [f"d{number}" for number in range(FIRST_NUMBERS)]
    written = {**dict.fromkeys(scores, partial(decimal, digits=3)), **dict.fromkeys(firsts, partial(decimal, digits=4))}
    st.dataframe(
        output.signed(shown, {name: how for name, how in written.items() if name in shown}),
        hide_index=True,
        key=state.Embed.NUMBERS(model),
        column_config={
            "text": st.column_config.TextColumn("Text", width=170),
            "tokens": column("Tokens", width=66),
            **{name: column(title, width=62, help=name) for name, title in scores.items()},
            **{name: column(width=70) for name in firsts},
        },
        alt=f"Each text, its scores with the others if they are few, and its first numbers by {model}",
    )


def table(vectors: Matrix, texts: Corpus, tokens: Sequence[int], similarity: Similarity) -> "pd.DataFrame":
    """A row for each of the first texts; with few texts, a column for the scores with each."""
    import pandas as pd

    titles = list(texts.titles[:MOST_ROWS])
    first = without_negative_zero(vectors[:MOST_ROWS, :FIRST_NUMBERS], 4)
    columns = {f"d{number}": column for number, column in enumerate(first.T)}
    counts = {"tokens": tokens[:MOST_ROWS]} if tokens else {}
    if not 1 < len(texts) <= MOST_COMPARED:
        return pd.DataFrame({"text": titles, **counts, **columns})
    scores = without_negative_zero(score_matrix(vectors, similarity=similarity))
    named = {_score(similarity, number): column for number, column in enumerate(scores.T, start=1)}
    numbered = [f"{number} · {title}" for number, title in enumerate(titles, start=1)]
    return pd.DataFrame({"text": numbered, **counts, **named, **columns})


def _score(similarity: Similarity, number: int) -> str:
    """The name of the column of the scores with a text."""
    return f"{SCORES[similarity]} with {number}"


def _of_limit(tokens: Sequence[int], limit: int | None) -> str:
    """The longest text's tokens beside the model's limit."""
    if not tokens:
        return "–"
    return f"{max(tokens):,} of {limit:,}" if limit else f"{max(tokens):,}, no limit"
