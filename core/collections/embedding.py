"""Vectors of a collection's texts: a column for each model, filled part by part and resumed after an interruption."""

import random
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from functools import partial, reduce
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from core import embedding
from core.collections.cluster import Cluster
from core.collections.columns import add_file, fill, write_part
from core.collections.dataset import Collection, Facts, add_columns, open_collection
from core.encoders import Encoder
from core.encoders.base import Identity, identity_of
from core.errors import InputError
from core.models import ModelSpec, revisions
from core.progress import Progress, silent
from core.provenance import Provenance
from core.storage import digests

if TYPE_CHECKING:
    import pyarrow
    from lance.fragment import DataFile

TEXTS_AT_ONCE = 2048
EMBEDDING = "Embedding"
WAITING = "Waiting for the cluster"


@dataclass(frozen=True)
class Model:
    """A model's vectors in a collection.

    Attributes
    ----------
    column : str
        The column that holds them.
    identity : Identity
        What they depend on besides the texts.
    provenance : Provenance
        Where those come from that are there, all parts together.
    missing : int
        How many texts have none yet.
    """

    column: str
    identity: Identity
    provenance: Provenance
    missing: int


def models_of(collection: Collection) -> list[Model]:
    """The models with vectors in a collection."""
    return [
        Model(
            column,
            Identity(**facts["identity"]),
            Provenance(**facts["provenance"]),
            sum(part.physical_rows for part in collection.without(column)),
        )
        for column, facts in collection.facts.models.items()
    ]


def model_of(collection: Collection, identity: Identity, name: str) -> Model:
    """The vectors of all texts by a model.

    Raises
    ------
    InputError
        Some or all of them are missing; `name` is the model's.
    """
    advice = f"run `python -m core collection embed {collection.name} --model {name}`"
    found = {model.column: model for model in models_of(collection)}.get(_column_of(identity))
    if found is None:
        others = [f"{one.provenance.model} in {one.provenance.precision}" for one in models_of(collection)]
        there = f" It has those of {', '.join(others)}." if others else ""
        raise InputError(
            f"{collection.name} has no vectors of {name} as it is computed here, in {identity.precision}: {advice}."
            f"{there}"
        )
    if found.missing:
        raise InputError(f"{found.missing:,} texts of {collection.name} have no vectors of {name} yet: {advice}.")
    return found


def vectors_by(collection: Collection, spec: ModelSpec) -> Model | None:
    """The vectors of all texts by a model, in whichever precision; None if some or all are missing."""
    revision = revisions.look_up(spec)
    wanted, dimensions = (spec.id, spec.document_prompt), spec.truncate_dim or spec.dimensions
    for model in models_of(collection):
        its_own = model.identity
        is_same = (its_own.id, its_own.document_prompt) == wanted and dimensions in (None, its_own.dimensions)
        if is_same and revision in (None, its_own.revision) and not model.missing:
            return model
    return None


def embed(
    collection: Collection,
    spec: ModelSpec,
    *,
    device: str = "auto",
    engine: str = "auto",
    precision: str = "auto",
    cluster: Cluster | None = None,
    on_progress: Progress = silent,
) -> tuple[Collection, Model]:
    """The collection with the vectors of all its texts by a model; only missing ones are computed.

    Several processes may do this at once and share the work.

    Parameters
    ----------
    cluster : Cluster, optional
        Where they are computed; by default on this machine.

    Raises
    ------
    ModelUnavailableError, DamagedModelError, DeviceError
    """
    how: dict[str, Any] = {"device": device, "engine": engine, "precision": precision}
    if cluster:
        return _embed_on(cluster, collection, spec, how, on_progress)
    return embed_with(collection, embedding.encoder(spec, **how, on_progress=on_progress), on_progress=on_progress)


def embed_with(collection: Collection, encoder: Encoder, *, on_progress: Progress = silent) -> tuple[Collection, Model]:
    """The same, with a given encoder."""
    identity = identity_of(encoder)
    column = _column_of(identity)
    collection = _with_column(collection, identity)
    while missing := collection.without(column):
        part = random.choice(missing).id  # noqa: S311 - so that several processes seldom compute the same
        collection = _embed_part(collection, part, column, encoder, on_progress)
    return collection, model_of(collection, identity, encoder.spec.name)


def _with_column(collection: Collection, identity: Identity) -> Collection:
    """The collection with a column for vectors."""
    import pyarrow as pa

    if not len(collection):
        raise InputError(f"{collection.name} has no texts yet: run the command that creates it again.")
    kind = pa.list_(pa.float32(), identity.dimensions)
    return add_columns(collection, [pa.field(_column_of(identity), kind)])


