"""The sample, pasted texts or files, chosen in a popover that shows the choice."""

from collections.abc import Sequence

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core import corpus
from core.corpus import Columns, Corpus, Splitting
from core.errors import InputError
from core.map_files import Space
from core.progress import Progress
from core.settings import most_rows
from core.wording import shorten
from pages.shared import cache, state, uploads
from pages.shared.corpora import columns, files, passages, points, skips
from pages.shared.corpora.files import Source
from pages.shared.state import Files
from pages.shared.ui import inputs, notices, output, progress

SOURCES = ("Sample", "Paste", "File")
LONGEST_NAME = 26


def choose() -> Corpus:
    """The session's corpus, the same on every page.

    Raises
    ------
    InputError
        A file cannot be read, or there is no text.
    """
    return _texts(choose_space(with_points=False), "under “Corpus”")


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
    with st.popover(_label(), icon=":material/library_books:", key=state.Corpus.FILES.POPOVER):
        kind = st.segmented_control(
            "Corpus", SOURCES, default="Sample", key=state.Corpus.SOURCE, bind="query-params", required=True
        )
        if kind == "Sample":
            st.caption("Passages on many subjects, with labelled queries. Paste or upload your own texts instead.")
            return Space(corpus.sample())
        uploaded = files.ask(state.Corpus.FILES) if kind == "File" else ()
        if (
            uploaded
            and (with_points or points.hold_vectors_alone(uploaded))
            and (space := points.choose(state.Corpus.FILES, uploaded))
        ):
            return space
        sources = _paste() if kind == "Paste" else [files.source(upload) for upload in uploaded]
        if not sources:
            return Space(_sample_instead("Corpus"))
        texts, splitting, report = _ask_how(state.Corpus.FILES, sources)
    return Space(_build(state.Corpus.FILES, sources, texts, splitting, report))


def open_file(name: str, content: bytes | None) -> None:
    """Make a file the session's corpus, or the sample if there is none, before a run's widgets are drawn."""
    st.session_state[state.Corpus.SOURCE] = "Sample" if content is None else "File"
    if content is not None:
        uploads.store_file(state.Corpus.FILES, name, content)
        passages.turn_off(state.Corpus.FILES)


def choose_files(keys: Files) -> Corpus:
    """The texts of uploaded files alone; the sample corpus until there are any. Errors as in `choose`."""
    uploaded = files.ask(keys)
    if not uploaded:
        return _sample_instead("Files with texts")
    with st.popover("Columns and passages", icon=":material/tune:", key=keys.POPOVER):
        if points.hold_vectors_alone(uploaded) and (space := points.choose(keys, uploaded)):
            return _texts(space, "instead")
        sources = [files.source(upload) for upload in uploaded]
        texts, splitting, report = _ask_how(keys, sources)
    return _build(keys, sources, texts, splitting, report)


def _texts(space: Space, where: str) -> Corpus:
    """The texts beside vectors; refused if there are vectors alone, saying where to upload texts."""
    if not space.has_texts:
        raise InputError(
            f"{space.name} contains vectors but no texts: the Projector can draw it. To use this page, upload texts "
            f"{where}."
        )
    return space.corpus


def _label() -> str:
    """The current choice, before the widgets exist: a link's first run knows only the address."""
    kind = inputs.choice(state.Corpus.SOURCE, "Sample")
    if kind == "File" and (uploaded := uploads.current(state.Corpus.FILES)):
        names = corpus.together([upload.name for upload in uploaded])
        return f"Corpus: {output.markdown_free(shorten(names, LONGEST_NAME))}"
    return "Corpus: pasted" if kind == "Paste" else "Corpus: sample"


def _paste() -> list[Source]:
    pasted = inputs.remember_text(state.Corpus.PASTED, "", height=240)
    return [files.source_of_text(pasted)]


def _sample_instead(place: str) -> Corpus:
    """Use the sample while there is no file, and say so, as a link may have promised another corpus."""
    uploads.show_missing("file", place, "this page shows the sample corpus")
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
