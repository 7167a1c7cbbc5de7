"""Find texts by words, by a regular expression or by meaning; a typed text is placed on every map."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import streamlit as st

from core.corpus import Corpus, one_text
from core.errors import InputError
from core.map_files import Space
from core.maps import Floats, Indices
from core.progress import Progress
from core.search.patterns import matching
from pages.parts.projector import selection
from pages.parts.projector.sources import Source
from pages.shared import cache, state
from pages.shared.ui import inputs

WAYS = ("Meaning", "Words", "Regex")
EVERYWHERE = "everywhere"
MOST_TYPED = 2000


@dataclass(frozen=True)
class Found:
    """The typed text and its results.

    Attributes
    ----------
    text : str
        Empty if nothing is typed.
    rows : Indices or None
        Rows that contain the words; None if the search is by meaning or nothing is typed.
    vectors : list of (1, d) arrays
        By meaning: the typed text under each source.
    problem : str
        What is wrong with the typed text.
    """

    text: str = ""
    rows: Indices | None = None
    vectors: Sequence[Floats] = ()
    problem: str = ""


def ask(space: Space, sources: Sequence[Source], on_progress: Progress) -> Found:
    """The search box and its results."""
    ways = WAYS if sources and all(source.spec for source in sources) else WAYS[1:]
    inputs.fall_back(state.Projector.FIND_BY, ways, ways[0])
    text = inputs.short_text(
        "Find",
        key=state.Projector.FIND,
        most=MOST_TYPED,
        placeholder="Type a text" if ways == WAYS else "Type a word",
        label_visibility="collapsed",
        icon=":material/search:",
        on_change=partial(selection.point_at, space.corpus, None),
    )
    way = st.segmented_control(
        "Find by", ways, default=ways[0], key=state.Projector.FIND_BY, bind="query-params", required=True,
        width="stretch",
        label_visibility="collapsed",
    )  # fmt: skip
    where = EVERYWHERE
    if way != "Meaning":
        columns = [EVERYWHERE, "text", *space.corpus.fields]
        inputs.fall_back(state.Projector.FIND_IN, columns, EVERYWHERE)
        where = st.selectbox(
            "In", columns, key=state.Projector.FIND_IN, bind="query-params", label_visibility="collapsed",
        )  # fmt: skip
    if not text.strip():
        return Found()
    try:
        if way == "Meaning":
            return Found(text, vectors=_vectors(one_text(text, "the typed text"), sources, on_progress))
        return Found(text, matching(_columns(space.corpus, where), text, is_regex=way == "Regex"))
    except InputError as error:
        return Found(text, np.empty(0, np.int64), problem=str(error))


def _vectors(text: str, sources: Sequence[Source], on_progress: Progress) -> list[Floats]:
    return [cache.embed_texts([text], source.spec, on_progress).vectors for source in sources if source.spec]


def _columns(texts: Corpus, where: str) -> list[Sequence[str]]:
    if where == EVERYWHERE:
        return [texts.texts, *texts.fields.values()]
    return [texts.fields.get(where, texts.texts)]
