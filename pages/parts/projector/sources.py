"""What is mapped: texts under the picked models, or the file's own vectors and coordinates."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import streamlit as st

from core.map_files import Space, Unread
from core.maps import Floats, Metric, metric_of
from core.models import ModelSpec
from core.progress import Progress
from core.provenance import Provenance
from core.storage import digests
from pages.shared import cache, state
from pages.shared.ui import inputs


@dataclass(frozen=True)
class Source:
    """The vectors of one map.

    Attributes
    ----------
    title : str
        The model's name, or the file's.
    given : (n, d) float32 array or Unread
    content : str
        The vectors' digest, or what else tells them from others.
    spec, provenance
        The model that embedded the texts, and how; None for the file's own vectors.
    """

    title: str
    given: Floats | Unread
    content: str
    spec: ModelSpec | None = None
    provenance: Provenance | None = None

    @property
    def vectors(self) -> Floats:
        """The vectors, (n, d), read if they have not been."""
        if isinstance(self.given, Unread):
            return cache.memory().recall(("vectors", self.given.key), self.given.read)
        return self.given

    @property
    def metric(self) -> Metric:
        """The distance between its texts: the model's own; the cosine for a file's vectors."""
        return metric_of(self.spec.similarity) if self.spec else "cosine"


def models_to_map(space: Space) -> list[ModelSpec]:
    """The picked models to map: one or more; none if the file has its own vectors."""
    if space.vectors is not None:
        return []
    ready = inputs.ready_models()
    names = [spec.name for spec in ready]
    wanted = st.session_state.get(state.Projector.MODELS) or []
    if not set(wanted) <= set(names):  # it may come from a saved view
        st.session_state[state.Projector.MODELS] = [name for name in wanted if name in names]
    chosen = st.segmented_control(
        "Models",
        names,
        default=names[:1],
        selection_mode="multi",
        key=state.Projector.MODELS,
        bind="query-params",
        help="Choose two or more for linked maps of the same texts.",
    )
    return [spec for spec in ready if spec.name in (chosen or names[:1])]


def sources_of(space: Space, specs: Sequence[ModelSpec], on_progress: Progress) -> list[Source]:
    """The vectors to map: the space's own, or the texts embedded by each model."""
    if space.vectors is not None:
        given = space.vectors
        content = given.key if isinstance(given, Unread) else _digest(space.fingerprint, given)
        return [Source(space.name, given, content)]
    return [_embed(space, spec, on_progress) for spec in specs]


def _embed(space: Space, spec: ModelSpec, on_progress: Progress) -> Source:
    result = cache.embed_corpus(space.corpus, spec, on_progress)
    content = _digest((space.corpus.fingerprint, result.identity), result.vectors)
    return Source(spec.name, result.vectors, content, spec, result.provenance)


def _digest(name: Hashable, vectors: Floats) -> str:
    return cache.memory().recall(("digest", name), lambda: digests.of_array(vectors))
