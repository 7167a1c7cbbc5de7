"""Texts and a model in, vectors out: from the store if known, else from the pool's encoder."""

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, cast

import numpy as np

from core import metrics, token_counts
from core.encoders import Encoder, Kind, Vectors, descriptions, light
from core.encoders.base import Identity, Metered, Trace, Traceable, Usage, identity_of, replace_surrogates
from core.encoders.pool import Pool
from core.errors import ModelUnavailableError
from core.jobs import limits
from core.models import ModelSpec
from core.models.files import availability
from core.progress import Progress, silent
from core.provenance import Provenance
from core.shipped import Shipped, shipped
from core.storage.vectors import Store, key, shared_store

KEEP_EVERY = 1024
KEEP_CHARACTERS = 2**16  # for a network on a CPU: a few seconds of work
KEEP_PAID_EVERY = 256  # per request to an API
MANY_TEXTS = 256  # for which finding the fastest engine first pays


@dataclass(frozen=True)
class Embedded:
    """Vectors, (n, d) float32, where they come from, and the identity that results are saved under.

    Rows have unit length where the cosine compares them, and else the model's own. Those of texts without a token that
    the model knows say nothing: `unknown` are their rows, as far as that is known.
    """

    vectors: Vectors
    provenance: Provenance
    identity: Identity
    unknown: tuple[int, ...] = ()


@cache
def shared_pool() -> Pool:
    """The loaded models of this process."""
    return Pool()


def encoder(
    spec: ModelSpec,
    *,
    device: str = "auto",
    engine: str = "auto",
    precision: str = "auto",
    at_once: bool = False,
    on_progress: Progress = silent,
) -> Encoder:
    """The shared encoder of a model, loaded if need be; `at_once` as in `Pool.get`.

    Raises
    ------
    ModelUnavailableError
        The model is not ready here; raised at once, without loading anything.
    """
    state = availability(spec)
    if not state.is_ready:
        raise ModelUnavailableError(state.sentence)
    return shared_pool().get(
        spec, device=device, engine=engine, precision=precision, at_once=at_once, on_progress=on_progress
    )


def embed(
    texts: Sequence[str],
    spec: ModelSpec,
    *,
    kind: Kind = "document",
    device: str = "auto",
    engine: str = "auto",
    precision: str = "auto",
    at_once: bool = False,
    store: Store | None = None,
    on_progress: Progress = silent,
) -> Embedded:
    """Embed texts with the shared encoder; each distinct text is computed at most once, ever.

    Parameters
    ----------
    at_once : bool
        Don't wait until the fastest engine is known, see `Pool.get`, nor, for a few short texts, until torch is
        imported, see `light`; for many texts both pay, so it is ignored.
    device, engine, precision : str
        See `encoders.load`.
    store : Store, optional
        Where vectors are stored; the user's own by default.

    Raises
    ------
    ModelUnavailableError, DamagedModelError, DeviceError
    LimitError
        The visitor, or all visitors together, would have too much computed; what was computed before is stored.
    """
    started = time.perf_counter()
    if found := _embed_from(_offered(spec, engine, precision), texts, spec, kind, started):
        return found
    request, store = (device, engine, precision), store or shared_store()
    if found := _embed_stored(texts, spec, kind, request, store, started):
        return found
    ready: Encoder | None = _light(texts, spec, *request, at_once=at_once)
    if ready is None:
        ready = encoder(
            spec,
            device=device,
            engine=engine,
            precision=precision,
            at_once=at_once and len(texts) < MANY_TEXTS,
            on_progress=on_progress,
        )
        if (vocabulary := getattr(ready, "vocabulary", None)) is not None:
            descriptions.keep(ready, request, vocabulary)
    return embed_with(ready, texts, kind=kind, store=store, on_progress=on_progress, started=started)


