"""The corpus that Search, Similarity, Evaluate and Verdict work on: chosen once, for all of them."""

import streamlit as st

from core import corpus
from core.corpus import Corpus
from core.settings import most_rows
from core.tables import FORMATS

KEY = "corpus"


def chosen() -> Corpus:
    """The sample corpus, pasted texts or an uploaded file, chosen in a popover that names the choice.

    Raises
    ------
    InputError
        The file cannot be read, or there is no text.
    """
    with st.popover(f"Corpus: {(st.session_state.get(KEY) or 'Sample').lower()}", icon=":material/library_books:"):
        source = st.segmented_control(
            "Corpus", ["Sample", "Paste", "File"], default="Sample", key=KEY, bind="query-params", required=True
        )
        if source == "Paste":
            pasted = st.text_area("Texts, one a line", key=f"{KEY}_pasted", height=240, persist_state="session")
            return corpus.from_paste(pasted or "")
        if source == "File":
            return uploaded(KEY)
    return corpus.sample()


def uploaded(key: str) -> Corpus:
    """The texts of an uploaded file; the sample corpus until there is one."""
    file = st.file_uploader("A file of texts", type=FORMATS, key=f"{key}_file")
    st.caption(f"{', '.join(FORMATS).upper()}; up to {most_rows():,} texts.")
    column = st.text_input("Column with the texts, if it is not called text", key=f"{key}_column", max_chars=100)
    if file is None:
        return corpus.sample()
    return corpus.from_file(file.name, file.getvalue(), (column or "").strip() or None)
