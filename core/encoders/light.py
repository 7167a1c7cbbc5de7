"""The bundled models with numpy alone: a first short text is not kept waiting while torch is imported.

Their vectors are those of torch in float32, but for rounding.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from core.encoders.base import Kind, Trace, Vectors, replace_surrogates
from core.encoders.vocabulary import vocabulary_of
from core.errors import InputError
from core.models import ModelSpec, revisions
from core.models.files import locate
from core.models.layout import read_object
from core.progress import Progress, silent

if TYPE_CHECKING:
    from tokenizers import Encoding, Tokenizer

MOST_CHARACTERS = 4_000  # of all texts together; for more, torch is worth its import
REASON = "for now: torch, which is faster, is being loaded in the background"

NORM_EPSILON = 1e-12
EMBEDDINGS = "word", "position", "token_type"
PROJECTIONS = "query", "key", "value"

Weights = Mapping[str, Vectors]
TokenVectors = Callable[[Sequence[int]], Vectors]
"""From t token ids to what the last layer leaves of them, (t, d) float32."""


class LightEncoder:
    """A bundled model: a table of token vectors, or a BERT, whose token vectors are averaged. One text at a time."""

    device, engine, precision, reason = "cpu", "numpy", "float32", REASON

    def __init__(
        self, spec: ModelSpec, revision: str, tokenizer: "Tokenizer", token_vectors: TokenVectors, size: int
    ) -> None:
        self.spec, self.revision = spec, revision
        self.max_tokens = spec.max_tokens
        self.dimensions = spec.truncate_dim or spec.dimensions or 0
        self.memory_bytes = size
        self.vocabulary = vocabulary_of(tokenizer)
        self._tokenizer, self._token_vectors = tokenizer, token_vectors

    def encode(self, texts: Sequence[str], kind: Kind = "document", on_progress: Progress = silent) -> Vectors:
        """Unit vectors of the texts: (n, d) float32, in the order given."""
        vectors = np.zeros((len(texts), self.dimensions), np.float32)
        for row, text in enumerate(texts):
            on_progress(f"Embedding with {self.spec.name}", row, len(texts))
            vectors[row] = self._mean(self._token_vectors(self._cut(self._encoding(text, kind).ids)))
        return vectors

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """How many tokens each text has for this model, before truncation, special tokens included."""
        return [len(self._encode(text).ids) for text in texts]

    def may_be_unknown(self, text: str) -> bool:
        """Whether the model may know none of a text's tokens; found without tokenizing it."""
        return self.vocabulary.may_lack(text)

    def count_known_tokens(self, texts: Sequence[str]) -> list[int]:
        """How many tokens of each text the model knows, special tokens left out."""
        encodings = (self._tokenizer.encode(replace_surrogates(text), add_special_tokens=False) for text in texts)
        return [self.vocabulary.count_known(encoding.ids) for encoding in encodings]

    def shorten(self, dimensions: int) -> None:
        """Keep only the first dimensions of the vectors; InputError if there are not as many."""
        if not 1 <= dimensions <= self.dimensions:
            raise InputError(f"{self.spec.name} has {self.dimensions:,} dimensions: choose 1 to {self.dimensions:,}.")
        self.dimensions = dimensions

    def trace(self, text: str, kind: Kind = "document") -> Trace:
        """The text's way through the model, as `LocalEncoder.trace`."""
        encoding = self._encoding(text, kind)
        if not encoding.ids:
            raise InputError("This text has no tokens: write a word or two.")
        vectors = self._token_vectors(self._cut(encoding.ids))
        shares = np.full(len(vectors), 1 / len(vectors), np.float32)
        cut = len(encoding.ids) - len(vectors)
        tokens = tuple(self._cut(encoding.tokens))
        return Trace(tokens, vectors[:, : self.spec.truncate_dim], self._mean(vectors), shares, "mean", cut)

    def _encoding(self, text: str, kind: Kind) -> "Encoding":
        return self._encode(self.spec.prompt(kind) + text)

    def _encode(self, text: str) -> "Encoding":
        return self._tokenizer.encode(replace_surrogates(text), add_special_tokens=not self.spec.is_static)

    def _cut(self, tokens: list[Any]) -> list[Any]:
        """The tokens that the model sees of a text: the beginning and the closing special token."""
        most = self.max_tokens or len(tokens)
        return tokens if len(tokens) <= most else [*tokens[: most - 1], tokens[-1]]

    def _mean(self, vectors: Vectors) -> Vectors:
        mean = vectors[:, : self.dimensions].sum(axis=0) / max(1, len(vectors))
        return np.asarray(mean / max(float(np.linalg.norm(mean)), 1e-12), np.float32)


