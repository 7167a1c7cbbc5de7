"""The sample: passages on many subjects, queries for them, and sentences."""

from dataclasses import replace
from functools import cache

from core.corpus.corpus import Corpus
from core.corpus.reader import from_path
from core.settings import DATA

EXPLAINED = (  # what Explain opens with: a sentence, and two to compare with it
    "The bank of the river was unbelievably muddy.",
    "The shore of the stream was covered in mud.",
    "The bank raised its interest rates.",
)
EMBEDDED = (  # what Embed opens with
    "Hello World",
    "The bank raised its interest rates.",
    "We had a picnic on the bank of the river.",
)


@cache
def sample() -> Corpus:
    """The sample corpus: passages on many subjects, with title, subject and kind."""
    return replace(from_path(DATA / "sample_corpus.jsonl"), name="sample corpus")


@cache
def sample_sentences() -> str:
    """Short sentences, one per line, in pairs that share a meaning or only a word."""
    return (DATA / "sample_sentences.txt").read_text(encoding="utf-8").strip()


@cache
def sample_queries() -> Corpus:
    """The sample queries; their field `style` shows whether they share words with their answers."""
    return replace(from_path(DATA / "sample_queries.jsonl"), name="sample queries")
