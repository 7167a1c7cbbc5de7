"""The user's outputs: provenance, downloads, and the equivalent code."""

import html
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core import wording
from core.corpus import Corpus
from core.machine import this_machine
from core.map_files import write_npy
from core.markdown import markdown_free as markdown_free  # noqa: PLC0414  pages take it from here
from core.models import ModelSpec
from core.provenance import Provenance
from core.tables import harmless
from pages.shared import navigation, state

if TYPE_CHECKING:
    import pandas as pd
    from pandas.io.formats.style import Styler

    from core.benchmark import Run
    from core.load import LoadTest

MACHINE = "Machine: "
HOW = "How this was computed"
MOST_WRITTEN = 50_000  # cells of a table
NAME = re.compile(r"[\w.@/]{1,12}(?:-[\w.@/]{1,12}){1,4}")
ANSWER = "font-size:1.3rem;line-height:1.35;margin:0 0 .4rem"


@dataclass
class Foot:
    """What a page's foot shows once the page is drawn: how its results were computed, and the code that does the same.

    Attributes
    ----------
    facts : dict of str to None
        A line for each result, in order, each once.
    code : str
    """

    facts: dict[str, None] = field(default_factory=dict)
    code: str = ""


_foot: ContextVar[Foot] = ContextVar("foot")
_answer: ContextVar[Callable[[], DeltaGenerator]] = ContextVar("place_of_answer")


def begin() -> None:
    """Collect what the foot shows, and make the place of the answer, before the page is drawn."""
    _foot.set(Foot())
    _answer.set(cache(st.container(key=state.EveryPage.ANSWER).empty))
    if navigation.is_new.get():
        _answer.get()()  # what another page answered leaves the screen; this page's own stays until there is a new one


def foot() -> None:
    """How the page's results were computed and on which machine, and the code; each in a fold, if there is any."""
    collected = _foot.get()
    if collected.facts:
        with st.expander(HOW, icon=":material/fact_check:"):
            for facts in collected.facts:
                st.caption(facts)
            if not any(facts.startswith(MACHINE) for facts in collected.facts):
                st.caption(markdown_free(f"{MACHINE}{this_machine().sentence}"))
    if collected.code:
        _show_code(collected.code)


@st.fragment
def _show_code(snippet: str) -> None:
    """The code in a fold: only once it is open does the browser load what colours code, for a third of a second."""
    with st.expander("Show the code", icon=":material/code:", key=state.EveryPage.CODE, on_change="rerun") as fold:
        if fold.open:
            st.code(snippet, language="python")


def explain(facts: str) -> None:
    """Add a line of Markdown on how a result was computed to the page's foot."""
    _foot.get().facts[facts] = None


def origin(source: Provenance) -> str:
    """Whether vectors were computed or cached, or how many of each."""
    if source.shipped:
        return f"shipped, computed on {source.shipped}"
    if not source.remembered:
        return "computed"
    if not source.computed:
        return "cached"
    return f"{source.computed:,} computed, {source.remembered:,} cached"


def answer(sentence: str) -> None:
    """The page's answer in one sentence, below its title, large enough to be read from the back of a room.

    A later answer of the same run takes its place. Names such as all-MiniLM-L6-v2 are not broken at a hyphen.
    """
    words = NAME.sub(r'<span style="white-space:nowrap">\g<0></span>', html.escape(sentence, quote=False))
    _answer.get()().markdown(f'<p class="answer" style="{ANSWER}">{words}</p>', unsafe_allow_html=True)


def provenance(source: Provenance, *further: str, asked: Provenance | None = None) -> None:
    """What computed a result, for the page's foot; under the result itself a caption for each thing that spoils it.

    `asked` is what computed the vectors of the queries, whose caveats are shown as well.
    """
    facts = [
        source.model,
        f"revision {source.revision[:14]}",
        source.device,
        source.engine,
        source.precision,
        *filter(None, [markdown_free(source.reason)]),
        source.comparison,
        f"{source.texts:,} texts",
        wording.duration(source.seconds),
        origin(source),
        *map(markdown_free, wording.prompts(source.query_prompt, source.document_prompt)),
        *wording.dimensions(source.truncate_dim),
    ]
    if source.tokens:
        facts.append(f"{source.tokens:,} tokens")
    if source.dollars:
        facts.append(wording.price(source.dollars))
    explain(" · ".join([*facts, *further]))
    caveats(*filter(None, (source, asked)))


def caveats(*sources: Provenance) -> None:
    """A caption for each thing that spoils figures of these vectors, such as texts that were not read whole."""
    warnings(sentence for source in sources for sentence in source.caveats)


def warnings(sentences: Iterable[str]) -> None:
    """A caption for each sentence that warns, once."""
    for sentence in dict.fromkeys(sentences):
        st.caption(f":material/warning: {markdown_free(sentence)}")


def show_skips(corpus: Corpus) -> None:
    """A caption of what was skipped in a corpus, if anything."""
    if corpus.left_out:
        st.caption(
            f":material/filter_alt: Skipped or repaired in {markdown_free(corpus.name)}: {corpus.skips_sentence}."
        )


