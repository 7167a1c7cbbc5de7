"""Vectors that come with Embedscope: the sample's texts under the bundled models, so that no page waits for a model.

They are those of torch in float32; `python -m core ship` computes them anew.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from core import corpus
from core.encoders import Kind, Vectors
from core.encoders.base import Identity, Trace, Traceable, identity_of
from core.machine import this_machine
from core.models import ModelSpec, revisions
from core.settings import DATA
from core.storage import files
from core.storage.vectors import key

KINDS: tuple[Kind, ...] = ("document", "query")


@dataclass(frozen=True)
class Shipped:
    """A model's shipped vectors.

    Attributes
    ----------
    rows : dict of bytes to int
        The row of each text, by its key in the namespace of `identity`.
    vectors : (n, d) float32 array
        Unit rows.
    tokens, known_tokens : (n,) int arrays
        How many tokens each text has, its prompt included, and how many of them the model knows, without special ones.
    traces : dict of str to Trace
        By text, of the sentences whose tokens are shown first, see `traced_texts`.
    engine, precision, computed : str
        What computed them, and the day, as 2026-11-30.
    """

    identity: Identity
    rows: dict[bytes, int]
    vectors: Vectors
    tokens: npt.NDArray[np.int64]
    known_tokens: npt.NDArray[np.int64]
    traces: dict[str, Trace]
    engine: str
    precision: str
    computed: str

    def find(self, texts: Sequence[str], kind: Kind) -> npt.NDArray[np.intp] | None:
        """The row of each text; None as soon as one is missing."""
        namespace = self.identity.namespace(kind)
        rows = np.empty(len(texts), np.intp)
        for place, text in enumerate(texts):
            row = self.rows.get(key(namespace, text))
            if row is None:
                return None
            rows[place] = row
        return rows


def shipped(spec: ModelSpec) -> Shipped | None:
    """The vectors that come with a model; None if there are none for it as it is described: revision, prompts."""
    if spec.bundled is None or spec.truncate_dim is not None or not (file := _file(spec.name)).exists():
        return None
    found = _read(file)
    described = (spec.id, revisions.look_up(spec), spec.query_prompt, spec.document_prompt)
    its_own = found.identity
    return found if described == (its_own.id, its_own.revision, its_own.query_prompt, its_own.document_prompt) else None


def texts_to_ship() -> list[str]:
    """The sample's documents, queries and sentences, and the texts that pages open with."""
    sentences = [*corpus.sample_sentences().splitlines(), *corpus.EXPLAINED, *corpus.EMBEDDED]
    return list(dict.fromkeys([*corpus.sample().documents, *corpus.sample_queries().texts, *sentences]))


def traced_texts() -> list[str]:
    """The sentence that Explain opens with, and those of Similarity."""
    return [corpus.EXPLAINED[0], *corpus.sample_sentences().splitlines()]


def write(encoder: Traceable) -> Path:
    """Compute a model's vectors and save them beside the sample; return the file."""
    texts = texts_to_ship()
    identity = identity_of(encoder)
    keys, vectors, tokens, known_tokens = [], [], [], []
    for kind in KINDS if identity.namespace("query") != identity.namespace("document") else KINDS[:1]:
        keys += [np.frombuffer(key(identity.namespace(kind), text), np.uint8) for text in texts]
        vectors.append(encoder.encode(texts, kind))
        known_tokens += encoder.count_known_tokens(texts)
        tokens += encoder.count_tokens([encoder.spec.prompt(kind) + text for text in texts])
    facts = {
        "identity": asdict(identity),
        "engine": encoder.engine,
        "precision": encoder.precision,
        "computed": datetime.now(UTC).date().isoformat(),
        "machine": this_machine().sentence,
        "versions": this_machine().versions,
    }
    file = _file(encoder.spec.name)
    content = BytesIO()
    np.savez(
        content,
        keys=np.array(keys),
        vectors=np.concatenate(vectors),
        tokens=np.array(tokens),
        known_tokens=np.array(known_tokens),
        **_arrays_of({text: encoder.trace(text) for text in traced_texts()}),
        facts=np.array(json.dumps(facts)),
    )
    files.write(file, content.getvalue())
    return file


@cache
def _read(file: Path) -> Shipped:
    with np.load(file) as content:
        facts = json.loads(str(content["facts"]))
        vectors = content["vectors"]
        rows = {name.tobytes(): row for row, name in enumerate(content["keys"])}
        tokens, known_tokens = content["tokens"], content["known_tokens"]
        traces = _traces(content)
    how = (facts[name] for name in ("engine", "precision", "computed"))
    return Shipped(Identity(**facts["identity"]), rows, vectors, tokens, known_tokens, traces, *how)


def _arrays_of(traces: Mapping[str, Trace]) -> dict[str, Any]:
    """Traces by text as arrays of a file: what each token has stands one below the other."""
    ordered = list(traces.values())
    return {
        "trace_texts": np.array(list(traces)),
        "trace_lengths": np.array([len(trace.tokens) for trace in ordered]),
        "trace_tokens": np.concatenate([np.array(trace.tokens) for trace in ordered]),
        "trace_vectors": np.concatenate([trace.vectors for trace in ordered]),
        "trace_weights": np.concatenate([trace.weights for trace in ordered]),
        "trace_pooled": np.array([trace.pooled for trace in ordered]),
        "trace_truncated": np.array([trace.truncated for trace in ordered]),
        "trace_pooling": np.array(ordered[0].pooling),
    }


def _traces(content: Mapping[str, Any]) -> dict[str, Trace]:
    """Traces by text from the arrays of a file."""
    ends = np.cumsum(content["trace_lengths"])[:-1]
    tokens, vectors, weights = (np.split(content[f"trace_{name}"], ends) for name in ("tokens", "vectors", "weights"))
    pooling = str(content["trace_pooling"])
    columns = content["trace_texts"], tokens, vectors, content["trace_pooled"], weights, content["trace_truncated"]
    return {
        str(text): Trace(tuple(own.tolist()), rows, pooled, shares, pooling, int(truncated))
        for text, own, rows, pooled, shares, truncated in zip(*columns, strict=True)
    }


def _file(name: str) -> Path:
    return DATA / "vectors" / f"{name}.npz"
