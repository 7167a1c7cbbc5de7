"""How well each system ranks a corpus against the labels in force for it; measured once and remembered."""

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
    """Where labels for the corpus can come from, the usual one first."""
    if texts.fingerprint == corpus.sample().fingerprint:
        return [SAMPLE, FILES, MARKED]
    return [FILES, MARKED]


def source(texts: Corpus) -> str:
    """Where the labels in force come from: what was chosen, or else what there is."""
    offered, sources_of_corpora = sources(texts), st.session_state.get(state.Labels.SOURCE_OF_CORPUS, {})
    shown = st.session_state.get(state.Labels.SOURCE) if is_shown(texts) else None
    for chosen in (shown, sources_of_corpora.get(texts.fingerprint), st.query_params.get(state.Labels.SOURCE)):
        if chosen in offered:
            return str(chosen)
    return FILES if state.Labels.UPLOADS in st.session_state and SAMPLE not in offered else standard(texts)


def standard(texts: Corpus) -> str:
    """Where labels come from if nothing says otherwise: what a link need not tell."""
    return SAMPLE if SAMPLE in sources(texts) else MARKED


def is_shown(texts: Corpus) -> bool:
    """Whether what is chosen on the screen was chosen for this corpus, and not for one before it."""
    return st.session_state.get(state.Labels.SHOWN_FOR, texts.fingerprint) == texts.fingerprint


def remember_source(texts: Corpus, kind: str) -> None:
    """Remember where the corpus's labels come from, for pages on which it cannot be chosen and for its return."""
    st.session_state.setdefault(state.Labels.SOURCE_OF_CORPUS, {})[texts.fingerprint] = kind
    st.session_state[state.Labels.SHOWN_FOR] = texts.fingerprint


def file_name() -> str:
    """The name of the file of labels that was brought; empty where none was."""
    return str(st.session_state[state.Labels.UPLOADS][1]) if state.Labels.UPLOADS in st.session_state else ""


def upload(queries: Corpus, name: str, qrels: Qrels) -> None:
    """Keep queries and labels that were brought as files for this session."""
    st.session_state[state.Labels.UPLOADS] = (queries, name, qrels)


def labels(texts: Corpus) -> Labels | None:
    """The labels in force for the corpus: the sample's own, files that were brought, or marks made by clicking.

    None where there are none.

    Raises
    ------
    InputError
        The files that were brought label nothing here.
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
    """Each system's quality by its name: the models, BM25 and, where there is a model, Hybrid.

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
    """Those of the models that can embed the corpus; what is wrong with the others is said."""
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
