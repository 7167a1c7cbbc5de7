"""What a person gets: progress, provenance, downloads, and the code that does the same."""

import io
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.corpus import Corpus
from core.embedding import Provenance
from core.jobs import Progress

if TYPE_CHECKING:
    import pandas as pd

TELL_EVERY_SECONDS = 0.15
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
MARKDOWN = re.compile(r"([\\`*_{}\[\]()#+!|<>~$:^-])")


@contextmanager
def progress(name: str, height: int) -> Iterator[Progress]:
    """A line that counts, with a cancel button, above an empty frame of the result's height; all go when it is done.

    `name` tells the works of a page apart. The callable raises when the session has asked for another run or is gone:
    that cancels the work. The frame stands still on purpose: a skeleton's shimmer keeps a browser that draws in
    software busy on one core, which slows embedding and ruins timings on the same machine.
    """
    if st.session_state.get(_cancelled(name)):
        st.info("Cancelled. What was computed so far is remembered.", icon=":material/cancel:")
        st.button("Go on", type="primary", key=f"go_on_{name}", on_click=start_anew, args=(name,))
        st.stop()
    line = _ProgressLine(name, height)
    yield line.tell
    line.clear()


class _ProgressLine:
    """The latest progress on the screen; it appears when the work is not done at once."""

    def __init__(self, name: str, height: int) -> None:
        self._name = name
        self._height = height
        self._slot = st.empty()
        self._bar: DeltaGenerator | None = None
        self._told = time.monotonic()
        self._started: dict[str, float] = {}

    def tell(self, what: str, done: int, total: int) -> None:
        """Show progress, a few times a second."""
        now = time.monotonic()
        self._started.setdefault(what, now)
        if now - self._told >= TELL_EVERY_SECONDS:
            self._told = now
            sentence = _progress_sentence(what, done, total, now - self._started[what])
            self._visible_bar().progress(min(1.0, done / max(1, total)), sentence)

    def clear(self) -> None:
        """Take the line off the screen."""
        self._slot.empty()

    def _visible_bar(self) -> DeltaGenerator:
        if self._bar is None:
            place = self._slot.container()
            row = place.container(horizontal=True, vertical_alignment="center")
            self._bar = row.empty()
            row.button("Cancel", key=f"cancel_{self._name}", on_click=_cancel, args=(self._name,))
            place.container(height=self._height, border=True)
        return self._bar


def _cancelled(name: str) -> str:
    return f"cancelled_{name}"


def _cancel(name: str) -> None:
    st.session_state[_cancelled(name)] = True


def start_anew(name: str) -> None:
    """Forget that a work of this page was cancelled: for buttons that start it."""
    st.session_state.pop(_cancelled(name), None)


def _progress_sentence(what: str, done: int, total: int, seconds: float) -> str:
    """What is done, how much of how much, and the time left; where nothing can be counted, the time gone."""
    if total <= 1 or not done:
        return f"{what} … {seconds:.0f} s" if seconds >= 1 else f"{what} …"
    left = seconds / done * (total - done)
    return f"{what}: {done:,} of {total:,}, {left:.0f} s left"


def provenance(source: Provenance) -> None:
    """The caption under a result: what computed it, and whether it was computed or remembered."""
    if not source.remembered:
        origin = "computed"
    elif not source.computed:
        origin = "remembered"
    else:
        origin = f"{source.computed:,} computed, {source.remembered:,} remembered"
    st.caption(
        f"{source.model} · revision {source.revision[:14]} · {source.device} · {source.engine} · {source.precision} · "
        f"{source.texts:,} texts · {source.seconds:.2f} s · {origin}"
    )


def left_out(corpus: Corpus) -> None:
    """A caption of what was left out of a corpus, if anything was."""
    if corpus.left_out:
        st.caption(
            f":material/filter_alt: Left out or mended in {markdown_free(corpus.name)}: {corpus.left_out_sentence}."
        )


def code(snippet: str) -> None:
    """The few lines of library code that do what the page just did."""
    with st.expander("Show the code", icon=":material/code:"):
        st.code(snippet, language="python")


def download_table(table: "pd.DataFrame", name: str, label: str = "Download CSV") -> None:
    """A table as CSV, with cells that a spreadsheet would run as formulas made into plain text."""
    st.download_button(
        label,
        lambda: table.map(_harmless).to_csv(index=False).encode("utf-8-sig"),
        file_name=f"{name}.csv",
        mime="text/csv",
        icon=":material/download:",
        on_click="ignore",
        key=f"download_{name}_csv",
    )


def download_vectors(vectors: npt.NDArray[np.float32], texts: Corpus, name: str) -> None:
    """Vectors as NPY, as CSV and as JSONL with their texts, each made when it is asked for."""
    files = {
        "NPY": (lambda: _npy(vectors), "npy", "application/octet-stream"),
        "CSV": (lambda: _csv(vectors, texts), "csv", "text/csv"),
        "JSONL": (lambda: _jsonl(vectors, texts), "jsonl", "application/jsonl"),
    }
    with st.container(horizontal=True):
        for label, (content, ending, mime) in files.items():
            st.download_button(
                label,
                content,
                file_name=f"{name}.{ending}",
                mime=mime,
                icon=":material/download:",
                on_click="ignore",
                key=f"download_{name}_{ending}",
            )


def markdown_free(text: str) -> str:
    """A text as Markdown that shows every character as it is."""
    return MARKDOWN.sub(r"\\\1", text)


def _npy(vectors: npt.NDArray[np.float32]) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, vectors)
    return buffer.getvalue()


def _csv(vectors: npt.NDArray[np.float32], texts: Corpus) -> bytes:
    import pandas as pd

    table = pd.DataFrame(vectors, columns=[f"d{number}" for number in range(vectors.shape[1])])
    table.insert(0, "text", [_harmless(text) for text in texts.texts])
    return table.to_csv(index=False).encode("utf-8-sig")


def _jsonl(vectors: npt.NDArray[np.float32], texts: Corpus) -> bytes:
    import pandas as pd

    lines = pd.DataFrame({"id": texts.ids, "text": texts.texts, "embedding": vectors.tolist()})
    return str(lines.to_json(orient="records", lines=True, force_ascii=False)).encode()


def _harmless(cell: object) -> object:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULA_STARTS) else cell
