"""How well each model ranks a whole collection against its current labels; measured once and cached."""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from core import collections, evaluation
from core.collections import ByIndex, Collection, Matched, Model, OnDisk
from core.corpus import Labels
from core.corpus.labels import LabelFile
from core.embedding import Embedded
from core.evaluation import CUT, MAP_CUT, Quality, Run
from core.models import ModelSpec
from core.progress import Progress
from core.search import Finder
from pages.shared import cache
from pages.shared.frame import show_errors
from pages.shared.quality import RECALL_CUTS

Result = TypeVar("Result")


@dataclass(frozen=True)
class Asked:
    """A model with vectors of the whole collection, and the labelled queries under it."""

    spec: ModelSpec
    model: Model
    queries: Embedded


@dataclass(frozen=True)
class Measured:
    """The documents that a model finds for each query, and their quality."""

    run: Run
    quality: Quality


def scope(opened: Collection) -> str:
    """On what the quality is measured, and how, within a sentence."""
    return f"all {len(opened):,} texts of {opened.name}, by exact search"


def scope_by_index(opened: Collection) -> str:
    """The same while exact search is still going on."""
    return f"all {len(opened):,} texts of {opened.name}, so far by the indexes"


def match(opened: Collection, labels: Labels, on_progress: Progress, *, with_copies: bool = False) -> Matched:
    """The labels, matched with the documents of the whole collection. Errors as in `corpus.match_labels`.

    Copies of relevant documents are looked for in all texts, which takes a while, so it may be left for later.
    """
    on_progress("Matching labels with the collection", 0, 1)
    labelled = LabelFile({query: dict(grades) for query, grades in labels.qrels.items()}, labels.left_out)
    return _recall(
        opened,
        ("matched", labels.name, labels.fingerprint, with_copies),
        lambda: collections.match_labels(opened, labels.name, labels.queries, labelled, with_copies=with_copies),
    )


def ask(opened: Collection, matched: Matched, specs: Sequence[ModelSpec], on_progress: Progress) -> list[Asked]:
    """The models with vectors of all texts; errors of those that can't embed the queries are shown."""
    asked, queries = [], matched.labels.queries
    for spec in specs:
        if model := collections.vectors_by(opened, spec):
            with show_errors():
                asked.append(Asked(spec, model, cache.embed_queries(queries, spec, on_progress)))
    return asked


def measure(opened: Collection, matched: Matched, asked: Sequence[Asked], on_progress: Progress) -> dict[str, Measured]:
    """What each model finds by exact search, and its quality, by its name."""
    return {
        one.spec.name: _measure(opened, matched, one, OnDisk(opened, one.model, on_progress), MAP_CUT, ("exact",))
        for one in asked
    }


def measure_by_index(
    opened: Collection, matched: Matched, asked: Sequence[Asked], on_progress: Progress
) -> dict[str, Quality]:
    """The quality of the ten documents that each model's index finds, of those that have one."""
    found = {}
    for one in asked:
        if index := collections.index_of(opened, one.model):
            finder = ByIndex(OnDisk(opened, one.model, on_progress), index)
            found[one.spec.name] = _measure(opened, matched, one, finder, CUT, ("index", index)).quality
    return found


def _measure(
    opened: Collection, matched: Matched, one: Asked, finder: Finder, k: int, how: tuple[Hashable, ...]
) -> Measured:
    def measure() -> Measured:
        run = collections.rank(opened, finder, one.queries.vectors, matched, k)
        return Measured(run, evaluation.evaluate(run, matched.labels.qrels, recall_at=RECALL_CUTS))

    return _recall(opened, (*how, matched.labels.fingerprint, one.model.column, *cache.identity(one.spec)), measure)


def _recall(opened: Collection, what: tuple[Hashable, ...], compute: Callable[[], Result]) -> Result:
    """A result for the collection as it is now."""
    return cache.memory().recall(("whole collection", opened.data.uri, opened.data.version, *what), compute)
