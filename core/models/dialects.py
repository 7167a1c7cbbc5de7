"""APIs for embeddings whose requests and answers differ from OpenAI's, as tables of what differs.

Names and limits are those of each provider's public reference (docs/hosting.md). Where an API can refuse a text that is
too long instead of cutting it, it is asked to.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

OPENAI = "openai"


@dataclass(frozen=True)
class Dialect:
    """What an API's requests and answers are called.

    Attributes
    ----------
    url : str
        The provider's own address, for sections that name none.
    path : str
        After the address; {model} stands for the model's name.
    texts : str
        The field of the texts, or of one request for each text where `is_one_each`.
    input_type, query, document : str
        The field that distinguishes queries from documents, and its two values; empty if there is none.
    dimensions : str
        The field of the length of vectors asked for.
    always : dict
        Fields of each request.
    takes_base64 : bool
        Whether vectors are asked for as base64, in the field encoding_format.
    vectors, tokens : tuple of str
        Where they are in an answer; empty if tokens are not counted.
    vector : str
        The field of the numbers in each of `vectors`; empty if it is the numbers.
    most_texts : int or None
        Most texts of a request, if it is documented and low.
    key_header : str
        The header that carries the key.
    matryoshka : dict of str to tuple of int
        Lengths of vectors that can be asked of a model besides its whole length, by the beginning of its name.
    """

    url: str
    path: str = "/embeddings"
    texts: str = "input"
    is_one_each: bool = False
    input_type: str = ""
    query: str = ""
    document: str = ""
    dimensions: str = "dimensions"
    always: Mapping[str, Any] = field(default_factory=dict)
    takes_base64: bool = False
    vectors: tuple[str, ...] = ("data",)
    vector: str = "embedding"
    tokens: tuple[str, ...] = ("usage", "total_tokens")
    most_texts: int | None = None
    key_header: str = "Authorization"
    matryoshka: Mapping[str, tuple[int, ...]] = field(default_factory=dict)

    def lengths_of(self, model: str) -> tuple[int, ...]:
        """Lengths of vectors that can be asked of a model; empty if its provider names none."""
        return next((lengths for name, lengths in self.matryoshka.items() if model.startswith(name)), ())

    def input_type_of(self, kind: str) -> str:
        """The value that marks a "query" or a "document"; empty if the API does not distinguish them."""
        return self.query if kind == "query" else self.document

    def options(self, kind: str, dimensions: int | None) -> dict[str, Any]:
        """The fields of a request besides the model and the texts."""
        options: dict[str, Any] = dict(self.always)
        if self.input_type:
            options[self.input_type] = self.input_type_of(kind)
        if dimensions:
            options[self.dimensions] = dimensions
        return options

    def body(self, model: str, texts: Sequence[str], kind: str, dimensions: int | None) -> dict[str, Any]:
        """The JSON of a request, without the encoding."""
        options = self.options(kind, dimensions)
        if not self.is_one_each:
            return {"model": model, self.texts: list(texts), **options}
        name = f"models/{model}"
        return {self.texts: [{"model": name, "content": {"parts": [{"text": text}]}, **options} for text in texts]}


DIALECTS = {
    OPENAI: Dialect(url="", takes_base64=True),
    "cohere": Dialect(
        url="https://api.cohere.com/v2",
        path="/embed",
        texts="texts",
        input_type="input_type",
        query="search_query",
        document="search_document",
        dimensions="output_dimension",
        always={"embedding_types": ["float"], "truncate": "NONE"},
        vectors=("embeddings", "float"),
        vector="",
        tokens=("meta", "billed_units", "input_tokens"),
        most_texts=96,
        matryoshka={"embed-v4": (256, 512, 1024)},
    ),
    "voyage": Dialect(
        url="https://api.voyageai.com/v1",
        input_type="input_type",
        query="query",
        document="document",
        dimensions="output_dimension",
        always={"truncation": False},
        matryoshka=dict.fromkeys(("voyage-3-large", "voyage-3.5", "voyage-code-3"), (256, 512)),
    ),
    "mistral": Dialect(url="https://api.mistral.ai/v1", dimensions="output_dimension"),
    "jina": Dialect(
        url="https://api.jina.ai/v1",
        input_type="task",
        query="retrieval.query",
        document="retrieval.passage",
        matryoshka={"jina-embeddings-v3": (32, 64, 128, 256, 512, 768)},
    ),
    "gemini": Dialect(
        url="https://generativelanguage.googleapis.com/v1beta",
        path="/models/{model}:batchEmbedContents",
        texts="requests",
        is_one_each=True,
        input_type="taskType",
        query="RETRIEVAL_QUERY",
        document="RETRIEVAL_DOCUMENT",
        dimensions="outputDimensionality",
        vectors=("embeddings",),
        vector="values",
        tokens=(),
        most_texts=100,
        key_header="x-goog-api-key",
        matryoshka={"gemini-embedding-001": (768, 1536)},
    ),
}
