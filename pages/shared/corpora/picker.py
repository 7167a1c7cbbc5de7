"""The sample, pasted texts, files or a collection: chosen in a popover that shows the choice, in every page's head."""

from collections.abc import Sequence
from contextvars import ContextVar

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core import collections, corpus
from core.collections import Collection
from core.corpus import Columns, Corpus, Splitting
from core.errors import InputError
from core.map_files import Space
from core.progress import Progress
from core.settings import most_rows
from core.wording import shorten
from pages.shared import cache, door, navigation, state, uploads
from pages.shared.corpora import collected, columns, files, passages, points, skips
from pages.shared.corpora.files import Source
from pages.shared.state import Files
from pages.shared.ui import inputs, notices, output, progress
from pages.shared.uploads import Upload

SOURCES = ("Sample", "Paste", "File", "Collection")
LONGEST_NAME = 26
BUTTON = "Your texts"

_place: ContextVar[DeltaGenerator | None] = ContextVar("place_of_corpus", default=None)
_is_named: ContextVar[bool] = ContextVar("corpus_is_named", default=True)


def begin(place: DeltaGenerator) -> None:
    """Note where the page's head has the button, before the page is drawn."""
    _place.set(place)
    _is_named.set(True)


def hide_name() -> None:
    """Let the button name no corpus on a page that shows other texts; before the button is drawn."""
    _is_named.set(False)


def own() -> str:
    """What identifies the user's own texts, before they are read; empty while the sample is in force."""
    _follow_address()
    kind = st.session_state[state.Corpus.SOURCE]
    if kind == "File":
        uploaded = uploads.current(state.Corpus.FILES)
        return "" if points.hold_vectors_alone(uploaded) else " ".join(upload.digest for upload in uploaded)
    if kind == "Collection":
        return collected.name()
    return inputs.choice(state.Corpus.PASTED, "").strip() if kind == "Paste" else ""


def offer() -> None:
    """Draw the button on a page that has not asked for the corpus. Errors as in `choose_space`."""
    if _place.get() is not None:
        choose_space(with_points=False)


def choose() -> Corpus:
    """The session's corpus, the same on every page.

    Raises
    ------
    InputError
        A file cannot be read, or there is no text.
    """
    return _texts(choose_space(with_points=False))


def choose_space(*, with_points: bool = True) -> Space:
    """The session's corpus, with any vectors or coordinates in its file.

    Parameters
    ----------
    with_points
        Whether to read a table's columns of vectors or coordinates; otherwise only its texts are read.

    Raises
    ------
    InputError
        A file cannot be read, or holds nothing.
    """
    with navigation.as_frame():
        return _space(with_points=with_points)


def collection() -> Collection | None:
    """The collection from which `choose` has drawn a sample; None if the corpus is no collection's, or not yet."""
    return collected.opened() if st.session_state.get(state.Corpus.SOURCE) == "Collection" else None


def open_file(name: str, content: bytes | None) -> None:
    """Make a file the session's corpus, or the sample if there is none, before a run's widgets are drawn.

    Raises
    ------
    LimitError
        The visitor, or all visitors together, would have uploaded too much.
    """
    if content is not None:
        uploads.store_file(state.Corpus.FILES, name, content)
        passages.turn_off(state.Corpus.FILES)
    st.session_state[state.Corpus.SOURCE] = "Sample" if content is None else "File"


def _space(*, with_points: bool) -> Space:
    """The button with its popover, and what is chosen in it."""
    place = _place.get() or st.container(width="content")
    _place.set(None)
    _follow_address()
    with place.popover(_label(), icon=":material/library_books:", key=state.Corpus.FILES.POPOVER):
        kind = _kind()
        if kind == "Collection":
            return collected.choose(with_map=with_points)
        if kind == "Sample":
            st.caption("Passages on many subjects, with labelled queries. Paste or upload your own texts instead.")
            return Space(corpus.sample())
        uploaded = _uploaded() if kind == "File" else ()
        if (
            uploaded
            and (with_points or points.hold_vectors_alone(uploaded))
            and (space := points.choose(state.Corpus.FILES, uploaded))
        ):
            return space
        sources = _paste() if kind == "Paste" else [files.source(upload) for upload in uploaded]
        if not sources:
            return Space(_sample_until("paste texts" if kind == "Paste" else "upload a file"))
        texts, splitting, report = _ask_how(state.Corpus.FILES, sources)
    return Space(_build(state.Corpus.FILES, sources, texts, splitting, report))


