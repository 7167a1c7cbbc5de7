"""The description of a model. MTEB v1 and v2 are different scales and never share a field. None means unknown."""

from dataclasses import dataclass, field, replace
from typing import Any

from core.models.licence import spell
from core.similarity.functions import Similarity

BOARDS = {"MTEB v2": "mean of 41 tasks", "MTEB v1": "average of 56 datasets"}  # the newest first
USUAL_OPTIONS = ("", "cosine", None)  # no prompt, the usual function, all dimensions
TASKS = ("classification", "clustering", "pair_classification", "reranking", "retrieval", "sts", "summarization")


@dataclass(frozen=True)
class BundledFiles:
    """A model's files inside an installed package: its folder and the sha256 of each file used."""

    package: str
    folder: str
    sha256: dict[str, str] = field(hash=False)


@dataclass(frozen=True)
class OriginalRow:
    """A row of the original comparison table, as printed; milliseconds for "Hello World"."""

    overall_score: str
    model_size: str
    model_params: str | None
    cpu_ms: float | None
    gpu_ms: float | None


@dataclass(frozen=True)
class Server:
    """A server that speaks OpenAI's API or a dialect of it, and which of its models to use; its key is not stored here.

    Attributes
    ----------
    section : str
        NAME of its section [servers.NAME] in secrets.toml.
    dimensions : int or None
        Length of vectors requested from the server; None leaves it to the model.
    dialect : str
        What its API's requests are called; one of `dialects.DIALECTS`.
    """

    section: str
    url: str
    model: str
    dimensions: int | None = None
    dialect: str = "openai"


@dataclass(frozen=True)
class ModelSpec:
    """One model.

    Attributes
    ----------
    provider : "bundled", "huggingface", "folder", "openai" or "elsewhere"
        Where its vectors come from: a package, the Hub, the host's models directory, an API, or none that is open.
    dimensions : int or None
        Length of its vectors; None if only known after loading it or asking the server.
    download_bytes : int or None
        Size of its files; None if nothing is downloaded or the size is unknown.
    max_tokens : int or None
        Longest input; None for static models, which have no limit, and if unknown.
    similarity : "cosine", "dot", "euclidean" or "manhattan"
        The function that compares its vectors, as its files ask. Its vectors are scaled to unit length only for the
        cosine.
    mteb_v1 : dict of str to float
        "average" and the seven task types of MTEB(eng, v1); empty if unknown.
    mteb_v2 : float or None
        Mean over the tasks of MTEB(eng, v2).
    architecture : dict
        Its configuration's sizes, under the names of transformers' configuration classes; empty if unknown.
    matryoshka : tuple of int
        Lengths to which its authors say its vectors can be shortened; empty if they don't say so.
    truncate_dim : int or None
        Length to which its vectors are shortened; None for all dimensions.
    server : Server or None
        For models that the host has added behind their own API.
    """

    name: str
    id: str
    provider: str
    dimensions: int | None
    organisation: str = ""
    license: str = ""
    released: str = ""
    url: str = ""
    revision: str | None = None
    parameters: int | None = None
    download_bytes: int | None = None
    max_tokens: int | None = None
    pooling: str | None = None
    checkpoint_dtype: str | None = None
    query_prompt: str = ""
    document_prompt: str = ""
    similarity: Similarity = "cosine"
    mteb_v1: dict[str, float] = field(default_factory=dict, hash=False)
    mteb_v2: float | None = None
    usd_per_million_tokens: float | None = None
    sha256_of_weights: str | None = None
    bundled: BundledFiles | None = None
    original: OriginalRow | None = None
    architecture: dict[str, Any] = field(default_factory=dict, hash=False)
    matryoshka: tuple[int, ...] = ()
    truncate_dim: int | None = None
    server: Server | None = None
    notes: str = ""

    def __post_init__(self) -> None:
        """Write the licence as SPDX does, whoever has described the model."""
        object.__setattr__(self, "license", spell(self.license))

    @property
    def is_static(self) -> bool:
        """Whether the model is a table of token vectors without a network."""
        return "static" in (self.pooling or "")

    @property
    def float32_bytes(self) -> int | None:
        """Memory its weights take as float32, in bytes."""
        return self.parameters * 4 if self.parameters else None

    def score(self, board: str) -> float | None:
        """Its score on one of BOARDS, which are different scales; None if unknown."""
        return self.mteb_v1.get("average") if board == "MTEB v1" else self.mteb_v2

    def prompt(self, kind: str) -> str:
        """The text put before a "query" or a "document"."""
        return self.query_prompt if kind == "query" else self.document_prompt

    def options(self, *, queries: bool = True) -> dict[str, str | int]:
        """The options that are not the usual ones, for the columns of a download: prompts, function, dimensions.

        Parameters
        ----------
        queries : bool
            Whether queries are embedded, so that the prompt before them is used.
        """
        names = (*(["query_prompt"] if queries else []), "document_prompt", "similarity", "truncate_dim")
        return {name: value for name in names if (value := getattr(self, name)) not in USUAL_OPTIONS}

    def with_prompts(self, query: str | None, document: str | None) -> "ModelSpec":
        """The same model with other texts before queries and documents; None leaves its own."""
        return replace(
            self,
            query_prompt=self.query_prompt if query is None else query,
            document_prompt=self.document_prompt if document is None else document,
        )

    def with_dimensions(self, truncate_dim: int | None) -> "ModelSpec":
        """The same model with its vectors shortened to their first dimensions; None keeps all."""
        return self if truncate_dim == self.truncate_dim else replace(self, truncate_dim=truncate_dim)
