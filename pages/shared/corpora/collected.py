"""A collection as the corpus of all pages: a sample of it is in memory, Search goes through all of it."""

from itertools import pairwise

import streamlit as st

from core import collections
from core.collections import Collection
from core.corpus import Corpus
from core.errors import InputError
from core.map_files import Space
from core.storage.vectors import shared_store
from pages.shared import cache, navigation, state
from pages.shared.ui import inputs, output

KEY = state.Corpus.COLLECTION
POINTS = (50_000, 100_000, 200_000)  # of a map that can be drawn


def choose(*, with_map: bool) -> Space:
    """The collection's name, chosen, and a sample of its texts; if asked for and there is a map, of its points.

    Raises
    ------
    InputError
        It cannot be read, or has no texts.
    """
    names = collections.names()
    asked = st.query_params.get(KEY)
    if asked in names and (KEY not in st.session_state or navigation.is_history()):
        st.session_state[KEY] = asked
    name = st.selectbox("Collection", names, key=KEY, persist_state="session")
    if name is None:
        raise InputError("There is no collection yet: `python -m core collection create` makes one.")
    st.query_params[KEY] = name
    found = collections.open_collection(name)
    if not len(found):
        raise InputError(f"{name} has no texts yet: run the command that creates it again.")
    drawn = _points(found) if with_map and collections.maps_of(found) else Space(_sample(found))
    if len(drawn) < len(found):
        others = f"this page shows a sample of {len(drawn):,}" if with_map else "other pages and views take a sample"
        st.caption(f"Search, Evaluate and Verdict go through all {len(found):,} texts; {others}.")
    return drawn


def note_sample(texts: Corpus) -> None:
    """Say that a view of a page that goes through the whole collection takes a sample of it."""
    if st.session_state.get(state.Corpus.SOURCE) == "Collection" and texts.name != name():
        st.caption(f"This view takes {output.markdown_free(texts.name)}.")


def choose_points(total: int) -> None:
    """How many points of a map of so many are drawn: a control if there are more than are drawn at first."""
    offered = [POINTS[0], *(count for before, count in pairwise(POINTS) if before < total)]
    if len(offered) > 1:
        inputs.fall_back(state.Corpus.POINTS, offered, offered[0])
        st.segmented_control(
            "Points drawn", offered, default=offered[0], key=state.Corpus.POINTS, bind="query-params", required=True,
            format_func="{:,}".format, help="More points take longer to read and to draw.",
        )  # fmt: skip


def name() -> str:
    """The chosen collection's, before its control exists; empty if none is."""
    return str(st.session_state.get(KEY) or st.query_params.get(KEY, ""))


def opened() -> Collection:
    """The chosen collection, as it is now."""
    return collections.open_collection(name())


def _points(found: Collection) -> Space:
    """Points of the latest map, as many as are asked for."""
    asked = inputs.choice(state.Corpus.POINTS, "").replace(",", "")
    count = next((each for each in POINTS if str(each) == asked), POINTS[0])
    key = ("map of a collection", found.data.uri, found.data.version, count)
    return cache.memory().recall(key, lambda: collections.space_of(found, collections.maps_of(found)[-1], count))


def _sample(found: Collection) -> Corpus:
    key = ("collection", found.data.uri, found.data.version)
    return cache.memory().recall(key, lambda: collections.sample(found, shared_store()))