def _embed_on(
    cluster: Cluster, collection: Collection, spec: ModelSpec, how: dict[str, Any], on_progress: Progress
) -> tuple[Collection, Model]:
    """The same on a cluster: parts are embedded and written there, and committed here."""
    if spec.provider == "openai":
        raise InputError(f"{spec.name} is computed behind an API: a cluster doesn't make it faster. Omit --cluster.")
    wait = partial(on_progress, WAITING, 0, len(collection))
    wait()
    with cluster.workers(_load, spec, how) as workers:
        identity = workers.ask(_identify, wait)
        collection, column = _with_column(collection, identity), _column_of(identity)

        def report(current: Collection) -> None:
            on_progress(EMBEDDING, _done(current, column), len(current))

        collection = fill(
            collection,
            column,
            workers,
            partial(_embed_there, collection.name, column),
            lambda source, current: _facts_with(current, column, identity, source),
            report,
        )
    return collection, model_of(collection, identity, spec.name)


def _load(spec: ModelSpec, how: dict[str, Any]) -> Encoder:
    """The encoder of a node."""
    return embedding.encoder(spec, **how)


def _identify(encoder: Encoder, *_: object) -> Identity:
    return identity_of(encoder)


def _embed_there(
    name: str, column: str, encoder: Encoder, number: int, on_progress: Progress
) -> "tuple[DataFile, Provenance]":
    """Write the vectors of a part, on a node."""
    if _column_of(identity_of(encoder)) != column:
        raise InputError(
            f"{encoder.spec.name} is computed in {identity_of(encoder).precision} here, and otherwise on other nodes: "
            "pass --precision float32."
        )
    return _write_part(open_collection(name), number, column, encoder, on_progress)


def _column_of(identity: Identity) -> str:
    return f"v_{digests.of(identity.namespace('document').encode(), size=8)}"


def _embed_part(
    collection: Collection, number: int, column: str, encoder: Encoder, on_progress: Progress
) -> Collection:
    """Write the vectors of a part and add them, unless others have added them meanwhile."""
    file, source = _write_part(collection, number, column, encoder, on_progress)
    identity = identity_of(encoder)
    return add_file(collection, number, column, file, lambda current: _facts_with(current, column, identity, source))


def _write_part(
    collection: Collection, number: int, column: str, encoder: Encoder, on_progress: Progress
) -> "tuple[DataFile, Provenance]":
    """Write the vectors of a part; also where they come from."""
    sources: list[Provenance] = []
    file = write_part(collection, column, _vectors(collection, number, column, encoder, sources, on_progress))
    return file, reduce(_sum, sources)


def _facts_with(collection: Collection, column: str, identity: Identity, provenance: Provenance) -> Facts:
    """The collection's facts after a part is embedded."""
    facts = collection.facts
    known = facts.models.get(column)
    total = _sum(Provenance(**known["provenance"]), provenance) if known else provenance
    model = {"identity": asdict(identity), "provenance": asdict(total)}
    return replace(facts, models=facts.models | {column: (known or {}) | model})


def _vectors(
    collection: Collection,
    number: int,
    column: str,
    encoder: Encoder,
    sources: list[Provenance],
    on_progress: Progress,
) -> Iterator[npt.NDArray[np.float32]]:
    """The vectors of a part, some at a time; where they come from is added to `sources`."""
    done = _done(collection, column)
    for texts in documents_of(collection, number):
        report = partial(_report, on_progress, done, len(collection))
        report()
        embedded = embedding.embed_with(encoder, texts, on_progress=report)
        sources.append(embedded.provenance)
        yield embedded.vectors
        done += len(texts)


def _done(collection: Collection, column: str) -> int:
    """How many texts have vectors."""
    return len(collection) - sum(part.physical_rows for part in collection.without(column))


def _report(on_progress: Progress, done: int, total: int, *_: object) -> None:
    """Report how many texts of the collection have vectors, whatever is done for the next ones."""
    on_progress(EMBEDDING, done, total)


def documents_of(collection: Collection, number: int) -> Iterator[list[str]]:
    """What is embedded of a part, as by `Corpus.documents`, some texts at a time."""
    part = collection.data.get_fragment(number)
    assert part
    fields = collection.facts.fields
    columns = [*([collection.column("title")] if "title" in fields else []), "text"]
    for batch in part.to_batches(columns=columns, batch_size=TEXTS_AT_ONCE):
        yield documents(batch.columns)


def documents(columns: "list[pyarrow.Array]") -> list[str]:
    """The titles, if there are any, and the texts together."""
    *titles, texts = (column.to_pylist() for column in columns)
    if not titles:
        return list(texts)
    return [f"{title or ''} {text}".strip() for title, text in zip(*titles, texts, strict=True)]


def _sum(one: Provenance, other: Provenance) -> Provenance:
    """Where the vectors of two parts come from."""
    return replace(
        other,
        texts=one.texts + other.texts,
        computed=one.computed + other.computed,
        remembered=one.remembered + other.remembered,
        seconds=one.seconds + other.seconds,
        tokens=_sum_if_known(one.tokens, other.tokens),
        dollars=_sum_if_known(one.dollars, other.dollars),
        truncated_texts=_sum_if_known(one.truncated_texts, other.truncated_texts),
        unknown_texts=_sum_if_known(one.unknown_texts, other.unknown_texts),
    )


def _sum_if_known(one: Any, other: Any) -> Any:
    return None if one is None or other is None else one + other