def embed_with(
    encoder: Encoder,
    texts: Sequence[str],
    *,
    kind: Kind = "document",
    store: Store | None = None,
    on_progress: Progress = silent,
    started: float | None = None,
) -> Embedded:
    """Embed texts with a given encoder; without a store everything is computed."""
    started = time.perf_counter() if started is None else started
    texts = [replace_surrogates(text) for text in texts]
    identity = identity_of(encoder)
    namespace = identity.namespace(kind)
    keys = [key(namespace, text) for text in texts]
    known = store.get(keys, encoder.dimensions) if store else {}
    missing = {name: text for name, text in zip(keys, texts, strict=True) if name not in known}
    remembered = sum(name in known for name in keys)
    with limits.ROWS.hold(len(missing)):
        computed, usage = _compute(encoder, missing, kind, store, on_progress)
    metrics.TEXTS.add(len(missing), model=encoder.spec.name, source="computed")
    metrics.TEXTS.add(remembered, model=encoder.spec.name, source="remembered")
    metrics.TOKENS.add(usage.tokens or 0, model=encoder.spec.name)
    known |= computed
    vectors = np.array([known[name] for name in keys], np.float32).reshape(len(texts), encoder.dimensions)
    truncated = token_counts.count_truncated(encoder, texts, kind, store, on_progress)
    unknown = token_counts.find_unknown(encoder, texts, store, on_progress)
    return Embedded(
        vectors,
        Provenance(
            model=encoder.spec.name,
            revision=encoder.revision,
            device=encoder.device,
            engine=encoder.engine,
            precision=encoder.precision,
            reason=encoder.reason,
            kind=kind,
            texts=len(texts),
            computed=len(missing),
            remembered=remembered,
            seconds=time.perf_counter() - started,
            tokens=usage.tokens,
            dollars=usage.dollars,
            query_prompt=encoder.spec.query_prompt,
            document_prompt=encoder.spec.document_prompt,
            max_tokens=encoder.max_tokens,
            similarity=encoder.spec.similarity,
            truncate_dim=encoder.spec.truncate_dim,
            truncated_texts=truncated,
            unknown_texts=None if unknown is None else len(unknown),
        ),
        identity,
        unknown or (),
    )


def count_tokens(texts: Sequence[str], spec: ModelSpec, *, kind: Kind = "document", **how: Any) -> list[int] | None:
    """How many tokens each text has for a model, its prompt included; None behind an API.

    `how` is the device, engine and precision of `encoder`, which loads the model if these texts need it.
    """
    offered = _offered(spec, **how)
    if offered and (rows := offered.find(texts, kind)) is not None:
        return [int(count) for count in offered.tokens[rows]]
    ready = _light(texts, spec, **how) or encoder(spec, **how)
    if isinstance(ready, Metered):
        return None
    return ready.count_tokens([spec.prompt(kind) + text for text in texts])


def trace(text: str, spec: ModelSpec, *, kind: Kind = "document", **how: Any) -> Trace | None:
    """A text's path through a model; None behind an API. `how` is as in `count_tokens`."""
    offered = _offered(spec, **how)
    if offered and kind == "document" and (known := offered.traces.get(text)):
        return known
    ready = _light([text], spec, **how) or encoder(spec, **how)
    return None if isinstance(ready, Metered) else cast(Traceable, ready).trace(text, kind)


def _light(
    texts: Sequence[str],
    spec: ModelSpec,
    device: str = "auto",
    engine: str = "auto",
    precision: str = "auto",
    at_once: bool = False,
    **_: Any,
) -> light.LightEncoder | None:
    """What answers a few short texts at once while the model is not loaded, which now begins; None if nothing does."""
    is_little = sum(map(len, texts)) <= light.MOST_CHARACTERS
    if not (at_once and is_little and light.offers(spec, device, engine, precision)) or shared_pool().holds(spec):
        return None
    shared_pool().load_soon(spec, device)
    return light.load(spec)