def _texts(space: Space) -> Corpus:
    """The texts beside vectors; refused if there are vectors alone."""
    if not space.has_texts:
        raise InputError(
            f"{space.name} contains vectors but no texts: the Projector can draw it. To use this page, upload texts "
            f"under “{BUTTON}”."
        )
    return space.corpus


def _follow_address() -> None:
    """Take what the address asks for: a link, or the browser's Back or Forward.

    Streamlit does not bind this control to it: that would forget those of a closed popover between pages.
    """
    key, asked = state.Corpus.SOURCE, st.query_params.get(state.Corpus.SOURCE)
    known = _sources()
    is_asked_anew = asked in known and asked != st.session_state.get(state.Corpus.ASKED)
    if key not in st.session_state or is_asked_anew or navigation.is_history():
        st.session_state[key] = asked if asked in known else known[0]
    inputs.follow_history(state.Corpus.PASTED, "")


def _sources() -> tuple[str, ...]:
    """Where texts can come from: collections only where they can be made, or where there are any."""
    can_be_made = collections.is_installed() and door.may_make_collections()
    return SOURCES if can_be_made or collections.are_any() else SOURCES[:-1]


def _kind() -> str:
    """Where the texts come from, chosen, and written to the address."""
    key = state.Corpus.SOURCE
    kind = str(st.segmented_control(BUTTON, _sources(), key=key, persist_state="session", required=True))
    if kind != "Collection":
        st.query_params.pop(collected.KEY, None)
    if kind == SOURCES[0]:
        st.query_params.pop(key, None)
    elif st.query_params.get(key) != kind:
        st.query_params[key] = kind
    st.session_state[state.Corpus.ASKED] = kind
    return kind


def _label() -> str:
    """The current choice, before the widgets exist: a link's first run knows only the address."""
    if not _is_named.get():
        return BUTTON
    kind = inputs.choice(state.Corpus.SOURCE, SOURCES[0])
    if kind == "File" and (uploaded := uploads.current(state.Corpus.FILES)):
        names = corpus.together([upload.name for upload in uploaded])
        return f"{BUTTON}: {output.markdown_free(shorten(names, LONGEST_NAME))}"
    if kind == "Collection" and (name := collected.name()):
        return f"{BUTTON}: {shorten(name, LONGEST_NAME)}"
    is_pasted = kind == "Paste" and inputs.choice(state.Corpus.PASTED, "").strip()
    return f"{BUTTON}: {'pasted' if is_pasted else 'sample'}"


def _uploaded() -> tuple[Upload, ...]:
    """The files, which a link may have promised."""
    uploaded = files.ask(state.Corpus.FILES)
    if not uploaded:
        uploads.show_missing(state.Corpus.SOURCE, "file", BUTTON, "this page shows the sample corpus")
    return uploaded


def _paste() -> list[Source]:
    pasted = inputs.remember_text(state.Corpus.PASTED, "", height=240, placeholder="\n".join(corpus.EMBEDDED))
    return [files.source_of_text(pasted)] if pasted.strip() else []


def _sample_until(what: str) -> Corpus:
    """Use the sample until there are texts, and say so."""
    st.caption(f"The pages show the sample corpus until you {what}.")
    return corpus.sample()


def _ask_how(keys: Files, sources: Sequence[Source]) -> tuple[Columns, Splitting | None, DeltaGenerator]:
    """The columns, how to split, and a place for the result."""
    roles = columns.choose(keys, sources)
    return roles, passages.choose(keys), st.container()


def _build(
    keys: Files, sources: Sequence[Source], roles: Columns, splitting: Splitting | None, report: DeltaGenerator
) -> Corpus:
    """The corpus, built once for equal content and choices, with its messages."""
    with notices.above(), progress.line(keys.BUILD) as on_progress:
        texts = _recall(sources, roles, splitting, on_progress)
    if texts.is_cut and (advice := files.advice()):
        notices.above().warning(f"Only the first {len(texts):,} texts are read. {advice}", icon=":material/cut:")
    with report:
        passages.explain(texts, splitting)
        skips.offer(texts, keys.owner)
    return texts


def _recall(sources: Sequence[Source], roles: Columns, splitting: Splitting | None, on_progress: Progress) -> Corpus:
    named = tuple((source.name, source.digest) for source in sources)

    def build() -> Corpus:
        splitter = None if splitting is None else corpus.splitter(splitting)
        return corpus.from_tables([(source.name, source.table) for source in sources], roles, splitter, on_progress)

    return cache.memory().recall(("corpus", named, roles, splitting, most_rows()), build)
