"""How well each system ranks a corpus against its current labels; measured once and cached."""

from collections.abc import Sequence
from functools import partial

import streamlit as st

from core import corpus, retrieval
from core.corpus import Corpus, Labels
from core.evaluation import Qrels, Quality
from core.models import ModelSpec
from core.progress import Progress
from core.retrieval import Ranking, Task
from pages.shared import cache, picks, state
from pages.shared.frame import show_errors
from pages.shared.labels import judgements

SAMPLE, FILES, MARKED = "Sample", "Files", "Marked by clicking"
RECALL_CUTS = (1, 3, 5, 10, 20, 50, 100)


def sources(texts: Corpus) -> list[str]:
    """The possible sources of labels for the corpus, the usual one first."""
    if texts.fingerprint == corpus.sample().fingerprint:
        return [SAMPLE, FILES, MARKED]
    return [FILES, MARKED]


def source(texts: Corpus) -> str:
    """The source of the current labels: the one chosen, or else the one available."""
    offered, sources_of_corpora = sources(texts), st.session_state.get(state.Labels.SOURCE_OF_CORPUS, {})
    shown = st.session_state.get(state.Labels.SOURCE) if is_shown(texts) else None
    for chosen in (shown, sources_of_corpora.get(texts.fingerprint), st.query_params.get(state.Labels.SOURCE)):
        if chosen in offered:
            return str(chosen)
    return FILES if state.Labels.UPLOADS in st.session_state and SAMPLE not in offered else standard(texts)


def standard(texts: Corpus) -> str:
    """The default source of labels, which a link can omit."""
    return SAMPLE if SAMPLE in sources(texts) else MARKED


def is_shown(texts: Corpus) -> bool:
    """Whether the choice on the screen was made for this corpus rather than an earlier one."""
    return st.session_state.get(state.Labels.SHOWN_FOR, texts.fingerprint) == texts.fingerprint


def remember_source(texts: Corpus, kind: str) -> None:
    """Remember the source of the corpus's labels, for pages without that choice and for when the corpus returns."""
    st.session_state.setdefault(state.Labels.SOURCE_OF_CORPUS, {})[texts.fingerprint] = kind
    st.session_state[state.Labels.SHOWN_FOR] = texts.fingerprint


def file_name() -> str:
    """The name of the uploaded file of labels; empty if there is none."""
    return str(st.session_state[state.Labels.UPLOADS][1]) if state.Labels.UPLOADS in st.session_state else ""


def upload(queries: Corpus, name: str, qrels: Qrels) -> None:
    """Store uploaded queries and labels for this session."""
    st.session_state[state.Labels.UPLOADS] = (queries, name, qrels)


def labels(texts: Corpus) -> Labels | None:
    """The current labels for the corpus: the sample's own, uploaded files, or marks made by clicking.

    None if there are none.

    Raises
    ------
    InputError
        The uploaded files label nothing here.
    """
    kind = source(texts)
    if kind == SAMPLE:
        return corpus.sample_labels()
    if kind == MARKED:
        return judgements.labels(texts)
    if state.Labels.UPLOADS not in st.session_state:
        return None
    queries, name, qrels = st.session_state[state.Labels.UPLOADS]
    return corpus.match_labels(name, queries, qrels, texts)


def measure(texts: Corpus, labels: Labels, specs: Sequence[ModelSpec], on_progress: Progress) -> dict[str, Quality]:
    """Each system's quality by its name: the models, BM25 and, if there is a model, Hybrid.

    Besides the four usual measures, recall at each of RECALL_CUTS.
    """
    by_system = rankings(texts, labels.queries, specs, on_progress)
    qualities = {}
    for place, (name, ranking) in enumerate(by_system.items()):
        on_progress("Measuring the rankings", place, len(by_system))
        key = ("quality", texts.fingerprint, labels.fingerprint, *ranking.key, picks.device(), picks.precision())
        measure = partial(retrieval.measure, ranking, texts, labels, recall_at=RECALL_CUTS)
        qualities[name] = cache.memory().recall(key, measure)
    return qualities


def select_embeddable(texts: Corpus, specs: Sequence[ModelSpec], on_progress: Progress) -> list[ModelSpec]:
    """The models that can embed the corpus, embedding it; errors of the others are shown."""
    ready = []
    for spec in specs:
        with show_errors():
            cache.embed_corpus(texts, spec, on_progress)
            ready.append(spec)
    return ready


def rankings(texts: Corpus, queries: Corpus, specs: Sequence[ModelSpec], on_progress: Progress) -> dict[str, Ranking]:
    """The best 100 documents of each query by each system; rows count documents, see `Corpus.document_names`."""
    task = Task(texts, queries)
    return cache.rankings(task, {spec.name: cache.embeddings(task, spec, on_progress) for spec in specs}, on_progress)