def code(snippet: str) -> None:
    """The few lines of library code that do what the page just did, for its foot."""
    _foot.get().code = snippet


def signed(table: "pd.DataFrame", columns: Mapping[str, Callable[[float], str]]) -> "pd.DataFrame | Styler":
    """A table for the screen whose numbers are written as given by column, with the minus sign of print.

    The formats of a column's configuration write a hyphen, and have the last word: these columns have none. The table
    sorts by the numbers all the same. One of very many cells, which would take seconds to write, is as it was.
    """
    return table.style.format({**columns}, na_rep="–") if table.size <= MOST_WRITTEN else table


def download_table(table: "pd.DataFrame | Callable[[], pd.DataFrame]", name: str, label: str = "Download CSV") -> None:
    """A table, or a function that makes it on request, as CSV; cells that a spreadsheet would run become plain text."""

    def content() -> bytes:
        made = table() if callable(table) else table
        return made.map(_harmless).to_csv(index=False).encode("utf-8-sig")

    st.download_button(
        label,
        content,
        file_name=f"{name}.csv",
        mime="text/csv",
        icon=":material/download:",
        on_click="ignore",
        key=state.EveryPage.SAVE(name, "csv"),
    )


def with_options(
    table: "pd.DataFrame", specs: Sequence[ModelSpec], models: str = "", *, queries: bool = True
) -> "pd.DataFrame":
    """The table, for a download, with what is not usual about its models: prompts, function, dimensions.

    Parameters
    ----------
    models : str
        The column that names the model of each row. Without it, each row is of all models: the columns of each of
        several begin with its name.
    queries : bool
        Whether queries are embedded, so that the prompt before them is used.
    """
    unusual = {spec.name: spec.options(queries=queries) for spec in specs}
    if models:
        names = dict.fromkeys(name for options in unusual.values() for name in options)
        of_model = {name: {spec.name: getattr(spec, name) or "" for spec in specs} for name in names}
        return table.assign(**{name: table[models].map(values) for name, values in of_model.items()})
    return table.assign(
        **{
            name if len(specs) == 1 else f"{model}, {name}": value
            for model, options in unusual.items()
            for name, value in options.items()
        }
    )


def download_json(run: "Run | LoadTest | None", name: str) -> None:
    """A benchmark run, which can be imported on another machine, or a load test as a JSON file."""
    if run is not None:
        st.download_button(
            "Download JSON",
            run.to_json,
            file_name=f"{name}.json",
            mime="application/json",
            icon=":material/data_object:",
            on_click="ignore",
            key=state.EveryPage.SAVE(name, "json"),
        )


def picture_format() -> None:
    """The format in which the camera button above a chart saves it."""
    st.segmented_control(
        "Image format (camera icon above the chart)",
        ["PNG", "SVG"],
        default="PNG",
        key=state.EveryPage.PICTURE_FORMAT,
        required=True,
    )


def picture(name: str) -> dict[str, object]:
    """A chart's configuration: only the camera button, which saves it as PNG or SVG, see `picture_format`."""
    kind = str(st.session_state.get(state.EveryPage.PICTURE_FORMAT) or "PNG")
    return {
        "displaylogo": False,
        "displayModeBar": True,
        "modeBarButtons": [["toImage"]],
        "toImageButtonOptions": {"format": kind.lower(), "filename": f"embedscope-{name}", "scale": 2},
    }


def download_vectors(vectors: npt.NDArray[np.float32], texts: Corpus, name: str, spec: ModelSpec) -> None:
    """Vectors as NPY, as CSV and as JSONL with their texts, each made on request; unusual options fill columns."""
    options = spec.options(queries=False)
    files = {
        "NPY": (lambda: write_npy(vectors), "npy", "application/octet-stream"),
        "CSV": (lambda: vectors_csv(vectors, texts, options), "csv", "text/csv"),
        "JSONL": (lambda: _jsonl(vectors, texts, options), "jsonl", "application/jsonl"),
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
                key=state.EveryPage.SAVE(name, ending),
            )


def vectors_csv(
    vectors: npt.NDArray[np.float32], texts: Corpus, options: Mapping[str, str | int] = MappingProxyType({})
) -> bytes:
    """Texts and their vectors, a column for each dimension; between them a column for each unusual option."""
    import pandas as pd

    table = pd.DataFrame(vectors, columns=[f"d{number}" for number in range(vectors.shape[1])])
    table.insert(0, "text", [harmless(text) for text in texts.texts])
    for place, (name, value) in enumerate(options.items(), start=1):
        table.insert(place, name, _harmless(value))
    return table.to_csv(index=False).encode("utf-8-sig")


def _jsonl(vectors: npt.NDArray[np.float32], texts: Corpus, options: Mapping[str, str | int]) -> bytes:
    import pandas as pd

    lines = pd.DataFrame({"id": texts.ids, "text": texts.texts, **options, "embedding": vectors.tolist()})
    return str(lines.to_json(orient="records", lines=True, force_ascii=False)).encode()


def _harmless(cell: object) -> object:
    return harmless(cell) if isinstance(cell, str) else cell