def _offered(spec: ModelSpec, engine: str = "auto", precision: str = "auto", **_: Any) -> Shipped | None:
    """What comes with Embedscope for a model that is ready here, if engine and precision are left to the machine."""
    return shipped(spec) if engine == precision == "auto" and availability(spec).is_ready else None


def _embed_from(
    offered: Shipped | None, texts: Sequence[str], spec: ModelSpec, kind: Kind, started: float
) -> Embedded | None:
    """The vectors that come with Embedscope, without loading the model; None if one is missing."""
    rows = offered.find(texts, kind) if offered else None
    if offered is None or rows is None:
        return None
    metrics.TEXTS.add(len(texts), model=spec.name, source="shipped")
    identity = offered.identity
    unknown = np.flatnonzero(offered.known_tokens[rows] == 0)
    return Embedded(
        offered.vectors[rows],
        Provenance(
            model=spec.name,
            revision=identity.revision,
            device="cpu",
            engine=offered.engine,
            precision=offered.precision,
            reason="",
            kind=kind,
            texts=len(texts),
            computed=0,
            remembered=len(texts),
            seconds=time.perf_counter() - started,
            query_prompt=spec.query_prompt,
            document_prompt=spec.document_prompt,
            max_tokens=identity.max_tokens,
            truncated_texts=int((offered.tokens[rows] > (identity.max_tokens or math.inf)).sum()),
            unknown_texts=len(unknown),
            similarity=spec.similarity,
            shipped=offered.computed,
        ),
        identity,
        tuple(unknown.tolist()),
    )


def _embed_stored(
    texts: Sequence[str], spec: ModelSpec, kind: Kind, request: descriptions.Request, store: Store, started: float
) -> Embedded | None:
    """The stored vectors, without loading the model; None if something has to be computed, or it is loaded anyway."""
    if not availability(spec).is_ready or shared_pool().holds(spec):
        return None
    reader = descriptions.reader(spec, request)
    try:
        return embed_with(reader, texts, kind=kind, store=store, started=started) if reader else None
    except descriptions.NotStoredError:
        return None


def _compute(
    encoder: Encoder, missing: dict[bytes, str], kind: Kind, store: Store | None, on_progress: Progress
) -> tuple[dict[bytes, Vectors], Usage]:
    """Vectors of the missing texts, stored part by part so that cancelling loses little; and the API usage."""
    names = sorted(missing, key=lambda name: len(missing[name]), reverse=True)  # texts of a part share batches
    texts = [missing[name] for name in names]
    computed: dict[bytes, Vectors] = {}
    usage = Usage(0, 0.0) if isinstance(encoder, Metered) else Usage(None, None)

    def report(what: str, done: int, _total: int) -> None:
        on_progress(what, len(computed) + done, len(texts))

    start = 0
    while start < len(texts):
        size = _size_of_part(encoder, texts[start])
        part = texts[start : start + size]
        with metrics.BATCHES.time(model=encoder.spec.name):
            if isinstance(encoder, Metered):
                limits.TOKENS.require()
                vectors, used = encoder.encode_with_usage(part, kind, report)
                limits.TOKENS.charge(used.tokens or 0)
                usage += used
            else:
                if encoder.device != "cpu":
                    limits.GPU_SECONDS.require()
                vectors = encoder.encode(part, kind, report)
        part_vectors = dict(zip(names[start : start + size], vectors, strict=True))
        if store:
            store.put(part_vectors)
        computed |= part_vectors
        start += size
    return computed, usage


def _size_of_part(encoder: Encoder, longest: str) -> int:
    """How many texts are computed before they are stored, the longest of which is given."""
    if isinstance(encoder, Metered):
        return KEEP_PAID_EVERY
    if encoder.device != "cpu" or encoder.engine == "static":
        return KEEP_EVERY
    return min(KEEP_EVERY, max(1, KEEP_CHARACTERS // max(1, len(longest))))