def offers(spec: ModelSpec, device: str, engine: str, precision: str) -> bool:
    """Whether the model is bundled, and what computes it is left to the machine."""
    return spec.bundled is not None and device in ("auto", "cpu") and engine == precision == "auto"


def load(spec: ModelSpec) -> LightEncoder:
    """The model from its files, which are read once.

    Raises
    ------
    ModelUnavailableError, DamagedModelError
    """
    folder = locate(spec)
    tokenizer, token_vectors, size = _read_table(spec, folder) if spec.is_static else _read_bert(folder)
    return LightEncoder(spec, revisions.of(spec, folder), tokenizer, token_vectors, size)


def _read_table(spec: ModelSpec, folder: Path) -> "tuple[Tokenizer, TokenVectors, int]":
    assert spec.bundled
    weights, tokenizer = spec.bundled.sha256
    (table,) = _weights(folder / weights).values()
    return _tokenizer(folder / tokenizer), lambda ids: table[list(ids)], table.nbytes


def _read_bert(folder: Path) -> "tuple[Tokenizer, TokenVectors, int]":
    config = read_object(folder / "config.json")
    layers, heads = (int(str(config[f"num_{parts}"])) for parts in ("hidden_layers", "attention_heads"))
    weights = _weights(folder / "model.safetensors")
    size = sum(values.nbytes for values in weights.values())
    return _tokenizer(folder / "tokenizer.json"), partial(bert, weights, layers, heads), size


@cache
def _weights(file: Path) -> Weights:
    from safetensors.numpy import load_file

    return {
        name: values.astype(np.float32, copy=False)
        for name, values in load_file(file).items()
        if np.issubdtype(values.dtype, np.floating)
    }


@cache
def _tokenizer(file: Path) -> "Tokenizer":
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(file))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


def bert(weights: Weights, layers: int, heads: int, ids: Sequence[int]) -> Vectors:
    """What the last layer of a BERT (Devlin et al. 2019) leaves of t tokens of one text: (t, d)."""

    def linear(name: str, rows: Vectors) -> Vectors:
        return np.asarray(rows @ weights[f"{name}.weight"].T + weights[f"{name}.bias"], np.float32)

    def normed(name: str, rows: Vectors) -> Vectors:
        centred = rows - rows.mean(axis=1, keepdims=True)
        scaled = centred / np.sqrt(np.square(centred).mean(axis=1, keepdims=True) + NORM_EPSILON)
        return np.asarray(scaled * weights[f"{name}.LayerNorm.weight"] + weights[f"{name}.LayerNorm.bias"], np.float32)

    def by_head(rows: Vectors) -> Vectors:
        return rows.reshape(len(rows), heads, -1).swapaxes(0, 1)

    def layer(name: str, rows: Vectors) -> Vectors:
        query, key, value = (by_head(linear(f"{name}.attention.self.{part}", rows)) for part in PROJECTIONS)
        attended = _softmax(query @ key.swapaxes(1, 2) / math.sqrt(query.shape[2])) @ value
        context = linear(f"{name}.attention.output.dense", attended.swapaxes(0, 1).reshape(rows.shape))
        rows = normed(f"{name}.attention.output", rows + context)
        inner = linear(f"{name}.output.dense", _gelu(linear(f"{name}.intermediate.dense", rows)))
        return normed(f"{name}.output", rows + inner)

    words, positions, kinds = (weights[f"embeddings.{name}_embeddings.weight"] for name in EMBEDDINGS)
    rows = normed("embeddings", words[list(ids)] + positions[: len(ids)] + kinds[0])
    for number in range(layers):
        rows = layer(f"encoder.layer.{number}", rows)
    return rows


def _softmax(scores: Vectors) -> Vectors:
    powers = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=-1, keepdims=True), np.float32)


def _gelu(values: Vectors) -> Vectors:
    from scipy.special import erf

    return np.asarray(values * (1 + erf(values / math.sqrt(2))) / 2, np.float32)
