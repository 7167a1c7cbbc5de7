"""What was skipped or repaired in a corpus: counted, and offered as a table."""

from typing import TYPE_CHECKING

import streamlit as st

from core.corpus import Corpus
from core.tables import complete
from pages.shared.ui import output

if TYPE_CHECKING:
    import pandas as pd


def offer(texts: Corpus, key: str) -> None:
    """How much was skipped, with a download of all of it; nothing if nothing was."""
    if not texts.left_out:
        return
    st.caption(f":material/filter_alt: Skipped or repaired: {texts.skips_sentence}.")
    output.download_table(table(texts), f"left-out-of-{key}", "Download skipped rows")


def table(texts: Corpus) -> "pd.DataFrame":
    """One row per entry; the entries of a file add up to what is counted."""
    import pandas as pd

    entries = complete(texts.left_out, texts.left_out_rows)
    return pd.DataFrame(
        {
            "file": [entry.file for entry in entries],
            "line or row": [entry.place or "" for entry in entries],
            "rows": [entry.rows for entry in entries],
            "reason": [entry.reason for entry in entries],
            "beginning of the text": [entry.beginning for entry in entries],
        }
    )
