"""Texts and a model in, vectors out: from the store if known, else from the pool's encoder."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from core.encoders import Encoder, Kind, Vectors
from core.encoders.base import Identity, Metered, Usage, identity_of, replace_surrogates
from core.encoders.pool import Pool
from core.errors import ModelUnavailableError
from core.models import ModelSpec
from core.models.files import availability
from core.progress import Progress, silent
from core.similarity import NAMES, Similarity
from core.storage.vectors import Store, key, shared_store

KEEP_EVERY = 1024
KEEP_PAID_EVERY = 256  # per request to an API
MOST_SPECIAL_TOKENS = 4  # that a tokenizer puts around a text


@dataclass(frozen=True)
class Provenance:
    """Where vectors come from; shown under every result.

    `reason` says why this engine and precision. `computed` counts distinct texts: with repeated ones it and
    `remembered` stay below `texts`. `seconds` is the time from request to answer, loading of the model included.
    `tokens` and `dollars` are an API's count for the computed texts and its price; None if unknown. `query_prompt` and
    `document_prompt` are what was put before queries and before documents. `max_tokens` is the model's longest input,
    None without a limit, and `truncated_texts` how many of the texts are longer, prompt included; None if unknown.
    `similarity` is the function that compares the vectors, as the model's files ask.
    """

    model: str
    revision: str
    device: str
    engine: str
    precision: str
    reason: str
    kind: str
    texts: int
    computed: int
    remembered: int
    seconds: float
    tokens: int | None = None
    dollars: float | None = None
    query_prompt: str = ""
    document_prompt: str = ""
    max_tokens: int | None = None
    truncated_texts: int | None = None
    similarity: Similarity = "cosine"

    @property
    def caveats(self) -> list[str]:
        """What to know before comparing figures of these vectors with others, a sentence each."""
        return [self.truncation] if self.truncation else []

    @property
    def comparison(self) -> str:
        """The function that compares the vectors, in words: "compared by cosine"."""
        return f"compared by {NAMES[self.similarity]}"

    @property
    def truncation(self) -> str:
        """How many of the texts are longer than the model reads, in a sentence; empty if none is, or if unknown."""
        if not self.truncated_texts:
            return ""
        what = {"query": ("query", "queries")}.get(self.kind, ("text", "texts"))
        return (
            f"{self.truncated_texts:,} of {self.texts:,} {what[self.texts != 1]} "
            f"{'is' if self.truncated_texts == 1 else 'are'} longer than the {self.max_tokens:,} tokens that "
            f"{self.model} reads: it never sees the rest."
        )


@dataclass(frozen=True)
class Embedded:
    """Vectors, (n, d) float32, where they come from, and the identity that results are saved under.

    Rows have unit length where the cosine compares them, and else the model's own.
    """

    vectors: Vectors
    provenance: Provenance
    identity: Identity


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
    on_progress: Progress = silent,
) -> Encoder:
    """The shared encoder of a model, loaded if need be.

    Raises
    ------
    ModelUnavailableError
        The model is not ready here; raised at once, without loading anything.
    """
    state = availability(spec)
    if not state.is_ready:
        raise ModelUnavailableError(state.sentence)
    return shared_pool().get(spec, device=device, engine=engine, precision=precision, on_progress=on_progress)


def identity(
    spec: ModelSpec,
    *,
    device: str = "auto",
    engine: str = "auto",
    precision: str = "auto",
    on_progress: Progress = silent,
) -> Identity:
    """The model's current identity and how it is computed; it is loaded if it has not been loaded in this version.

    If the precision is left to the machine, it is only known after loading.

    Raises
    ------
    ModelUnavailableError, DamagedModelError, DeviceError
    """
    known = shared_pool().identity(spec, device=device, engine=engine, precision=precision)
    if known is not None:
        return known
    return identity_of(encoder(spec, device=device, engine=engine, precision=precision, on_progress=on_progress))


def embed(
    texts: Sequence[str],
    spec: ModelSpec,
    *,
    kind: Kind = "document",
    device: str = "auto",
    engine: str = "auto",
    precision: str = "auto",
    store: Store | None = None,
    on_progress: Progress = silent,
) -> Embedded:
    """Embed texts with the shared encoder; each distinct text is computed at most once, ever.

    Parameters
    ----------
    device, engine, precision : str
        See `encoders.load`.
    store : Store, optional
        Where vectors are stored; the user's own by default.

    Raises
    ------
    ModelUnavailableError, DamagedModelError, DeviceError
    """
    started = time.perf_counter()
    ready = encoder(spec, device=device, engine=engine, precision=precision, on_progress=on_progress)
    return embed_with(ready, texts, kind=kind, store=store or shared_store(), on_progress=on_progress, started=started)


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
    computed, usage = _compute(encoder, missing, kind, store, on_progress)
    known |= computed
    vectors = np.array([known[name] for name in keys], np.float32).reshape(len(texts), encoder.dimensions)
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
            truncated_texts=_count_truncated(encoder, texts, kind, on_progress),
        ),
        identity,
    )


def _count_truncated(encoder: Encoder, texts: Sequence[str], kind: Kind, on_progress: Progress) -> int | None:
    """How many texts have more tokens than the encoder reads; None if they can't be counted on this machine.

    Only texts with more bytes than it reads tokens are tokenised: hardly any token is shorter than a byte.
    """
    if isinstance(encoder, Metered):
        return None
    if encoder.max_tokens is None:
        return 0
    prompt, truncated = encoder.spec.prompt(kind), 0
    whole = [
        prompt + text for text in texts if len((prompt + text).encode()) + MOST_SPECIAL_TOKENS > encoder.max_tokens
    ]
    for start in range(0, len(whole), KEEP_EVERY):
        on_progress("Counting tokens", start, len(whole))
        counts = encoder.count_tokens(whole[start : start + KEEP_EVERY])
        truncated += sum(count > encoder.max_tokens for count in counts)
    return truncated


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

    size = KEEP_PAID_EVERY if isinstance(encoder, Metered) else KEEP_EVERY
    for start in range(0, len(texts), size):
        part = texts[start : start + size]
        if isinstance(encoder, Metered):
            vectors, used = encoder.encode_with_usage(part, kind, report)
            usage += used
        else:
            vectors = encoder.encode(part, kind, report)
        part_vectors = dict(zip(names[start : start + size], vectors, strict=True))
        if store:
            store.put(part_vectors)
        computed |= part_vectors
    return computed, usage
