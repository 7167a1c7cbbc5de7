"""How well each system ranks a corpus against its current labels; measured once and cached."""

from collections.abc import Sequence
from functools import partial

from core import retrieval
from core.corpus import Corpus, Labels
from core.evaluation import Quality
from core.models import ModelSpec
from core.progress import Progress
from core.retrieval import Ranking, Task
from pages.shared import cache, picks
from pages.shared.frame import show_errors

RECALL_CUTS = (1, 3, 5, 10, 20, 50, 100)


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
