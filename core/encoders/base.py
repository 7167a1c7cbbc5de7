"""What every encoder offers, whatever computes its vectors."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
import numpy.typing as npt

from core.jobs import Progress, silent
from core.models import ModelSpec

Vectors = npt.NDArray[np.float32]
Kind = Literal["query", "document"]


@dataclass(frozen=True)
class Trace:
    """The way of one text through a model: its tokens, their vectors, and the one vector they become.

    Attributes
    ----------
    tokens : tuple of str, length t
    vectors : (t, d) float32 array, one row a token, as the last layer leaves them
    pooled : (d,) float32 array, unit length
    weights : (t,) float32 array, each token's share in the pooled vector before it is brought to unit length
    pooling : the pooling's name
    truncated : number of tokens beyond the model's limit, which it never sees
    """

    tokens: tuple[str, ...]
    vectors: Vectors
    pooled: npt.NDArray[np.float32]
    weights: npt.NDArray[np.float32]
    pooling: str
    truncated: int


class Encoder(Protocol):
    """A model ready to encode.

    `revision`, `device`, `engine` and `precision` say what computes; they stand in every result's provenance.
    `dimensions` is the length of its vectors, `max_tokens` its longest input, None where there is no limit.
    """

    spec: ModelSpec
    dimensions: int
    revision: str
    device: str
    engine: str
    precision: str
    max_tokens: int | None

    def encode(self, texts: Sequence[str], kind: Kind = "document", on_progress: Progress = silent) -> Vectors:
        """Vectors of the texts: (n, d) float32, unit rows, in the order given."""
        ...

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """How many tokens each text has for this model, before truncation, special tokens included."""
        ...


class Traceable(Encoder, Protocol):
    """An encoder whose inside can be looked into: all but those behind an API."""

    def trace(self, text: str) -> Trace:
        """The text's way through the model."""
        ...


def well_formed(text: str) -> str:
    """The text with lone surrogates, which no tokenizer takes, replaced by U+FFFD."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
