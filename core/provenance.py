"""Where vectors come from: which model, what computed them, and what to know before comparing them."""

from dataclasses import dataclass

from core.similarity import NAMES, Similarity
from core.wording import count


@dataclass(frozen=True)
class Provenance:
    """Where vectors come from; shown under every result.

    `reason` says why this engine and precision. `computed` counts distinct texts: with repeated ones it and
    `remembered` stay below `texts`. `seconds` is the time from request to answer, loading of the model included.
    `tokens` and `dollars` are an API's count for the computed texts and its price; None if unknown. `query_prompt` and
    `document_prompt` are what was put before queries and before documents. `max_tokens` is the model's longest input,
    None without a limit, and `truncated_texts` how many of the texts are longer, prompt included; `unknown_texts` have
    no token that the model knows. Both are None if unknown. `similarity` is the function that compares the vectors, as
    the model's files ask. `truncate_dim` is the length to which the vectors are shortened, None for all dimensions.
    `shipped` is the day on which vectors that come with Embedscope were computed.
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
    unknown_texts: int | None = None
    similarity: Similarity = "cosine"
    shipped: str = ""
    truncate_dim: int | None = None

    @property
    def caveats(self) -> list[str]:
        """What to know before comparing figures of these vectors with others, a sentence each."""
        return list(filter(None, (self.truncation, self.lack_of_tokens)))

    @property
    def comparison(self) -> str:
        """The function that compares the vectors, in words: "compared by cosine"."""
        return f"compared by {NAMES[self.similarity]}"

    @property
    def truncation(self) -> str:
        """How many of the texts are longer than the model reads, in a sentence; empty if none is, or if unknown."""
        if not self.truncated_texts:
            return ""
        return (
            f"{self._share(self.truncated_texts)} {'is' if self.truncated_texts == 1 else 'are'} longer than the "
            f"{self.max_tokens:,} tokens that {self.model} reads: it never sees the rest."
        )

    @property
    def lack_of_tokens(self) -> str:
        """How many of the texts have no token that the model knows; empty if none has, or if unknown."""
        if not self.unknown_texts:
            return ""
        return (
            f"{self._share(self.unknown_texts)} {'has' if self.unknown_texts == 1 else 'have'} no token that "
            f"{self.model} knows: such texts get the same vector whatever they say, and their cosines mean nothing."
        )

    @property
    def lack_in_short(self) -> str:
        """As `lack_of_tokens`, to be said aloud: "2 texts have no word that wordllama-256 knows."; or empty."""
        if not self.unknown_texts:
            return ""
        verb = "has" if self.unknown_texts == 1 else "have"
        return f"{count(self.unknown_texts, *self._nouns())} {verb} no word that {self.model} knows."

    def _share(self, number: int) -> str:
        """A number of the texts, out of all: "1 of 3 queries"."""
        return f"{number:,} of {count(self.texts, *self._nouns())}"

    def _nouns(self) -> tuple[str, str]:
        """One of what was embedded, and several."""
        return ("query", "queries") if self.kind == "query" else ("text", "texts")
