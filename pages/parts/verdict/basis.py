"""What the candidates' quality is measured on: a corpus in memory, or the whole of a collection."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from core.collections import Collection
from core.corpus import Corpus, Labels
from core.evaluation import Quality
from core.models import ModelSpec
from core.progress import Progress
from core.retrieval import Task
from core.verdict import Setting, Source, setting_of
from pages.shared import cache, collection_quality, quality
from pages.shared.ui import progress


@dataclass(frozen=True)
class Basis:
    """The quality of systems, and what it was measured on.

    Attributes
    ----------
    measured : dict of system to Quality
    sources : dict of model to Source
        What computed the vectors.
    ready : sequence of ModelSpec
        The models that can run here.
    scope : str
        As in `Setting`.
    """

    texts: Corpus | Collection
    labels: Labels
    measured: Mapping[str, Quality]
    sources: Mapping[str, Source]
    ready: Sequence[ModelSpec]
    scope: str = ""

    def setting(self, dollars_per_hour: float) -> Setting:
        """The setting of a verdict made now."""
        queries = next((each.queries for each in self.measured.values()), 0)
        return setting_of(self.texts, self.labels, queries=queries, dollars_per_hour=dollars_per_hour, scope=self.scope)


def of_corpus(texts: Corpus, labels: Labels, specs: Sequence[ModelSpec], on_progress: Progress) -> Basis:
    """The quality on a corpus in memory; errors of models that can't embed it are shown."""
    ready = quality.select_embeddable(texts, specs, on_progress)
    measured = quality.measure(texts, labels, ready, on_progress)
    task = Task(texts, labels.queries)
    sources = {spec.name: Source.of(cache.embeddings(task, spec, on_progress)) for spec in ready}
    return Basis(texts, labels, measured, sources, ready)


def of_collection(
    opened: Collection,
    labels: Labels,
    specs: Sequence[ModelSpec],
    show_by_index: Callable[[Basis], None],
    on_progress: Progress,
) -> Basis:
    """The quality on a whole collection by exact search; if that takes a while, by its indexes it is shown before."""
    matched = collection_quality.match(opened, labels, on_progress)
    asked = collection_quality.ask(opened, matched, specs, on_progress)
    sources = {
        one.spec.name: Source(one.model.provenance, one.queries.provenance, one.model.identity.dimensions)
        for one in asked
    }
    by_index = Basis(
        opened,
        matched.labels,
        collection_quality.measure_by_index(opened, matched, asked, on_progress),
        sources,
        specs,
        collection_quality.scope_by_index(opened),
    )
    show = partial(show_by_index, by_index) if by_index.measured else _wait
    found = collection_quality.measure(opened, matched, asked, progress.meanwhile(on_progress, show, patience=0))
    measured = {name: one.quality for name, one in found.items()}
    matched = collection_quality.match(opened, labels, on_progress, with_copies=True)
    return replace(by_index, labels=matched.labels, measured=measured, scope=collection_quality.scope(opened))


def _wait() -> None:
    """Show nothing before the figures are there."""
