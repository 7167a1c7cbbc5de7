"""Long documents split into passages of a number of tokens, each starting with the end of the previous one."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from heapq import nlargest
from typing import TYPE_CHECKING

from core import models
from core.errors import InputError
from core.models.tokenizer import load_tokenizer

if TYPE_CHECKING:
    from tokenizers import Tokenizer

TOKENIZER = "all-MiniLM-L6-v2"
FEWEST_TOKENS = 16
MOST_TOKENS = 8192
SECTION = 100_000  # characters split at once, so that progress can be reported and work cancelled
MOST_COUNTED = 500  # texts
CHARACTERS_OF_TOKEN = 20


@dataclass(frozen=True)
class Splitting:
    """The length of passages.

    Attributes
    ----------
    tokens : int
        Most tokens of a passage, without the model's special tokens.
    overlap : int
        Most tokens that a passage repeats from the end of the previous one.
    """

    tokens: int = 200
    overlap: int = 40

    @classmethod
    def of(cls, tokens: int) -> "Splitting":
        """Passages of that length with the usual overlap, or with a fifth of them if that is too much."""
        return cls(tokens, cls.overlap if cls.overlap < tokens else tokens // 5)


class Splitter:
    """Splits texts between paragraphs if possible, else sentences, else words.

    Uses semantic-text-splitter. The tokenizer is copied, since it may be in use elsewhere.

    Raises
    ------
    InputError
        The passages are too short or too long, or overlap wholly.
    """

    def __init__(self, splitting: Splitting, tokenizer: "Tokenizer") -> None:
        from semantic_text_splitter import TextSplitter

        if not FEWEST_TOKENS <= splitting.tokens <= MOST_TOKENS:
            raise InputError(
                f"Passages cannot have {splitting.tokens:,} tokens: choose {FEWEST_TOKENS} to {MOST_TOKENS:,}."
            )
        if not 0 <= splitting.overlap < splitting.tokens:
            raise InputError(
                f"Passages of {splitting.tokens:,} tokens cannot overlap by {splitting.overlap:,}: choose a smaller "
                "overlap."
            )
        self._splitter = TextSplitter.from_huggingface_tokenizer(tokenizer, splitting.tokens, overlap=splitting.overlap)

    def split(self, text: str, longest: int, on_progress: Callable[[int], None] = lambda _: None) -> list[str]:
        """The text's passages, in order.

        Parameters
        ----------
        longest : int
            Most characters of a passage: to some tokenizers an endless word is one token.
        on_progress : callable
            Called now and then with the number of characters split.
        """
        passages: list[str] = []
        start = 0
        while start < len(text):
            is_last = start + SECTION >= len(text)
            chunks = self._splitter.chunk_indices(text[start : start + SECTION])
            if is_last or len(chunks) < 2:
                step = SECTION
            else:
                step, _ = chunks.pop()  # the next section begins with the passage that this one cut off
            passages += [piece for _, passage in chunks for piece in _pieces(passage, longest)]
            start += step
            on_progress(min(start, len(text)))
        return passages


def splitter(splitting: Splitting) -> Splitter:
    """A splitter with the tokens of TOKENIZER, which comes with Embedscope; errors as of Splitter."""
    return Splitter(splitting, load_tokenizer(models.get(TOKENIZER)))


def longer_than(texts: Sequence[str], limit: int, tokenizer: "Tokenizer") -> int:
    """How many of the longest texts have more than a number of tokens, including a model's two special tokens.

    Only MOST_COUNTED texts are checked, so the number is a lower bound.
    """
    longest = nlargest(MOST_COUNTED, (text for text in texts if len(text) > limit), key=len)
    beginnings = [text[: limit * CHARACTERS_OF_TOKEN] for text in longest]
    return sum(len(encoding.ids) > limit for encoding in tokenizer.encode_batch(beginnings))


def _pieces(passage: str, longest: int) -> list[str]:
    return [passage[start : start + longest] for start in range(0, len(passage), longest)]
