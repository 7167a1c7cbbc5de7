"""The words of a text as BM25 counts them: in the text's language, also in scripts without blanks between words."""

import importlib.util
import re
import runpy
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

MOST_SAMPLED = 1000  # texts, evenly spaced, by which the language is detected
LEAST_SHARE = 0.1  # of stop words among the words of a language's own texts; English has a quarter and more
LEAST_KINDS = 3  # different stop words: "dog" is one in Danish
FEW_WORDS = 50  # below it, the lack of stop words says nothing

STEMMERS = {
    "English": ("english", "STOPWORDS_EN"),
    "Danish": ("danish", "STOPWORDS_DANISH"),
    "Dutch": ("dutch", "STOPWORDS_DUTCH"),
    "French": ("french", "STOPWORDS_FRENCH"),
    "German": ("german", "STOPWORDS_GERMAN"),
    "Italian": ("italian", "STOPWORDS_ITALIAN"),
    "Norwegian": ("norwegian", "STOPWORDS_NORWEGIAN"),
    "Portuguese": ("portuguese", "STOPWORDS_PORTUGUESE"),
    "Russian": ("russian", "STOPWORDS_RUSSIAN"),
    "Spanish": ("spanish", "STOPWORDS_SPANISH"),
    "Swedish": ("swedish", "STOPWORDS_SWEDISH"),
    "Turkish": ("turkish", "STOPWORDS_TURKISH"),
}
"""PyStemmer's algorithm and bm25s' stop words for each language that has both."""

UNSPACED = (
    "\u3005-\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"  # Han
    "\u3041-\u3096\u309d-\u309f\u30a1-\u30fa\u30fc-\u30ff\u31f0-\u31ff"  # Kana
    "\u1100-\u11ff\u3131-\u318e\uac00-\ud7af"  # Hangul
    "\u0e01-\u0e3a\u0e40-\u0e4e\u0e81-\u0ece\u0edc-\u0edf"  # Thai, Lao
    "\u1780-\u17d3\u1000-\u103f\u1050-\u108f\ua9e0-\ua9ef\uaa60-\uaa7f"  # Khmer, Myanmar
)
RUN = re.compile(f"[{UNSPACED}]")
EXTRA = {"English": frozenset("i")}  # which the list lacks, as bm25s counts no single letters
CONSONANTS = set("bcdfghjklmnpqrstvwxz")  # in lists of stop words they are what elision leaves: l'eau, it's


class Tokens(NamedTuple):
    """What BM25 counts in a text: its words, and the single letters and characters, which are scored by themselves.

    So they change no score of a longer word.
    """

    words: list[str]
    singles: list[str]


@dataclass(frozen=True)
class Words:
    """How the words of texts are taken.

    Attributes
    ----------
    language : str
        Of STEMMERS; empty if words are neither stemmed nor left out.
    has_pairs : bool
        Whether some of the texts are in a script without blanks, of which pairs of characters are the words.
    has_words : bool
        Whether some have words between blanks.
    """

    language: str = ""
    has_pairs: bool = False
    has_words: bool = True

    @property
    def sentence(self) -> str:
        """What counts as a word, for a caption: "stemmed English words"."""
        spaced = f"stemmed {self.language} words" if self.language else "words as written"
        return " and ".join([spaced] * self.has_words + ["pairs of characters"] * self.has_pairs)

    def of_document(self, text: str) -> Tokens:
        """The words of a text to search in; of a script without blanks the pairs, and each character by itself."""
        words = split(text)
        runs = [_characters(word) for word in words if _is_unspaced(word)]
        return self._tokens(words, runs, [character for run in runs for character in run])

    def of_query(self, text: str) -> Tokens:
        """The words of a query; of a script without blanks the pairs, and a character only where it stands alone."""
        words = split(text)
        runs = [_characters(word) for word in words if _is_unspaced(word)]
        return self._tokens(words, runs, [run[0] for run in runs if len(run) == 1])

    def _tokens(self, words: Sequence[str], runs: Sequence[Sequence[str]], characters: Sequence[str]) -> Tokens:
        stop_words = stop_words_of(self.language) if self.language else frozenset()
        spaced = [word for word in words if word not in stop_words and not _is_unspaced(word)]
        pairs = [first + second for run in runs for first, second in pairwise(run)]
        letters = [word for word in spaced if len(word) == 1]
        return Tokens([*self._stem([word for word in spaced if len(word) > 1]), *pairs], [*letters, *characters])

    def _stem(self, words: list[str]) -> list[str]:
        if not self.language:
            return words
        import Stemmer

        return list(Stemmer.Stemmer(STEMMERS[self.language][0]).stemWords(words))


def split(text: str) -> list[str]:
    """The words of a text in lower case; what a script without blanks writes together is one.

    A single letter is a word, but not what an apostrophe cuts off: the s of it's.
    """
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)
    return _word().findall(text.lower())


def words_of(texts: Sequence[str]) -> Words:
    """How to take the words of texts: their language is that with most stop words among their words.

    Texts of few words that don't show their language are taken for English if they are in ASCII.
    """
    sampled = texts[:: max(1, len(texts) // MOST_SAMPLED)]
    counts: Counter[str] = Counter()
    has_pairs = False
    for text in sampled:
        words = split(text)
        spaced = [word for word in words if not _is_unspaced(word)]
        has_pairs |= len(spaced) < len(words)
        counts.update(spaced)
    total = counts.total()
    shares = {language: _share(counts, stop_words_of(language)) for language in STEMMERS}
    best = max(shares, key=lambda language: shares[language])
    if shares[best] < LEAST_SHARE:
        best = "English" if total < FEW_WORDS and all(word.isascii() for word in counts) else ""
    return Words(best, has_pairs, total > 0 or not has_pairs)


def _share(counts: Counter[str], stop_words: frozenset[str]) -> float:
    """The share of stop words among all words; 0 where they are so few that they may be another language's words."""
    found = [count for word, count in counts.items() if word in stop_words]
    return sum(found) / counts.total() if len(found) >= LEAST_KINDS else 0.0


def _is_unspaced(word: str) -> bool:
    return not word.isascii() and RUN.match(word) is not None


def _characters(word: str) -> list[str]:
    """The characters of a word written without blanks, each with its marks."""
    return _character().findall(word)


@cache
def stop_words_of(language: str) -> frozenset[str]:
    """The words of a language that BM25 leaves out."""
    return (frozenset(_stop_words()[STEMMERS[language][1]]) | EXTRA.get(language, frozenset())) - CONSONANTS


@cache
def _stop_words() -> dict[str, tuple[str, ...]]:
    """bm25s' lists of stop words by name, read from their file: the package imports numba, which takes seconds."""
    package = importlib.util.find_spec("bm25s")
    assert package
    assert package.origin
    return runpy.run_path(str(Path(package.origin).with_name("stopwords.py")))


@cache
def _marks() -> str:
    """Marks that belong to the letter before them, as vowels do in Hindi; to Python they are no part of a word."""
    return "".join(chr(code) for code in range(0x300, 0x10000) if unicodedata.category(chr(code)) in ("Mn", "Mc"))


@cache
def _word() -> "re.Pattern[str]":
    letter = rf"(?![{UNSPACED}])[\w{_marks()}]"
    return re.compile(rf"[{UNSPACED}]+|(?:{letter}){{2,}}|(?<!\w['’]){letter}(?!['’]\w)")


@cache
def _character() -> "re.Pattern[str]":
    return re.compile(rf"[^{_marks()}][{_marks()}]*|[{_marks()}]+")
