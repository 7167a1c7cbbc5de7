"""The texts to compare: typed or from the corpus; and queries to compare them with."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import streamlit as st

from core import corpus
from core.corpus import Corpus
from core.errors import InputError
from core.storage import digests
from pages.shared import corpora, state
from pages.shared.corpora import Source
from pages.shared.ui import inputs, output

MOST_TEXTS = 500
FROM_CORPUS = 100


@dataclass(frozen=True)
class Compared:
    """The texts and queries compared.

    Attributes
    ----------
    texts : tuple of str
    queries : tuple of str
        If there are any, they are the heatmaps' rows and the texts their columns; else the texts are both.
    origin : str
        Where the texts come from, and their number, unless they are pasted.
    sources : tuple of Corpus
        The corpora they were read from, which record what was skipped.
    """

    texts: tuple[str, ...]
    queries: tuple[str, ...]
    origin: str
    sources: tuple[Corpus, ...]

    @property
    def rows(self) -> tuple[str, ...]:
        """The texts of the rows."""
        return self.queries or self.texts

    @property
    def digest(self) -> str:
        """The digest of these texts."""
        content = "\0".join([*self.texts, "", *self.queries]).encode("utf-8", "surrogatepass")
        return digests.of(content, size=8)


def find() -> Source:
    """Whether the texts are typed here or the corpus of all pages, before anything is drawn."""
    return corpora.source(state.Similarity.SOURCE, state.Similarity.TYPED, corpus.sample_sentences())


def choose(source: Source, texts: Corpus) -> Compared:
    """The texts to compare, chosen in a popover; `texts` is the corpus they can come from.

    Raises
    ------
    InputError
        There are none, or only one and nothing to compare it with.
    """
    with st.popover("Edit texts", icon=":material/edit:", width="content"):
        if source.choose():
            source_texts, origin = _paste(), ""
            given = source_texts.texts
        else:
            rows, origin = _from_corpus(texts)
            source_texts, given = texts, tuple(texts.documents[row] for row in rows)
        against = inputs.optional_texts(
            state.Similarity.QUERIES, height=100,
            label="Queries, one per line (optional): each is compared with every text",
        )  # fmt: skip
    queries = against.texts if against else ()
    if len(given) < 2 and not queries:
        raise InputError("A single text has nothing to compare with: enter at least two, one per line.")
    _show_skips(given, queries)
    return Compared(
        given[:MOST_TEXTS], queries[:MOST_TEXTS], origin, (source_texts, against) if against else (source_texts,)
    )


def caption(compared: Compared, order: str) -> None:
    """What is compared and in which order, in a few words, and what was skipped."""
    count = f"{len(compared.texts):,} texts"
    whence = output.markdown_free(compared.origin) or count
    if compared.queries:
        st.caption(f"{len(compared.queries):,} queries, each compared with {whence}, {output.markdown_free(order)}.")
    else:
        st.caption(f"{whence}, each compared with every other, {output.markdown_free(order)}.")
    for source in compared.sources:
        output.show_skips(source)


def _paste() -> Corpus:
    return inputs.paste_texts(state.Similarity.TYPED, corpus.sample_sentences(), height=260)


def _from_corpus(texts: Corpus) -> tuple[Sequence[int], str]:
    """Rows of the corpus, and a description of them."""
    most = min(MOST_TEXTS, len(texts))
    inputs.clamp(state.Similarity.HOW_MANY, 1, most)
    wanted = st.number_input(
        "Number of texts", 1, most, min(FROM_CORPUS, most), step=50, key=state.Similarity.HOW_MANY, bind="query-params"
    )
    count = int(wanted or most)
    if count == len(texts):
        return range(count), f"{count:,} texts from {texts.name}"
    which = st.segmented_control(
        "Which", ["Random", "First"], default="Random", key=state.Similarity.WHICH, bind="query-params", required=True
    )
    if which == "First":
        return range(count), f"the first {count:,} of {len(texts):,} texts from {texts.name}"
    seed = int(st.number_input("Seed", 0, 10_000, 0, key=state.Similarity.SEED, bind="query-params") or 0)
    rows = np.sort(np.random.default_rng(seed).choice(len(texts), count, replace=False))
    return rows.tolist(), f"{count:,} random texts out of {len(texts):,} from {texts.name} (seed {seed})"


def _show_skips(texts: Sequence[str], queries: Sequence[str]) -> None:
    for what, given in (("texts", texts), ("queries", queries)):
        if len(given) > MOST_TEXTS:
            st.info(f"Comparing the first {MOST_TEXTS} of {len(given):,} {what}: more cells would be unreadable.")
