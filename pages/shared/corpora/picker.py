"""The sample, pasted texts or files: chosen in a popover that names the choice."""

from collections.abc import Sequence

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core import corpus
from core.corpus import Columns, Corpus, Splitting
from core.progress import Progress
from core.settings import most_rows
from pages.shared import cache, frame
from pages.shared.corpora import columns, files, passages, skips
from pages.shared.corpora.files import Source
from pages.shared.ui import inputs, output, progress

KEY = "corpus"
SOURCES = ("Sample", "Paste", "File")
LONGEST_NAME = 26
NOT_HERE = (
    "The address asks for an uploaded file, but only the session that uploaded it has it: "
    "this is the sample corpus. Upload the file under Corpus to work on it here."
)


def chosen() -> Corpus:
    """The corpus of this session: the same on every page.

    Raises
    ------
    InputError
        A file cannot be read, or there is no text.
    """
    files.keep(KEY)
    with st.popover(_label(), icon=":material/library_books:", key="corpus_popover"):
        kind = st.segmented_control("Corpus", SOURCES, default="Sample", key=KEY, bind="query-params", required=True)
        if kind == "Sample":
            st.caption("Passages in many subjects, with labelled queries: paste or upload your own texts.")
            return corpus.sample()
        sources = _pasted() if kind == "Paste" else files.ask(KEY)
        if not sources:
            return _sample_instead()
        texts, splitting, report = _ask_how(KEY, sources)
    return _built(KEY, sources, texts, splitting, report)


def uploaded(key: str) -> Corpus:
    """The texts of uploaded files alone; the sample corpus until there are any. Errors as in `chosen`."""
    files.keep(key)
    sources = files.ask(key)
    if not sources:
        return corpus.sample()
    with st.popover("Columns and passages", icon=":material/tune:", key=f"{key}_popover"):
        texts, splitting, report = _ask_how(key, sources)
    return _built(key, sources, texts, splitting, report)


def _label() -> str:
    """What is chosen, before the widgets have said so: a link's first run knows only the address."""
    kind = str(st.session_state.get(KEY) or st.query_params.get(KEY) or "")
    if kind == "File" and (names := files.names(KEY)):
        return f"Corpus: {output.markdown_free(corpus.shortened(corpus.together(names), LONGEST_NAME))}"
    return {"Paste": "Corpus: pasted", "File": "Corpus: file"}.get(kind, "Corpus: sample")


def _pasted() -> list[Source]:
    pasted = inputs.kept_text(f"{KEY}_pasted", "", height=240)
    return [files.pasted(pasted)]


def _sample_instead() -> Corpus:
    """The sample while there is no file; said aloud, as a link may have promised another corpus."""
    frame.above().info(NOT_HERE, icon=":material/upload_file:")
    return corpus.sample()


def _ask_how(key: str, sources: Sequence[Source]) -> tuple[Columns, Splitting | None, DeltaGenerator]:
    """The columns, how to split, and a place for what comes of it."""
    found = columns.choose(key, sources)
    return found, passages.choose(key), st.container()


def _built(
    key: str, sources: Sequence[Source], found: Columns, splitting: Splitting | None, report: DeltaGenerator
) -> Corpus:
    """The corpus, built once for equal content and choices, and what is to be said of it."""
    with frame.above(), progress.line(key) as tell:
        texts = _remembered(sources, found, splitting, tell)
    with report:
        passages.told(texts, splitting)
        skips.offer(texts, key)
    return texts


def _remembered(sources: Sequence[Source], found: Columns, splitting: Splitting | None, tell: Progress) -> Corpus:
    named = tuple((source.name, source.digest) for source in sources)

    def build() -> Corpus:
        splitter = None if splitting is None else passages.splitter(splitting)
        return corpus.from_tables([(source.name, source.table) for source in sources], found, splitter, tell)

    return cache.memory().recall(("corpus", named, found, splitting, most_rows()), build)
