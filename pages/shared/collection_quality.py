"""How well each model ranks a whole collection against its current labels; measured once and cached."""

from collections.abc import Mapping, Sequence

from core import collections
from core.collections import ByIndex, Collection, Matched, Model, OnDisk
from core.corpus import Labels
from core.corpus.labels import LabelFile
from core.evaluation import CUT, Quality
from core.models import ModelSpec
from core.progress import Progress
from pages.shared import cache
from pages.shared.frame import show_errors

Qualities = dict[str, Quality]


def match(opened: Collection, labels: Labels, on_progress: Progress) -> Matched:
    """The labels, matched with the documents of the whole collection. Errors as in `corpus.match_labels`."""
    on_progress("Matching labels with the collection", 0, 1)
    labelled = LabelFile({query: dict(grades) for query, grades in labels.qrels.items()}, labels.left_out)
    return cache.memory().recall(
        ("matched", opened.data.uri, opened.data.version, labels.name, labels.fingerprint),
        lambda: collections.match_labels(opened, labels.name, labels.queries, labelled),
    )


def measure(
    opened: Collection, matched: Matched, specs: Sequence[ModelSpec], on_progress: Progress
) -> tuple[Qualities, Qualities]:
    """Each model's quality by exact search, and of those with an index by that."""
    exact: Qualities = {}
    by_index: Qualities = {}
    for spec in specs:
        if model := collections.vectors_by(opened, spec):
            with show_errors():
                found = _qualities(opened, matched, spec, model, on_progress)
                exact[spec.name] = found["exact"]
                by_index |= {spec.name: found["index"]} if "index" in found else {}
    return exact, by_index


def _qualities(
    opened: Collection, matched: Matched, spec: ModelSpec, model: Model, on_progress: Progress
) -> Mapping[str, Quality]:
    """A model's quality by "exact" search and, if it has one, by its "index"."""
    queries = cache.embed_texts(matched.labels.queries.documents, spec, on_progress, kind="query").vectors

    def measure() -> Qualities:
        finder = OnDisk(opened, model, on_progress)
        found = {"exact": collections.measure(opened, finder, queries, matched)}
        if index := collections.index_of(opened, model):
            found["index"] = collections.measure(opened, ByIndex(finder, index), queries, matched, CUT)
        return found

    key = ("collected", opened.data.uri, opened.data.version, matched.labels.fingerprint, *cache.identity(spec))
    return cache.memory().recall(key, measure)
