"""A collection as the corpus of all pages: a sample of it is in memory, Search goes through all of it."""

import streamlit as st

from core import collections
from core.collections import Collection
from core.corpus import Corpus
from core.errors import InputError
from core.map_files import Space
from core.storage.vectors import shared_store
from pages.shared import cache, navigation, state

KEY = state.Corpus.COLLECTION


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
        st.caption(
            f"Search and Evaluate go through all {len(found):,} texts; this page shows a sample of {len(drawn):,}."
            if with_map
            else f"Search and Evaluate go through all {len(found):,} texts; other pages take a sample."
        )
    return drawn


def name() -> str:
    """The chosen collection's, before its control exists; empty if none is."""
    return str(st.session_state.get(KEY) or st.query_params.get(KEY, ""))


def opened() -> Collection:
    """The chosen collection, as it is now."""
    return collections.open_collection(name())


def _points(found: Collection) -> Space:
    """Points of the latest map."""
    key = ("map of a collection", found.data.uri, found.data.version)
    return cache.memory().recall(key, lambda: collections.space_of(found, collections.maps_of(found)[-1]))


def _sample(found: Collection) -> Corpus:
    key = ("collection", found.data.uri, found.data.version)
    return cache.memory().recall(key, lambda: collections.sample(found, shared_store()))
