"""A collection as the corpus of all pages: a sample of it is in memory, Search goes through all of it."""

from collections.abc import Sequence
from itertools import pairwise

import streamlit as st

from core import collections, corpus
from core.collections import Collection
from core.corpus import Corpus
from core.errors import InputError
from core.map_files import Space
from core.storage.vectors import shared_store
from pages.shared import cache, door, navigation, state
from pages.shared.corpora import creation, jobs
from pages.shared.ui import inputs, output

KEY = state.Corpus.COLLECTION
POINTS = (50_000, 100_000, 200_000)  # of a map that can be drawn


def choose(*, with_map: bool) -> Space:
    """The collection, chosen or made anew, and a sample of its texts; if asked for and there is a map, of its points.

    The sample corpus where there is none, or where its files are still read.

    Raises
    ------
    InputError
        It cannot be read, or has no texts.
    """
    names = _offered()
    if names:
        _choose_name(names)
    jobs.show(name())
    found = opened() if names else None
    drawn = Space(corpus.sample()) if found is None else _draw(found, with_map=with_map)
    if found is None:
        st.caption("The pages show the sample corpus until a collection is read.")
    if door.may_make_collections():
        if found is not None:
            _offer_deletion(found)
        creation.ask(is_open=not names)
    return drawn


def _offered() -> list[str]:
    """The names of all collections, also of those that are just begun."""
    return sorted({*collections.names(), *(job.name for job in cache.jobs().running())})


def _choose_name(names: Sequence[str]) -> None:
    """The control, which a link or the browser's Back and Forward set."""
    asked = st.query_params.get(KEY)
    if asked in names and (KEY not in st.session_state or navigation.is_history()):
        st.session_state[KEY] = asked
    inputs.fall_back(KEY, names, names[0])
    st.query_params[KEY] = str(st.selectbox("Collection", names, key=KEY, persist_state="session"))


def _draw(found: Collection, *, with_map: bool) -> Space:
    """A sample of a collection, or points of its map, with a line that says of what."""
    if not len(found):
        raise InputError(f"{found.name} has no texts yet: run the command that creates it again.")
    drawn = _points(found) if with_map and collections.maps_of(found) else Space(_sample(found))
    if len(drawn) < len(found):
        others = f"this page shows a sample of {len(drawn):,}" if with_map else "other pages and views take a sample"
        st.caption(f"Search, Evaluate and Verdict go through all {len(found):,} texts; {others}.")
    return drawn


def _offer_deletion(found: Collection) -> None:
    """A button that deletes a collection once that is confirmed."""
    if st.session_state.get(state.Corpus.DELETING) != found.name:
        st.button(
            "Delete", key=state.Corpus.DELETE, icon=":material/delete:", on_click=_ask_to_delete, args=(found.name,)
        )
        return
    st.warning(
        f"Delete {found.name} with {len(found):,} texts, their vectors and maps, for everybody? This can't be undone.",
        icon=":material/delete:",
    )
    with st.container(horizontal=True):
        st.button("Delete", key=state.Corpus.DELETE, type="primary", on_click=_delete, args=(found.name,))
        st.button("Keep it", key=state.Corpus.KEEP, on_click=_ask_to_delete, args=("",))


def _ask_to_delete(name: str) -> None:
    st.session_state[state.Corpus.DELETING] = name


def _delete(name: str) -> None:
    _ask_to_delete("")
    cache.jobs().delete(name)
    st.session_state.pop(KEY, None)
    st.query_params.pop(KEY, None)


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


def opened() -> Collection | None:
    """The chosen collection, as it is now; None if there is none, or if its files are still read."""
    chosen = name()
    job = cache.jobs().of(chosen)
    is_read = job is None or job.state != "running" or not job.is_reading
    return collections.open_collection(chosen) if is_read and chosen in collections.names() else None


def _points(found: Collection) -> Space:
    """Points of the latest map, as many as are asked for."""
    asked = inputs.choice(state.Corpus.POINTS, "").replace(",", "")
    count = next((each for each in POINTS if str(each) == asked), POINTS[0])
    key = ("map of a collection", found.data.uri, found.data.version, count)
    return cache.memory().recall(key, lambda: collections.space_of(found, collections.maps_of(found)[-1], count))


def _sample(found: Collection) -> Corpus:
    key = ("collection", found.data.uri, found.data.version)
    return cache.memory().recall(key, lambda: collections.sample(found, shared_store()))
