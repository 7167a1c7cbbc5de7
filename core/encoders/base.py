"""The interface of every encoder, whatever computes its vectors."""

import copy
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, TypeVar, runtime_checkable

import numpy as np
import numpy.typing as npt

from core.devices import NAMES
from core.encoders.vocabulary import UNKNOWN_TOKENS, WORD_START
from core.errors import DeviceError
from core.models import ModelSpec
from core.models.dialects import DIALECTS
from core.progress import Progress, silent
from core.similarity.functions import Similarity

Vectors = npt.NDArray[np.float32]
Kind = Literal["query", "document"]
Number = TypeVar("Number", int, float)

DEVICES = ("auto", *NAMES)
ENGINES = ("auto", "torch", "openvino", "static", "openai")
FRAME_TOKENS = frozenset({"[CLS]", "[SEP]", "<s>", "</s>"})
CHOOSING = "for now: the fastest engine is being found in the background"  # the reason until then
PRECISIONS = ("auto", "float32", "float16", "bfloat16", "int8")


@dataclass(frozen=True)
class Trace:
    """One text's path through a model: its tokens, their vectors, and the pooled vector.

    Attributes
    ----------
    tokens : tuple of str, length t
    vectors : (t, d) float32 array, one row a token, as the last layer leaves them
    pooled : (d,) float32 array, the text's embedding
    weights : (t,) float32 array, each token's share in the pooled vector before it is scaled to unit length, if it is
    pooling : the pooling's name
    truncated : number of tokens beyond the model's limit, which it never sees
    """

    tokens: tuple[str, ...]
    vectors: Vectors
    pooled: npt.NDArray[np.float32]
    weights: npt.NDArray[np.float32]
    pooling: str
    truncated: int

    @property
    def is_unknown(self) -> bool:
        """Whether the model knows none of the text's tokens, so that other such texts get the same vector."""
        tokens = set(self.tokens) - FRAME_TOKENS
        return bool(tokens & UNKNOWN_TOKENS) and tokens <= {*UNKNOWN_TOKENS, WORD_START}


class Encoder(Protocol):
    """A model ready to encode.

    `revision`, `device`, `engine` and `precision` say what computes; they are in every result's provenance.
    `reason` says why these were chosen, empty if there was no choice. `dimensions` is the length of its vectors,
    `max_tokens` its longest input, None without a limit; `memory_bytes` is the memory of its weights here.
    """

    spec: ModelSpec
    dimensions: int
    revision: str
    device: str
    engine: str
    precision: str
    reason: str
    memory_bytes: int
    max_tokens: int | None

    def encode(self, texts: Sequence[str], kind: Kind = "document", on_progress: Progress = silent) -> Vectors:
        """Vectors of the texts: (n, d) float32, in the order given; unit rows where the cosine compares them."""
        ...

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """How many tokens each text has for this model, before truncation, special tokens included."""
        ...

    def may_be_unknown(self, text: str) -> bool:
        """Whether the model may know none of a text's tokens; found without tokenizing it."""
        ...

    def count_known_tokens(self, texts: Sequence[str]) -> list[int]:
        """How many tokens of each text the model knows, special tokens left out."""
        ...

    def shorten(self, dimensions: int) -> None:
        """Keep only the first dimensions of the vectors; InputError if there are not as many."""
        ...


@dataclass(frozen=True)
class Identity:
    """Which model, how computed: everything its vectors depend on besides the texts. Results are saved under it.

    Attributes
    ----------
    id, revision : str
        Which model, and which version of its files.
    max_tokens : int or None
        Where texts are truncated.
    dimensions : int
        Length of the vectors, possibly shortened.
    precision : str
        The precision actually executed; below float32, where engines differ, with the engine.
    similarity : "cosine", "dot", "euclidean" or "manhattan"
        The function that compares the vectors; those of the cosine alone are scaled to unit length.
    """

    id: str
    revision: str
    query_prompt: str
    document_prompt: str
    max_tokens: int | None
    dimensions: int
    precision: str
    similarity: Similarity = "cosine"

    def namespace(self, kind: Kind) -> str:
        """The name under which vectors of queries or documents are stored; both share one if their prompts match."""
        prompt = self.query_prompt if kind == "query" else self.document_prompt
        own_lengths = () if self.similarity == "cosine" else (self.similarity,)
        return json.dumps(
            (self.id, self.revision, prompt, self.max_tokens, self.dimensions, self.precision, *own_lengths)
        )


def identity_of(encoder: Encoder) -> Identity:
    """The identity of an encoder's vectors."""
    spec, precision = encoder.spec, encoder.precision
    return Identity(
        spec.id,
        encoder.revision,
        _before(spec, "query"),
        _before(spec, "document"),
        encoder.max_tokens,
        encoder.dimensions,
        precision if precision == "float32" else f"{encoder.engine} {precision}",
        spec.similarity,
    )


def with_options_of(encoder: Encoder, spec: ModelSpec) -> Encoder:
    """The encoder with the prompts and the dimensions of `spec`; its weights, thread and locks are those of the given.

    Raises
    ------
    InputError
        The model has no vectors of that length.
    """
    if encoder.spec == spec:
        return encoder
    same = copy.copy(encoder)
    same.spec = encoder.spec.with_prompts(spec.query_prompt, spec.document_prompt).with_dimensions(spec.truncate_dim)
    if spec.truncate_dim is not None:
        same.shorten(spec.truncate_dim)
    return same


class Traceable(Encoder, Protocol):
    """An encoder whose tokens can be inspected: all except those behind an API."""

    def trace(self, text: str, kind: Kind = "document") -> Trace:
        """Trace a text through the model, with the model's prompt for its kind."""
        ...


@dataclass(frozen=True)
class Usage:
    """The usage of one call: tokens as counted by the API, and US dollars; None if unknown."""

    tokens: int | None
    dollars: float | None

    def __add__(self, other: "Usage") -> "Usage":
        return Usage(_sum(self.tokens, other.tokens), _sum(self.dollars, other.dollars))


@runtime_checkable
class Metered(Protocol):
    """An encoder with usage and possibly a price: those behind an API."""

    def encode_with_usage(
        self, texts: Sequence[str], kind: Kind = "document", on_progress: Progress = silent
    ) -> tuple[Vectors, Usage]:
        """Vectors as `encode` gives them, and what this call has used."""
        ...


def require_offered(kind: str, asked: str, offered: Sequence[str]) -> None:
    """Refuse a device, engine or precision that is not offered.

    Raises
    ------
    DeviceError
        It is not among those offered.
    """
    if asked not in offered:
        raise DeviceError(f"Unknown {kind} {asked!r}: choose {', '.join(offered)}.")


def replace_surrogates(text: str) -> str:
    """The text with lone surrogates, which no tokenizer takes, replaced by U+FFFD."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _before(spec: ModelSpec, kind: Kind) -> str:
    """What is put before a text: the prompt, behind the input type that an API's dialect names, if it does."""
    input_type = DIALECTS[spec.server.dialect].input_type_of(kind) if spec.server else ""
    return f"{input_type}\0{spec.prompt(kind)}" if input_type else spec.prompt(kind)


def _sum(one: Number | None, other: Number | None) -> Number | None:
    """The sum, unknown if either is unknown."""
    return None if one is None or other is None else one + other
