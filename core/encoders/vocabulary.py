"""What a tokenizer knows: a text without any known token gets the same vector as other such texts."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from string import ascii_lowercase, digits
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tokenizers import Tokenizer

UNKNOWN_TOKENS = frozenset({"[UNK]", "<unk>"})
WORD_START = "▁"  # SentencePiece's mark of a word, a token of its own before an unknown one
CHARACTERS = ascii_lowercase + digits
PLAIN_WORD = re.compile(r"(?<!\S)[a-z0-9]{1,40}(?!\S)")


@dataclass(frozen=True)
class Vocabulary:
    """The ids of a tokenizer that stand for no text, and whether it knows every plain word.

    Attributes
    ----------
    empty : frozenset of int
        Ids of the unknown token and of the mark before a word; none if unknown characters are tokenized as bytes.
    knows_plain_words : bool
        Whether each word of lower-case letters and digits is split into known tokens.
    """

    empty: frozenset[int]
    knows_plain_words: bool

    def may_lack(self, text: str) -> bool:
        """Whether a text may have no known token; found without tokenizing, to leave out nearly all."""
        return bool(self.empty) and not (self.knows_plain_words and PLAIN_WORD.search(text))

    def count_known(self, ids: Sequence[int]) -> int:
        """How many of the ids stand for a text."""
        return sum(each not in self.empty for each in ids)


def vocabulary_of(tokenizer: "Tokenizer") -> Vocabulary:
    """What a tokenizer knows."""
    if getattr(tokenizer.model, "byte_fallback", False):
        return Vocabulary(frozenset(), knows_plain_words=True)
    found = (tokenizer.token_to_id(token) for token in (*sorted(UNKNOWN_TOKENS), WORD_START))
    empty = frozenset(each for each in found if each is not None)
    return Vocabulary(empty, _knows_plain_words(tokenizer, empty))


def _knows_plain_words(tokenizer: "Tokenizer", empty: frozenset[int]) -> bool:
    """Whether every character of plain words is a token, at the beginning of a word and within."""
    if type(tokenizer.model).__name__ == "WordLevel":
        return False
    before = getattr(tokenizer.model, "continuing_subword_prefix", None) or ""
    alone = tokenizer.encode(" ".join(CHARACTERS), add_special_tokens=False).ids
    within = [tokenizer.token_to_id(before + character) for character in CHARACTERS]
    return None not in within and len([each for each in alone if each not in empty]) >= len(CHARACTERS)
