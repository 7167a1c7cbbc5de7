"""What a collection lacks for some models, and the steps that compute it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from core.collections.building import build, can_be_indexed, was_built
from core.collections.dataset import Collection, open_collection
from core.collections.embedding import Model, embed, vectors_by
from core.collections.maps import lay_out, maps_of, not_placed
from core.collections.words import index_words, words_in
from core.errors import InputError
from core.maps import Umap
from core.models import ModelSpec
from core.progress import Progress, silent

RECALL = 0.98  # of an index
LARGE = 50_000  # texts, from which an index is worth the time that it takes

Kind = Literal["words", "vectors", "index", "map"]


@dataclass(frozen=True)
class Step:
    """Something that a collection lacks, for a model or, of its words, for none."""

    kind: Kind
    spec: ModelSpec | None = None

    @property
    def title(self) -> str:
        """What is done, for a progress line."""
        of = self.spec.name if self.spec else ""
        titles = {"words": "Indexing the words", "vectors": f"Embedding with {of}"}
        titles |= {"index": f"Indexing the vectors of {of}", "map": f"Mapping with {of}"}
        return titles[self.kind]

    @property
    def what(self) -> str:
        """What is lacking, within a sentence."""
        of = self.spec.name if self.spec else ""
        things = {"words": "the index of words (BM25)", "vectors": f"vectors of {of}"}
        things |= {"index": f"an index of the vectors of {of}", "map": f"a map by {of}"}
        return things[self.kind]

    def command(self, name: str) -> str:
        """The command that does the same for a collection of that name."""
        of = self.spec.name if self.spec else ""
        arguments = {"words": f"index {name} --words", "vectors": f"embed {name} --model {of}"}
        arguments |= {"index": f"index {name} --model {of} --recall {RECALL}", "map": f"map {name} --model {of}"}
        return f"python -m core collection {arguments[self.kind]}"


def missing(collection: Collection, specs: Sequence[ModelSpec]) -> list[Step]:
    """What a collection lacks for these models, in the order in which it is computed.

    An index counts from `LARGE` texts on, where Lance has one for such vectors, and one map is enough.
    """
    if not len(collection):
        return []
    vectors = {spec: vectors_by(collection, spec) for spec in specs}
    return [
        *([] if words_in(collection) else [Step("words")]),
        *(Step("vectors", spec) for spec, model in vectors.items() if model is None),
        *(Step("index", spec) for spec, model in vectors.items() if _lacks_index(collection, spec, model)),
        *(Step("map", spec) for spec in _lacks_map(collection, vectors)),
    ]


def compute(
    name: str, step: Step, *, device: str = "auto", precision: str = "auto", on_progress: Progress = silent
) -> None:
    """Compute what a collection lacks; interrupted, it is resumed by the next call.

    Raises
    ------
    EmbedscopeError
        As by the function that computes it; or no index finds enough.
    """
    collection = open_collection(name)
    if step.spec is None:
        index_words(collection, on_progress)
    elif step.kind == "vectors":
        embed(collection, step.spec, device=device, precision=precision, on_progress=on_progress)
    elif step.kind == "index":
        _index(collection, _model(collection, step.spec), on_progress)
    else:
        lay_out(collection, _model(collection, step.spec), on_progress=on_progress)


def _lacks_index(collection: Collection, spec: ModelSpec, model: Model | None) -> bool:
    dimensions = spec.truncate_dim or spec.dimensions or 0
    is_worth_it = len(collection) >= LARGE and can_be_indexed(spec.similarity, dimensions)
    return is_worth_it and (model is None or not was_built(collection, model))


def _lacks_map(collection: Collection, vectors: dict[ModelSpec, Model | None]) -> Iterator[ModelSpec]:
    """The model to map with: the first, or that of a map without all texts; none if there is a map by one of them."""
    columns = {model.column: spec for spec, model in vectors.items() if model}
    known = [each for each in maps_of(collection) if each.model in columns]
    if known and not any(not_placed(collection, each) == 0 for each in known):
        yield columns[known[-1].model]
    elif not known and len(collection) >= Umap.least_rows:
        yield from list(vectors)[:1]


def _index(collection: Collection, model: Model, on_progress: Progress) -> None:
    _, index, best = build(collection, model, RECALL, on_progress=on_progress)
    if index is None:
        raise InputError(
            f"No setting of the index finds {RECALL:.0%} of the nearest; the best finds {best:.1%}. Search stays exact."
        )


def _model(collection: Collection, spec: ModelSpec) -> Model:
    model = vectors_by(collection, spec)
    if model is None:
        raise InputError(f"{collection.name} has no vectors of {spec.name} yet.")
    return model
